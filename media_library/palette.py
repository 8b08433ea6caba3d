"""Pages of the library, files, and what is said in them, for the command palette. By words alone: it answers while one types."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from accounts.policies import can
from core.palette import MOST, SHORTEST, Entry, Place, among, source
from media_library.models import Asset, Passage
from media_library.search.glance import glance
from media_library.search.places import place_of

PAGES = (
    Place("Library", "media_library:library", "library", "files assets"),
    Place("Videos", "media_library:videos", "movie", "films"),
    Place("Audio", "media_library:audio", "wave", "sound music"),
    Place("Transcripts", "media_library:transcripts", "captions", "speech said"),
    Place("Search", "media_library:search", "search", "find"),
    Place("Collections", "media_library:collections", "list"),
    Place("Storage", "media_library:files", "folder", "files quota space"),
    Place("Personas", "media_library:personas", "people", "tone style"),
    Place("Voices", "media_library:voices", "voice", "speak"),
    Place("Pronunciations", "media_library:pronunciations", "voice", "say words respelling dictionary"),
)
GLOSSARIES = Place("Glossaries", "media_library:glossaries", "glossary", "terms words")
UPLOAD = Place("Upload", "media_library:library", "upload", "add files video audio picture footage", "#upload")
ICONS = {"video": "movie", "audio": "wave", "image": "image", "document": "doc", "caption": "captions", "export": "doc"}


@source("pages")
def pages(user: User, text: str) -> Iterable[Entry]:
    glossaries = [GLOSSARIES] if can(user, "media_library.glossaries.open") else []
    return among([*PAGES, *glossaries], text)


@source("actions")
def actions(user: User, text: str) -> Iterable[Entry]:
    return among([UPLOAD] if can(user, "media_library.asset.add") else [], text)


@source("assets")
def assets(user: User, text: str) -> Iterable[Entry]:
    if len(text) < SHORTEST:
        return []
    return [
        Entry(hit.asset.name, place_of(hit.asset), ICONS[hit.asset.kind], Asset.Kind(hit.asset.kind).label)
        for hit in glance(user, text, Passage.Kind.NAME, limit=MOST)
    ]


@source("words")
def words(user: User, text: str) -> Iterable[Entry]:
    """What is said, opened where it is said."""
    if len(text) < SHORTEST:
        return []
    return [
        Entry(
            hit.text,
            place_of(hit.asset, hit.start),
            "play",
            ", ".join(filter(None, (hit.speaker, hit.asset.name))),
            hit.highlighted,
        )
        for hit in glance(user, text, Passage.Kind.SPEECH, limit=MOST)
    ]
