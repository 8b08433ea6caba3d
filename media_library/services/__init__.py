"""Use cases of the library: take a file in, keep what was made of it, write transcripts and tracks."""

from media_library.services.making import add_original, keep_made, note_technical
from media_library.services.tracks import (
    TRACK_MAX_BYTES,
    discard_draft,
    newest_versions,
    open_track,
    save_machine_version,
    save_version,
    version_key,
)
from media_library.services.transcripts import write_transcript

__all__ = [
    "TRACK_MAX_BYTES",
    "add_original",
    "discard_draft",
    "keep_made",
    "newest_versions",
    "note_technical",
    "open_track",
    "save_machine_version",
    "save_version",
    "version_key",
    "write_transcript",
]
