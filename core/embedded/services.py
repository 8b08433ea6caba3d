"""Postgres and Valkey for as long as somebody needs them.

Every process that uses the embedded services of a state directory holds a shared lock on one file. At its end it lets go
and tries for the exclusive lock: whoever gets it was the last and stops the services. The supervisor, its programs, pytest
and short commands all follow this one rule, so a command that started the services stops them unless somebody else uses
them by then. The kernel drops the locks of a killed process. Were all users killed, the services live on; the next
command adopts them and, as the last, stops them.
"""

from __future__ import annotations

import os
from contextlib import suppress

from core.embedded import locks
from core.embedded.places import Home
from core.embedded.postgres import Postgres
from core.embedded.valkey import Valkey

Service = Postgres | Valkey


class Services:
    def __init__(self, home: Home) -> None:
        self.home = home
        # In the order of their start; they stop in the other.
        self.all: tuple[Service, ...] = (Postgres(home), Valkey(home))
        self.needed: list[Service] = []
        self.starting = home.run / "services.lock"
        self._owner = os.getpid()
        self._use: int | None = None

    def open(self, *variables: str) -> None:
        """Starts or adopts the services that provide these variables, and counts us among their users."""
        self.needed = [service for service in self.all if service.variable in variables]
        with locks.exclusive(self.starting):
            self._use = locks.open_lock(self.home.run / "users.lock")
            locks.share(self._use)
            for service in self.needed:
                service.start()

    def restart(self, service: Service) -> None:
        with locks.exclusive(self.starting):
            service.start()

    def inherited_use(self) -> tuple[int, ...]:
        """For `pass_fds`: a child that gets this counts as a user, also after its parent was killed."""
        return () if self._use is None else (self._use,)

    def close(self) -> bool:
        """Stops the services if we are the last to use them. False when somebody still does."""
        # A fork that runs our exit handlers shares the descriptor and must not let go for its parent.
        if self._use is None or os.getpid() != self._owner:
            return False
        return self.stop_if_unused()

    def stop_if_unused(self) -> bool:
        with locks.exclusive(self.starting):
            use = locks.open_lock(self.home.run / "users.lock") if self._use is None else self._use
            try:
                last = locks.take(use)
                if last:
                    for service in reversed(self.all):
                        service.stop()
            finally:
                self._use = None
                with suppress(OSError):
                    os.close(use)
        return last
