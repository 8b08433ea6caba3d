"""Voice work: the four jobs, how far they are, and voice profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.storage import store
from core.testing.patience import work_off
from dubbing.models import ProcessingJob, VoiceClone
from dubbing.services import processing
from dubbing.tests.factories import ProcessingJobFactory
from media_library.media.probe import probe
from media_library.models import Asset, VoiceProfile
from media_library.services import voice_speaking, voices
from media_library.services.voice_speaking import StoredPreview
from media_library.tests.factories import VoiceProfileFactory, transcript_of
from media_library.tests.voicing import CARDS, SAID, ready_voice, recording_of
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

VOICES = "/api/v1/voices"
FILM = Path(__file__).resolve().parents[2] / "data" / "sample.mp4"


def material(stage: Stage) -> None:
    """A video, a recording and a voice of the client's, and the same of somebody else."""
    for name, who in (("own", "client"), ("foreign", "stranger")):
        person = stage.world.people[who]
        stage.kept[name] = {
            "video": str(recording_of(person, FILM, duration=48.0).pk),
            "audio": str(recording_of(person, CARDS[0]).pk),
            "voice": str(ready_voice(person).pk),
        }


def body(**fields: Any) -> Any:
    """Values that name something of the client's material stand for its id."""

    def made(stage: Stage) -> dict[str, Any]:
        return {name: stage.kept["own"].get(value, value) for name, value in fields.items()}

    return made


def not_ones_own(good: Any, **ids: str) -> tuple[Twist, ...]:
    """Each id unknown, and each of somebody else's."""

    def with_id(name: str, value: Any) -> Twist:
        return Twist(body=lambda stage: {**good(stage), name: value(stage)})

    return tuple(
        twist
        for name, kind in ids.items()
        for twist in (
            with_id(name, lambda _: random_id()),
            with_id(name, lambda stage, kind=kind: stage.kept["foreign"][kind]),
        )
    )


def wrong(good: Any, **values: Any) -> tuple[Twist, ...]:
    """Each of these values in its field; None: left out."""

    def without(name: str, value: Any) -> Any:
        def made(stage: Stage) -> dict[str, Any]:
            rest = {key: kept for key, kept in good(stage).items() if key != name}
            return rest if value is None else {**rest, name: value}

        return made

    return tuple(Twist(body=without(name, value)) for name, wanted in values.items() for value in wanted)


def is_begun(job_type: str) -> Any:
    def waits(stage: Stage, answer: Answer) -> None:
        job = job_of(answer)
        assert (job.job_type, job.status, answer.json()["status"]) == (job_type, "pending", "pending")
        assert (job.owner, answer.json()["job_type"]) == (stage.world.people["client"], job_type)

    return waits


def job_of(answer: Answer) -> ProcessingJob:
    return ProcessingJob.objects.get(pk=answer.json()["job_id"])


def sound_of_the_film(stage: Stage, answer: Answer) -> None:
    work_off(job_of(answer).run_id)
    status = stage.send("GET", f"/api/v1/process/status/{answer.json()['job_id']}").json()
    made = Asset.objects.get(pk=status["output_file_id"])
    with store().local(made.key) as path:
        found = probe(path)
    assert (found.family, found.audio and found.audio.rate) == ("audio", 16_000)


EXTRACT = body(video_file_id="video", audio_format="mp3", sample_rate=16_000)
scene(
    "voice.process.extract_audio",
    who="client",
    given=material,
    body=EXTRACT,
    errors={
        "validation_error": wrong(EXTRACT, audio_format=("wma", ["wav"], {}, 7)),
        "not_found": not_ones_own(EXTRACT, video_file_id="video"),
    },
    effects=(is_begun("extract_audio"), sound_of_the_film),
)


def words_of_the_recording(stage: Stage, answer: Answer) -> None:
    """As the engine's answer is kept."""
    job = job_of(answer)
    assert job.parameters["source_language"] == "en"
    assert job.input is not None
    transcript = transcript_of(job.input, "Good evening.")
    words = [{"word": "Good", "start": 0.0, "end": 1.0, "confidence": 0.9}]
    processing.heard(
        job.pk, transcript, content="Good evening.", confidence=0.9, words=words, engine="local:whisper-base"
    )
    status = stage.send("GET", f"/api/v1/process/status/{job.pk}").json()
    assert (status["status"], status["result"]["id"]) == ("completed", str(transcript.pk))
    assert status["result"]["word_timestamps"] == words


TRANSCRIBE = body(audio_file_id="audio", source_language="en", model="whisper-large")
scene(
    "voice.process.transcribe",
    who="client",
    given=material,
    body=TRANSCRIBE,
    errors={
        "validation_error": wrong(TRANSCRIBE, model=("parrot", "", ["whisper-large"], {}, 7)),
        "not_found": not_ones_own(TRANSCRIBE, audio_file_id="audio"),
    },
    effects=(is_begun("transcribe"), words_of_the_recording),
)


def told_by_another_engine(patch: Any) -> None:
    patch.setattr(voice_speaking, "speaks", lambda _profile, _language: True)


def spoken(stage: Stage, answer: Answer) -> None:
    """The clone has the id of its file."""
    job = job_of(answer)
    file = {"key": f"test/{job.pk}", "size": 1, "sha256": "0" * 64}
    made = processing.made_file(
        job.pk,
        asset_id=job.pk,
        kind="audio",
        file=file,
        filename="a.wav",
        content_type="audio/wav",
        duration=1.0,
        technical={},
    )
    processing.spoke(job.pk, made, engine="local:voice-match")
    status = stage.send("GET", f"/api/v1/process/status/{job.pk}").json()
    assert VoiceClone.objects.get().pk == VoiceClone.objects.get().asset_id == made.pk
    assert (status["status"], status["output_file_id"]) == ("completed", str(made.pk))


