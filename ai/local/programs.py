"""The programs some engines call. Text reaches them by standard input only, so nothing in it can be taken for an option."""

from __future__ import annotations

import shutil
import subprocess

from ai.errors import EngineMissingError, InvalidAnswerError

SECONDS = 120.0  # for one call: each is given a few sentences, or one list of cues


def found(program: str) -> bool:
    return shutil.which(program) is not None


def require(program: str, *, what_for: str, packages: str = "") -> str:
    path = shutil.which(program)
    if path is None:
        command = f"apt-get install {packages or program}"
        raise EngineMissingError(
            f"The program {program}, which {what_for}, is not installed. Debian and Ubuntu install it with: {command}"
        )
    return path


def run(command: list[str], *, text: str = "") -> str:
    """Its standard output."""
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidAnswerError(f"{command[0].rsplit('/', 1)[-1]} took too long and was stopped.") from error
    if done.returncode != 0:
        raise InvalidAnswerError(f"{command[0].rsplit('/', 1)[-1]} could not work on this text.")
    return done.stdout
