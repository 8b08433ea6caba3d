"""Use cases of jobs: take a video in, make its job, save its tracks, hand out its files."""

from jobs.services.delivery import Download, downloads, slug, track_link
from jobs.services.describing import fit
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
from jobs.services.pausing import (
    chapters_vtt,
    choose_mode,
    edit_state,
    find_pause_point,
    frame_rate,
    move_pause_point,
    render_again,
    require_describing,
    times_of,
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
    "chapters_vtt",
    "check_video",
    "choose_mode",
    "complete_upload",
    "create_from_file",
    "discard_draft",
    "downloads",
    "edit_state",
    "find_draft",
    "find_output",
    "find_pause_point",
    "fit",
    "frame_rate",
    "keep_output",
    "link",
    "mark_stale",
    "move_pause_point",
    "note_engine",
    "open_output_track",
    "read_track",
    "render_again",
    "reprocess",
    "require_describing",
    "reserve_upload",
    "save_machine_text",
    "save_track",
    "slug",
    "times_of",
    "track_link",
]
