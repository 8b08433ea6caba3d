"""Languages that are checked: who gets them, the way from assigned to approved, cues, comments and one's queue."""

from __future__ import annotations

from typing import Any

from accounts.models import Notification, User
from jobs.models import Job
from jobs.tests.factories import give_captions
from qc.models import LanguageReview
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

S = LanguageReview.State
NO_LANGUAGE = {"Language not found on this job": Twist(path={"lang": "fr"})}


def english(state: str, *, linguist: str | None = "linguist", reviewer: str | None = "reviewer", **more: Any) -> Any:
    """The job waits for its final review, and its English is in this state."""

    def act(stage: Stage) -> None:
        people = stage.world.people
        job = stage.world.job
        Job.objects.filter(pk=job.pk).update(status=more.get("status", Job.Status.PENDING_FINAL_REVIEW))
        if job.outputs.get().captions_id is None:
            give_captions(job)
        LanguageReview.objects.filter(output__job=job).update(
            state=state,
            linguist=people[linguist] if linguist else None,
            reviewer=people[reviewer] if reviewer else None,
            submitted_by=people[linguist] if linguist and state in {S.SUBMITTED, S.IN_REVIEW, S.REJECTED} else None,
            rejection_reason="Too long." if state == S.REJECTED else "",
        )

    return act


def wrong(verb: str, state: str, **more: Any) -> dict[str, Any]:
    """The state that does not permit it; and a job that is completed, whatever the state of the language."""
    return {
        f"Cannot {verb} language '<lang>' in state '<state>'": (
            Twist(given=english(state, **more)),
            Twist(given=english(state, **more, status=Job.Status.COMPLETED)),
        ),
        **NO_LANGUAGE,
    }


def named(field: str, person: str, **more: Any) -> Any:
    return lambda stage: {field: stage.world.id_of(person), **more}


def nobody_there(field: str) -> tuple[Twist, ...]:
    """A random id, and somebody of another house: the same."""
    return (Twist(body=lambda _: {field: random_id()}), Twist(body=named(field, "stranger")))


def told(stage: Stage, person: str, kind: str) -> None:
    news = Notification.objects.filter(user=stage.world.people[person], kind=f"qc.language.{kind}")
    assert [one.url for one in news] == [f"/jobs/{stage.world.ids['job_id']}/tracks/en/captions"]


def queue_of(stage: Stage, person: str) -> list[tuple[str, str]]:
    other = stage.other()
    other.enter(person, browser=False)
    rows = other.send("GET", "/api/v1/language-qc/me/language-qc-queue").json()["items"]
    return [(row["my_role"], row["state"]) for row in rows]


def in_the_linguists_queue(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["linguist"]["email"]) == ("assigned", "linguist@house.example")
    told(stage, "linguist", "assigned")
    assert queue_of(stage, "linguist") == [("linguist", "assigned")]


def gone_from_the_first(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["linguist"]["id"]) == ("assigned", stage.world.id_of("production"))
    assert queue_of(stage, "linguist") == []


def reviewer_told(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["reviewer"]["email"]) == ("assigned", "reviewer@house.example")
    told(stage, "reviewer", "reviewer_assigned")


def back_to_submitted(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["reviewer"]["id"]) == ("submitted", stage.world.id_of("admin"))
    assert queue_of(stage, "reviewer") == []


