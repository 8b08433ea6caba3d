"""Changes of conversations, scripts, cuts, films and webhooks."""
