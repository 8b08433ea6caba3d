"""How a film is to be put together: what may be wished for, read from a body, checked against the clips that there are."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from rest_framework import serializers

from accounts.models import User
from core import fonts as letters
from core import outbound
from core.errors import FetchFailedError, InvalidFieldError, UnsafeUrlError
from core.rest.inputs import FiniteField, IdField, Input, TextField
from generation.models import GenerationSession, Take
from generation.services import approving, clips
from media_library.media.assemble import Transition, lay_out
from media_library.media.assemble import Wish as Clip
from media_library.media.film_frames import ASPECTS
from media_library.media.overlays import ALIGNS, MARGINS, PLACES, SIZES, Overlay
from media_library.models import Asset

MOST_OVERLAYS, MOST_LETTERS = 50, 200
TRANSITIONS = ("cut", "dissolve", "dip")
ROLES = ("music", "narration")
LOUDNESS: dict[str, float | None] = {"none": None, "-14": -14.0, "-23": -23.0}
CAPTIONS = ("none", "burned", "track")
FILLS = ("black", "blurred")
LABELS = ("none", "opening", "throughout")
SHORTEST_OVERLAY = 0.04
# Lengths come rounded, and the last frame begins before the end.
SLACK_SECONDS = 0.05
_PARTS_A_SECOND = 1000

NO_AUDIO = "There is no such sound among your files."
NO_SOUND = "This file has no sound."
ENDED = "This text would stand past the end of the film, which has {length:.2f} seconds."


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`music_level` is in decibels beside the clips' own sound; an empty `aspect` is that of the first clip; fades are the audio's.

    Of the audio there is `audio_id`, an asset, or `audio_url`, an address elsewhere.
    """

    overlays: tuple[Overlay, ...] = ()
    audio_id: str = ""
    audio_url: str = ""
    audio_role: str = "music"
    audio_loops: bool = False
    music_level: float = -8.0
    duck: bool = True
    fade_in: float = 0.0
    fade_out: float = 2.0
    loudness: str = "-14"
    transition: Transition = "cut"
    transition_seconds: float = 0.5
    captions: str = "none"
    aspect: str = ""
    fill: str = "black"
    label: str = "none"

    def stored(self) -> dict[str, Any]:
        return {**asdict(self), "overlays": [asdict(one) for one in self.overlays]}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Wish:
        """What was not wished for then is as usual."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        return cls(**{**values, "overlays": tuple(Overlay(**one) for one in stored.get("overlays", ()))})


class OverlayInput(Input):
    text = TextField(max_length=MOST_LETTERS)
    start = FiniteField(min_value=0)
    duration = FiniteField(min_value=SHORTEST_OVERLAY)
    font = serializers.ChoiceField(list(letters.FACES), default="sans")
    size = serializers.ChoiceField(list(SIZES), default="medium")
    place = serializers.ChoiceField(list(PLACES), default="bottom")
    align = serializers.ChoiceField(list(ALIGNS), default="center")
    colour = serializers.RegexField(r"\A#[0-9a-fA-F]{6}\Z", default="#ffffff")
    margin = serializers.ChoiceField(list(MARGINS), default="title")
    box = serializers.BooleanField(default=False)
    shadow = serializers.BooleanField(default=True)
    fade = FiniteField(min_value=0, max_value=5, default=0)


class LabelField(serializers.ChoiceField):
    """Yes and no as well: all the way through, or not at all."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({True: "throughout", False: "none"}[data] if isinstance(data, bool) else data)


