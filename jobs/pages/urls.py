"""Pages of jobs."""

from __future__ import annotations

from django.urls import path

from jobs.pages import (
    briefs,
    bulk,
    changing,
    dashboards,
    description,
    packages,
    production,
    quality,
    tracks,
    versions,
    views,
    voicing,
)

app_name = "jobs"
urlpatterns = [
    path("briefs", briefs.brief_list, name="briefs"),
    path("briefs/new", briefs.brief_new, name="brief_new"),
    path("briefs/<uuid:brief_id>", briefs.brief, name="brief"),
    path("briefs/<uuid:brief_id>/approve", briefs.brief_approve, name="brief_approve"),
    path("production", production.console, name="production"),
    path("production/retry", production.retry_many, name="production_retry"),
    path("clients/<uuid:client_id>/dashboard", dashboards.client_dashboard, name="client_dashboard"),
    path("clients/<uuid:client_id>/dashboard.csv", dashboards.client_months, name="client_months"),
    path("jobs", views.job_list, name="list"),
    path("jobs/new", views.new_job, name="new"),
    path("jobs/new/of/<uuid:asset_id>", views.new_job_of, name="new_of"),
    path("jobs/new/languages", views.languages_without_engine, name="languages"),
    path("jobs/running", views.running, name="running"),
    path("jobs/bulk", bulk.act_on_many, name="bulk"),
    path("jobs/<uuid:job_id>", views.job_detail, name="detail"),
    path("jobs/<uuid:job_id>/edit", changing.edit, name="edit"),
    path("jobs/<uuid:job_id>/clone", changing.clone, name="clone"),
    path("jobs/<uuid:job_id>/delete", changing.delete, name="delete"),
    path("jobs/<uuid:job_id>/effort.csv", dashboards.job_effort, name="effort"),
    path("voices/preview", voicing.preview, name="voice_preview"),
    path("jobs/<uuid:job_id>/languages/<str:language>/voice", voicing.choose, name="voice"),
    path("jobs/<uuid:job_id>/languages/<str:language>/translate", voicing.translate, name="translate"),
    path("jobs/<uuid:job_id>/actions/<str:verb>", views.act, name="act"),
    path("jobs/<uuid:job_id>/tracks/<str:language>/<str:kind>.vtt", tracks.track_file, name="track_file"),
    path("jobs/<uuid:job_id>/tracks/<str:language>/<str:kind>/versions", versions.versions, name="versions"),
    path("jobs/<uuid:job_id>/tracks/<str:language>/<str:kind>", tracks.editor, name="track"),
    path("jobs/<uuid:job_id>/tracks/<str:language>/<str:kind>/here", tracks.here, name="track_here"),
    path("jobs/<uuid:job_id>/films/<str:film>/<str:language>.vtt", tracks.film_captions, name="film_captions"),
    path(
        "jobs/<uuid:job_id>/description/<str:language>.json",
        description.lines,
        name="description_lines",
    ),
    path("jobs/<uuid:job_id>/description/<str:language>", description.page, name="description"),
    path("jobs/<uuid:job_id>/quality", quality.choose, name="choose_quality"),
    path("jobs/<uuid:job_id>/quality/check", quality.check, name="check_quality"),
    path("jobs/<uuid:job_id>/packages", packages.of_job, name="packages"),
    path("packages/<uuid:delivery_id>", packages.package_file, name="package_file"),
    path("jobs/<uuid:job_id>/waveform.json", tracks.waveform, name="waveform"),
    path("jobs/<uuid:job_id>/shots.json", tracks.shots, name="shots"),
]
