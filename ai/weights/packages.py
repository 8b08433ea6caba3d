"""Where the configured package indexes keep a file. pip, uv and npm are asked, so that a mirror, a proxy or a sign-in that a person
set up for them serves here too; the studio names no index itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

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
options, _ = command.parse_args(["--quiet", "--timeout", "8", "--retries", "1", *sys.argv[1:]])
with command.main_context():
    finder = command._build_package_finder(options=options, session=command.get_default_session(options))
    for wanted in sys.argv[1:]:
        name, _, version = wanted.partition("==")
        best = finder.find_best_candidate(name, SpecifierSet("==" + version)).best_candidate
        if best is None:
            sys.exit("no such file")
        print("FOUND", name, best.link.url_without_fragment)
"""


def locate(wanted: list[Package], *, http: httpx2.Client) -> dict[str, str]:
    """The addresses of the packages' files, by name."""
    found = _in_pip([package for package in wanted if package.kind == "pip"])
    return found | {package.name: _in_npm(package, http=http) for package in wanted if package.kind == "npm"}


def _in_pip(wanted: list[Package]) -> dict[str, str]:
    if not wanted:
        return {}
    pins = [f"{package.name}=={package.version}" for package in wanted]
    names = {package.name for package in wanted}
    python = _python_with_pip()
    if python:
        lines = [line.split(" ", 2) for line in _run([python, "-c", ASK_PIP, *pins]).splitlines()]
        found = {line[1]: line[2].strip() for line in lines if len(line) == 3 and line[0] == "FOUND"}
        if names <= found.keys():
            return found
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        command = [uv, "pip", "compile", "--quiet", "--no-deps", "--format", "pylock.toml", "-"]
        entries = tomllib.loads(_run(command, stdin="\n".join(pins) + "\n")).get("packages", [])
        found = {
            entry["name"]: wheel["url"] for entry in entries for wheel in entry.get("wheels", []) if "url" in wheel
        }
        if names <= found.keys():
            return found
    elif not python:
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
