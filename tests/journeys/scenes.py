"""Jobs as the pages meet them, made by the same functions as in real life up to the engines."""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
import wave
from datetime import timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Organization, User
from core import audit
from core.runs.models import Run, Step
from core.storage import store
from jobs.models import Job, LanguageOutput
from jobs.services import open_output_track
from media_library import services as library
from media_library.models import Asset, Glossary, GlossaryTerm, GlossaryVersion, Track, TrackVersion

S = Job.Status
R = User.Role
SECONDS = 12
PASSWORD = "correct horse battery"
CAPTIONS = """WEBVTT

NOTE written for a test

00:00:00.500 --> 00:00:02.500
Good morning, and welcome.

00:00:02.600 --> 00:00:05.000
This is the second caption,
and it has two lines.

00:00:05.040 --> 00:00:05.640
Far too many words for so short a time, and far too long for one line.

00:00:08.000 --> 00:00:10.000
The last one.
"""
SPANISH = CAPTIONS.replace("Good morning, and welcome.", "Buenos días y bienvenidos.").replace(
    "The last one.", "El último."
)
# A translation under way, with what people meet in one: a term left out, a forbidden word, a cue too fast, one too long, one missing.
LAUNCH = """WEBVTT

00:00:00.400 --> 00:00:02.480
We had held at T minus nine
for almost an hour.

00:00:02.560 --> 00:00:04.200
Nobody in the room was talking.

00:00:04.360 --> 00:00:06.400
You could hear the liquid oxygen
venting, and nothing else.

00:00:06.640 --> 00:00:08.000
And the count just sat there.

00:00:08.080 --> 00:00:10.000
Then the launch director said,
“Resume on my mark.”

00:00:10.200 --> 00:00:11.600
So technically we launched on two.
"""
LANZAMIENTO = """WEBVTT

00:00:00.400 --> 00:00:02.480
Llevábamos casi una hora
en T menos nueve.

00:00:02.560 --> 00:00:04.200
Nadie en la sala hablaba.

00:00:04.360 --> 00:00:06.400
Solo se oía salir el gas,
y nada más.

00:00:06.640 --> 00:00:07.200
Y la cuenta atrás simplemente se quedó ahí parada.

00:00:08.080 --> 00:00:10.000
Entonces el jefe de lanzamiento dijo: «Reanuden a mi señal».

00:00:10.200 --> 00:00:11.600
Así que despegamos en el dos.
"""
CUTS = [0.0, 2.52, 6.6, 10.08]
DESCRIPTION = """WEBVTT

00:00:06.000 --> 00:00:07.800
Bars of colour stand still. A clock counts in the corner.
"""


def person(
    role: str = R.PRODUCTION, *, email: str = "", name: str = "Mara Lindqvist", house: Organization | None = None
) -> User:
    user = User.objects.create_user(email or f"{role}@studio.example", role=role, name=name)
    # The server under test is another process: it knows the hashers of the settings, not the quick one of the tests.
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt-of-tests-22-chars", iterations=1000)
    user.save()
    if house is not None:
        Membership.objects.create(organization=house, user=user)
    return user


def house() -> Organization:
    return Organization.objects.create(name="Northlight Film", slug="northlight-film")


