"""Where a clip could begin and end instead: the words around it, and how long a frame lasts."""

from __future__ import annotations

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from chat.api.clips import ClipView
from core.rest.schema import Gives
from media_library.models import Transcript
from media_library.services import excerpts

AROUND_SECONDS = 15.0


class ClipEdges(ClipView):
    """Only for who sees the footage: these are words that nobody has quoted."""

    gives = Gives(
        get={
            "fps": "nullable float",
            "duration": "float",
            "words": [{"word": "string", "start": "float", "end": "float"}],
        }
    )

    def get(self, _request: Request, clip_id: uuid.UUID) -> Response:
        clip = self.find_clip(clip_id)
        asset = self.find_footage(clip.conversation, clip.asset_id)
        begin, end = max(0.0, clip.start - AROUND_SECONDS), clip.end + AROUND_SECONDS
        transcript = Transcript.objects.filter(asset=asset).first()
        rows = excerpts.rows(transcript, start=begin, end=end) if transcript else ()
        words = [
            {"word": word["word"], "start": round(begin + word["start"], 3), "end": round(begin + word["end"], 3)}
            for row, _ in rows
            for word in row["words"]
        ]
        return Response({"fps": asset.technical.get("fps") or None, "duration": asset.duration or 0.0, "words": words})
