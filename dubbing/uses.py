"""Which dubs a file is the video of, or came of, for its page in the library."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from dubbing.models import Dub
from media_library import uses
from media_library.models import Asset
from media_library.uses import Use


@uses.register
def in_dubs(asset: Asset, user: User) -> Iterator[Use]:
    made = Q(film=asset) | Q(multitrack=asset) | Q(sound=asset) | Q(captions=asset)
    for dub in Dub.objects.visible_to(user).filter(Q(video=asset) | made).order_by("-created_at", "-pk"):
        yield Use("dub", dub.title, reverse("dubbing:dub", args=[dub.pk]), dub.created_at)