def film(path: Path, *, seconds: int = SECONDS) -> Path:
    """Colour bars with a tone, small and playable everywhere."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    command += ["-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={seconds}"]
    command += ["-f", "lavfi", "-i", f"sine=frequency=330:duration={seconds}"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac"]
    subprocess.run([*command, "-movflags", "+faststart", "-shortest", str(path)], check=True, timeout=120)
    return path


def stored(key: str, content: bytes | Path, *, content_type: str) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        path = content
        if isinstance(content, bytes):
            path = Path(folder) / "file"
            path.write_bytes(content)
        file = store().put(key, path, content_type=content_type)
    return file.size, file.sha256


def job(
    owner: User,
    house: Organization | None,
    *,
    title: str = "Launch Window, episode 2",
    status: str = S.PENDING_QC,
    video: Path | None = None,
) -> Job:
    """A job in English with Spanish, in `status`, with the history that leads there."""
    source = None
    made = Job(title=title)
    if video is not None:
        size, digest = stored(f"jobs/{made.pk}/source", video, content_type="video/mp4")
        source = library.add_original(
            owner=owner, organization=house, kind=Asset.Kind.VIDEO, key=f"jobs/{made.pk}/source", filename="launch.mp4",
            content_type="video/mp4", size=size, sha256=digest,
        )  # fmt: skip
        library.note_technical(
            source, duration=SECONDS, fps=25.0, width=640, height=360, video_codec="h264", audio_codec="aac"
        )
        peaks = {"per_second": 50, "duration": SECONDS, "low": [-60, -20] * 300, "high": [60, 20] * 300}
        size, digest = stored(f"jobs/{made.pk}/waveform", json.dumps(peaks).encode(), content_type="application/json")
        library.keep_made(
            source, purpose=Asset.Purpose.WAVEFORM, kind=Asset.Kind.EXPORT, key=f"jobs/{made.pk}/waveform",
            filename="waveform.json", content_type="application/json", size=size, sha256=digest,
        )  # fmt: skip
    made.status = status
    made.organization, made.created_by, made.source = house, owner, source
    made.source_language, made.filename, made.content_type = "en", "launch.mp4", "video/mp4"
    made.size_bytes = source.size if source else 1_200_000_000
    made.audio_description_vtt = made.audio_description_mp3 = made.accessible_video_mp4 = True
    made.save()
    work = LanguageOutput.Work
    for language in ("en", "es"):
        LanguageOutput.objects.create(
            job=made, language=language, is_source=language == "en", tts_status=work.PENDING, render_status=work.PENDING,
            translation_status=work.NOT_REQUESTED if language == "en" else work.PENDING,
        )  # fmt: skip
    history(made, status)
    return made


def history(made: Job, status: str) -> None:
    way = [
        S.CREATED,
        S.INGESTING,
        S.AI_PROCESSING,
        S.PENDING_QC,
        S.TRANSLATING,
        S.TTS_GENERATING,
        S.RENDERING,
        S.PENDING_FINAL_REVIEW,
    ]
    audit.record("jobs.job.create", made, actor=made.created_by, after=S.CREATED)
    end = way.index(S(status)) if status in way else 2
    for before, after in pairwise(way[: end + 1]):
        actor = made.created_by if before == S.PENDING_QC else None
        audit.record("jobs.job.move", made, actor=actor, before=before, after=after)
    if status not in way:
        audit.record("jobs.job.stop", made, actor=None, before=way[end], after=status)


def running(made: Job, *, progress: float = 0.42) -> Run:
    """Work under way: the first steps done, one in the middle of its time."""
    now = timezone.now()
    run = Run.objects.create(kind="jobs.accessible", subject_id=made.pk, progress=progress, stage=made.status)
    done = {
        "status": Step.Status.DONE,
        "started_at": now - timedelta(seconds=90),
        "finished_at": now - timedelta(seconds=60),
        "attempt": 1,
    }
    for position, name in enumerate(("ingest", "probe", "conform")):
        Step.objects.create(run=run, name=name, position=position, queue="media", **done)
    Step.objects.create(
        run=run, name="transcribe", position=3, queue="ai", status=Step.Status.RUNNING, attempt=2, message="minute 3 of 8",
        started_at=now - timedelta(seconds=40),
    )  # fmt: skip
    made.run = run
    made.save()
    return run


def write(made: Job, language: str, kind: str, content: str, *, engine: str = "faster-whisper base") -> Track:
    output = made.outputs.get(language=language)
    with transaction.atomic():
        track = open_output_track(output, kind)
    library.save_machine_version(track, content, engine=engine)
    return track


def drafted(owner: User, house: Organization | None, video: Path) -> Job:
    """Waits for the source's review, with captions and description in English and captions in Spanish."""
    made = job(owner, house, status=S.PENDING_QC, video=video)
    write(made, "en", Track.Kind.CAPTIONS, CAPTIONS)
    write(made, "en", Track.Kind.AUDIO_DESCRIPTION, DESCRIPTION, engine="local measurements")
    write(made, "es", Track.Kind.CAPTIONS, SPANISH, engine="apertium eng-spa")
    return made


