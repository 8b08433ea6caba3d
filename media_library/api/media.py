"""Videos and recordings over JSON, as platform.yaml has them: what they are, and links to look, listen and keep."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PersonView
from accounts.services import foreign_reads
from core.errors import DomainError, NotFoundError
from core.rest import waiting
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives, Shape
from core.runs.models import Run
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.models import Asset, ClipFile
from media_library.queries import links
from media_library.services import assets, clips

DOWNLOADED = ("mp4", "mov")
HEARD = ("mp3", "m4a", "wav")
CLIP = {"start_time": "float", "end_time": "float", "duration": "float"}
SUBTYPES = {"quicktime": "mov", "mpeg": "mp3", "x-matroska": "mkv", "x-m4a": "m4a", "x-wav": "wav"}


def range_of(request: Request) -> tuple[float | None, float | None]:
    asked = request.query_params
    return clips.seconds_of(asked.get("start")), clips.seconds_of(asked.get("end"))


def format_of(asset: Asset) -> str:
    """mp4 — by the file's name, or by its type where the name has no ending."""
    ending = asset.filename.rpartition(".")[2].lower() if "." in asset.filename else ""
    subtype = asset.content_type.partition("/")[2].partition(";")[0]
    return ending or SUBTYPES.get(subtype, subtype)


class MediaView(PersonView):
    """For signed-in people. What was archived or replaced by a newer version is not there."""

    kind: ClassVar[str]
    missing: ClassVar[str]

    def find(self, asset_id: uuid.UUID) -> Asset:
        found = (
            Asset.objects.visible_to(self.caller)
            .originals()
            .live()
            .filter(kind=self.kind, pk=asset_id)
            .select_related("project__client", "organization")
            .first()
        )
        if found is None:
            raise NotFoundError(self.missing)
        foreign_reads.note(self.caller, found)
        return found

    def clip(
        self, request: Request, asset: Asset, *, start: float | None, end: float | None, form: str, answer: Answer
    ) -> HttpResponse:
        """`answer` tells of the range's file, at once where it was cut before."""
        made = clips.clip_file(asset, start=start, end=end, format=form, by=self.caller)
        if made.key:
            return waiting.as_json(answer(made))
        assert made.run is not None  # noqa: S101  (what has no file is being made)

        def when_made(_run: Run) -> HttpResponse:
            # Seconds have passed: it may have been deleted, or be none of the caller's any more.
            self.find(asset.pk)
            found = ClipFile.objects.exclude(key="").filter(pk=made.pk).first()
            if found is None:
                raise NotFoundError(self.missing)
            return waiting.as_json(answer(found))

        return waiting.when_done(request, made.run, when_made, refuse=clips.failure_of)


Answer = Callable[[ClipFile], dict[str, Any]]


def times_of(clip: ClipFile) -> dict[str, float]:
    span = clips.Span(clip.start_ms, clip.end_ms)
    return {"start_time": span.start, "end_time": span.end, "duration": span.duration}


def is_whole(asset: Asset, span: clips.Span) -> bool:
    return span.start_ms == 0 and asset.duration is not None and span.end >= asset.duration


# Videos.


class VideoView(MediaView):
    kind = Asset.Kind.VIDEO
    missing = "Video not found"


class VideoChange(Input):
    title = TextField(max_length=255, required=False, allow_blank=True)
    description = TextField(max_length=20_000, required=False, allow_blank=True)
    tags = serializers.ListField(child=TextField(max_length=200, allow_blank=True), max_length=100, required=False)


class Video(VideoView):
    takes = VideoChange
    gives = Gives(
        get={
            "success": "bool",
            "video": {
                "id": "uuid",
                "title": "string",
                "description": "nullable string",
                "duration": "float",
                "file_size": "int",
                "resolution": "string",
                "fps": "float",
                "format": "string",
                "s3_key": "string",
                "thumbnail_url": "nullable url",
                "created_at": "datetime",
                "tags": "list<string>",
            },
        },
        put={"success": "bool"},
    )

    def get(self, _request: Request, video_id: uuid.UUID) -> Response:
        video = self.find(video_id)
        picture = links.picture(video)
        facts = video.technical
        size = f"{facts['width']}x{facts['height']}" if facts.get("width") and facts.get("height") else ""
        return Response(
            {
                "success": True,
                "video": {
                    "id": video.pk,
                    "title": video.name,
                    "description": video.description or None,
                    "duration": video.duration or 0.0,
                    "file_size": video.size,
                    "resolution": size,
                    "fps": float(facts.get("fps") or 0.0),
                    "format": format_of(video),
                    "s3_key": video.key,
                    "thumbnail_url": links.link(picture, inline=True) if picture else None,
                    "created_at": video.created_at,
                    "tags": video.tags,
                },
            }
        )

    def put(self, request: Request, video_id: uuid.UUID) -> Response:
        """Only the fields given change; tags replaces the whole list."""
        video = self.find(video_id)
        policies.require(self.caller, "media_library.asset.change", video)
        assets.change(video, actor=self.caller, **VideoChange.parse(request.data))
        return Response({"success": True})


class VideoPreview(VideoView):
    gives = Gives(get={"success": "bool", "url": "url", "expires_in": "int", "content_type": "string"})

    def get(self, _request: Request, video_id: uuid.UUID) -> Response:
        shown = links.playable(self.find(video_id))
        url = links.link(shown, inline=True)
        lifetime = links.lifetime(inline=True)
        return Response({"success": True, "url": url, "expires_in": lifetime, "content_type": shown.content_type})


