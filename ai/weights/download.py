"""One file from one address, resumed where an earlier attempt stopped, and kept only when its SHA-256 is right."""

from __future__ import annotations

import re
import shutil
import time
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2

from ai.weights.errors import SourceError
from ai.weights.manifest import Blob, matches
from ai.weights.meter import Meter

CONNECT_SECONDS = 5.0  # where an address is not reachable, the next source should have its turn soon
READ_SECONDS = 30.0
FRUITLESS_ATTEMPTS = 3  # in a row, without one new byte


def client() -> httpx2.Client:
    return httpx2.Client(follow_redirects=True, timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS))


def download(url: str, wanted: Blob, folder: Path, *, http: httpx2.Client, meter: Meter, pause: float = 0.5) -> Path:
    """Returns `folder/<sha256>`. What was fetched of it stays in `<sha256>.part` for the next attempt, from whichever source."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / wanted.sha256
    part = folder / f"{wanted.sha256}.part"
    if matches(done, wanted):
        meter.add(wanted.size)
        return done
    resumed = _have(part, wanted)
    meter.add(resumed)
    _complete(url, wanted, part, http=http, meter=meter, pause=pause)
    if not matches(part, wanted):
        part.unlink()
        meter.add(-wanted.size)
        if not resumed:
            raise SourceError("its SHA-256 is not the one it must have")
        # The kept beginning may be what was wrong: once more from the start.
        _complete(url, wanted, part, http=http, meter=meter, pause=pause)
        if not matches(part, wanted):
            part.unlink()
            meter.add(-wanted.size)
            raise SourceError("its SHA-256 is not the one it must have")
    part.replace(done)
    return done


def _complete(url: str, wanted: Blob, part: Path, *, http: httpx2.Client, meter: Meter, pause: float) -> None:
    parts = urlsplit(url)
    if parts.scheme == "file":
        _copy(Path(unquote(parts.path)), wanted, part, meter=meter)
        return
    fruitless = 0
    while (have := _have(part, wanted)) < wanted.size:
        try:
            _continue(url, wanted, part, have, http=http, meter=meter)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise SourceError("it cannot be reached", unreachable=True) from error
        except httpx2.TransportError as error:
            fruitless = 0 if _have(part, wanted) > have else fruitless + 1
            if fruitless == FRUITLESS_ATTEMPTS:
                raise SourceError("the connection broke again and again") from error
            time.sleep(pause)
        except (httpx2.InvalidURL, httpx2.HTTPError) as error:
            raise SourceError("its address does not work") from error


def _continue(url: str, wanted: Blob, part: Path, have: int, *, http: httpx2.Client, meter: Meter) -> None:
    # Compression on the way would make both ranges and sizes meaningless.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with http.stream("GET", url, headers=headers) as answer:
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT and _starts_at(answer, have, wanted):
            mode = "ab"
        elif answer.status_code in {HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}:
            raise SourceError("it has another file under that name")
        elif answer.status_code == HTTPStatus.OK:
            mode = "wb"
            meter.add(-have)
            length = answer.headers.get("Content-Length", "")
            if length.isdigit() and int(length) != wanted.size:
                raise SourceError(f"it has another file under that name ({length} bytes, not {wanted.size})")
        else:
            raise SourceError(f"it answers {answer.status_code}")
        _append(answer, wanted, part, mode, have if mode == "ab" else 0, meter)


def _append(answer: httpx2.Response, wanted: Blob, part: Path, mode: str, have: int, meter: Meter) -> None:
    with part.open(mode) as file:
        # As they come: gathered into larger pieces, the last one would be lost when the connection breaks.
        for piece in answer.iter_raw():
            have += len(piece)
            if have > wanted.size:
                raise SourceError("it sends more than the file should hold")
            file.write(piece)
            meter.add(len(piece))
    if have < wanted.size:
        raise httpx2.ReadError("the answer ended early")


def _starts_at(answer: httpx2.Response, have: int, wanted: Blob) -> bool:
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("Content-Range", ""))
    return bool(match) and int(match[1]) == have and match[3] in {"*", str(wanted.size)} if match else False


def _copy(origin: Path, wanted: Blob, part: Path, *, meter: Meter) -> None:
    if not origin.is_file() or origin.stat().st_size != wanted.size:
        raise SourceError("it has another file under that name")
    meter.add(-_have(part, wanted))
    shutil.copyfile(origin, part)
    meter.add(wanted.size)


def _have(part: Path, wanted: Blob) -> int:
    """Bytes of the part that count. A part longer than the file is no part of it."""
    if not part.is_file():
        return 0
    if part.stat().st_size > wanted.size:
        part.unlink()
        return 0
    return part.stat().st_size
