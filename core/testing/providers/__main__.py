"""The stand-in as a program. The script is a JSON list of steps: {"do": "rate_limited", "retry_after": 7, "path": "/v1/messages"}."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from core.testing.providers.server import ProviderServer, Step


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m core.testing.providers")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--script", type=Path, help="JSON list of steps, one for each request; afterwards every request is served"
    )
    options = parser.parse_args()
    steps = json.loads(options.script.read_text()) if options.script else []
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with ProviderServer(port=options.port, script=[Step.read(step) for step in steps]) as server:
        sys.stdout.write(f"ready {server.url}\n")
        sys.stdout.flush()
        over.wait()


if __name__ == "__main__":
    main()
