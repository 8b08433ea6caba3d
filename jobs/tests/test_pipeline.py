"""The whole job on a small real film: its statuses, what each kind of order makes, people's texts, failures and retries."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import User
from ai.models import Call
from core.runs import services as runs
from core.runs import sweep, worker
from core.runs.models import Step
from core.storage import store
from core.testing.providers import ProviderServer
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.services import Requested
from jobs.tests import working
from jobs.tests.working import approve, attempts, output, paid, steps, submit, text, told, trail, work
from media_library.media import webvtt
from media_library.models import Track
from media_library.services import ingestion
from media_library.tests import working as library

S = Job.Status
Work = LanguageOutput.Work
CAPTIONS, DESCRIPTION = Track.Kind.CAPTIONS, Track.Kind.AUDIO_DESCRIPTION
MP3 = Requested(captions_vtt=False, audio_description_mp3=True)
CHAT, SPEECH, LISTENING = "/chat/completions", "/audio/speech", "/audio/transcriptions"


def edit(job: Job, author: User, content: str, *, language: str = "en", kind: str = CAPTIONS) -> None:
    services.save_track(Job.objects.get(pk=job.pk), language=language, kind=kind, content=content, author=author)


def cue(words: str, *, start: str = "00:00:00.500", end: str = "00:00:02.500") -> str:
    return f"WEBVTT\n\n{start} --> {end}\n{words}\n"


def plain(vtt: str) -> list[str]:
    return [webvtt.plain_text(one.text) for one in webvtt.parse(vtt).cues]


def test_a_job_for_everything_passes_every_status_once(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"]))
    assert job.status == S.PENDING_QC
    assert workflows.allowed_actions(job, crew["reviewer"]) == ["approve_source", "approve_english", "reject"]
    assert workflows.allowed_actions(job, crew["client"]) == []
    approve(job, actor=crew["reviewer"])
    job = work(job)
    assert (job.status, job.error) == (S.PENDING_FINAL_REVIEW, "")
    verdicts = ["complete", "return_to_qc", "reject_final", "cancel"]
    assert workflows.allowed_actions(job, crew["project_manager"]) == verdicts
    workflows.complete(job, actor=crew["project_manager"])
    job = work(job)

    every = [
        S.CREATED, S.INGESTING, S.AI_PROCESSING, S.PENDING_QC, S.APPROVED_SOURCE, S.TRANSLATING, S.TTS_GENERATING,
        S.RENDERING, S.PENDING_FINAL_REVIEW, S.COMPLETED,
    ]  # fmt: skip
    assert trail(job) == every
    assert told(job) == every
    assert (job.run.status, job.run.progress) == ("completed", 1.0)
    assert workflows.allowed_actions(job, crew["admin"]) == []
    for language in ("en", "es"):
        made = output(job, language)
        assert (made.tts_status, made.render_status, made.needs_person) == (Work.DONE, Work.DONE, "")
        assert all(check["passed"] for check in made.checks if not check["advice"])
        with store().local(made.accessible_video.key) as path:
            found = working.streams(path)
        kinds = [(one["codec_type"], one.get("codec_name"), one["tags"].get("language")) for one in found[:-1]]
        tag = {"en": "eng", "es": "spa"}[language]
        captions = [("subtitle", "mov_text", own) for own in dict.fromkeys((tag, "eng"))]
        assert kinds[:3] == [("video", "h264", "und"), ("audio", "aac", tag), ("audio", "aac", "eng")]
        assert kinds[3:] == captions
        held = sum(seconds for _, seconds in steps(job)[f"place[{language}]"].result["pauses"])
        assert held > 0
        assert float(found[-1]["duration"]) == pytest.approx(6.0 + held, abs=0.04)
    assert plain(text(job, "es", CAPTIONS)) == ["Good evening, everyone.\nThe train leaves at nine! (es)"]
    kinds = {(one.language, one.kind) for one in services.downloads(Job.objects.get(pk=job.pk))}
    wanted = ("captions_vtt", "audio_description_vtt", "audio_description_mp3", "accessible_video_mp4")
    assert kinds == {("en", "source_video"), *((tag, kind) for tag in ("en", "es") for kind in wanted)}
    assert all(step.attempt == 1 for step in steps(job).values() if step.queue)
    assert working.left_over() == []


@pytest.mark.parametrize(
    ("requested", "between"),
    [
        (Requested(), []),
        (Requested(audio_description_vtt=True), []),
        (Requested(languages=("es",)), [S.TRANSLATING]),
        (MP3, [S.TTS_GENERATING]),
    ],
    ids=["captions", "texts", "translated texts", "sound"],
)
def test_only_the_stages_that_were_asked_for_are_entered(
    short_film: Path, engines: ProviderServer, crew: dict[str, User], requested: Requested, between: list[str]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=requested))
    assert bool(output(job, "en").description) == requested.audio_description_vtt or requested == MP3
    approve(job, actor=crew["production"])
    job = work(job)
    before = [S.CREATED, S.INGESTING, S.AI_PROCESSING, S.PENDING_QC, S.APPROVED_SOURCE]
    assert trail(job) == [*before, *between, S.PENDING_FINAL_REVIEW]
    assert output(job, "en").render_status == Work.NOT_REQUESTED
    assert working.left_over() == []


def test_without_a_picture_to_hold_a_line_that_fits_nowhere_is_left_out_and_said_so(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=MP3))
    assert plain(text(job, "en", DESCRIPTION)) == []
    edit(job, crew["production"], cue("A woman crosses a bridge."), kind=DESCRIPTION)
    approve(job, actor=crew["production"])
    job = work(job)
    assert job.status == S.PENDING_FINAL_REVIEW
    made = output(job, "en")
    assert made.description_audio.duration == pytest.approx(6.0, abs=0.04)
    assert made.accessible_video is None
    (check,) = made.checks
    assert (check["name"], check["passed"], check["advice"]) == ("lines left out", False, True)
    assert "A woman crosses a bridge." in check["measured"]


def test_without_speech_a_description_is_heard_in_the_silence_and_no_picture_is_held(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    engines.plan("ok", path=LISTENING, text="")
    job = work(submit(short_film, owner=crew["client"], requested=MP3))
    assert plain(text(job, "en", CAPTIONS)) == []
    assert plain(text(job, "en", DESCRIPTION)) == ["A woman crosses a bridge."] * 2
    approve(job, actor=crew["production"])
    job = work(job)
    table = steps(job)["place[en]"].result
    assert [line["mode"] for line in table["lines"]] == ["inline", "inline"]
    assert (table["pauses"], table["left_out"], output(job, "en").checks) == ([], [], [])


def test_what_a_person_corrected_before_the_approval_is_translated_and_spoken(
    short_film: Path, engines: ProviderServer, crew: dict[str, User], settings: object
) -> None:
    settings.AI_ROUTES = {}
    requested = Requested(audio_description_mp3=True, languages=("es",))
    job = work(submit(short_film, owner=crew["client"], requested=requested))
    edit(job, crew["production"], cue("The boat leaves at ten."))
    edit(job, crew["production"], cue("A man rows."), kind=DESCRIPTION)
    approve(job, actor=crew["production"])
    job = work(job)
    assert plain(text(job, "es", CAPTIONS)) == ["The boat leaves at ten. (es)"]
    assert plain(text(job, "es", DESCRIPTION)) == ["A man rows. (es)"]
    spoken = [request.json["input"] for request in engines.requests if request.path.endswith(SPEECH)]
    assert sorted(spoken) == ["A man rows.", "A man rows. (es)"]


def test_an_edit_after_rendering_makes_it_stale_and_rendering_again_reuses_what_did_not_change(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=Requested(accessible_video_mp4=True)))
    approve(job, actor=crew["production"])
    job = work(job)
    assert trail(job)[-4:] == [S.APPROVED_SOURCE, S.TTS_GENERATING, S.RENDERING, S.PENDING_FINAL_REVIEW]
    before, bill = output(job, "en"), paid(job)
    edit(job, crew["production"], cue("Another caption."))
    assert output(job, "en").render_status == Work.STALE

    runs.reopen(job.run_id, "speak")
    job = work(job)
    again = steps(job)
    assert {name for name, step in again.items() if step.reused} == {"speak[en]", "place[en]", "mix[en]"}
    assert again["render[en]"].attempt == 2
    after = output(job, "en")
    assert (after.render_status, after.tts_status) == (Work.DONE, Work.DONE)
    assert after.accessible_video.pk == before.accessible_video.pk
    assert after.accessible_video.key != before.accessible_video.key
    assert not store().exists(before.accessible_video.key)
    with store().local(after.accessible_captions.key) as path:
        assert plain(path.read_text()) == ["Another caption."]
    assert paid(job) == bill
    assert working.left_over() == []


def test_a_machine_never_writes_over_a_persons_text(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=Requested(languages=("es",))))
    mine = cue("What I wrote.")
    edit(job, crew["production"], mine)
    approve(job, actor=crew["production"])
    job = work(job)
    edit(job, crew["production"], cue("Lo mío."), language="es")
    # Another length of the film would cut the captions anew: here the source text changes, so the translation is made again.
    edit(job, crew["production"], cue("What I wrote later."))
    runs.reopen(job.run_id, "translate")
    job = work(job)
    assert steps(job)["translate[es]"].attempt == 2
    assert not steps(job)["translate[es]"].reused
    assert plain(text(job, "es", CAPTIONS)) == ["Lo mío."]
    assert plain(text(job, "en", CAPTIONS)) == ["What I wrote later."]


def test_a_failed_translation_fails_the_job_and_a_retry_goes_on_there(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    requested = Requested(audio_description_vtt=True, languages=("es",))
    job = work(submit(short_film, owner=crew["client"], requested=requested))
    edit(job, crew["production"], cue("A man rows."), kind=DESCRIPTION)
    approve(job, actor=crew["production"])
    bill = paid(job)
    engines.plan("ok", path=CHAT)
    engines.plan("error", status=400, path=CHAT)
    job = work(job)
    assert (job.status, job.failed_step) == (S.FAILED, S.TRANSLATING)
    assert job.error.startswith("OpenAI")
    assert job.error.endswith(".")
    assert output(job, "es").translation_status == Work.FAILED
    assert workflows.allowed_actions(job, crew["production"]) == ["retry", "promote_to_qc", "blocked_on_source"]
    assert paid(job) == bill + 1

    workflows.retry(job, actor=crew["production"])
    job = work(job)
    assert (job.status, job.error, job.failed_step) == (S.PENDING_FINAL_REVIEW, "", "")
    assert trail(job)[-3:] == [S.FAILED, S.TRANSLATING, S.PENDING_FINAL_REVIEW]
    assert attempts(job)["translate[es]"] == 2
    assert attempts(job)["transcribe"] == 1
    # The captions' translation was there already.
    assert paid(job) == bill + 2
    assert set(engines.billed.values()) == {1}


def test_a_failed_line_of_speech_is_the_only_one_spoken_again(
    short_film: Path, engines: ProviderServer, crew: dict[str, User], settings: object
) -> None:
    settings.AI_ROUTES = {}
    engines.plan("ok", path=LISTENING, text="")
    job = work(submit(short_film, owner=crew["client"], requested=MP3))
    approve(job, actor=crew["production"])
    bill = paid(job)
    engines.plan("ok", path=SPEECH)
    engines.plan("error", status=400, path=SPEECH)
    job = work(job)
    assert (job.status, job.failed_step, output(job, "en").tts_status) == (S.FAILED, S.TTS_GENERATING, Work.FAILED)
    assert paid(job) == bill + 1
    assert working.left_over() == []

    workflows.retry(job, actor=crew["production"])
    job = work(job)
    assert job.status == S.PENDING_FINAL_REVIEW
    spoken = [request for request in engines.requests if request.path.endswith(SPEECH)]
    assert len(spoken) == 1 + 1 + (paid(job) - bill - 1)
    assert set(engines.billed.values()) == {1}
    assert working.left_over() == []


def test_a_busy_provider_is_waited_for_and_nobody_has_to_retry(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    engines.plan("rate_limited", retry_after=30, path=LISTENING)
    job = work(submit(short_film, owner=crew["client"], requested=Requested()), until="transcribe")
    worker.perform(steps(job)["transcribe"].pk)
    waiting = steps(job)["transcribe"]
    assert (waiting.status, waiting.waits, waiting.failures) == ("waiting", 1, 0)
    assert work(job, until="transcribe").status == S.AI_PROCESSING
    # The half minute is over.
    Call.objects.update(retry_at=None)
    job = work(job)
    assert (job.status, trail(job)[-1]) == (S.PENDING_QC, S.PENDING_QC)
    assert (paid(job), attempts(job)["transcribe"]) == (1, 2)


@pytest.mark.parametrize(("name", "stage"), [("ingest", S.INGESTING), ("translate", S.TRANSLATING)])
def test_a_step_that_kills_its_workers_before_they_say_a_word_fails_the_job(
    short_film: Path, engines: ProviderServer, crew: dict[str, User], name: str, stage: str
) -> None:
    job = submit(short_film, owner=crew["client"], requested=Requested(languages=("es",)))
    if name == "translate":
        approve(work(job), actor=crew["production"])
    step = Step.objects.get(run=job.run_id, name=name)
    for _ in range(3):
        assert worker.claim(step.pk) is not None
        Step.objects.filter(pk=step.pk).update(lease_expires_at="2026-01-01T00:00:00Z")
        sweep.reap()
    job = work(job)
    assert (job.status, job.failed_step) == (S.FAILED, stage)
    assert job.error.startswith("The worker stopped while it did this, 3 times.")
    workflows.retry(job, actor=crew["production"])
    job = work(job)
    assert job.status == (S.PENDING_QC if name == "ingest" else S.PENDING_FINAL_REVIEW)


def test_a_job_that_is_cancelled_stops_and_keeps_its_texts(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"]))
    approve(job, actor=crew["production"])
    job = work(job, until="mix")
    workflows.cancel(job, actor=crew["production"], reason="Not needed any more")
    job = work(job)
    assert (job.status, job.run.status) == (S.CANCELLED, "cancelled")
    assert plain(text(job, "es", CAPTIONS))
    assert not {Work.RUNNING} & {output(job, tag).tts_status for tag in ("en", "es")}
    assert working.left_over() == []


def test_the_library_takes_over_what_the_job_made_of_its_video_and_finds_the_rest(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=Requested()))
    source = job.source
    assert source is not None
    bill = [request.path for request in engines.requests].count("/v1" + LISTENING)
    poster = source.made.get(purpose="poster").key
    source.refresh_from_db()
    library.work(source.run)
    source.refresh_from_db()
    assert (source.status, source.problem) == ("active", "")
    assert source.made.get(purpose="poster").key == poster
    assert {"sprite", "sprite_map"} < set(source.made.values_list("purpose", flat=True))
    assert source.passages.filter(kind="speech").exists()
    assert [request.path for request in engines.requests].count("/v1" + LISTENING) == bill
    assert working.left_over() == []


def test_a_job_takes_over_what_the_library_made_of_its_video(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = submit(short_film, owner=crew["client"], requested=Requested())
    assert job.source is not None
    library.work(ingestion.start(job.source, by=crew["client"]))
    before = dict(job.source.made.values_list("purpose", "key"))
    heard = [request.path for request in engines.requests].count("/v1" + LISTENING)
    job = work(job)
    assert (job.status, job.error) == (S.PENDING_QC, "")
    assert dict(job.source.made.values_list("purpose", "key")) == before
    assert [request.path for request in engines.requests].count("/v1" + LISTENING) == heard == 1
    assert plain(text(job, "en", CAPTIONS)) == ["Good evening, everyone.\nThe train leaves at nine!"]
