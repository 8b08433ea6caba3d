"""The studio as benches serve it."""
