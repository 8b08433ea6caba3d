"""What people can do with a job, in words: the button, the question and what follows."""

from __future__ import annotations

from collections.abc import Callable
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
    "cancel": "“{job}” is cancelled. What was made already is kept.",
    "retry": "“{job}” goes on where it stopped.",
}

BUTTONS = {
    "approve_source": "Approve the source",
    "complete": "Complete the job",
    "cancel": "Cancel the job",
    "retry": "Try again",
}


@dataclass(frozen=True)
class Action:
    """`field` is the label of an optional line of text, empty when there is none."""

    verb: str
    icon: str
    button: str
    question: str
    follows: str
    field: str = ""
    danger: bool = False


def describe(job: Job, user: User) -> list[Action]:
    """Everything the viewer may ever do with this job; the page shows the buttons that its state allows."""
    return [describe_one(job, verb) for verb in workflows.OFFERED if policies.allowed(user, verb, job)]


def describe_one(job: Job, verb: str) -> Action:
    return {"approve_source": _approve, "complete": _complete, "cancel": _cancel, "retry": _retry}[verb](job)


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


def carry_out(job: Job, verb: str, *, actor: User, words: str) -> Job:
    """The one function of each move; it checks role and state itself."""
    doing: dict[str, Callable[[], Job]] = {
        "approve_source": lambda: workflows.approve_source(job, actor=actor, comment=words),
        "complete": lambda: workflows.complete(job, actor=actor, comment=words),
        "cancel": lambda: workflows.cancel(job, actor=actor, reason=words),
        "retry": lambda: workflows.retry(job, actor=actor),
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
