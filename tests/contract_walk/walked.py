"""Which entries of the contract are walked: whole groups, and single entries of groups that are not whole yet."""

from __future__ import annotations

from typing import Any

from core.testing.contract import document

DOCUMENTS = ("platform", "pipeline", "accessible", "movie", "voice")
GROUPS = (
    "platform.login",
    "platform.verify_2fa",
    "platform.setup_2fa",
    "platform.setup_2fa_required",
    "platform.logout",
    "platform.register",
    "platform.verify_email",
    "platform.admin_invite",
    "platform.users",
    "platform.videos",
    "platform.video_preview",
    "platform.video_thumbnail",
    "platform.clip_preview",
    "platform.clip_download",
    "platform.video_download",
    "platform.audio_preview",
    "platform.audio_clip",
    "platform.audio",
    "platform.pages.videos",
    "platform.pages.audio",
    "platform.pages.personas",
    "platform.pages.persona_detail",
    "platform.personas",
    "platform.pages.transcripts",
    "platform.pages.transcript_detail",
    "platform.pages.transcripts_search",
    "platform.transcript_segments",
    "platform.transcripts",
    "platform.segments",
    "pipeline.auth",
    "pipeline.health",
    "pipeline.docs",
    "pipeline.storage",
    "accessible.auth",
    "accessible.organizations",
    "accessible.clients",
    "accessible.invitations",
    "accessible.glossaries",
    "accessible.language_qc",
    "accessible.admin",
    "accessible.files",
    "accessible.briefs",
    "accessible.tts",
    "accessible.jobs.downloads",
    "accessible.jobs.bulk.download",
    "accessible.jobs.vtt.get",
    "accessible.jobs.vtt.update",
    "accessible.jobs.vtt.adjust_timing",
    "accessible.jobs.vtt.versions.list",
    "accessible.jobs.vtt.versions.get",
    "accessible.jobs.vtt.versions.diff",
    "accessible.jobs.vtt.versions.restore",
    "accessible.production.upload_final_vtt",
    "accessible.share",
    "accessible.review_notes",
    "voice.auth",
    "voice.files",
    "movie.auth",
    "movie.media",
)


def entries() -> dict[str, dict[str, Any]]:
    """The entries of the groups above, in the order of the documents."""
    every = (one for name in DOCUMENTS for one in document(name)["endpoints"])
    return {one["id"]: one for one in every if {one["id"], ".".join(one["id"].split(".")[:2])} & set(GROUPS)}
