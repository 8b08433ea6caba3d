"""Every move of a job that a person makes."""

from __future__ import annotations

from typing import Any

from core.models import AuditEvent
from core.runs.models import Step
from jobs import workflows
from jobs.models import Job, LanguageOutput
from qc.models import LanguageReview
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.scenes.jobs import (
    JOBS,
    S,
    as_it_is,
    at_the_gate,
    failed,
    is_now,
    row,
    told,
    with_run,
    work_has_ended,
    work_is_queued,
)
from tests.contract_walk.stage import Answer, Stage


def action(name: str, status: str, effects: tuple[Any, ...], **more: Any) -> None:
    """One move: refused to others, and in a state that it does not leave from."""
    wrong = {f"Cannot {name} a job in status '<status>'": Twist(given=as_it_is(more.pop("never", S.CANCELLED)))}
    scene(
        f"accessible.jobs.actions.{name}",
        given=more.pop("given", as_it_is(status)),
        errors={**wrong, **more.pop("errors", {})},
        effects=effects,
        **more,
    )


def approval_is_kept(verb: str) -> Any:
    def check(stage: Stage, _answer: Answer) -> None:
        event = AuditEvent.objects.get(action=f"jobs.job.{verb}", subject_id=str(stage.world.job.pk))
        assert (event.before, event.after, event.details["comment"]) == ("pending_qc", "approved_source", "Good.")
        assert row(stage).approved_source_by == stage.world.people["reviewer"]

    return check


def source_is_approved(stage: Stage, _answer: Answer) -> None:
    review = LanguageReview.objects.get(output__job=stage.world.job, output__is_source=True)
    assert review.state == "approved"


def goes_on(stage: Stage, answer: Answer) -> None:
    is_now(S.APPROVED_SOURCE)(stage, answer)
    work_is_queued(stage, answer)


def french(stage: Stage) -> None:
    at_the_gate(stage)
    Job.objects.filter(pk=stage.world.job.pk).update(source_language="fr")


action(
    "approve_source",
    S.PENDING_QC,
    (goes_on, source_is_approved, approval_is_kept("approve_source")),
    who="reviewer",
    given=at_the_gate,
    body={"comment": "Good."},
    refused=("client", "linguist", "project_manager"),
)
action(
    "approve_english",
    S.PENDING_QC,
    (
        lambda stage, answer: (
            goes_on(stage, answer),
            source_is_approved(stage, answer),
            approval_is_kept("approve_english")(stage, answer),
        ),
    ),
    who="reviewer",
    given=at_the_gate,
    body={"comment": "Good."},
    refused=("client", "linguist", "project_manager"),
    errors={"Source language is 'fr', not English; use approve_source": Twist(given=french)},
)


def rejected(stage_name: str) -> Any:
    def check(stage: Stage, answer: Answer) -> None:
        rejection = answer.json()["rejection"]
        assert (rejection["stage"], rejection["reason"]) == (stage_name, "Blurred.")
        assert row(stage).status == S.REJECTED
        told("job.rejected")(stage, answer)

    return check


action(
    "reject",
    S.PENDING_QC,
    (rejected("qc"),),
    who="reviewer",
    body={"reason": "Blurred."},
    refused=("client", "linguist", "project_manager"),
)
action(
    "reject_final",
    S.PENDING_FINAL_REVIEW,
    (rejected("final"),),
    who="project_manager",
    body={"reason": "Blurred."},
    refused=("client", "linguist", "production"),
)


def signed_off(stage: Stage, answer: Answer) -> None:
    is_now(S.COMPLETED)(stage, answer)
    assert answer.json()["completed_at"] is not None
    change = stage.send("PATCH", f"{JOBS}/{stage.world.job.pk}", body={"title": "Too late"})
    assert change.status_code == 409
    told("job.completed")(stage, answer)


def two_open(stage: Stage) -> None:
    as_it_is(S.PENDING_FINAL_REVIEW, languages=("fr", "de"))(stage)
    LanguageReview.objects.filter(output__job=stage.world.job, output__language__in=["fr", "de"]).update(
        state="in_progress"
    )


action(
    "complete",
    S.PENDING_FINAL_REVIEW,
    (signed_off,),
    who="project_manager",
    body={"comment": "Good."},
    refused=("client", "linguist", "production"),
    errors={"Languages not approved: fr, de": Twist(given=two_open)},
)


def reopened(stage: Stage, answer: Answer) -> None:
    is_now(S.PENDING_QC)(stage, answer)
    states = dict(LanguageReview.objects.filter(output__job=stage.world.job).values_list("output__language", "state"))
    assert states == {"en": "approved", "es": "in_progress"}


action(
    "return_to_qc",
    S.PENDING_FINAL_REVIEW,
    (reopened,),
    who="project_manager",
    body={"reason": "Names.", "languages": ["es"]},
    refused=("client", "linguist", "production"),
)


def stopped(stage: Stage, answer: Answer) -> None:
    is_now(S.BLOCKED_ON_SOURCE, blocked_reason="No sound.")(stage, answer)
    work_has_ended(stage, answer)
    told("job.blocked")(stage, answer)


action(
    "blocked_on_source",
    S.INGESTING,
    (stopped,),
    who="production",
    given=with_run(S.INGESTING),
    body={"reason": "No sound."},
    refused=("client", "linguist", "project_manager"),
)


def taken_over(stage: Stage, answer: Answer) -> None:
    is_now(S.PENDING_QC, failed_step=None, error=None, blocked_reason=None, rejection=None)(stage, answer)
    text = stage.send("GET", f"{JOBS}/{stage.world.job.pk}/vtt")
    assert (text.status_code, text.json()["version"], text.json()["cues"]) == (200, 1, [])


def nothing_heard(stage: Stage) -> None:
    failed(stage)
    stage.world.job.outputs.update(captions=None)


action(
    "promote_to_qc",
    S.FAILED,
    (taken_over,),
    who="production",
    given=nothing_heard,
    body={"comment": "By hand."},
    refused=("client", "linguist", "project_manager"),
)


def made_again(stage: Stage, answer: Answer) -> None:
    is_now(S.TTS_GENERATING)(stage, answer)
    outputs = answer.json()["outputs"]
    assert (outputs["es"]["tts_status"], outputs["en"]["tts_status"]) == ("pending", "done")
    queued = Step.objects.filter(run__subject_id=stage.world.job.pk, status="queued").values_list("name", "item")
    assert list(queued) == [("speak", "es")]


def spoken(stage: Stage) -> None:
    with_run(S.PENDING_FINAL_REVIEW, audio_description_mp3=True)(stage)
    steps = Step.objects.filter(run__subject_id=stage.world.job.pk)
    steps.exclude(name=workflows.FINAL_GATE).update(status=Step.Status.DONE, result={})
    steps.filter(name=workflows.FINAL_GATE).update(status=Step.Status.WAITING)
    LanguageOutput.objects.filter(job=stage.world.job).update(tts_status="done")


action(
    "retry_tts",
    S.PENDING_FINAL_REVIEW,
    (made_again,),
    who="production",
    given=spoken,
    body={"language": "es"},
    refused=("client", "linguist", "project_manager"),
    errors={
        "Audio was not requested for this job": Twist(given=as_it_is(S.PENDING_FINAL_REVIEW)),
        "Language not found on this job": Twist(body={"language": "ja"}),
    },
)
