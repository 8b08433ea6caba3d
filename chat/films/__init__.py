"""How a film is developed: its steps, its bible, and the catalogue from which choices are put together. No requests, no views."""
