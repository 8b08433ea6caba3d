"""What people can do with a job, in words: the button, the question and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.models import User
from ai import services as ai_services
from core import languages
from core.errors import WrongStateError
from jobs import policies, workflows
from jobs.forms import OFFERED_LANGUAGES
from jobs.models import Job

DONE = {
    "approve_source": "The source of “{job}” is approved. The work goes on.",
    "complete": "“{job}” is completed. Its outputs do not change any more.",
    "return_to_qc": "“{job}” is back at quality control.",
    "retry": "“{job}” goes on where it stopped.",
    "retry_tts": "“{job}” is spoken again in that language.",
    "promote_to_qc": "“{job}” waits for the approval of its source.",
    "blocked_on_source": "“{job}” is stopped until its video is in order.",
    "reject": "“{job}” is rejected. Who asked for it is told.",
    "reject_final": "“{job}” is rejected. Who asked for it is told.",
    "cancel": "“{job}” is cancelled. What was made already is kept.",
}

BUTTONS = {
    "approve_source": "Approve the source",
    "complete": "Complete the job",
    "return_to_qc": "Return to QC",
    "retry": "Try again",
    "retry_tts": "Speak again",
    "promote_to_qc": "Take to QC by hand",
    "blocked_on_source": "Report the video",
    "reject": "Reject the source",
    "reject_final": "Reject the job",
    "cancel": "Cancel the job",
}
# `approve_english` is the same move for programs that answer for English; people have one button.
FORWARD = frozenset({"approve_source", "complete", "retry"})
VERBS = tuple(verb for verb in workflows.OFFERED if verb in BUTTONS)


@dataclass(frozen=True)
class Many:
    """One move for the jobs that are selected on the list. `done` tells of it: “3 jobs …”."""

    verb: str
    icon: str
    button: str
    done: str


MANY = {
    one.verb: one
    for one in (
        Many("approve_source", "check", "Approve the sources", "approved"),
        Many("return_to_qc", "history", "Return to QC", "returned to quality control"),
        Many("retry", "retry", "Try again", "started again"),
        Many("downloads", "download", "Pack the files", "packed"),
        Many("cancel", "stop", "Cancel", "cancelled"),
        Many("delete", "trash", "Delete", "deleted"),
    )
}


def for_many(user: User) -> list[Many]:
    """What this person may ever do with jobs of the list."""
    return [one for verb, one in MANY.items() if policies.allowed(user, verb)]


@dataclass(frozen=True)
class Choice:
    value: str
    name: str
    on: bool = False


@dataclass(frozen=True)
class Action:
    """`field` is the label of a text, empty when there is none; with `asks` it is a reason that people are asked for.
    `choices` are languages to choose from: several with `many`, else one."""

    verb: str
    icon: str
    button: str
    question: str
    follows: str
    field: str = ""
    asks: bool = False
    danger: bool = False
    choices: tuple[Choice, ...] = ()
    many: bool = False


def describe(job: Job, user: User) -> list[Action]:
    """Everything the viewer may ever do with this job; the page shows the buttons that its state allows."""
    return [describe_one(job, verb) for verb in VERBS if policies.allowed(user, verb, job)]


def describe_one(job: Job, verb: str) -> Action:
    return DESCRIBED[verb](job)


def _approve(job: Job) -> Action:
    targets = [languages.name(output.language) for output in job.outputs.all() if not output.is_source]
    then = [f"translation into {_listed(targets)}"] if targets else []
    then += ["the spoken description"] if job.wants_speech else []
    then += ["the described film"] if job.accessible_video_mp4 else []
    return Action(
        "approve_source",
        "check",
        BUTTONS["approve_source"],
        f"Approve the {languages.name(job.source_language)} captions and description of “{job}”?",
        f"After this: {_listed(then)}." if then else "After this the job waits for its final review.",
        field="Note for the team",
    )


def _complete(job: Job) -> Action:
    return Action(
        "complete",
        "check",
        BUTTONS["complete"],
        f"Complete “{job}”?",
        "Its outputs are final from then on: nobody can change captions or descriptions any more.",
        field="Note for the team",
    )


def _cancel(job: Job) -> Action:
    return Action(
        "cancel",
        "stop",
        BUTTONS["cancel"],
        f"Cancel “{job}”?",
        "The work stops within seconds and does not start again. What was made already is kept.",
        field="Reason",
        danger=True,
    )


def _retry(job: Job) -> Action:
    return Action(
        "retry",
        "retry",
        BUTTONS["retry"],
        f"Try “{job}” again?",
        "It goes on with the step that failed. What is done stays done and is not paid for again.",
    )


def _return(job: Job) -> Action:
    return Action(
        "return_to_qc",
        "history",
        BUTTONS["return_to_qc"],
        f"Return “{job}” to quality control?",
        "The chosen languages are worked on again. After the next approval only what changed is made again.",
        field="Reason",
        asks=True,
        choices=tuple(
            Choice(output.language, languages.name(output.language), output.is_source) for output in job.outputs.all()
        ),
        many=True,
    )


def _speak(job: Job) -> Action:
    return Action(
        "retry_tts",
        "voice",
        BUTTONS["retry_tts"],
        f"Speak a description of “{job}” again?",
        "Only this language's voice and film are made again. The other languages keep what they have.",
        choices=tuple(Choice(output.language, languages.name(output.language)) for output in job.outputs.all()),
    )


def _promote(job: Job) -> Action:
    return Action(
        "promote_to_qc",
        "edit",
        BUTTONS["promote_to_qc"],
        f"Take “{job}” to quality control by hand?",
        "Work that is under way stops. Where there are no captions yet, a person writes them.",
        field="Note for the team",
    )


def _block(job: Job) -> Action:
    return Action(
        "blocked_on_source",
        "warn",
        BUTTONS["blocked_on_source"],
        f"Is something wrong with the video of “{job}”?",
        "All work on it stops, and who asked for it is told.",
        field="What is wrong",
        asks=True,
        danger=True,
    )


def _reject(job: Job) -> Action:
    return Action(
        "reject",
        "x",
        BUTTONS["reject"],
        f"Reject the source of “{job}”?",
        "The job goes back to who asked for it. Production can take it up again.",
        field="Reason",
        asks=True,
        danger=True,
    )


def _reject_final(job: Job) -> Action:
    return Action(
        "reject_final",
        "x",
        BUTTONS["reject_final"],
        f"Reject “{job}” at its final review?",
        "The job goes back to who asked for it. What was made is kept.",
        field="Reason",
        asks=True,
        danger=True,
    )


DESCRIBED: dict[str, Callable[[Job], Action]] = {
    "approve_source": _approve,
    "complete": _complete,
    "return_to_qc": _return,
    "retry": _retry,
    "retry_tts": _speak,
    "promote_to_qc": _promote,
    "blocked_on_source": _block,
    "reject": _reject,
    "reject_final": _reject_final,
    "cancel": _cancel,
}


def carry_out(job: Job, verb: str, *, actor: User, words: str = "", chosen: Sequence[str] = ()) -> Job:
    """The one function of each move; it checks role and state itself. `chosen` are languages, where the move has some."""
    doing: dict[str, Callable[[], Job]] = {
        "approve_source": lambda: workflows.approve_source(job, actor=actor, comment=words),
        "complete": lambda: workflows.complete(job, actor=actor, comment=words),
        "return_to_qc": lambda: workflows.return_to_qc(job, actor=actor, reason=words, wanted=chosen),
        "retry": lambda: workflows.retry(job, actor=actor),
        "retry_tts": lambda: workflows.retry_tts(job, actor=actor, language=chosen[0] if chosen else ""),
        "promote_to_qc": lambda: workflows.promote_to_qc(job, actor=actor, comment=words),
        "blocked_on_source": lambda: workflows.blocked_on_source(job, actor=actor, reason=words),
        "reject": lambda: workflows.reject(job, actor=actor, reason=words),
        "reject_final": lambda: workflows.reject_final(job, actor=actor, reason=words),
        "cancel": lambda: workflows.cancel(job, actor=actor, reason=words),
    }
    return doing[verb]()


def too_late(refused: WrongStateError, verb: str) -> str:
    """A refusal as a person reads it. The contract's sentence, which programs get, names verbs and states by their code."""
    status = refused.details.get("current_status")
    if status not in Job.Status.values:
        return refused.message
    return f"“{BUTTONS[verb]}” is not possible any more: the job is in the state “{Job.Status(status).label}” by now."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def without_engine(source: str) -> frozenset[str]:
    """The offered languages that no engine here translates `source` into: they go to a person."""
    missing = ai_services.missing_languages(targets=OFFERED_LANGUAGES, source=source)
    return frozenset(language.language for language in missing if language.translate)
