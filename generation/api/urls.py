"""JSON routes of generation sessions. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern, path

from generation.api import approvals, clips, compose, images, presets, sessions, storyboard

SESSION = "sessions/<uuid:session_id>"

app_name = "generation_api"
urlpatterns: list[URLPattern] = [
    # The steps of the document.
    path("generate-images", images.GenerateImages.as_view(), name="generate_images"),
    path("save-approved-images", approvals.SaveApprovedImages.as_view(), name="save_approved_images"),
    path("generate-clips", clips.GenerateClips.as_view(), name="generate_clips"),
    path("save-approved-clips", approvals.SaveApprovedClips.as_view(), name="save_approved_clips"),
    path("compose-final-video", compose.ComposeFinalVideo.as_view(), name="compose_final_video"),
    path("sessions", sessions.Sessions.as_view(), name="sessions"),
    path(SESSION, sessions.SessionDetail.as_view(), name="session"),
    path(f"{SESSION}/costs", sessions.SessionCosts.as_view(), name="session_costs"),
    # The studio's own.
    path(f"{SESSION}/estimate", sessions.SessionEstimate.as_view(), name="session_estimate"),
    path(f"{SESSION}/images", images.SessionImages.as_view(), name="session_images"),
    path(f"{SESSION}/clips", clips.SessionClips.as_view(), name="session_clips"),
    path(f"{SESSION}/composition", compose.SessionComposition.as_view(), name="session_composition"),
    path(f"{SESSION}/compose", compose.ComposeSession.as_view(), name="session_compose"),
    path(f"{SESSION}/order", storyboard.TakeOrder.as_view(), name="take_order"),
    path(f"{SESSION}/takes/<uuid:take_id>", storyboard.TakeDetail.as_view(), name="take"),
    path(f"{SESSION}/takes/<uuid:take_id>/again", storyboard.TakeAgain.as_view(), name="take_again"),
    path(f"{SESSION}/rounds", sessions.Rounds.as_view(), name="rounds"),
    path(f"{SESSION}/rounds/<uuid:round_id>/cancel", sessions.CancelRound.as_view(), name="round_cancel"),
    path(f"{SESSION}/rounds/<uuid:round_id>/retry", sessions.RetryRound.as_view(), name="round_retry"),
    path("generation-presets", presets.GenerationPresets.as_view(), name="generation_presets"),
    path("generation-presets/<uuid:preset_id>", presets.GenerationPreset.as_view(), name="generation_preset"),
    path("generation-models", presets.GenerationModels.as_view(), name="generation_models"),
]
