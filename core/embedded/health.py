"""Asks a running studio whether it is well: `python -m core.embedded.health http://127.0.0.1:8000/healthz` exits 0 when it is."""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

SECONDS = 5


def is_well(url: str, *, host: str) -> bool:
    """`host` is the name to ask for: a studio answers only to the names in ALLOWED_HOSTS."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=SECONDS)
    try:
        connection.request("GET", parts.path, headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def allowed_host(names: list[str]) -> str:
    """A name that ALLOWED_HOSTS lets in; its patterns are `*` for any and `.example.com` for a domain and its parts."""
    first = names[0].strip() if names else ""
    return first.removeprefix(".") if first and first != "*" else "127.0.0.1"


if __name__ == "__main__":
    sys.exit(0 if is_well(sys.argv[1], host=allowed_host(os.environ.get("ALLOWED_HOSTS", "").split(","))) else 1)