class VideoThumbnail(VideoView):
    """As `src` of an image: the picture itself. As data: where it is."""

    gives = Gives(get={"success": "bool", "url": "url"})

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: ARG002  (the framework's signature)
        """Whoever wants an image is sent to one, so nothing that may be accepted is refused."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request, video_id: uuid.UUID) -> HttpResponse:
        picture = links.picture(self.find(video_id))
        if picture is None:
            return HttpResponseRedirect(static("img/no-picture-video.svg"))
        url = links.link(picture, inline=True)
        preferred = request._request.get_preferred_type(["application/json", picture.content_type])  # noqa: SLF001  (the framework's request has none)
        if preferred == picture.content_type:
            return HttpResponseRedirect(url)
        return Response({"success": True, "url": url})


class VideoDownload(VideoView):
    gives = Gives(
        get={
            "success": "bool",
            "download_url": "url",
            "file_size": "int",
            "format": "string",
            "duration": "float",
            "expires_in": "int",
        }
    )

    def get(self, _request: Request, video_id: uuid.UUID) -> Response:
        video = self.find(video_id)
        return Response(
            {
                "success": True,
                "download_url": links.link(video),
                "file_size": video.size,
                "format": format_of(video),
                "duration": video.duration or 0.0,
                "expires_in": links.lifetime(inline=False),
            }
        )


class ClipPreview(VideoView):
    """Cut to the frame when it is first asked for; 202 where that takes longer than the request waits."""

    query = ("start", "end")
    gives = Gives(get={"success": "bool", "url": "url", **CLIP})

    def get(self, request: Request, video_id: uuid.UUID) -> HttpResponse:
        video = self.find(video_id)
        start, end = range_of(request)
        return self.clip(request, video, start=start, end=end, form="mp4", answer=previewed)


def previewed(clip: ClipFile) -> dict[str, Any]:
    return {"success": True, "url": links.clip_link(clip, inline=True), **times_of(clip)}


class ClipDownload(VideoView):
    """Cut to the frame in the quality of the original: its pictures are copied wherever they can be."""

    query = ("start", "end", "format")
    gives = Gives(
        get={"success": "bool", "download_url": "url", "file_size": "int", "format": "string", "expires_in": "int"}
    )

    def get(self, request: Request, video_id: uuid.UUID) -> HttpResponse:
        video = self.find(video_id)
        form = request.query_params.get("format", "mp4")
        if form not in DOWNLOADED:
            raise DomainError(clips.UNSUPPORTED)
        start, end = range_of(request)
        return self.clip(request, video, start=start, end=end, form=form, answer=downloaded)


def downloaded(clip: ClipFile) -> dict[str, Any]:
    return {
        "success": True,
        "download_url": links.clip_link(clip),
        "file_size": clip.size,
        "format": clip.format,
        "expires_in": links.lifetime(inline=False),
    }


# Recordings.

RECORDING: Shape = {
    "id": "uuid",
    "title": "string",
    "duration": "float",
    "file_size": "int",
    "format": "string",
    "created_at": "datetime",
}


class RecordingView(MediaView):
    kind = Asset.Kind.AUDIO
    missing = "Audio not found"


class Recordings(RecordingView):
    gives = Gives(get=[RECORDING])

    def get(self, _request: Request) -> Response:
        """All that the caller sees, the newest first."""
        found = Asset.objects.visible_to(self.caller).originals().live().filter(kind=self.kind)
        rows = found.only("id", "title", "filename", "content_type", "duration", "size", "created_at")
        return Response(
            [
                {
                    "id": one.pk,
                    "title": one.name,
                    "duration": one.duration or 0.0,
                    "file_size": one.size,
                    "format": format_of(one),
                    "created_at": one.created_at,
                }
                for one in rows.order_by("-created_at", "-pk")
            ]
        )


class AudioPreview(RecordingView):
    gives = Gives(get={"success": "bool", "url": "url", "duration": "float", "format": "string", "expires_in": "int"})

    def get(self, _request: Request, audio_id: uuid.UUID) -> Response:
        recording = self.find(audio_id)
        heard = links.playable(recording)
        return Response(
            {
                "success": True,
                "url": links.link(heard, inline=True),
                "duration": recording.duration or 0.0,
                "format": format_of(heard),
                "expires_in": links.lifetime(inline=True),
            }
        )


class AudioClip(RecordingView):
    """Cut to the sample. Without a range the whole recording, as it is listened to."""

    query = ("start", "end", "format")
    gives = Gives(get={"success": "bool", "url": "url", **CLIP, "format": "string"})

    def get(self, request: Request, audio_id: uuid.UUID) -> HttpResponse:
        recording = self.find(audio_id)
        form = request.query_params.get("format")
        if form is not None and form not in HEARD:
            raise DomainError(clips.UNSUPPORTED)
        start, end = range_of(request)
        start, end = 0.0 if start is None else start, recording.duration if end is None else end
        span = clips.span_of(recording, start=start, end=end)
        if form is None and is_whole(recording, span):
            heard = links.playable(recording)
            times = {"start_time": span.start, "end_time": span.end, "duration": span.duration}
            url = links.link(heard, inline=True)
            return Response({"success": True, "url": url, **times, "format": format_of(heard)})
        return self.clip(request, recording, start=start, end=end, form=form or "mp3", answer=listened)


def listened(clip: ClipFile) -> dict[str, Any]:
    return {**previewed(clip), "format": clip.format}
