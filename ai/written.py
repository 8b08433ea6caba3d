"""Which language something is written in, by the little words that every sentence holds."""

from __future__ import annotations

import re
from collections import Counter

from ai.local.extract import lists

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_BY_SCRIPT = (
    (re.compile(r"[\u3040-\u30ff]"), "ja"),
    (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u3400-\u9fff]"), "zh"),
    (re.compile(r"[\u0600-\u06ff]"), "ar"),
    (re.compile(r"[\u0590-\u05ff]"), "he"),
    (re.compile(r"[\u0370-\u03ff]"), "el"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th"),
    (re.compile(r"[\u0900-\u097f]"), "hi"),
    (re.compile(r"[\u0400-\u04ff]"), "ru"),
)
# Letters that a language has and its neighbours here have not.
_LETTERS = {"de": "ß", "es": "ñ¿¡", "fr": "œê", "pt": "ãõ", "sv": "å", "tr": "ğış", "hu": "őű"}


def language_of(text: str, *, otherwise: str = "en") -> str:
    """A two-letter code. `otherwise` where too little is written to tell."""
    text = text[:2_000].casefold()
    for letters, code in _BY_SCRIPT:
        if len(letters.findall(text)) * 4 > len("".join(text.split())):
            return code
    words = Counter(_WORD.findall(text))
    points = {code: sum(words[word] for word in words if word in stops) for code, stops in lists().items()}
    for code, own in _LETTERS.items():
        points[code] = points.get(code, 0) + sum(text.count(letter) for letter in own)
    best = max(points, key=lambda code: (points[code], code == otherwise))
    return best if points[best] > 0 and points[best] > points.get(otherwise, 0) else otherwise
