"""The corpus of the search bench: real sentences in several languages with the studio's own embeddings.

`python -m bench.corpus` builds it, or continues where it was stopped, and says how far it is. Nothing of it is committed: the texts come
from packages of Debian (books, guides and collections of sayings), fetched with `apt-get download` and unpacked without being
installed. It keeps to one core and to what others leave of it (`nice`).

Files, in bench/cache/search/:

    segments.jsonl       one JSON object a line; line i (from 0) is segment i:
                         {"text": str, "language": "en", "title": str, "asset": int, "tenant": int, "start": float, "end": float}
                         `title` is the book; the segments of an asset follow each other as spoken (about 400, of one book);
                         `start` and `end` are seconds within the asset. Tenants are of uneven size: tenant 0 owns the most.
    vectors-00000.npy    float16, shape (up to 2,000, 384), of unit length: row j of shard k belongs to segment k * 2,000 + j.

The segments are there as soon as the texts are cut; the shards grow. The assets are shuffled once, so that whatever shards exist are
a fair sample of books, languages and tenants. `segments(limit)` and `vectors()` below read both.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.measure import cache

SHARD = 2_000
SEGMENTS = 200_000
ASSET = 400
TENANTS = 40
DIMENSIONS = 384
NICENESS = 15
_BATCH = 50
# Words of a segment, as transcripts have them; of scripts without spaces, characters.
_SHORTEST, _ENOUGH, _LONGEST = 6, 8, 22
_CHARACTERS_A_WORD = 2
_WORDS_A_SECOND = 2.6

Vectors = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Source:
    """`read` gives the paragraphs of the files of a package that `pattern` finds. `most` segments are taken of it."""

    package: str
    language: str
    title: str
    pattern: str
    read: Callable[[Path], Iterable[str]]
    most: int = 30_000


def folder() -> Path:
    path = cache() / "search"
    path.mkdir(exist_ok=True)
    return path


def vectors() -> Vectors:
    """Of the segments embedded so far, from the first on."""
    shards = [np.load(path) for path in _shards()]
    return np.concatenate(shards) if shards else np.zeros((0, DIMENSIONS), np.float16)


def segments(limit: int) -> list[dict[str, Any]]:
    path = folder() / "segments.jsonl"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in islice(file, limit)]


def _shards() -> list[Path]:
    """In order, up to the first that is missing."""
    found = []
    while (path := folder() / f"vectors-{len(found):05}.npy").exists():
        found.append(path)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description="Build or continue the search corpus.")
    parser.add_argument("--segments", type=int, default=SEGMENTS, help="how many to embed (default: %(default)s)")
    options = parser.parse_args()
    os.nice(max(0, NICENESS - os.nice(0)))
    path = folder() / "segments.jsonl"
    if not path.exists():
        write_segments(path)
    embed(path, wanted=options.segments)
    return 0


def write_segments(path: Path) -> None:
    assets: list[list[dict[str, Any]]] = []
    seen: set[str] = set()
    for package, sources in groupby(SOURCES, key=lambda source: source.package):
        with tempfile.TemporaryDirectory() as room:
            _unpack(package, Path(room))
            for source in sources:
                files = sorted(Path(room).glob(source.pattern))
                paragraphs = (paragraph for file in files for paragraph in source.read(file))
                texts = list(islice(_fresh(_cut(paragraphs), seen), source.most))
                print(f"{source.title} ({source.language}): {len(texts):,} segments", flush=True)
                assets += [_asset(source, texts[at : at + ASSET]) for at in range(0, len(texts), ASSET)]
    random.Random(1).shuffle(assets)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        for number, asset in enumerate(assets):
            tenant = _tenant(number)
            for segment in asset:
                file.write(json.dumps(segment | {"asset": number, "tenant": tenant}, ensure_ascii=False) + "\n")
    part.replace(path)


def embed(path: Path, *, wanted: int) -> None:
    from ai.local import e5

    # One core: threads that wait for a second one would slow down everybody.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    e5.THREADS = 1
    engine = e5.E5()
    done = len(_shards()) * SHARD
    begun, before = time.monotonic(), done
    with path.open(encoding="utf-8") as file:
        texts = (json.loads(line)["text"] for line in islice(file, done, wanted))
        while batch := list(islice(texts, SHARD)):
            rows = np.concatenate([engine.passages(batch[at : at + _BATCH])[0] for at in range(0, len(batch), _BATCH)])
            shard = folder() / f"vectors-{done // SHARD:05}.npy"
            part = shard.with_suffix(".part")
            with part.open("wb") as output:
                np.save(output, rows.astype(np.float16))
            part.replace(shard)
            done += len(batch)
            rate = (done - before) / (time.monotonic() - begun)
            print(f"{done:,} of {wanted:,} segments embedded, {rate:.0f} a second", flush=True)
    print(f"The corpus has {done:,} embedded segments in {folder()}.")


def _unpack(package: str, into: Path) -> None:
    store = folder() / "packages"
    store.mkdir(exist_ok=True)
    if not list(store.glob(f"{package}_*.deb")):
        try:
            subprocess.run(["apt-get", "download", "-qq", package], cwd=store, check=True, timeout=600)
        except (OSError, subprocess.CalledProcessError):
            sys.exit(f"The Debian package {package} could not be fetched. Run `apt-get update` on a Debian system.")
    archive = next(store.glob(f"{package}_*.deb"))
    subprocess.run(["dpkg-deb", "-x", archive, into], check=True, timeout=600)


def _asset(source: Source, texts: list[str]) -> list[dict[str, Any]]:
    at, found = 0.0, []
    for text in texts:
        length = round(max(1.0, _length(text) / _WORDS_A_SECOND), 2)
        found.append(
            {
                "text": text,
                "language": source.language,
                "title": source.title,
                "start": round(at, 2),
                "end": round(at + length, 2),
            }
        )
        at += length + 0.25
    return found


def _tenant(asset: int) -> int:
    """Uneven: the first tenants own several times what the last do."""
    return int(TENANTS * random.Random(asset).random() ** 2.2)


def _cut(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        text = " ".join(paragraph.split())
        words = text.split(" ")
        spaced = len(text) < 12 * len(words)
        yield from _pieces(words if spaced else list(text), joint=" " if spaced else "")


def _pieces(words: list[str], *, joint: str) -> Iterator[str]:
    scale = 1 if joint else _CHARACTERS_A_WORD
    piece: list[str] = []
    for word in words:
        piece.append(word)
        if (len(piece) >= _ENOUGH * scale and word[-1:] in ".!?;:,。！？、；") or len(piece) >= _LONGEST * scale:
            yield joint.join(piece)
            piece = []
    if len(piece) >= _SHORTEST * scale:
        yield joint.join(piece)


def _length(text: str) -> float:
    words = len(text.split())
    return words if len(text) < 12 * words else len(text) / _CHARACTERS_A_WORD


def _fresh(texts: Iterable[str], seen: set[str]) -> Iterator[str]:
    """Each text once, and only what could be spoken."""
    for text in texts:
        key = text.casefold()
        letters = sum(map(str.isalpha, text))
        if key not in seen and letters > 0.7 * len(text.replace(" ", "")):
            seen.add(key)
            yield text


class _Paragraphs(HTMLParser):
    TAKEN = frozenset({"p", "dd", "blockquote"})
    LEFT_OUT = frozenset({"pre", "script", "style", "table", "title", "head"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within = False
        self._out = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.LEFT_OUT:
            self._out += 1
        elif tag in self.TAKEN or ("class", "para") in attrs:
            self.found.append("")
            self._within = True

    def handle_endtag(self, tag: str) -> None:
        if tag in self.LEFT_OUT:
            self._out = max(0, self._out - 1)
        elif tag in self.TAKEN or tag == "div":
            self._within = False

    def handle_data(self, data: str) -> None:
        if self._within and not self._out:
            self.found[-1] += data


def _html(path: Path) -> list[str]:
    reader = _Paragraphs()
    reader.feed(path.read_text("utf-8", errors="replace"))
    return reader.found


def _sayings(path: Path) -> list[str]:
    """The format of fortune(6): entries between lines of one percent sign."""
    if not path.is_file() or path.is_symlink() or path.suffix in {".dat", ".u8"}:
        return []
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return []
    return re.split(r"^%.*$", text, flags=re.MULTILINE)


def _dictionary(path: Path) -> list[str]:
    """dictd's: entries separated by a line that is not indented."""
    text = gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
    return re.split(r"\n(?=\S)|\n\s*\n", re.sub(r"[{}\\]", "", text))


