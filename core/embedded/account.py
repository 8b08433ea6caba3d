"""Who runs Postgres. It refuses to run as root, so root lends it an account that can do little else."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    name: str

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def spawn_options(self) -> dict[str, Any]:
        """For `subprocess`: becomes this account, with none of root's groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def give(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, path: Path) -> bool:
        """Whether every folder on the way lets the account through and it may enter (a folder) or run (a program) the last.

        Asked of the kernel as that account, so access lists and security modules have their say.
        """
        if not self.is_other:
            return os.access(path, os.X_OK)
        answer = subprocess.run(["test", "-x", str(path)], check=False, cwd="/", **self.spawn_options())
        return answer.returncode == 0


def account_for(data: Path) -> Account:
    """The owner of existing data; for new data ourselves, or as root the account made for the purpose."""
    if data.exists():
        owner = data.stat().st_uid
        if owner == 0:
            raise EmbeddedError(
                f"{data} belongs to root, and Postgres does not run as root. Give it to another user with chown."
            )
        if os.geteuid() not in {0, owner}:
            raise EmbeddedError(
                f"{data} belongs to another user ({_name(owner)}). Run as that user, or choose another REELWRIGHT_HOME."
            )
        return _account(pwd.getpwuid(owner))
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), _name(os.geteuid()))
    for name in ("postgres", "nobody"):
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise EmbeddedError(
        "Running as root, and there is neither a user postgres nor a user nobody to run the database. Set DATABASE_URL."
    )


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
