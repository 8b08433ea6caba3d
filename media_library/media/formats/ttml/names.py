"""The names of TTML, freed of namespaces: `tt:p`, `tts:color`, `ttp:frameRate`, `ttm:agent`, `xml:id`."""

from __future__ import annotations

import re

TT = "http://www.w3.org/ns/ttml"
TTS = f"{TT}#styling"
TTP = f"{TT}#parameter"
TTM = f"{TT}#metadata"

# Drafts of the first version are still about, with their own addresses.
_NAMESPACE = re.compile(
    r"http://www\.w3\.org/(?:ns/ttml|20\d\d/\d\d/ttaf1)(?:#(style|styling|parameter|metadata))?/?\Z"
)
_PREFIXES = {"style": "tts", "styling": "tts", "parameter": "ttp", "metadata": "ttm", None: "tt"}
_XML = "http://www.w3.org/XML/1998/namespace"


def short(namespace: str | None, local: str, *, bare: str) -> str:
    """`bare` is the prefix of names without a namespace: elements of a file that declares none, attributes always."""
    if not namespace:
        return f"{bare}{local}"
    if namespace == _XML:
        return f"xml:{local}"
    found = _NAMESPACE.match(namespace)
    return f"{_PREFIXES[found[1]]}:{local}" if found else f"?:{local}"
