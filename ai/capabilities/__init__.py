"""One small protocol for each thing a model can do here. Providers implement them; nobody else names a provider."""