class WishInput(Input):
    """The choices of a composition."""

    overlays = serializers.ListField(child=OverlayInput(), max_length=MOST_OVERLAYS, default=list)
    audio_id = IdField(allow_null=True, default=None)
    audio_url = TextField(allow_null=True, allow_blank=True, max_length=outbound.LONGEST_URL, default="")
    audio_role = serializers.ChoiceField(ROLES, default="music")
    audio_loops = serializers.BooleanField(default=False)
    music_level = FiniteField(min_value=-40, max_value=12, default=Wish.music_level)
    duck = serializers.BooleanField(default=True)
    fade_in = FiniteField(min_value=0, max_value=20, default=0)
    fade_out = FiniteField(min_value=0, max_value=20, default=Wish.fade_out)
    loudness = serializers.ChoiceField(list(LOUDNESS), default=Wish.loudness)
    transition = serializers.ChoiceField(TRANSITIONS, default="cut")
    transition_seconds = FiniteField(min_value=0.1, max_value=3, default=Wish.transition_seconds)
    captions = serializers.ChoiceField(CAPTIONS, default="none")
    aspect = serializers.ChoiceField(["", *ASPECTS], default="", allow_blank=True)
    fill = serializers.ChoiceField(FILLS, default="black")
    label = LabelField(LABELS, default="none")  # type: ignore[assignment]  # a field of the input, not the words beside one


def read(session: GenerationSession, body: Any, *, named: str = "overlays") -> Wish:
    """The checked wish, or what is wrong with it and where (422). `named` is what the caller calls its overlays."""
    values = WishInput.parse(body)
    audio_id, audio_url = _audio(session.owner, values.pop("audio_id"), values.pop("audio_url") or "")
    overlays = tuple(Overlay(**one) for one in values.pop("overlays"))
    wish = Wish(overlays=overlays, audio_id=audio_id, audio_url=audio_url, **values)
    require_within(overlays, length_of(session, wish), field=named)
    return wish


def require_within(overlays: tuple[Overlay, ...], length: float, *, field: str) -> None:
    """A film of no length has no clips yet, which is said elsewhere."""
    for number, overlay in enumerate(overlays):
        if length and overlay.end > length + SLACK_SECONDS:
            raise InvalidFieldError(ENDED.format(length=length), field=f"body.{field}.{number}.duration")


def audio_of(owner: User, audio_id: uuid.UUID | None) -> Asset | None:
    if audio_id is None:
        return None
    found = Asset.objects.visible_to(owner).filter(pk=audio_id, archived_at=None)
    return found.filter(kind__in=(Asset.Kind.AUDIO, Asset.Kind.VIDEO)).first()


def _audio(owner: User, audio_id: uuid.UUID | None, audio_url: str) -> tuple[str, str]:
    """A file of the caller's own, by its id or its link; or an address that may be fetched. Nothing is fetched here."""
    if audio_id is not None:
        return str(_sounding(audio_of(owner, audio_id), "audio_id").pk), ""
    if not audio_url:
        return "", ""
    if key := approving.key_of(audio_url):
        own = Asset.objects.visible_to(owner).filter(key=key).values_list("pk", flat=True).first()
        return str(_sounding(audio_of(owner, own), "audio_url").pk), ""
    try:
        outbound.judge(audio_url)
    except (UnsafeUrlError, FetchFailedError) as error:
        raise InvalidFieldError(error.message, field="audio_url") from error
    return "", audio_url


def _sounding(asset: Asset | None, field: str) -> Asset:
    if asset is None:
        raise InvalidFieldError(NO_AUDIO, field=field)
    # Known of what was ingested; of the rest it shows when it is read.
    if asset.technical.get("audio_codec") == "":
        raise InvalidFieldError(NO_SOUND, field=field)
    return asset


def range_of(take: Take) -> tuple[float, float]:
    """The seconds of the clip that are shown."""
    assert take.asset is not None  # noqa: S101  (only takes with a file are chosen)
    length = take.asset.duration or take.seconds or 0.0
    end = min(take.trim_end, length) if take.trim_end is not None else length
    return min(take.trim_start or 0.0, max(0.0, end - SHORTEST_OVERLAY)), end


def length_of(session: GenerationSession, wish: Wish) -> float:
    """Of the film of the approved clips, in seconds; 0 where there are none."""
    found = [range_of(take) for take in clips.approved(session, Take.Kind.CLIP)]
    if not found:
        return 0.0
    lengths = [Clip(frames=_parts(end - start), transition=wish.transition) for start, end in found]
    return lay_out(lengths, transition=_parts(wish.transition_seconds))[-1].ends / _PARTS_A_SECOND


def _parts(seconds: float) -> int:
    return round(seconds * _PARTS_A_SECOND)
