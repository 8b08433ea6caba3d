"""Scripts and cuts as files: made once, kept for a day, and gone then, link and bytes."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from chat.exporting import edl, fcpxml, fdx, fountain, otio, pdf, srt, text, word
from chat.models import Conversation, ScriptExport
from chat.queries import exported
from core import audit, spreadsheets
from core.errors import DomainError
from core.storage import removal, store

LIVES = timedelta(hours=24)
NOTHING = "No messages found in conversation"
NO_CUT = "There are no clips in the cut."


@dataclass(frozen=True)
class Format:
    """`of_cut`: it is made of the clips in the cut, and needs some."""

    extension: str
    content_type: str
    make: Callable[[Conversation], bytes]
    of_cut: bool = False


def _pdf(conversation: Conversation) -> bytes:
    script = exported.script_of(conversation)
    return pdf.document(
        script.title, script.blocks, subtitle=script.subtitle, language=script.language, at=timezone.now()
    )


def _word(conversation: Conversation) -> bytes:
    script = exported.script_of(conversation)
    return word.document(script.title, script.blocks, subtitle=script.subtitle, language=script.language)


def _plain(conversation: Conversation) -> bytes:
    script = exported.script_of(conversation)
    return text.plain(script.title, script.blocks, subtitle=script.subtitle)


def _markdown(conversation: Conversation) -> bytes:
    script = exported.script_of(conversation)
    return text.markdown(script.title, script.blocks, subtitle=script.subtitle)


def _fountain(conversation: Conversation) -> bytes:
    script = exported.script_of(conversation)
    draft = timezone.now().strftime("%Y-%m-%d")
    return fountain.screenplay(script.title, script.blocks, subtitle=script.subtitle, draft=draft)


def _fdx(conversation: Conversation) -> bytes:
    script = exported.script_of(conversation)
    return fdx.script(script.title, script.blocks, subtitle=script.subtitle)


def _csv(conversation: Conversation) -> bytes:
    # With the mark in front, spreadsheets know that it is UTF-8.
    return spreadsheets.written(exported.COLUMNS, exported.script_of(conversation).rows).encode("utf-8-sig")


def _srt(conversation: Conversation) -> bytes:
    return srt.captions(exported.cut_of(conversation, words=True))


def _edl(conversation: Conversation) -> bytes:
    return edl.edit_list(exported.cut_of(conversation))


def _fcpxml(conversation: Conversation) -> bytes:
    return fcpxml.project(exported.cut_of(conversation))


def _otio(conversation: Conversation) -> bytes:
    return otio.timeline(exported.cut_of(conversation))


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FORMATS = {
    "pdf": Format("pdf", "application/pdf", _pdf),
    "docx": Format("docx", WORD, _word),
    "txt": Format("txt", "text/plain; charset=utf-8", _plain),
    "md": Format("md", "text/markdown; charset=utf-8", _markdown),
    "fountain": Format("fountain", "text/plain; charset=utf-8", _fountain),
    "fdx": Format("fdx", "application/xml", _fdx),
    "csv": Format("csv", "text/csv; charset=utf-8", _csv),
    "srt": Format("srt", "application/x-subrip; charset=utf-8", _srt, of_cut=True),
    "edl": Format("edl", "text/plain; charset=us-ascii", _edl, of_cut=True),
    "fcpxml": Format("fcpxml", "application/xml", _fcpxml, of_cut=True),
    "otio": Format("otio", "application/json", _otio, of_cut=True),
}


def export(conversation: Conversation, wanted: str, *, actor: User) -> ScriptExport:
    """Made from what stands there now. The link is for whoever asks next: `link`."""
    form = FORMATS.get(wanted)
    if form is None:
        raise DomainError("Unsupported format")
    if exported.is_empty(conversation):
        raise DomainError(NOTHING)
    if form.of_cut and not conversation.clips.listed().filter(in_cut=True).exists():
        raise DomainError(NO_CUT)
    content = form.make(conversation)
    made_id = uuid.uuid4()
    key = f"exports/{made_id}.{form.extension}"
    with removal.noted(key), tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "made"
        path.write_bytes(content)
        stored = store().put(key, path, content_type=form.content_type)
        with transaction.atomic():
            made = ScriptExport.objects.create(
                id=made_id,
                conversation=conversation,
                format=wanted,
                key=key,
                filename=f"{slugify(conversation.title)[:80] or 'script'}.{form.extension}",
                content_type=form.content_type,
                size=stored.size,
                sha256=stored.sha256,
                created_by=actor,
                expires_at=timezone.now() + LIVES,
            )
            audit.record("chat.script.export", conversation, actor=actor, format=wanted, sha256=stored.sha256)
            removal.keep(key)
    return made


def link(made: ScriptExport) -> str:
    """Dies with the file."""
    left = int((made.expires_at - timezone.now()).total_seconds())
    return store().url(
        made.key, filename=made.filename, content_type=made.content_type, inline=False, expires_in=max(left, 1)
    )


@transaction.atomic
def purge(*, most: int = 1000) -> int:
    """Those whose time is over; how many."""
    over = ScriptExport.objects.filter(expires_at__lte=Now()).order_by("expires_at", "pk")
    doomed = list(over.select_for_update(of=("self",), skip_locked=True)[:most])
    ScriptExport.objects.filter(pk__in=[made.pk for made in doomed]).delete()
    removal.remove_later(made.key for made in doomed)
    return len(doomed)
