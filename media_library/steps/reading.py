"""What a document or a caption file says, as plain text that pages show and search finds."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from core.runs.context import StepContext
from core.storage import store
from media_library import services as library
from media_library.media import documents
from media_library.media.errors import HaltedError, MediaError
from media_library.models import Asset
from media_library.steps.base import AssetStep, Stored, exists, keep, put


class Read(BaseModel):
    """`text` holds a paragraph (or a cue) a line; None where nothing can be read, and `note` says why."""

    words: int = 0
    text: Stored | None = None
    note: str = ""


class ReadText(AssetStep[Read]):
    Result = Read

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        source = self.source(ctx)
        return {"sha256": source.sha256, "type": source.content_type}

    def run(self, ctx: StepContext) -> Read:
        source = self.source(ctx)
        ctx.progress(0.0, "Reading the text")
        with store().local(source.key) as path:
            try:
                if source.kind == Asset.Kind.CAPTION:
                    found = documents.read_captions(path, filename=source.filename)
                else:
                    found = documents.read(path, content_type=source.content_type)
            except HaltedError:
                ctx.check()
                raise
            except MediaError as error:
                # It is kept and handed out as it is; only its words are not found.
                ctx.note(error.log or error.message)
                return Read(note=error.message)
        if not found.paragraphs:
            return Read(note=found.note)
        into = ctx.workdir / "text.txt"
        into.write_text("\n".join(found.paragraphs))
        return Read(words=found.words, text=put(ctx, into, name=into.name, content_type="text/plain"), note=found.note)

    def intact(self, result: Read) -> bool:
        return exists(result.text)

    def publish(self, ctx: StepContext, result: Read) -> None:
        source = self.source(ctx)
        if result.text is not None:
            keep(source, Asset.Purpose.PREVIEW, "text.txt", "text/plain", result.text)
        library.note_technical(source, words=result.words)
