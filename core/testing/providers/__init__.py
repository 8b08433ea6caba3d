"""A stand-in for hosted providers, on the wire: it speaks their protocols, misbehaves by script and counts what it bills.

In a test: `with ProviderServer() as server: server.plan("rate_limited", retry_after=7)`. As a program, for the fault suite:
`python -m core.testing.providers --port 9100 --script faults.json`; `GET /__billed` answers what was billed.
"""

from __future__ import annotations

from core.testing.providers.server import ProviderServer, Request, Step

__all__ = ["ProviderServer", "Request", "Step"]