CLONE = body(audio_file_id="audio", target_language="es", voice_profile_id="voice", text_content="Buenos días.")
scene(
    "voice.process.clone_voice",
    who="client",
    given=material,
    patch=told_by_another_engine,
    body=CLONE,
    errors={
        "validation_error": wrong(CLONE, text_content=(None, "", " ", ["Hola."], {}, 7)),
        "not_found": not_ones_own(CLONE, audio_file_id="audio", voice_profile_id="voice"),
    },
    effects=(is_begun("clone_voice"), spoken),
)


def the_film_with_another_sound(stage: Stage, answer: Answer) -> None:
    work_off(job_of(answer).run_id)
    status = stage.send("GET", f"/api/v1/process/status/{answer.json()['job_id']}").json()
    made, video = Asset.objects.get(pk=status["output_file_id"]), Asset.objects.get(pk=stage.kept["own"]["video"])
    assert (made.kind, made.project_id) == ("video", video.project_id)


VIDEO = body(original_video_id="video", cloned_audio_id="audio", output_format="mkv", quality="high")
scene(
    "voice.process.generate_video",
    who="client",
    given=material,
    body=VIDEO,
    errors={
        "validation_error": wrong(VIDEO, output_format=("gif", ["mp4"], {}, 7)),
        "not_found": not_ones_own(VIDEO, original_video_id="video", cloned_audio_id="audio"),
    },
    effects=(is_begun("generate_video"), the_film_with_another_sound),
)


def a_job(who: str = "client") -> Any:
    def begun(stage: Stage) -> None:
        stage.kept["job"] = str(ProcessingJobFactory(owner=stage.world.people[who]).pk)

    return begun


def of_another_kind(stage: Stage) -> None:
    stage.kept["job"] = stage.world.ids["job_id"]


scene(
    "voice.process.status",
    who="client",
    given=a_job(),
    path=lambda stage: {"job_id": stage.kept["job"]},
    errors={
        "not_found": (
            Twist(path={"job_id": random_id()}),
            Twist(given=a_job("stranger")),
            Twist(given=of_another_kind),
        )
    },
)


def two_voices(stage: Stage) -> None:
    material(stage)
    VoiceProfileFactory(owner=stage.world.people["client"], language="fr", gender="low")
    VoiceProfileFactory(owner=stage.world.people["stranger"], is_public=True, name="Public")


def own_and_public(stage: Stage, answer: Answer) -> None:
    seen = {row["id"] for row in answer.json()["profiles"]}
    client = stage.world.people["client"]
    assert seen == {str(one.pk) for one in VoiceProfile.objects.all() if one.owner == client or one.is_public}
    for query in ({"language": "fr"}, {"gender": "low"}):
        rows = stage.send("GET", f"{VOICES}/profiles", query=query).json()["profiles"]
        assert [row["language"] for row in rows] == ["fr"]


scene("voice.voices.profiles.list", who="client", given=two_voices, checks=(own_and_public,))


def private_and_matched_once_agreed(stage: Stage, answer: Answer) -> None:
    made = VoiceProfile.objects.get(pk=answer.json()["id"])
    assert (made.owner, made.is_public, made.run) == (stage.world.people["client"], False, None)
    agreed = stage.send("POST", f"{VOICES}/profiles/{made.pk}/consent", body=SAID)
    assert (agreed.status_code, agreed.json()["consented"]) == (201, True)
    made.refresh_from_db()
    assert made.run is not None
    assert made.run.kind == voices.KIND


CREATE = body(name="Ana", audio_sample_id="audio", language="en", description="Warm.", gender="low")
scene(
    "voice.voices.profiles.create",
    who="client",
    given=material,
    body=CREATE,
    errors={
        "validation_error": wrong(CREATE, name=(None, "", " ", ["Ana"], {}, 7)),
        "not_found": not_ones_own(CREATE, audio_sample_id="audio"),
    },
    effects=(private_and_matched_once_agreed,),
)


def heard_before(patch: Any) -> None:
    """What an engine has spoken before."""

    def kept(profile: VoiceProfile, _text: str, **_: Any) -> StoredPreview:
        voices.require_consent(profile)
        key = f"{voices.previews_of(profile.pk)}kept.wav"
        store().put(key, CARDS[0], content_type="audio/wav")
        return StoredPreview(key, 2.0)

    patch.setattr(voice_speaking, "preview", kept)


def a_link_for_programs(stage: Stage, answer: Answer) -> None:
    way = f"{VOICES}/preview/{stage.kept['own']['voice']}"
    told = stage.send("GET", way, query={"text": "Hello."}, headers={"Accept": "application/json"}).json()
    assert set(told) == {"audio_url", "duration_seconds", "content_type", "expires_at"}
    assert answer.headers["Cache-Control"] == "private, no-store"


scene(
    "voice.voices.profiles.preview",
    who="client",
    given=material,
    patch=heard_before,
    path=lambda stage: {"profile_id": stage.kept["own"]["voice"]},
    query={"text": "Hello."},
    errors={
        "validation_error": tuple(Twist(query=query) for query in ({}, {"text": ""}, {"text": " "})),
        "not_found": (
            Twist(path={"profile_id": random_id()}),
            Twist(path=lambda stage: {"profile_id": stage.kept["foreign"]["voice"]}),
        ),
    },
    checks=(a_link_for_programs,),
)
