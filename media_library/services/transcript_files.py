"""Transcripts leave as files and come in from them."""

from __future__ import annotations

import json
from typing import NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.text import slugify

from accounts.models import User
from core import audit, languages
from core.errors import DomainError, TooLargeError, UnsupportedTypeError, WrongStateError
from media_library.media import formats, webvtt
from media_library.media.errors import MediaError
from media_library.media.formats.characters import decode
from media_library.media.formats.errors import Notice, Notices
from media_library.media.formats.kinds import kind_of_name
from media_library.media.spoken_lines import Line, captions_of, document_of, lines_of, plain_of
from media_library.models import Asset, Transcript, TranscriptEdit
from media_library.services.transcripts import HEARABLE, write_transcript

EXPORTS = ("txt", "srt", "vtt", "ttml", "docx", "json")
IMPORTS = ("srt", "vtt", "ttml", "ass", "ssa")
CUT = ("srt", "vtt", "ttml")
MOST_BYTES = formats.MAX_BYTES
# A caption may stand a little longer than the film lasts.
SLACK_SECONDS = 2.0


class TranscriptFile(NamedTuple):
    content: bytes
    content_type: str
    filename: str


def export(transcript: Transcript, kind: str, *, actor: User, times: bool = True, names: bool = True) -> TranscriptFile:
    """`times` and `names` say whether plain text tells when and who; `names` also whether captions do."""
    if kind not in EXPORTS:
        raise DomainError(f"Choose one of {', '.join(EXPORTS)}.")
    asset, lines = transcript.asset, lines_in(transcript)
    language = transcript.language
    match kind:
        case "txt":
            content = plain_of(lines, times=times, names=names).encode()
        case "json":
            content = _json(transcript, lines)
        case "docx":
            content = formats.write(document_of(lines, names=names), kind, language=language, title=asset.name)
        case _:
            document = captions_of(
                lines,
                language=language,
                names=names,
                fps=asset.technical.get("fps") or None,
                shots=asset.technical.get("shots") or (),
                duration=asset.duration,
            )
            content = formats.write(document, kind, language=language, title=asset.name)
    audit.record("media_library.transcript.export", transcript, actor=actor, format=kind)
    about = formats.KINDS[kind]
    stem = slugify(asset.name.rsplit(".", 1)[0]) or "transcript"
    return TranscriptFile(content, about.media_type, f"{stem}.{language}.{about.extensions[0]}")


def lines_in(transcript: Transcript) -> list[Line]:
    segments = transcript.segments.order_by("position").select_related("speaker")
    return [
        Line(one.start, one.end, one.text, one.speaker.shown if one.speaker else "", one.words)
        for one in segments
        if one.text
    ]


def _json(transcript: Transcript, lines: list[Line]) -> bytes:
    body = {
        "format": "transcript",
        "version": 1,
        "title": transcript.asset.name,
        "language": transcript.language,
        "engine": transcript.engine,
        "segments": [
            {"start": one.start, "end": one.end, "speaker": one.speaker, "text": one.text, "words": one.words}
            for one in lines
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder).encode() + b"\n"


class Imported(NamedTuple):
    """`notes` are what was mended in the file or left out of it."""

    transcript: Transcript
    notes: list[Notice]


def import_file(
    asset: Asset, data: bytes, *, filename: str, actor: User, language: str = "", kind: str = "", lenient: bool = False
) -> Imported:
    """Captions become the transcript, as an edit that can be taken back. What would lose text is refused, unless `lenient`."""
    if asset.kind not in HEARABLE:
        raise WrongStateError("Only video and sound have a transcript.")
    document, notes = _read(data, filename=filename, kind=kind)
    lost = [note for note in notes if note.lost]
    if lost and not lenient:
        raise DomainError(
            f"Line {lost[0].line}: {lost[0].message}", line=lost[0].line, lost=[note.lost for note in lost]
        )
    spoken = languages.canonical(language or _language_of(asset))
    lines = lines_of(document, language=spoken)
    if not lines:
        raise DomainError("There is no text in this file.")
    _require_inside(asset, lines)
    transcript = write_transcript(
        asset,
        language=spoken,
        confidence=None,
        engine="",
        segments=[
            {"start": one.start, "end": one.end, "text": one.text, "words": one.words, "speaker": one.speaker[:150]}
            for one in lines
        ],
        source=Transcript.Source.IMPORTED,
        actor=actor,
        action=TranscriptEdit.Action.IMPORT,
        summary=f"Took {len(lines)} lines from {filename[:100]}",
    )
    return Imported(transcript, notes)


def _read(data: bytes, *, filename: str, kind: str) -> formats.Reading:
    if len(data) > MOST_BYTES:
        raise TooLargeError("A caption file may have 8 MB at most.")
    if kind and kind not in IMPORTS:
        raise UnsupportedTypeError(f"Captions come as {', '.join(IMPORTS)}.")
    # By the standard a file without its signature is no WebVTT, however much it looks like another format.
    kind = kind or ("vtt" if kind_of_name(filename) == "vtt" else "")
    try:
        found = formats.read(data, kind=kind or None, filename=filename)
        if not kind and (told := formats.sniff(decode(data, Notices()), filename=filename)) not in IMPORTS:
            raise UnsupportedTypeError(f"This is {formats.KINDS[told].name}. Captions come as {', '.join(IMPORTS)}.")
    except (webvtt.InvalidWebVTT, formats.InvalidCaptions) as error:
        place = f"Line {error.line}: " if error.line else ""
        raise DomainError(f"{place}{error.reason}", line=error.line) from error
    except MediaError as error:
        raise DomainError(error.message) from error
    return found


def _language_of(asset: Asset) -> str:
    transcript = Transcript.objects.filter(asset=asset).only("language").first()
    language = asset.language or (transcript.language if transcript else "")
    if not language:
        raise DomainError("Say which language the captions are in.")
    return language


def _require_inside(asset: Asset, lines: list[Line]) -> None:
    """Captions of another film would put words where nothing is said."""
    if asset.duration is None:
        return
    late = next((one for one in lines if one.start > asset.duration + SLACK_SECONDS), None)
    if late is not None:
        raise DomainError(
            f"“{late.text[:60]}” begins at {late.start:.1f} s, after the end at {asset.duration:.1f} s: these captions are of another film."
        )
