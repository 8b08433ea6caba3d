"""A line spoken: said, freed of silence, and made to fit its slot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai import speaking as voices
from ai.capabilities.text_to_speech import Speech
from core.runs.context import StepContext
from core.runs.errors import StepError
from dubbing.models import DubLine, DubSpeaker
from dubbing.queries import desk as desks
from dubbing.queries.desk import DeskLine
from dubbing.queries.sayings import Sayings, cast_of, voice_problem
from dubbing.services import fitting as shorter
from dubbing.services import speaking
from dubbing.steps.base import DubStep
from media_library.media import disclosure, voice_fit
from media_library.media.fitting import BLOCKED, TIGHT, WARNS
from media_library.services import voice_speaking
from media_library.steps.base import Stored, exists, media_work, put

TOO_LONG = (
    "Even {rate:.1f} times as fast it is {lacking:.1f} s too long for its slot. Shorten it to about {most} characters."
)
HURRIED = "It is spoken {rate:.2f} times as fast as by itself, which sounds hurried. A shorter wording would be calmer."


class Spoken(BaseModel):
    """Nothing but `gone` when the line is not there any more. `rate` is how much faster it is heard than the voice takes by itself."""

    gone: bool = False
    sound: Stored | None = None
    spoken_of: str = ""
    place: list[float] = []
    verdict: str = ""
    engine: str = ""
    natural: float = 0.0
    rate: float = 1.0
    start: float = 0.0
    end: float = 0.0
    similarity: float | None = None
    problem: str = ""
    suggestion: str = ""


class SpeakLine(DubStep[Spoken]):
    Result = Spoken

    def line(self, ctx: StepContext) -> DeskLine | None:
        _, lines = desks.read(self.dub(ctx))
        return next((one for one in lines if str(one.line.pk) == ctx.item), None)

    def role(self, ctx: StepContext, line: DubLine) -> DubSpeaker:
        return cast_of(self.dub(ctx)).get(pk=line.role_id)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        one = self.line(ctx)
        if one is None:
            return {"gone": ctx.item}
        dub = self.dub(ctx)
        return {
            "said": Sayings(dub).digest(one.line, self.role(ctx, one.line)),
            "place": desks.place_of(one.line, desks.fastest_of(dub)),
            "latest": one.slot.latest,
        }

    def intact(self, result: Spoken) -> bool:
        return exists(result.sound)

    def run(self, ctx: StepContext) -> Spoken:
        one = self.line(ctx)
        if one is None or one.state in {desks.MUTED, desks.WAITING}:
            return Spoken(gone=True)
        dub, line, role = self.dub(ctx), one.line, self.role(ctx, one.line)
        if problem := voice_problem(role):
            raise StepError(problem, code="voiceless")
        said, fastest = Sayings(dub).said(line.text, role), desks.fastest_of(dub)
        digest = Sayings(dub).digest(line, role)
        ctx.progress(0.05, f"Speaking line {line.number + 1}")
        answers: list[ai.Answer[Speech]] = []

        def say(speed: float) -> Path:
            answers.append(self._say(ctx, said, role, speed=speed))
            return answers[-1].value.path

        with media_work(ctx):
            made = voice_fit.fitted(
                say,
                ctx.workdir,
                one.slot,
                speed=role.speed,
                fastest=fastest,
                # What costs money is said once, and stretched.
                asks_again=lambda: answers[0].engine.provider == "local",
                halt=ctx.halt,
            )
        engine = str(answers[0].engine)
        disclosure.mark_wav(made.path, engine)
        stored = put(ctx, made.path, name="line.wav", content_type="audio/wav")
        most = shorter.most_characters(replace(one, line=_with(line, made.natural)), fastest=min(fastest, WARNS))
        problem, suggestion = "", ""
        verdict = made.fit.verdict
        if verdict == BLOCKED:
            problem = TOO_LONG.format(rate=made.fit.rate, lacking=made.fit.lacking, most=most)
            suggestion = shorter.by_rule(line.text, language=dub.target_language, most=most).text
        elif verdict == TIGHT:
            problem = HURRIED.format(rate=made.rate)
        profile = role.profile
        return Spoken(
            sound=stored,
            spoken_of=digest,
            place=desks.place_of(line, fastest),
            verdict=verdict,
            engine=engine,
            natural=round(made.natural, 3),
            rate=round(made.rate, 4),
            start=made.start,
            end=made.end,
            similarity=profile.similarity if profile else None,
            problem=problem,
            suggestion=suggestion,
        )

    def _say(self, ctx: StepContext, said: str, role: DubSpeaker, *, speed: float) -> ai.Answer[Speech]:
        """A line that is said as before is found in the ledger, in whichever run; one that somebody wants anew is said once more."""
        dub, take = self.dub(ctx), ctx.params.get("again", "")
        use = self.use(ctx, "speak", part=f"{take}/{ctx.item}" if take else "")
        into = ctx.workdir / f"said-{speed:.3f}.wav"
        if role.profile is not None:
            return voice_speaking.speak_as(
                role.profile,
                said,
                into,
                language=dub.target_language,
                speed=speed,
                use=use,
                progress=lambda _share, _note: ctx.check(),
            )
        return ai.speak(
            said,
            into,
            language=dub.target_language,
            voice=role.voice,
            model=voices.model_for(role.voice, dub.target_language),
            speed=speed,
            use=use,
            progress=lambda _share, _note: ctx.check(),
        )

    def publish(self, ctx: StepContext, result: Spoken) -> None:
        if result.gone or result.sound is None:
            return
        speaking.keep(
            ctx.item,
            sound={**result.sound.model_dump(), "slot": result.place, "verdict": result.verdict},
            values={
                "spoken_of": result.spoken_of,
                "engine": result.engine,
                "natural": result.natural,
                "rate": result.rate,
                "placed_start": result.start,
                "placed_end": result.end,
                "similarity": result.similarity,
                "problem": result.problem,
            },
            suggestion=result.suggestion,
        )


def _with(line: DubLine, natural: float) -> DubLine:
    line.natural = natural
    return line


class Finished(BaseModel):
    lines: int


class Finish(DubStep[Finished]):
    """All lines have had their turn: the dub says how they fit."""

    Result = Finished

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"run": str(ctx.run_id)}

    def run(self, ctx: StepContext) -> Finished:
        return Finished(lines=len(speaking.line_ids(ctx.run)))

    def publish(self, ctx: StepContext, result: Finished) -> None:  # noqa: ARG002  (the base's signature)
        speaking.finish(ctx.subject_id, by=self.dub(ctx).owner)
