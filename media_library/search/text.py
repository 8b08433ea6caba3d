"""How words become lexemes: by the rules of their language, and plainly, without endings cut or accents, so that names match."""

from __future__ import annotations

import re

from core.languages import primary

# The languages whose endings Postgres knows.
CONFIGS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
PLAIN = "simple"
# More than that of one passage costs time and finds nothing better; a tsvector ends at a megabyte.
MOST_CHARACTERS = 100_000

# File names and addresses are words too, not the one long token that Postgres makes of them.
_JOINTS = re.compile(r"[_./\\:@\-\u2010-\u2015]+")
# Scripts that write words without spaces between them: each character is a word, and a run of them a phrase.
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")


def config_of(language: str) -> str:
    """Where the language is not known, English endings are cut too: that finds more, and the plain words stay."""
    return CONFIGS.get(primary(language), PLAIN) if language else "english"


def readable(text: str) -> str:
    """What Postgres gets to take apart, of passages and of queries alike."""
    return _UNSPACED.sub(r" \1 ", _JOINTS.sub(" ", text[:MOST_CHARACTERS].replace("\0", " ")))


def is_unspaced(text: str) -> bool:
    return bool(_UNSPACED.search(text))
