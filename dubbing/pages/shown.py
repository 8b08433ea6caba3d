"""What the desk of a dub shows: its lines, cast, report, pictures and cost, as templates take them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from accounts.models import User
from ai.models import Call
from core.live.events import percent
from core.runs.models import Run, Step
from core.storage import for_page
from dubbing.models import Dub, DubLine
from dubbing.queries import desk as desks
from dubbing.queries.desk import Desk, DeskLine, DeskRole
from dubbing.queries.sayings import version_of
from dubbing.services import casting, dubs
from media_library.media import fitting
from media_library.media.fitting import BLOCKS, WARNS
from media_library.models import Asset, VoiceProfile
from media_library.pages.player import WATCH_SECONDS
from media_library.queries import links

S = Dub.Status
# The colours and glyphs of jobs, for what is the same kind of work here.
STATES = {
    S.PREPARING: "ai_processing",
    S.EDITING: "in_progress",
    S.SPEAKING: "tts_generating",
    S.MIXING: "rendering",
    S.READY: "completed",
    S.FAILED: "failed",
    S.CANCELLED: "cancelled",
}
STEP_WORDS = {
    "probe": "Looking into the video",
    "conform": "Making it playable",
    "transcribe": "Listening",
    "speakers": "Telling voices apart",
    "lines": "Laying out the lines",
    "translate": "Translating",
    "line": "Speaking",
    "finish": "Placing the lines",
    "sound": "Mixing the sound",
    "film": "Making the film",
}
# What a filter calls the states of lines; lines in none of them need nobody.
KINDS = {
    desks.STALE: "changed",
    desks.UNSPOKEN: "changed",
    desks.WAITING: "person",
    desks.VOICELESS: "voice",
    fitting.BLOCKED: "long",
    fitting.TIGHT: "hurried",
}
WORDS = {
    desks.MUTED: "Muted",
    desks.WAITING: "Needs a person",
    desks.VOICELESS: "No voice",
    desks.UNSPOKEN: "Not spoken",
    desks.STALE: "Changed",
    fitting.FITS: "Spoken",
    fitting.TIGHT: "Hurried",
    fitting.BLOCKED: "Too long",
}
TONES = {
    desks.MUTED: "line",
    desks.WAITING: "warn",
    desks.VOICELESS: "error",
    desks.UNSPOKEN: "info",
    desks.STALE: "info",
    fitting.FITS: "ok",
    fitting.TIGHT: "warn",
    fitting.BLOCKED: "error",
}
MARKS = 8


@dataclass(frozen=True)
class Overtaken:
    """What somebody typed into a line that another had changed meanwhile."""

    line_id: uuid.UUID
    mine: str


@dataclass(frozen=True)
class Row:
    """A line as it stands in the list."""

    desk_line: DeskLine
    mark: int
    hidden: bool = False
    overtaken: Overtaken | None = None

    @property
    def line(self) -> DubLine:
        return self.desk_line.line

    @property
    def state(self) -> str:
        return self.desk_line.state

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def kind(self) -> str:
        return KINDS.get(self.state, "")

    @property
    def version(self) -> str:
        return version_of(self.line)

    @property
    def text(self) -> str:
        return self.overtaken.mine if self.overtaken else self.line.text

    @property
    def rate(self) -> float | None:
        """How much faster than by itself it is played, as long as it is spoken as it is written."""
        return self.line.rate if self.state in desks.SPOKEN else None

    @property
    def sound(self) -> str:
        if not self.line.sound or self.line.muted:
            return ""
        return f"{reverse('dubbing:sound', args=[self.line.dub_id, self.line.pk])}?v={self.line.sound.get('sha256', '')[:8]}"

    @property
    def heard_from(self) -> float:
        return self.line.start if self.line.placed_start is None else self.line.placed_start

    @property
    def heard_to(self) -> float:
        return self.line.end if self.line.placed_end is None else self.line.placed_end

    @property
    def milliseconds(self) -> float:
        return self.line.start * 1000

    @property
    def edges(self) -> list[tuple[str, str, float]]:
        return [("start", "Begins", self.line.start), ("end", "Ends", self.line.end)]

    @property
    def before(self) -> str:
        """By how much it ends before its slot does."""
        return f"{-(self.desk_line.off or 0.0):.2f}"

    @property
    def rows(self) -> int:
        """Of the field, where the browser does not fit it to its text."""
        return max(2, min(6, len(self.text) // 42 + 1))

    @property
    def meter(self) -> int:
        """The rate on a scale of a hundred, on which 1 is 25, hurried begins at 50 and too long at 100."""
        if self.rate is None:
            return 0
        if self.rate <= 1:
            return max(4, round(25 * self.rate))
        if self.rate <= WARNS:
            return round(25 + 25 * (self.rate - 1) / (WARNS - 1))
        return min(100, round(50 + 50 * (self.rate - WARNS) / (BLOCKS - WARNS)))

    @property
    def offers_shorter(self) -> bool:
        return bool(self.line.suggestion) and self.overtaken is None

    @property
    def bar(self) -> dict[str, float]:
        """On the timeline, in milliseconds: its place in the original, and where it is heard."""
        start, end = self.line.start * 1000, self.line.end * 1000
        heard = (self.heard_from * 1000, self.heard_to * 1000)
        return {
            "x": start,
            "width": max(1.0, end - start),
            "heard": heard[0],
            "heard_width": max(1.0, heard[1] - heard[0]),
        }


@dataclass(frozen=True)
class Part:
    """A role on the cast board."""

    role: DeskRole
    mark: int
    share: float
    sample: str
    choices: list[VoiceGroup]
    similarity: float | None
    consented: bool | None


@dataclass(frozen=True)
class VoiceOption:
    value: str
    label: str
    chosen: bool
    usable: bool = True


@dataclass(frozen=True)
class VoiceGroup:
    name: str
    voices: list[VoiceOption]


@dataclass(frozen=True)
class Screen:
    """One of the two pictures."""

    key: str
    url: str
    poster: str = ""


@dataclass(frozen=True)
class Shown:
    desk: Desk
    rows: list[Row]
    parts: list[Part]
    at: Row | None
    cost: Decimal
    state: str
    percent: int
    doing: str
    original: Screen | None = None
    film: Screen | None = None
    downloads: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def dub(self) -> Dub:
        return self.desk.dub

    @property
    def at_work(self) -> bool:
        return self.dub.status in dubs.AT_WORK

    @property
    def share(self) -> str:
        return f"{self.percent / 100:.2f}"

    @property
    def milliseconds(self) -> float:
        """The length of the timeline."""
        last = max((row.line.end for row in self.rows), default=1.0)
        return max(self.dub.video.duration or 0.0, last) * 1000

    @property
    def problems(self) -> int:
        return sum(bool(row.kind) for row in self.rows)

    def count(self, kind: str) -> int:
        return sum(row.kind == kind for row in self.rows)


def rows_of(desk: Desk, *, show: str = "", words: str = "", overtaken: Overtaken | None = None) -> list[Row]:
    marks = marks_of(desk)
    found = []
    for one in desk.lines:
        mine = overtaken if overtaken and overtaken.line_id == one.line.pk else None
        row = Row(one, marks[one.role.pk], overtaken=mine)
        found.append(replace(row, hidden=not fits(row, show, words)))
    return found


def fits(row: Row, show: str, words: str) -> bool:
    if show and row.kind != show and not (show == "problems" and row.kind):
        return False
    return words.lower() in f"{row.line.original}\n{row.line.text}".lower()


def marks_of(desk: Desk) -> dict[uuid.UUID, int]:
    """One colour for each of the cast, as long as there are colours."""
    return {one.role.pk: place % MARKS + 1 for place, one in enumerate(desk.cast)}


def parts_of(desk: Desk, user: User) -> list[Part]:
    marks, total = marks_of(desk), sum(one.seconds for one in desk.cast) or 1.0
    known = casting.voices_for(desk.dub, user)
    waiting = (
        VoiceProfile.objects.visible_to(user)
        .with_consent()
        .exclude(pk__in=[one.profile.pk for one in known if one.profile is not None])
    )
    locked = list(waiting.order_by("name", "pk"))
    first = {
        one.role.pk: one.line.text or one.line.original
        for one in reversed(desk.lines)
        if one.line.text or one.line.original
    }
    return [
        Part(
            role=one,
            mark=marks[one.role.pk],
            share=one.seconds / total,
            sample=first.get(one.role.pk, "")[:300],
            choices=_choices(one, known, locked),
            similarity=one.role.profile.similarity if one.role.profile else None,
            consented=getattr(one.role, "consented", None) if one.role.profile else None,
        )
        for one in desk.cast
    ]


def _choices(one: DeskRole, known: Iterable[casting.Choice], locked: list[VoiceProfile]) -> list[VoiceGroup]:
    role = one.role
    matched, spoken = [], []
    for choice in known:
        if choice.profile is not None:
            like = f", {choice.profile.similarity:.2f} alike" if choice.profile.similarity is not None else ""
            chosen = role.profile_id == choice.profile.pk
            matched.append(
                VoiceOption(f"profile:{choice.profile.pk}", f"{choice.name}{like}, consent recorded", chosen)
            )
        else:
            label = ", ".join(part for part in (choice.name, choice.gender, choice.engine) if part)
            spoken.append(
                VoiceOption(f"voice:{choice.voice}", label, role.profile_id is None and role.voice == choice.voice)
            )
    for profile in locked:
        why = _locked_because(profile)
        matched.append(
            VoiceOption(f"profile:{profile.pk}", f"{profile.name}, {why}", role.profile_id == profile.pk, usable=False)
        )
    groups = [VoiceGroup("Matched voices", matched), VoiceGroup("Voices of the studio", spoken)]
    return [group for group in groups if group.voices]


def _locked_because(profile: VoiceProfile) -> str:
    if not getattr(profile, "consented", False):
        return "no consent recorded"
    return "speaks other languages" if profile.status == VoiceProfile.Status.READY else "not matched yet"


def doing(runs: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """What each of these runs is at, in words."""
    ids = [one for one in runs if one]
    steps = Step.objects.filter(run__in=ids, status=Step.Status.RUNNING).order_by("position") if ids else ()
    return {step.run_id: step.message or step_words(step.name) for step in steps}


def step_words(name: str) -> str:
    return STEP_WORDS.get(name, name.replace("_", " ").capitalize())


def spent(dub: Dub) -> Decimal:
    """What engines were paid for it."""
    found = Call.objects.filter(subject_id=dub.pk).aggregate(spent=Sum("cost"))["spent"]
    return found or Decimal(0)


def screens(dub: Dub) -> tuple[Screen | None, Screen | None]:
    """The original, and the film beside it where one was made."""
    pictures = links.pictures([dub.video])
    poster = _address(pictures[dub.video_id]) if dub.video_id in pictures else ""
    original = None
    if dub.video.status == Asset.Status.ACTIVE or dub.video.duration is not None or dub.facts.get("duration"):
        playable = links.playable(dub.video)
        original = Screen(str(playable.pk), _address(playable), poster)
    film = Screen(str(dub.film.pk), _address(dub.film), poster) if dub.film else None
    return original, film


def _address(asset: Asset) -> str:
    return for_page(links.link(asset, inline=True, expires_in=WATCH_SECONDS))


def downloads(dub: Dub) -> list[tuple[str, str, str]]:
    """Address, name, and what it is, of everything that can be taken along."""
    export = reverse("dubbing_api:dub_export", args=[dub.pk])
    made = [
        ("mp4", "Dubbed film", "The film with the dub as its sound"),
        ("wav", "Sound of the dub", "To be mixed elsewhere"),
        ("zip", "All in one package", "Films, sound, captions, lines"),
    ]
    always = [
        ("vtt", "Captions, WebVTT", "What is said in the dub"),
        ("srt", "Captions, SRT", "What is said in the dub"),
        ("csv", "Lines as a table", "Times, speakers, original, dub, and how each fits"),
        ("json", "Lines as JSON", "The same, for programs"),
    ]
    found = [(f"{export}?format={one}", name, about) for one, name, about in (made if dub.film_id else []) + always]
    if dub.multitrack_id:
        both = reverse("media_library:asset_file", args=[dub.multitrack_id])
        found.insert(1, (both, "Film with both sounds", "The original, with the dub as a further sound track"))
    return found


def shown(
    desk: Desk,
    user: User,
    *,
    at: str = "",
    show: str = "",
    words: str = "",
    overtaken: Overtaken | None = None,
) -> Shown:
    dub = desk.dub
    rows = rows_of(desk, show=show, words=words, overtaken=overtaken)
    original, film = screens(dub)
    run: Run | None = dub.run if dub.status in dubs.AT_WORK else None
    steps: dict[Any, str] = doing([run.pk]) if run else {}
    return Shown(
        desk=desk,
        rows=rows,
        parts=parts_of(desk, user),
        at=next((row for row in rows if str(row.line.pk) == at), rows[0] if rows else None),
        cost=spent(dub),
        state=STATES[S(dub.status)],
        percent=percent(run.progress) if run else 0,
        doing=(steps.get(run.pk) or run.message or "Waits for a free worker") if run else "",
        original=original,
        film=film,
        downloads=downloads(dub),
    )


# What the keyboard does at the desk, as its dialog lists it. `static/js/dub-keys.js` does it.
KEYS_OF_THE_DESK: list[tuple[str, list[tuple[str, list[str]]]]] = [
    (
        "Hear",
        [
            ("Play, pause", ["Space"]),
            ("Original or dub", ["A"]),
            ("The original of this line", ["O"]),
            ("The dub of this line", ["P"]),
            ("One second back or on", ["←", "→"]),
        ],
    ),
    (
        "Move",
        [
            ("Previous or next line", ["↑", "↓"]),
            ("The same from inside a text", ["Alt ↑", "Alt ↓"]),
            ("Next or previous problem", ["F8", "⇧ F8"]),
            ("Into the text", ["Enter"]),
            ("Back to the list", ["Esc"]),
            ("Find", ["/"]),
        ],
    ),
    (
        "Change",
        [
            ("Save", ["Ctrl S"]),
            ("Speak this line", ["R", "Ctrl Enter"]),
            ("Mute", ["M"]),
            ("Split at the cursor", ["Ctrl Alt V"]),
            ("Merge with the next", ["Ctrl ⇧ M"]),
        ],
    ),
    (
        "Time",
        [
            ("Begin or end at the playhead", ["[", "]"]),
            ("Begin a frame earlier, later", ["Alt ⇧ ←", "Alt ⇧ →"]),
            ("End a frame earlier, later", ["Ctrl Alt ←", "Ctrl Alt →"]),
            ("These keys", ["?"]),
        ],
    ),
]
