"""Use cases of the library: take a file in, keep what was made of it, write transcripts and tracks."""

from media_library.services.drafts import (
    automatic_draft,
    discard_automatic_draft,
    discard_draft,
    drafts_of,
    save_automatic_draft,
)
from media_library.services.making import add_original, keep_made, note_technical
from media_library.services.origins import Origins, origins_of
from media_library.services.tracks import (
    TRACK_MAX_BYTES,
    newest_versions,
    open_track,
    restore,
    save_edits,
    save_machine_version,
    save_version,
    shift,
    version_key,
)
from media_library.services.transcripts import write_transcript

__all__ = [
    "TRACK_MAX_BYTES",
    "Origins",
    "add_original",
    "automatic_draft",
    "discard_automatic_draft",
    "discard_draft",
    "drafts_of",
    "keep_made",
    "newest_versions",
    "note_technical",
    "open_track",
    "origins_of",
    "restore",
    "save_automatic_draft",
    "save_edits",
    "save_machine_version",
    "save_version",
    "shift",
    "version_key",
    "write_transcript",
]
