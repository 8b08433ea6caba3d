"""Where the configured package indexes keep a file. pip, uv and npm are asked, so that a mirror, a proxy or a sign-in that a person
set up for them serves here too; the studio names no index itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from functools import cache

import httpx2

from ai.weights.errors import SourceError
from ai.weights.manifest import Package

SECONDS = 60.0

# pip has no command that only tells the address: its own dry run fetches the whole file in older versions.
ASK_PIP = """
import sys
from pip._internal.commands import create_command
from pip._vendor.packaging.specifiers import SpecifierSet
command = create_command("download")
options, _ = command.parse_args(["--quiet", "--timeout", "8", "--retries", "1", sys.argv[1]])
with command.main_context():
    finder = command._build_package_finder(options=options, session=command.get_default_session(options))
    best = finder.find_best_candidate(sys.argv[1], SpecifierSet("==" + sys.argv[2])).best_candidate
if best is None:
    sys.exit("no such file")
print("FOUND", best.link.url_without_fragment)
"""


def locate(package: Package, *, http: httpx2.Client) -> str:
    """The address of the package's file."""
    return _in_npm(package, http=http) if package.kind == "npm" else _in_pip(package)


def _in_pip(package: Package) -> str:
    python = _python_with_pip()
    if python:
        answer = _run([python, "-c", ASK_PIP, package.name, package.version])
        for line in answer.splitlines():
            if line.startswith("FOUND "):
                return line.removeprefix("FOUND ").strip()
    if shutil.which("uv"):
        wanted = f"{package.name}=={package.version}\n"
        lock = _run(["uv", "pip", "compile", "--quiet", "--no-deps", "--format", "pylock.toml", "-"], stdin=wanted)
        for entry in tomllib.loads(lock).get("packages", []):
            for wheel in entry.get("wheels", []):
                if wheel.get("url"):
                    return str(wheel["url"])
    if not python and not shutil.which("uv"):
        raise SourceError("neither pip nor uv is installed, so no package index can be asked")
    raise SourceError("the package index that pip uses does not have it or cannot be reached")


def _in_npm(package: Package, *, http: httpx2.Client) -> str:
    if shutil.which("npm"):
        answer = _run(
            [
                "npm",
                "view",
                f"{package.name}@{package.version}",
                "dist.tarball",
                "--fetch-retries=1",
                "--fetch-timeout=10000",
            ]
        )
        if answer.strip():
            return answer.strip().splitlines()[-1].strip().strip("'")
        raise SourceError("the package index that npm uses does not have it or cannot be reached")
    registry = os.environ.get("NPM_CONFIG_REGISTRY", "")
    if not registry:
        raise SourceError("npm is not installed (Debian: apt-get install npm) and NPM_CONFIG_REGISTRY is not set")
    try:
        answer_json = (
            http.get(f"{registry.rstrip('/')}/{package.name.replace('/', '%2f')}/{package.version}")
            .raise_for_status()
            .json()
        )
        return str(answer_json["dist"]["tarball"])
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise SourceError("the registry in NPM_CONFIG_REGISTRY does not have it or cannot be reached") from error


@cache
def _python_with_pip() -> str:
    """An interpreter that has pip: a virtual environment made by uv has none of its own."""
    for python in (sys.executable, shutil.which("python3"), shutil.which("python")):
        if python and _run([python, "-m", "pip", "--version"]):
            return python
    return ""


def _run(command: list[str], *, stdin: str = "") -> str:
    """Its standard output, or nothing when it failed."""
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
