"""The house styles of captions as data: a further client's style is a further entry, no code.

Numbers: handbook product.md §4.1 (Netflix Timed Text Style Guides, Amazon, BBC Subtitle Guidelines, DCMP Captioning Key, TED, Arte).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# Netflix's exceptions: characters per line and characters per second of an adult programme.
_CHARS: Mapping[str, int] = {"ja": 23, "th": 35, "ko": 16, "zh": 16}
_ADULT_CPS: Mapping[str, float] = {"ar": 20, "en": 20, "hi": 22, "ko": 12, "zh": 9, "ja": 4}
_CHILD_CPS: Mapping[str, float] = {"ar": 17, "en": 17, "hi": 18, "ko": 9, "zh": 7, "ja": 4}
_SDH_CPS: Mapping[str, float] = {"ar": 23, "hi": 25, "ko": 14, "zh": 11, "ja": 7}
_SDH_CHILD_CPS: Mapping[str, float] = {"ar": 20, "hi": 20, "ko": 11, "zh": 9, "ja": 7}
_NO_ITALICS = frozenset({"ar", "he", "hi", "ko", "th", "zh"})
# The house speaks of 17 characters a second in scripts that spell sounds; scripts that write syllables or words hold more in each.
_DENSE_CPS: Mapping[str, float] = {"ko": 12, "zh": 9, "ja": 4}


@dataclass(frozen=True, slots=True)
class Profile:
    """None means the style sets no such limit. Durations and gaps in seconds unless the name says frames."""

    name: str
    title: str
    chars_per_line: int = 42
    lines: int = 2
    max_cps: float | None = 17
    optimum_cps: float | None = None
    max_wpm: float | None = None
    min_duration: float = 0.833
    max_duration: float | None = 7.0
    min_gap_frames: int = 2
    min_gap: float = 0.0
    closes_small_gaps: bool = True  # a gap of less than half a second is closed to the minimum
    snaps_to_shots: bool = True
    bbc_gaps: bool = False  # no gap, or one of at least a second; and the BBC's bounds for sync
    seconds_per_word: float | None = None
    brackets_for_sounds: bool = False
    chars_by_language: Mapping[str, int] = field(default_factory=lambda: _CHARS)
    cps_by_language: Mapping[str, float] = field(default_factory=dict)
    min_duration_by_language: Mapping[str, float] = field(default_factory=dict)
    gapless: frozenset[str] = frozenset()  # languages in which cues may follow each other without a gap
    upright: frozenset[str] = frozenset()  # languages that are written without italics

    def gap_frames(self, language: str) -> int:
        return 0 if primary(language) in self.gapless else self.min_gap_frames

    def line_limit(self, language: str) -> int:
        return min(self.chars_per_line, self.chars_by_language.get(primary(language), self.chars_per_line))

    def cps_limit(self, language: str) -> float | None:
        return self.cps_by_language.get(primary(language), self.max_cps)

    def cps_optimum(self, language: str) -> float | None:
        """The optimum of the style, never above what the language allows."""
        limit = self.cps_limit(language)
        if self.optimum_cps is None or limit is None or self.max_cps is None:
            return self.optimum_cps
        return self.optimum_cps * limit / self.max_cps

    def shortest(self, language: str) -> float:
        return self.min_duration_by_language.get(primary(language), self.min_duration)


def primary(language: str) -> str:
    """`pt-BR` → `pt`."""
    return language.replace("_", "-").partition("-")[0].lower()


HOUSE = Profile("house", "House default", optimum_cps=15, cps_by_language=_DENSE_CPS)
_NETFLIX = Profile(
    "netflix",
    "Netflix",
    cps_by_language=_ADULT_CPS,
    min_duration_by_language={"ja": 0.5},
    gapless=frozenset({"ja"}),
    upright=_NO_ITALICS,
)
_BBC = Profile(
    "bbc",
    "BBC broadcast",
    chars_per_line=37,
    max_cps=None,
    max_wpm=180,
    seconds_per_word=0.3,
    min_duration=0.3,
    max_duration=None,
    min_gap_frames=0,
    closes_small_gaps=False,
    bbc_gaps=True,
)
_DCMP = Profile(
    "dcmp-lower",
    "DCMP, lower level",
    chars_per_line=32,
    max_cps=None,
    max_wpm=130,
    min_duration=2.0,
    max_duration=6.0,
    min_gap_frames=0,
)

PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        HOUSE,
        _NETFLIX,
        replace(_NETFLIX, name="netflix-children", title="Netflix, children", max_cps=13, cps_by_language=_CHILD_CPS),
        replace(
            _NETFLIX,
            name="netflix-sdh",
            title="Netflix SDH",
            max_cps=20,
            brackets_for_sounds=True,
            cps_by_language=_SDH_CPS,
        ),
        replace(
            _NETFLIX,
            name="netflix-sdh-children",
            title="Netflix SDH, children",
            max_cps=17,
            brackets_for_sounds=True,
            cps_by_language=_SDH_CHILD_CPS,
        ),
        # The older text: one speed for every language.
        replace(_NETFLIX, name="netflix-template", title="Netflix English template", cps_by_language={}),
        replace(
            _NETFLIX,
            name="netflix-template-children",
            title="Netflix English template, children",
            max_cps=13,
            cps_by_language={},
        ),
        Profile(
            "amazon",
            "Amazon Prime",
            optimum_cps=12,
            min_duration=1.0,
            max_duration=7.007,
            min_gap_frames=0,
            min_gap=0.083,
        ),
        _BBC,
        # 68 % of the width in the BBC's own letter holds as many characters as its broadcast line.
        replace(_BBC, name="bbc-online", title="BBC online 16:9"),
        replace(_BBC, name="bbc-online-vertical", title="BBC online 9:16", chars_per_line=25, lines=3),
        _DCMP,
        replace(_DCMP, name="dcmp-adult", title="DCMP, special interest adult", max_wpm=160),
        replace(_DCMP, name="dcmp-theatrical", title="DCMP, theatrical adult", max_wpm=235),
        Profile("ted", "TED", max_cps=21, min_duration=1.12, min_gap_frames=0),
        Profile(
            "arte",
            "Arte",
            chars_per_line=40,
            max_cps=20,
            optimum_cps=12,
            min_duration=1.0,
            max_duration=10.0,
            min_gap_frames=0,
            min_gap=0.2,
        ),
        Profile(
            "shorts",
            "Vertical shorts 9:16",
            chars_per_line=24,
            max_cps=25,
            optimum_cps=18,
            min_duration=0.7,
            max_duration=5.0,
            min_gap_frames=0,
            closes_small_gaps=False,
        ),
    )
}

# What people call some of them.
ALIASES: Mapping[str, str] = {
    "netflix-en": "netflix",
    "netflix-adult": "netflix",
    "sdh": "netflix-sdh",
    "children": "netflix-children",
    "vertical": "shorts",
}


def profile_named(name: str) -> Profile | None:
    return PROFILES.get(ALIASES.get(name, name))
