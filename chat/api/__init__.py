"""The studio's JSON routes of conversations, scripts, films and webhooks."""
