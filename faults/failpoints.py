"""Places where a process of the suite dies when its environment says so, as if the power had gone just there."""

from __future__ import annotations

import os
import signal

from core.storage.signals import upload_completed


def die(**_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if os.environ.get("FAULT_AT") == "upload_completed":
    upload_completed.connect(die, weak=False)