def translated(owner: User, house: Organization | None, video: Path) -> Job:
    """English and Spanish captions, shot changes, the house's words, and the Spanish in nobody's hands yet."""
    made = job(owner, house, status=S.PENDING_QC, video=video)
    write(made, "en", Track.Kind.CAPTIONS, LAUNCH)
    write(made, "es", Track.Kind.CAPTIONS, LANZAMIENTO, engine="apertium eng-spa")
    assert made.source is not None
    library.note_technical(made.source, shots=CUTS)
    glossary = Glossary.objects.create(name="Launch words", owner=owner, organization=house)
    version = GlossaryVersion.objects.create(
        glossary=glossary, number=1, is_active=True, filename="words.xlsx", sha256="", term_count=4, created_by=owner
    )
    for position, (source, target, forbidden, notes) in enumerate(
        (
            ("liquid oxygen", "oxígeno líquido", False, "never “gas”"),
            ("launch director", "directora de lanzamiento", False, "She is a woman."),
            ("launch director", "jefe de lanzamiento", True, ""),
            ("count", "cuenta atrás", False, ""),
        )
    ):
        GlossaryTerm.objects.create(
            version=version, position=position, source_term=source, words=source, translations={"es": target},
            forbidden=forbidden, notes=notes,
        )  # fmt: skip
    return made


def delivered(owner: User, house: Organization | None, video: Path) -> Job:
    """Everything made, waiting for its final review."""
    made = job(owner, house, title="Morning Roast, film 1", status=S.PENDING_FINAL_REVIEW, video=video)
    write(made, "en", Track.Kind.CAPTIONS, CAPTIONS)
    write(made, "en", Track.Kind.AUDIO_DESCRIPTION, DESCRIPTION)
    write(made, "es", Track.Kind.CAPTIONS, SPANISH)
    assert made.source is not None
    for output in made.outputs.all():
        facts: dict[str, Any] = {"technical": {"pauses": [[6.0, 2.0]]}, "duration": SECONDS}
        key = f"jobs/{made.pk}/film-{output.language}"
        size, digest = stored(key, video, content_type="video/mp4")
        output.accessible_video = library.keep_made(
            made.source, purpose=Asset.Purpose.ACCESSIBLE_VIDEO, kind=Asset.Kind.VIDEO, key=key, language=output.language,
            filename=f"film.{output.language}.mp4", content_type="video/mp4", size=size, sha256=digest, **facts,
        )  # fmt: skip
        key = f"jobs/{made.pk}/film-captions-{output.language}"
        size, digest = stored(key, CAPTIONS.encode(), content_type="text/vtt")
        output.accessible_captions = library.keep_made(
            made.source, purpose=Asset.Purpose.ACCESSIBLE_CAPTIONS, kind=Asset.Kind.CAPTION, key=key, language=output.language,
            filename=f"film.{output.language}.vtt", content_type="text/vtt", size=size, sha256=digest,
        )  # fmt: skip
        output.render_status = output.tts_status = LanguageOutput.Work.DONE
        output.save()
    return made


def described(owner: User, house: Organization | None, video: Path) -> Job:
    """As delivered, with the lines of the description spoken and placed: one in a gap, one that holds the picture. Nothing is rendered."""
    made = delivered(owner, house, video)
    made.outputs.update(accessible_video=None, accessible_captions=None)
    run = Run.objects.create(kind="jobs.accessible", subject_id=made.pk, status=Run.Status.WAITING)
    lines = []
    for index, (start, pause) in enumerate(((1.0, 0.0), (3.0, 1.76))):
        key = f"jobs/{made.pk}/line-{index}"
        size, digest = stored(key, beep(), content_type="audio/wav")
        lines.append(
            {
                "index": index, "text": f"Line {index + 1} of what is seen.", "mode": "extended" if pause else "inline",
                "start": start, "planned": start, "speed": 1.0, "seconds": 1.0, "pause_seconds": pause, "gap_start": None,
                "gap_end": None, "output_start": start, "sound": {"key": key, "size": size, "sha256": digest},
            }
        )  # fmt: skip
    table = {"lines": lines, "pauses": [[3.0, 1.76]], "duration": SECONDS + 1.76}
    done = Step.Status.DONE
    for position, name in enumerate(("speak", "place", "mix", "render", "validate"), start=9):
        result = table if name == "place" else {"missing": ""}
        Step.objects.create(run=run, name=name, item="en", position=position, queue="media", status=done, result=result)
    Step.objects.create(run=run, name="final_review", position=14, queue="", status=Step.Status.WAITING)
    made.run = run
    made.save()
    return made


def beep(*, seconds: float = 1.0) -> bytes:
    """A second of a tone as WAV, in the place of a voice."""
    held = BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        samples = (round(9000 * math.sin(at * 0.2)) for at in range(round(16_000 * seconds)))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return held.getvalue()


def newest(track: Track) -> TrackVersion:
    found = track.versions.first()
    assert found is not None
    return found
