"""The spoken description: said by an engine, fitted into gaps or given a pause, and mixed with the programme."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai import speaking
from ai.capabilities.text_to_speech import Speech
from ai.errors import LanguageUnsupportedError
from core import languages
from core.runs.context import StepContext
from core.storage import store
from jobs import services
from jobs.models import LanguageOutput
from jobs.services import voicing
from jobs.steps.base import JobStep, newest
from jobs.steps.describe import Described
from jobs.steps.ingest import Surveyed
from jobs.steps.translate import Translated
from media_library import services as library
from media_library.media import webvtt
from media_library.media.description import Candidate, Placed, check_description, place
from media_library.media.ffmpeg import Input
from media_library.media.ffmpeg import run as run_ffmpeg
from media_library.media.freeze import frame_count
from media_library.media.gaps import WORDS_PER_SECOND, gaps, speech_intervals
from media_library.media.pauses import Pause, on_frames
from media_library.media.respelling import Respelling, respelled
from media_library.media.sound import (
    LOUDNESS_UNKNOWN,
    Clip,
    description_mix,
    description_track,
    dialogue_loudness,
    retimed_programme,
)
from media_library.media.timemap import TimeMap
from media_library.models import Asset
from media_library.queries.speech import spoken_words
from media_library.steps.base import Stored, exists, media_work, put
from media_library.steps.intake import Conformed
from media_library.steps.listen import Transcribed

# Voices differ: some engines read half as fast again as people who describe. No slower than this, or it drags.
SLOWEST = 0.75
FEWEST_WORDS_FOR_PACE = 5
UNSPOKEN = "No engine here speaks {language}: a person reads the description."


def waits_for_person(ctx: StepContext, output: LanguageOutput) -> str:
    """Why nothing can be spoken in this language yet, or nothing: no engine did the text and no person has written it."""
    version = newest(output.description_id)
    if version is not None and version.author_id is not None:
        return ""
    # Nobody may have drawn up a description: a person went on without one.
    described = ctx.result_or_none("describe", Described) or Described()
    if output.is_source:
        return described.missing
    # Without a description there is nothing to translate either, and the source's reason is the true one.
    return ctx.result("translate", Translated, item=ctx.item).missing or described.missing


class Line(BaseModel):
    """One spoken cue. `start` and `end` are the cue's own times in the source; `seconds` is what the engine's voice took."""

    index: int
    text: str
    start: float
    end: float
    seconds: float
    sound: Stored


class Spoken(BaseModel):
    engine: str = ""
    voice: str = ""
    missing: str = ""
    lines: list[Line] = []


class Speak(JobStep[Spoken]):
    Result = Spoken

    def __init__(self) -> None:
        self.voice = ""
        self.ways: list[Respelling] = []

    def skip(self, ctx: StepContext) -> str:
        return waits_for_person(ctx, self.output(ctx))

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        version = newest(self.output(ctx).description_id)
        text = version.content if version else ""
        return {
            "text": hashlib.sha256(text.encode()).hexdigest(),
            "language": ctx.item,
            "voice": voicing.voice_of(self.output(ctx)),
            "said": self._said(ctx, text),
        }

    def _said(self, ctx: StepContext, text: str) -> str:
        """A digest of what the voice is given where that is not what is written."""
        ways = voicing.respellings_of(self.output(ctx))
        said = respelled(text, ways) if ways else text
        return "" if said == text else hashlib.sha256(said.encode()).hexdigest()

    def run(self, ctx: StepContext) -> Spoken:
        self.voice = voicing.voice_of(self.output(ctx))
        self.ways = voicing.respellings_of(self.output(ctx))
        version = newest(self.output(ctx).description_id)
        cues = webvtt.parse(version.content).cues if version else []
        texts = {index: " ".join(webvtt.plain_text(cue.text).split()) for index, cue in enumerate(cues)}
        texts = {index: text for index, text in texts.items() if text}
        lines: list[Line] = []
        engine = voice = ""
        try:
            speed = self._pace(ctx, texts)
            for number, (index, text) in enumerate(texts.items()):
                note = f"Speaking {languages.name(ctx.item)}, {number + 1} of {len(texts)}"
                ctx.progress(number / len(texts), note)
                answer = self._say(ctx, text, part=str(index), speed=speed)
                engine, voice = str(answer.engine), answer.value.voice.name
                sound = put(ctx, answer.value.path, name=f"line-{index}.wav", content_type="audio/wav")
                cue = cues[index]
                lines.append(
                    Line(
                        index=index, text=text, start=cue.start, end=cue.end, seconds=answer.value.seconds, sound=sound
                    )
                )
        except LanguageUnsupportedError as error:
            ctx.note(error.message)
            return Spoken(missing=unspeakable(ctx.item))
        return Spoken(engine=engine, voice=voice, lines=lines)

    def _pace(self, ctx: StepContext, texts: dict[int, str]) -> float:
        """The speed at which this voice describes at the planning rate: measured on its longest line, never faster than natural."""
        longest = max(texts.values(), key=len, default="")
        if len(longest.split()) < FEWEST_WORDS_FOR_PACE:
            return 1.0
        # As that line itself: when it is not to be slowed down, it is spoken and paid for already.
        index = next(index for index, text in texts.items() if text == longest)
        natural = self._say(ctx, longest, part=str(index), speed=1.0).value.seconds
        rate = len(longest.split()) / max(natural, 0.1)
        return round(min(1.0, max(SLOWEST, WORDS_PER_SECOND / rate)), 2)

    def _say(self, ctx: StepContext, text: str, *, part: str, speed: float) -> ai.Answer[Speech]:
        # A line that is said as before is found in the ledger, whatever else has changed since: it is not paid for again.
        use = replace(self.use(ctx, "speak"), key=f"{ctx.run_id}/speak/{ctx.item}")
        return ai.speak(
            respelled(text, self.ways),
            ctx.workdir / f"line-{part}.wav",
            language=ctx.item,
            voice=self.voice,
            model=speaking.model_for(self.voice, ctx.item),
            speed=speed,
            use=use,
            progress=lambda _share, _note: ctx.check(),
        )

    def intact(self, result: Spoken) -> bool:
        # An engine may have been installed since.
        return not result.missing and exists(*(line.sound for line in result.lines))

    def publish(self, ctx: StepContext, result: Spoken) -> None:
        services.note_engine(
            self.output(ctx), "speech", result.engine, lacking=unspeakable(ctx.item), needs_person=bool(result.missing)
        )


def unspeakable(language: str) -> str:
    return UNSPOKEN.format(language=languages.name(language))


def unspoken(ctx: StepContext) -> str:
    """The reason to leave out what needs speech: the step that speaks was left out, or found no voice."""
    spoken = ctx.result_or_none("speak", Spoken, item=ctx.item)
    return "The description waits for a person." if spoken is None else spoken.missing


class PlacedLine(BaseModel):
    """`start` is source time; `output_start` is when the voice begins in the version with pauses."""

    index: int
    text: str
    mode: str
    start: float
    speed: float
    seconds: float
    pause_seconds: float
    gap_start: float | None
    gap_end: float | None
    output_start: float
    sound: Stored


class Timetable(BaseModel):
    """`pauses` are [at, seconds], on whole frames, in source time. `left_out` are lines that only a held picture could carry."""

    lines: list[PlacedLine]
    pauses: list[tuple[float, float]]
    findings: list[dict[str, Any]]
    left_out: list[str]
    duration: float

    @property
    def held(self) -> list[Pause]:
        return [Pause(at, seconds) for at, seconds in self.pauses]


class Place(JobStep[Timetable]):
    """Where each line is heard, and where the picture is held for it. Measured lengths, not planned ones."""

    Result = Timetable

    def skip(self, ctx: StepContext) -> str:
        return unspoken(ctx)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        spoken = ctx.result("speak", Spoken, item=ctx.item)
        return {
            "lines": [(line.start, line.end, line.text, line.seconds, line.sound.sha256) for line in spoken.lines],
            "words": ctx.result("transcribe", Transcribed).digest,
            "shots": ctx.result("survey", Surveyed).shots,
            "holds": self.job(ctx).accessible_video_mp4,
            "video": ctx.result("conform", Conformed).key,
        }

    def run(self, ctx: StepContext) -> Timetable:
        spoken, video = ctx.result("speak", Spoken, item=ctx.item), ctx.result("conform", Conformed)
        cuts = ctx.result("survey", Surveyed).shots
        words = spoken_words(self.source(ctx))
        heard = [(word.start, word.end) for word in words]
        silences = gaps(speech_intervals(words), duration=video.duration)
        # In order of time, as they are placed: the placement numbers them so.
        lines = sorted(spoken.lines, key=lambda line: (line.start, line.index))
        wishes = [
            Candidate(line.text, line.start, line.seconds, seen_until=_seen_until(line.start, cuts, video.duration))
            for line in lines
        ]
        planned = place(wishes, words=heard, gaps=silences, duration=video.duration, shots=cuts).placed
        holds = self.job(ctx).accessible_video_mp4
        left_out = [] if holds else [one.text for one in planned if one.mode == "extended"]
        kept = planned if holds else [one for one in planned if one.mode == "inline"]
        with store().local(video.key) as path, media_work(ctx):
            fps, frames = frame_count(path)
        kept = [_on_a_frame(one, fps=fps, frames=frames) for one in kept]
        pauses = on_frames(
            [Pause(one.start, one.pause_seconds) for one in kept if one.pause_seconds > 0], fps=fps, frames=frames
        )
        times = TimeMap(pauses)
        findings = check_description(kept, words=heard, duration=video.duration)
        for text in left_out:
            ctx.note(f"left out, because it needs the picture to be held: {text}")
        return Timetable(
            lines=[_placed_line(one, lines[one.cue_index], times) for one in kept],
            pauses=[(pause.at, pause.seconds) for pause in pauses],
            findings=[asdict(finding) for finding in findings],
            left_out=left_out,
            duration=float(frames / fps) + times.added,
        )

    def publish(self, ctx: StepContext, result: Timetable) -> None:
        # With a film the checks are those of the film, and no line is left out.
        if not self.job(ctx).accessible_video_mp4:
            services.keep_output(self.output(ctx), checks=left_out_checks(result.left_out))


def left_out_checks(texts: list[str]) -> list[dict[str, Any]]:
    """Said to people where they look for what was checked: lines that only a held picture could carry, in a job without one."""
    if not texts:
        return []
    return [
        {
            "kind": "audio_description_mp3",
            "name": "lines left out",
            "passed": False,
            "measured": f"{len(texts)} left out, because nothing silent is long enough: {' / '.join(texts)}",
            "expected": "none left out; an accessible video holds the picture for them",
            "advice": True,
        }
    ]


def _seen_until(start: float, cuts: list[float], duration: float) -> float:
    """The end of the shot in which a line was placed."""
    return next((cut for cut in cuts if cut > start + 0.001), duration)


def _on_a_frame(one: Placed, *, fps: Fraction, frames: int) -> Placed:
    """An extended line moved to the boundary between two frames where its picture will really be held."""
    if one.pause_seconds <= 0:
        return one
    (held,) = on_frames([Pause(one.start, one.pause_seconds)], fps=fps, frames=frames)
    return replace(one, start=held.at, pause_at=held.at)


def _placed_line(one: Placed, line: Line, times: TimeMap) -> PlacedLine:
    return PlacedLine(
        index=line.index,
        text=one.text,
        mode=one.mode,
        start=one.start,
        speed=one.speed,
        seconds=one.spoken_seconds,
        pause_seconds=one.pause_seconds,
        gap_start=one.gap_start,
        gap_end=one.gap_end,
        output_start=one.output_start(times),
        sound=line.sound,
    )


class Mixed(BaseModel):
    """`mix` is what is heard by default, `original` the programme alone, both in output time; `alone` the description as MP3."""

    mix: Stored | None = None
    original: Stored | None = None
    alone: Stored | None = None
    duration: float


class Mix(JobStep[Mixed]):
    Result = Mixed

    def skip(self, ctx: StepContext) -> str:
        return unspoken(ctx)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        table, job = ctx.result("place", Timetable, item=ctx.item), self.job(ctx)
        return {
            "lines": [(line.output_start, line.speed, line.sound.sha256) for line in table.lines],
            "pauses": table.pauses,
            "video": ctx.result("conform", Conformed).key,
            "outputs": [job.audio_description_mp3, job.accessible_video_mp4],
        }

    def run(self, ctx: StepContext) -> Mixed:
        table, job, video = (
            ctx.result("place", Timetable, item=ctx.item),
            self.job(ctx),
            ctx.result("conform", Conformed),
        )
        clips = [self._clip(ctx, line) for line in table.lines]
        speech = speech_intervals(spoken_words(self.source(ctx)))
        source_seconds = table.duration - sum(seconds for _, seconds in table.pauses)
        made = Mixed(duration=table.duration)
        with store().local(video.key) as path, media_work(ctx):
            if job.accessible_video_mp4:
                mix, original = ctx.workdir / "mix.m4a", ctx.workdir / "original.m4a"
                description_mix(
                    path,
                    mix,
                    clips=clips,
                    pauses=table.held,
                    duration=source_seconds,
                    speech=speech,
                    progress=lambda share, note: ctx.progress(share * 0.5, note),
                    halt=ctx.halt,
                )
                retimed_programme(
                    path,
                    original,
                    pauses=table.held,
                    duration=source_seconds,
                    progress=lambda share, note: ctx.progress(0.5 + share * 0.3, note),
                    halt=ctx.halt,
                )
                made.mix = put(ctx, mix, name="mix.m4a", content_type="audio/mp4")
                made.original = put(ctx, original, name="original.m4a", content_type="audio/mp4")
            if job.audio_description_mp3:
                alone = ctx.workdir / "description.mp3"
                loudness = dialogue_loudness(path, speech, halt=ctx.halt)
                description_track(
                    alone,
                    clips=clips,
                    duration=table.duration,
                    loudness=LOUDNESS_UNKNOWN if loudness is None else loudness,
                    progress=lambda share, note: ctx.progress(0.8 + share * 0.2, note),
                    halt=ctx.halt,
                )
                made.alone = put(ctx, alone, name="description.mp3", content_type="audio/mpeg")
        return made

    def _clip(self, ctx: StepContext, line: PlacedLine) -> Clip:
        """The line's sound as a file, spoken faster where its gap asked for that."""
        raw = ctx.workdir / f"line-{line.index}.wav"
        with store().local(line.sound.key) as path:
            raw.write_bytes(path.read_bytes())
        return Clip(path=raw if line.speed == 1.0 else self._faster(ctx, raw, line), start=line.output_start)

    def _faster(self, ctx: StepContext, raw: Path, line: PlacedLine) -> Path:
        fitted = raw.with_name(f"line-{line.index}-fitted.wav")
        with media_work(ctx):
            run_ffmpeg(
                inputs=[Input(path=raw)],
                options=["-filter:a", f"atempo={line.speed:.2f}", "-c:a", "pcm_s16le"],
                output=fitted,
                muxer="wav",
                expected_seconds=line.seconds,
                what="Fitting the description",
                halt=ctx.halt,
            )
        return fitted

    def intact(self, result: Mixed) -> bool:
        return exists(result.mix, result.original, result.alone)

    def publish(self, ctx: StepContext, result: Mixed) -> None:
        if result.alone is None:
            return
        job, output = self.job(ctx), self.output(ctx)
        asset = library.keep_made(
            self.source(ctx),
            purpose=Asset.Purpose.DESCRIPTION_AUDIO,
            kind=Asset.Kind.AUDIO,
            language=output.language,
            key=result.alone.key,
            filename=f"{services.slug(job.title)}.{output.language}.description.mp3",
            content_type="audio/mpeg",
            size=result.alone.size,
            sha256=result.alone.sha256,
            duration=result.duration,
        )
        services.keep_output(output, description_audio=asset)
