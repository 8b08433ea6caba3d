"""Pages about checking: one's queue, reviews of the picture, links for guests."""

from __future__ import annotations

from django.urls import path

from qc.pages import languages, queue, review, scores, shared, skills

app_name = "qc"
LANGUAGE = "jobs/<uuid:job_id>/languages/<str:lang>"
urlpatterns = [
    path("queue", queue.queue, name="queue"),
    path("queue/<uuid:review_id>/start", queue.start, name="start"),
    path("quality/scores", scores.scores, name="scores"),
    path("quality/scores.csv", scores.file, name="scores_file"),
    path("people/<uuid:user_id>/languages", skills.skills, name="skills"),
    path("jobs/<uuid:job_id>/languages/auto-assign", languages.auto_assign, name="auto_assign"),
    path(LANGUAGE, languages.language, name="language"),
    path(f"{LANGUAGE}/people", languages.people, name="language_people"),
    path(f"{LANGUAGE}/actions/<str:verb>", languages.act, name="language_act"),
    path(f"{LANGUAGE}/comments/<uuid:comment_id>", languages.settle, name="settle_comment"),
    path("jobs/<uuid:job_id>/review", review.review, name="review"),
    path("jobs/<uuid:job_id>/review/notes", review.add_note, name="add_note"),
    path("jobs/<uuid:job_id>/review/notes.<str:form>", review.export, name="notes_file"),
    path("jobs/<uuid:job_id>/review/notes/<uuid:note_id>", review.change_note, name="change_note"),
    path("jobs/<uuid:job_id>/links", shared.links, name="links"),
    path("jobs/<uuid:job_id>/links/<uuid:share_id>/revoke", shared.revoke, name="revoke"),
    path("s/<str:token>", shared.opened, name="shared"),
    path("s/<str:token>/notes", shared.say, name="guest_note"),
    path("s/<str:token>/verdict", shared.decide, name="guest_verdict"),
    path("s/<str:token>/tracks/<str:language>/<str:kind>.vtt", shared.track_file, name="shared_track"),
    path("s/<str:token>/description/<str:language>.json", shared.spoken_lines, name="shared_lines"),
    path("s/<str:token>/films/<str:film>/<str:language>.vtt", shared.film_captions, name="shared_film_captions"),
]