def _sword(path: Path) -> Iterator[str]:
    """A compressed module of SWORD: .bzs (or .czs) lists offset, size and length of the zlib blocks in .bzz."""
    blocks = path.read_bytes()
    for offset, size, _length in struct.iter_unpack("<III", path.with_suffix(path.suffix[:-1] + "s").read_bytes()):
        text = zlib.decompress(blocks[offset : offset + size]).decode("utf-8", errors="replace")
        text = re.sub(r"<note\b.*?</note>|<title\b.*?</title>", " ", text, flags=re.DOTALL)
        text = re.sub(r"<[^>]{0,400}>|[\x00-\x1f¶]", " ", text)
        yield re.sub(r"\s+([,.;:?!)])", r"\1", html.unescape(text))


_HANDBOOK = {
    "en-US": "en", "es-ES": "es", "fr-FR": "fr", "de-DE": "de", "it-IT": "it", "pt-BR": "pt", "ru-RU": "ru", "ja-JP": "ja",
    "pl-PL": "pl", "nb-NO": "nb", "zh-CN": "zh",
}  # fmt: skip
_SHARE = "usr/share"
SOURCES = (
    Source("sword-text-web", "en", "World English Bible", f"{_SHARE}/sword/**/*.?zz", _sword),
    Source("sword-text-sparv", "es", "Reina-Valera", f"{_SHARE}/sword/**/*.?zz", _sword),
    Source("sword-comm-mhcc", "en", "Concise Commentary", f"{_SHARE}/sword/**/*.?zz", _sword, most=24_000),
    Source("sword-comm-tdavid", "en", "Treasury of David", f"{_SHARE}/sword/**/*.?zz", _sword, most=24_000),
    Source("anarchism", "en", "An Anarchist FAQ", f"{_SHARE}/doc/anarchism/html/*.html", _html, most=48_000),
    Source("dict-jargon", "en", "Jargon File", f"{_SHARE}/dictd/*.dict.dz", _dictionary),
    Source("dict-devil", "en", "The Devil's Dictionary", f"{_SHARE}/dictd/*.dict.dz", _dictionary),
    *(
        Source(
            "fortunes" + (f"-{code}" if code != "en" else ""),
            language,
            f"Sayings ({language})",
            f"{_SHARE}/games/fortunes/**/*",
            _sayings,
            most=8_000,
        )
        for code, language in (
            ("en", "en"),
            ("de", "de"),
            ("es", "es"),
            ("it", "it"),
            ("ru", "ru"),
            ("pl", "pl"),
            ("cs", "cs"),
            ("br", "pt"),
            ("bg", "bg"),
        )
    ),
    *(
        Source(
            "debian-handbook",
            language,
            f"The Administrator's Handbook ({language})",
            f"{_SHARE}/doc/debian-handbook/html/{place}/*.html",
            _html,
            most=9_000,
        )
        for place, language in _HANDBOOK.items()
    ),
    *(
        Source(
            f"debian-reference-{code}",
            code.partition("-")[0],
            f"A Reference ({code})",
            f"{_SHARE}/debian-reference/*.html",
            _html,
            most=9_000,
        )
        for code in ("en", "de", "es", "fr", "it", "pt", "ja", "zh-cn")
    ),
    *(
        Source(
            "installation-guide-amd64",
            code.partition("-")[0].partition("_")[0],
            f"An Installation Guide ({code})",
            f"{_SHARE}/doc/installation-guide-amd64/{code}/*.html",
            _html,
            most=6_000,
        )
        for code in ("de", "fr", "es", "it", "ja", "ko", "pt", "ru", "nl", "sv", "cs", "da")
    ),
)


if __name__ == "__main__":
    sys.exit(main())