def both_assigned(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert (body["succeeded"], body["failed"]) == (1, 1)
    assert body["results"][1]["detail"] == "Language not found on this job"
    review = LanguageReview.objects.get(output__job=stage.world.job)
    people = stage.world.people
    assert (review.state, review.linguist, review.reviewer) == ("assigned", people["linguist"], people["reviewer"])


scene("accessible.language_qc.map", who="client", given=english(S.IN_PROGRESS))
scene(
    "accessible.language_qc.assign",
    who="project_manager",
    given=english(S.UNASSIGNED, linguist=None),
    body=named("linguist_id", "linguist", due_at="2030-01-01T12:00:00Z"),
    refused=("client", "reviewer"),
    errors={
        "User is not a linguist": Twist(body=named("linguist_id", "second_manager")),
        "User not found": nobody_there("linguist_id"),
        **wrong("assign", S.ASSIGNED),
    },
    effects=(in_the_linguists_queue,),
)
scene(
    "accessible.language_qc.reassign",
    who="project_manager",
    given=english(S.IN_PROGRESS),
    body=named("user_id", "production"),
    refused=("client", "linguist", "reviewer"),
    errors={
        "User is not a linguist": Twist(body=named("linguist_id", "second_manager")),
        "User not found": nobody_there("linguist_id"),
        **wrong("reassign", S.SUBMITTED),
        "fields": tuple(
            Twist(body=body) for body in ({}, {"linguist_id": 7}, {"linguist_id": "x"}, {"user_id": [], "due_at": "x"})
        ),
    },
    effects=(gone_from_the_first,),
)
scene(
    "accessible.language_qc.assign_reviewer",
    who="production",
    given=english(S.ASSIGNED, reviewer=None),
    body=named("reviewer_id", "reviewer"),
    refused=("client", "linguist"),
    errors={
        "User is not a reviewer": (
            Twist(body=named("reviewer_id", "second_manager")),
            Twist(
                given=english(S.ASSIGNED, linguist="production", reviewer=None), body=named("reviewer_id", "production")
            ),
        ),
        "User not found": nobody_there("reviewer_id"),
        "Reviewer already assigned; use reassign-reviewer": Twist(given=english(S.ASSIGNED)),
        **wrong("assign_reviewer", S.APPROVED, reviewer=None),
    },
    effects=(reviewer_told,),
)
scene(
    "accessible.language_qc.reassign_reviewer",
    who="admin",
    given=english(S.IN_REVIEW),
    body=named("user_id", "admin"),
    refused=("client", "linguist", "reviewer"),
    errors={
        "User is not a reviewer": Twist(body=named("reviewer_id", "second_manager")),
        "User not found": nobody_there("reviewer_id"),
        "No reviewer assigned": Twist(given=english(S.SUBMITTED, reviewer=None)),
        **wrong("reassign_reviewer", S.APPROVED),
        "fields": tuple(Twist(body=body) for body in ({}, {"reviewer_id": 7}, {"user_id": "x"})),
    },
    effects=(back_to_submitted,),
)


def pairs(stage: Stage) -> dict[str, Any]:
    people = {"linguist_id": stage.world.id_of("linguist"), "reviewer_id": stage.world.id_of("reviewer")}
    return {"languages": ["en", "fr"], **people}


scene(
    "accessible.language_qc.bulk_assign",
    who="project_manager",
    given=english(S.UNASSIGNED, linguist=None, reviewer=None),
    body=pairs,
    refused=("client",),
    errors={
        "fields": tuple(
            Twist(body=body)
            for body in ({}, {"assignments": []}, {"assignments": ["en"]}, {"assignments": [{"linguist_id": "x"}]})
        ),
    },
    effects=(both_assigned,),
)


def begun(stage: Stage, answer: Answer) -> None:
    assert answer.json()["state"] == "in_progress"
    assert LanguageReview.objects.get(output__job=stage.world.job).started_at is not None
    again = stage.send("POST", f"/api/v1/language-qc/jobs/{stage.world.ids['job_id']}/languages/en/start-work")
    assert (again.status_code, again.json()["state"]) == (200, "in_progress")


def waits_for_its_reviewer(stage: Stage, answer: Answer) -> None:
    assert answer.json()["state"] == "submitted"
    assert answer.json()["submitted_at"]
    told(stage, "reviewer", "submitted")


def claimed(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["reviewer"]["id"]) == ("in_review", stage.world.id_of("reviewer"))
    again = stage.send("POST", f"/api/v1/language-qc/jobs/{stage.world.ids['job_id']}/languages/en/open-review")
    assert (again.status_code, again.json()["state"]) == (200, "in_review")


def approved(stage: Stage, answer: Answer) -> None:
    assert answer.json()["state"] == "approved"
    assert answer.json()["approved_at"]
    told(stage, "linguist", "approved")


def rejected(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["rejection_reason"]) == ("rejected", "Numbers are wrong.")
    said = LanguageReview.objects.get(output__job=stage.world.job).comments.get()
    assert (said.body, said.author) == ("Numbers are wrong.", stage.world.people["reviewer"])
    told(stage, "linguist", "rejected")


def open_again(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["rejection_reason"]) == ("in_progress", None)


def read(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["state"], answer.json()["reviewed_cues"], answer.json()["total_cues"]) == (
        "in_review",
        [1],
        2,
    )
    way = f"/api/v1/language-qc/jobs/{stage.world.ids['job_id']}/languages/en/mark-cue-reviewed"
    back = stage.send("POST", way, body={"cue_index": 1, "reviewed": False}).json()
    assert back["reviewed_cues"] == []


scene(
    "accessible.language_qc.start_work",
    who="linguist",
    given=english(S.ASSIGNED),
    refused=("client", "reviewer", "project_manager"),
    errors=wrong("start_work", S.SUBMITTED),
    effects=(begun,),
)
scene(
    "accessible.language_qc.submit",
    who="linguist",
    given=english(S.IN_PROGRESS),
    body={"comment": "Done."},
    refused=("client", "reviewer", "project_manager"),
    errors=wrong("submit", S.ASSIGNED),
    effects=(waits_for_its_reviewer,),
)
scene(
    "accessible.language_qc.open_review",
    who="reviewer",
    given=english(S.SUBMITTED, reviewer=None),
    refused=("client", "linguist", "project_manager"),
    errors=wrong("open_review", S.IN_PROGRESS),
    effects=(claimed,),
)
scene(
    "accessible.language_qc.approve",
    who="reviewer",
    given=english(S.IN_REVIEW),
    body={"comment": "Very good."},
    refused=("client", "linguist", "project_manager"),
    errors=wrong("approve", S.SUBMITTED),
    effects=(approved,),
)
scene(
    "accessible.language_qc.reject",
    who="reviewer",
    given=english(S.IN_REVIEW),
    body={"reason": "Numbers are wrong."},
    refused=("client", "linguist", "project_manager"),
    errors=wrong("reject", S.APPROVED),
    effects=(rejected,),
)
scene(
    "accessible.language_qc.reopen",
    who="reviewer",
    given=english(S.REJECTED),
    body={"comment": "Once more, please."},
    refused=("client", "linguist"),
    errors=wrong("reopen", S.APPROVED),
    effects=(open_again,),
)
scene(
    "accessible.language_qc.mark_cue_reviewed",
    who="reviewer",
    given=english(S.IN_REVIEW),
    body={"cue_index": 1},
    refused=("client", "linguist", "project_manager"),
    errors={"Cue not found": Twist(body={"cue_index": 99}), **wrong("mark_cue_reviewed", S.SUBMITTED)},
    effects=(read,),
)


def heard_by_the_other(stage: Stage, answer: Answer) -> None:
    assert (answer.json()["author"]["role"], answer.json()["cue_index"]) == ("reviewer", 1)
    told(stage, "linguist", "commented")
    listed = stage.send("GET", f"/api/v1/language-qc/jobs/{stage.world.ids['job_id']}/languages/en/comments")
    assert [one["body"] for one in listed.json()["items"]] == ["Says 50, means 15."]


scene("accessible.language_qc.comments.list", who="linguist", given=english(S.IN_PROGRESS), errors=NO_LANGUAGE)
scene(
    "accessible.language_qc.comments.create",
    who="reviewer",
    given=english(S.IN_REVIEW),
    body={"text": "Says 50, means 15.", "cue_index": 1},
    errors={
        **NO_LANGUAGE,
        "fields": tuple(
            Twist(body=body) for body in ({}, {"body": ""}, {"text": 7}, {"body": "Hm", "cue_index": -1}, {"body": []})
        ),
    },
    effects=(heard_by_the_other,),
)


def nothing_of_others(stage: Stage, answer: Answer) -> None:
    assert [(one["my_role"], one["language"]) for one in answer.json()["items"]] == [("linguist", "en")]
    assert User.objects.get(email="linguist@house.example").language_work.count() == 1


scene("accessible.language_qc.my_queue", who="linguist", given=english(S.IN_PROGRESS), checks=(nothing_of_others,))
