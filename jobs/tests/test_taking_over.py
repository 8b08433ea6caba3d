"""People who step in: sent back, taken over, stopped for the source's sake, spoken again."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import Notification, User
from core.errors import DomainError, NotFoundError, WrongStateError
from core.runs import sweep
from core.runs.models import Run, Step
from core.testing.providers import ProviderServer
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.services import Requested
from jobs.tests import working
from jobs.tests.factories import JobFactory
from jobs.tests.working import approve, attempts, output, steps, submit, text, trail, work
from media_library.media import webvtt
from media_library.models import Track

S = Job.Status
Work = LanguageOutput.Work
SPOKEN = Requested(audio_description_mp3=True, languages=("es",))
CHAT = "/chat/completions"


def write(job: Job, author: User, words: str, *, language: str = "en", kind: str = Track.Kind.CAPTIONS) -> None:
    content = f"WEBVTT\n\n00:00:00.500 --> 00:00:02.500\n{words}\n"
    services.save_track(Job.objects.get(pk=job.pk), language=language, kind=kind, content=content, author=author)


def words(job: Job, language: str) -> list[str]:
    return [webvtt.plain_text(cue.text) for cue in webvtt.parse(text(job, language, Track.Kind.CAPTIONS)).cues]


def test_after_a_return_only_what_says_something_else_is_made_again(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=SPOKEN))
    write(job, crew["production"], "A man rows.", kind=Track.Kind.AUDIO_DESCRIPTION)
    approve(job, actor=crew["reviewer"])
    job = work(job)
    assert job.status == S.PENDING_FINAL_REVIEW
    job = workflows.return_to_qc(job, actor=crew["project_manager"], reason="Names are wrong.")
    job = work(job)
    assert (job.status, job.run.status) == (S.PENDING_QC, Run.Status.WAITING)
    # Only the captions change, so that speech keeps what it has.
    write(job, crew["production"], "The boat leaves at ten.")
    approve(job, actor=crew["reviewer"])
    job = work(job)
    assert job.status == S.PENDING_FINAL_REVIEW
    assert trail(job)[-3:] == [S.TRANSLATING, S.TTS_GENERATING, S.PENDING_FINAL_REVIEW]
    again = steps(job)
    assert not again["translate[es]"].reused
    assert all(again[f"{name}[{tag}]"].reused for name in ("speak", "mix") for tag in ("en", "es"))
    assert words(job, "es") == ["The boat leaves at ten. (es)"]
    assert working.left_over() == []


@pytest.mark.parametrize("requested", [SPOKEN, Requested(languages=("es",))], ids=["spoken", "texts"])
def test_a_job_that_failed_at_its_video_can_be_written_by_a_person(
    short_film: Path, engines: ProviderServer, crew: dict[str, User], requested: Requested
) -> None:
    job = submit(short_film, owner=crew["client"], requested=requested)
    Step.objects.filter(run=job.run_id, name="ingest").update(status="failed", error="Broken.")
    Run.objects.filter(pk=job.run_id).update(status="failed")
    Job.objects.filter(pk=job.pk).update(status=S.FAILED, failed_step=S.INGESTING, error="Broken.")
    job = workflows.promote_to_qc(Job.objects.get(pk=job.pk), actor=crew["production"])
    assert (job.status, job.error, job.failed_step) == (S.PENDING_QC, "", "")
    assert text(job, "en", Track.Kind.CAPTIONS).strip() == "WEBVTT"
    assert attempts(work(job))["ingest"] == 0
    write(job, crew["production"], "The boat leaves at ten.")
    approve(job, actor=crew["reviewer"])
    job = work(job)
    assert (job.status, job.error) == (S.PENDING_FINAL_REVIEW, "")
    # What speech is made from is caught up with; texts alone do without the video.
    done = steps(job)
    assert (done["transcribe"].status == "done") == requested.audio_description_mp3
    assert done["caption"].status == "skipped"
    assert words(job, "en") == ["The boat leaves at ten."]
    assert words(job, "es") == ["The boat leaves at ten. (es)"]
    assert not LanguageOutput.objects.filter(job=job, tts_status__in=[Work.RUNNING, Work.FAILED]).exists()


def test_a_video_that_cannot_be_taken_in_after_all_fails_the_job_again(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = submit(short_film, owner=crew["client"], requested=SPOKEN)
    Job.objects.filter(pk=job.pk).update(status=S.INGESTING)
    job = workflows.promote_to_qc(job, actor=crew["production"])
    approve(job, actor=crew["reviewer"])
    step = Step.objects.get(run=job.run_id, name="ingest")
    Step.objects.filter(pk=step.pk).update(status="running", failures=2, lease_expires_at="2026-01-01T00:00:00Z")
    sweep.reap()
    job.refresh_from_db()
    assert (job.status, job.failed_step) == (S.FAILED, S.TRANSLATING)
    job = work(workflows.retry(job, actor=crew["production"]))
    assert job.status == S.PENDING_FINAL_REVIEW


def test_one_language_is_spoken_again_and_the_others_keep_what_they_have(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    requested = Requested(audio_description_mp3=True, accessible_video_mp4=True, languages=("es",))
    job = work(submit(short_film, owner=crew["client"], requested=requested))
    approve(job, actor=crew["reviewer"])
    job = work(job)
    before = {tag: output(job, tag).description_audio.key for tag in ("en", "es")}
    job = workflows.retry_tts(job, actor=crew["production"], language="ES")
    assert (job.status, output(job, "es").tts_status, output(job, "en").tts_status) == (
        S.TTS_GENERATING,
        Work.PENDING,
        Work.DONE,
    )
    job = work(job)
    assert job.status == S.PENDING_FINAL_REVIEW
    tried = attempts(job)
    for name in ("speak", "place", "mix", "render", "validate"):
        assert (tried[f"{name}[es]"], tried[f"{name}[en]"]) == (2, 1)
    assert output(job, "es").description_audio.key != before["es"]
    assert output(job, "en").description_audio.key == before["en"]
    assert trail(job)[-3:] == [S.TTS_GENERATING, S.RENDERING, S.PENDING_FINAL_REVIEW]
    assert working.left_over() == []


def test_a_blocked_job_stops_and_goes_on_when_production_takes_it_up(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=SPOKEN))
    approve(job, actor=crew["reviewer"])
    job = work(job, until="translate")
    job = workflows.blocked_on_source(job, actor=crew["production"], reason="No sound.")
    told = Notification.objects.get(user=crew["client"])
    assert (job.status, job.blocked_reason, told.kind) == (S.BLOCKED_ON_SOURCE, "No sound.", "job.blocked")
    assert "No sound." in told.text
    assert Run.objects.get(pk=job.run_id).status == Run.Status.CANCELLED
    job = workflows.promote_to_qc(job, actor=crew["production"])
    assert (job.status, job.blocked_reason) == (S.PENDING_QC, "")
    approve(job, actor=crew["reviewer"])
    assert work(job).status == S.PENDING_FINAL_REVIEW


@pytest.mark.django_db
class TestSpeakingAgain:
    def test_it_is_refused_where_there_is_nothing_to_speak_again(self) -> None:
        admin = User.objects.create(email="a@b.example", role="admin")

        def retry(language: str = "en", **fields: object) -> str:
            job = JobFactory(**{"audio_description_mp3": True, **fields})
            with pytest.raises(DomainError) as refused:
                workflows.retry_tts(job, actor=admin, language=language)
            return refused.value.message

        for status in (S.TTS_GENERATING, S.FAILED, S.PENDING_QC):
            assert retry(status=status, failed_step=S.INGESTING) == f"Cannot retry_tts a job in status '{status}'"
        assert retry(status=S.PENDING_FINAL_REVIEW, language="fr") == "Language not found on this job"
        silent = {"status": S.PENDING_FINAL_REVIEW, "audio_description_mp3": False}
        assert retry(**silent) == "Audio was not requested for this job"

    def test_a_language_that_failed_is_spoken_again_while_others_are_spoken(self) -> None:
        job = JobFactory(status=S.TTS_GENERATING, audio_description_mp3=True, languages=["es"])
        job.outputs.filter(language="es").update(tts_status=Work.FAILED)
        admin = User.objects.create(email="a@b.example", role="admin")
        assert "retry_tts" in workflows.allowed_actions(job, admin)
        assert workflows.retry_tts(job, actor=admin, language="es").status == S.TTS_GENERATING


@pytest.mark.django_db
def test_english_is_approved_as_english_only() -> None:
    admin = User.objects.create(email="a@b.example", role="admin")
    french = JobFactory(status=S.PENDING_QC, source_language="fr")
    with pytest.raises(WrongStateError, match="Source language is 'fr', not English; use approve_source"):
        workflows.approve_english(french, actor=admin)
    british = JobFactory(status=S.PENDING_QC, source_language="en-GB")
    assert workflows.approve_english(british, actor=admin).status == S.APPROVED_SOURCE


@pytest.mark.django_db
def test_only_languages_of_the_job_are_returned() -> None:
    admin = User.objects.create(email="a@b.example", role="admin")
    job = JobFactory(status=S.PENDING_FINAL_REVIEW)
    with pytest.raises(NotFoundError, match="Language not found on this job"):
        workflows.return_to_qc(job, actor=admin, wanted=["fr"])
