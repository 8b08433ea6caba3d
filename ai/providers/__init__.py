"""Adapters of hosted providers, written against their SDKs. Only ai.routing names them."""
