"""What somebody could ask first, taken from what their library holds."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Project, User
from chat.models import Message
from media_library.models import Asset, Speaker

Intent = Message.Intent
MOST = 4
# Enough of the newest files to find something of each kind among them.
LOOKED_AT = 40
LONGEST_NAME = 60


@dataclass(frozen=True)
class Starter:
    """`text` is what would be sent, `about` says which file it is of."""

    text: str
    intent: str
    sign: str
    about: str


def starters(user: User, *, project: Project | None = None) -> list[Starter]:
    """Four at most, each of another kind as long as the library has it; none where it is empty."""
    rows = Asset.objects.visible_to(user).originals().live().filter(archived_at=None, status=Asset.Status.ACTIVE)
    rows = rows.filter(shelf=Asset.Shelf.LIBRARY, is_current=True)
    if project is not None and (of_project := rows.filter(project=project)).exists():
        rows = of_project
    newest = list(rows.select_related("transcript").order_by("-created_at", "-pk")[:LOOKED_AT])
    spoken = [asset for asset in newest if hasattr(asset, "transcript")]
    found = [*_of_speech(spoken), *_of_others(newest)]
    return found[:MOST]


def _of_speech(spoken: list[Asset]) -> list[Starter]:
    if not spoken:
        return []
    first, last = spoken[0], spoken[-1]
    named = Speaker.objects.filter(transcript__asset__in=spoken).exclude(name="")
    speaker = named.order_by("-created_at", "-pk").values_list("name", "transcript__asset").first()
    found = [Starter(f"Write a one-minute script from “{_name(first)}”.", Intent.SCRIPT, "movie", _name(first))]
    if speaker is not None:
        name, asset_id = speaker
        said_in = next(asset for asset in spoken if asset.pk == asset_id)
        found.append(Starter(f"Find the strongest lines of {name}.", Intent.FIND, "search", _name(said_in)))
    else:
        found.append(Starter(f"Find the strongest line in “{_name(last)}”.", Intent.FIND, "search", _name(last)))
    chapter = next(((asset, one["title"]) for asset in spoken for one in asset.chapters if one.get("title")), None)
    if chapter is not None:
        found.append(
            Starter(f"What is said about “{chapter[1][:LONGEST_NAME]}”?", Intent.QUESTION, "chat", _name(chapter[0]))
        )
    else:
        found.append(Starter(f"What is “{_name(last)}” about, with quotes?", Intent.QUESTION, "chat", _name(last)))
    found.append(Starter(f"Write three lines that announce “{_name(first)}”.", Intent.COPY, "edit", _name(first)))
    return found


def _of_others(newest: list[Asset]) -> list[Starter]:
    """Of what holds no speech."""
    words = {
        Asset.Kind.IMAGE: ("Write a caption for the picture “{}”.", Intent.COPY, "image"),
        Asset.Kind.DOCUMENT: ("What does “{}” say, in five points?", Intent.QUESTION, "doc"),
        Asset.Kind.VIDEO: ("Write narration for “{}”, which has no speech.", Intent.SCRIPT, "movie"),
        Asset.Kind.AUDIO: ("Where could “{}” be used?", Intent.QUESTION, "wave"),
    }
    found = []
    for kind, (text, intent, sign) in words.items():
        of_kind = next((one for one in newest if one.kind == kind and not hasattr(one, "transcript")), None)
        if of_kind is not None:
            found.append(Starter(text.format(_name(of_kind)), intent, sign, _name(of_kind)))
    return found


def _name(asset: Asset) -> str:
    return asset.name if len(asset.name) <= LONGEST_NAME else f"{asset.name[: LONGEST_NAME - 1]}…"
