"""Use cases of jobs: take a video in, make its job, save its tracks, hand out its files."""

from jobs.services.delivery import Download, downloads, slug, track_link
from jobs.services.intake import (
    KIND,
    VIDEO_TYPES,
    NewJob,
    Requested,
    check_video,
    complete_upload,
    create_from_file,
    reserve_upload,
)
from jobs.services.reprocessing import STAGES, reprocess
from jobs.services.tracks import (
    TrackText,
    discard_draft,
    find_draft,
    find_output,
    keep_output,
    mark_stale,
    note_engine,
    open_output_track,
    read_track,
    save_machine_text,
    save_track,
)
from media_library.queries.links import link

__all__ = [
    "KIND",
    "STAGES",
    "VIDEO_TYPES",
    "Download",
    "NewJob",
    "Requested",
    "TrackText",
    "check_video",
    "complete_upload",
    "create_from_file",
    "discard_draft",
    "downloads",
    "find_draft",
    "find_output",
    "keep_output",
    "link",
    "mark_stale",
    "note_engine",
    "open_output_track",
    "read_track",
    "reprocess",
    "reserve_upload",
    "save_machine_text",
    "save_track",
    "slug",
    "track_link",
]
