"""What pages and routes of conversations read."""
