"""One search over names, tags, words and meaning."""
