"""Every move from every state by everybody, over HTTP: what the contract's table and the matrix of roles say, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.tests.factories import UserFactory
from core.testing.contract import document
from jobs.models import Job
from jobs.tests.api.conftest import Api
from jobs.tests.factories import JobFactory, give_captions
from qc.models import LanguageReview
from tests.contract_walk.walk import undone

S = LanguageReview.State
MOVES = {row["action"]: row for row in document("accessible")["language_states"]["transitions"] if "endpoint" in row}
STATES = list(S.values)
STAFF = {"production", "project_manager", "admin"}
WORKERS = {"linguist", "production", "admin"}
CHECKERS = {"reviewer", "production", "admin"}
# Section 2.3 of the role matrix. `linguist` and `reviewer` have the language; `other_reviewer` is one whom nobody named.
MAY = {
    **dict.fromkeys(("assign", "reassign", "assign_reviewer", "reassign_reviewer"), STAFF),
    **dict.fromkeys(("start_work", "submit"), WORKERS),
    **dict.fromkeys(("open_review", "approve", "reject", "mark_cue_reviewed"), CHECKERS),
    "reopen": STAFF | {"reviewer"},
}
UNSEEN = {"stranger", "other_linguist"}
# Called again by whoever has it open already.
AGAIN = {("start_work", "in_progress", "linguist"), ("open_review", "in_review", "reviewer")}


@pytest.fixture
def everybody(people: dict[str, User], house: Organization) -> dict[str, User]:
    return {
        **people,
        "other_linguist": UserFactory(role=User.Role.LINGUIST, house=house),
        "other_reviewer": UserFactory(role=User.Role.REVIEWER, house=house),
    }


@pytest.fixture
def review(house: Organization, everybody: dict[str, User]) -> LanguageReview:
    job = JobFactory(organization=house, languages=["es"], status=Job.Status.PENDING_QC)
    give_captions(job, language="es")
    return LanguageReview.objects.get(output__job=job, output__language="es")


def put_into(review: LanguageReview, state: str, action: str, everybody: dict[str, User]) -> None:
    """The people that this state has. Somebody else of the house submitted it, so that everybody here may check it."""
    submitted = state in {S.SUBMITTED, S.IN_REVIEW, S.REJECTED, S.APPROVED}
    LanguageReview.objects.filter(pk=review.pk).update(
        state=state,
        linguist=everybody["linguist"],
        reviewer=None if action == "assign_reviewer" else everybody["reviewer"],
        submitted_by=everybody["linguist"] if submitted else None,
    )


def body_of(action: str, everybody: dict[str, User]) -> dict[str, Any]:
    if action in {"assign", "reassign"}:
        return {"linguist_id": str(everybody["other_linguist"].pk)}
    if action in {"assign_reviewer", "reassign_reviewer"}:
        return {"reviewer_id": str(everybody["other_reviewer"].pk)}
    return {"cue_index": 0} if action == "mark_cue_reviewed" else {}


def expected(action: str, state: str, who: str) -> int:
    if who in UNSEEN:
        return 404
    if who not in MAY[action]:
        return 403
    if (action, state, who) in AGAIN:
        return 200
    return 200 if state in MOVES[action]["from"] else 409


@pytest.mark.parametrize("action", MOVES)
@pytest.mark.parametrize("state", STATES)
def test_a_move_is_made_by_whom_and_from_where_the_tables_say(
    action: str, state: str, review: LanguageReview, everybody: dict[str, User]
) -> None:
    path = MOVES[action]["endpoint"].rsplit(".", 1)[1].replace("_", "-")
    way = f"/api/v1/language-qc/jobs/{review.output.job_id}/languages/es/{path}"
    put_into(review, state, action, everybody)
    found, wanted = {}, {}
    for who, person in everybody.items():
        with undone():
            if action == "assign_reviewer" and who == "reviewer":
                # Nobody is named, so both reviewers are anybody.
                continue
            answer = Api(person).post(way, body_of(action, everybody))
            found[who] = answer.status_code
            wanted[who] = expected(action, state, who)
            if answer.status_code == 409:
                assert answer.json()["detail"] == f"Cannot {action} language 'es' in state '{state}'"
            now = LanguageReview.objects.get(pk=review.pk).state
            assert now == (target(action, state) if answer.status_code == 200 else state)
    assert found == wanted


def target(action: str, state: str) -> str:
    if action == "reassign_reviewer" and state == S.IN_REVIEW:
        return S.SUBMITTED
    to = MOVES[action]["to"]
    return to if to in STATES else state


@pytest.mark.parametrize("action", MOVES)
@pytest.mark.parametrize("status", [Job.Status.COMPLETED, Job.Status.CANCELLED])
def test_nothing_moves_once_the_job_is_over(
    action: str, status: str, review: LanguageReview, everybody: dict[str, User]
) -> None:
    state = MOVES[action]["from"][0]
    put_into(review, state, action, everybody)
    Job.objects.filter(pk=review.output.job_id).update(status=status)
    path = MOVES[action]["endpoint"].rsplit(".", 1)[1].replace("_", "-")
    answer = Api(everybody["admin"]).post(
        f"/api/v1/language-qc/jobs/{review.output.job_id}/languages/es/{path}", body_of(action, everybody)
    )
    assert (answer.status_code, answer.json()["detail"]) == (409, f"Cannot {action} language 'es' in state '{state}'")


@pytest.mark.parametrize("action", ["open_review", "approve", "reject", "mark_cue_reviewed"])
@pytest.mark.parametrize("who", ["production", "admin", "reviewer"])
@pytest.mark.parametrize("how", ["submitted_by", "linguist"])
def test_nobody_checks_what_they_worked_on(
    action: str, who: str, how: str, review: LanguageReview, everybody: dict[str, User]
) -> None:
    state = MOVES[action]["from"][-1]
    put_into(review, state, action, everybody)
    LanguageReview.objects.filter(pk=review.pk).update(**{how: everybody[who]})
    path = action.replace("_", "-")
    answer = Api(everybody[who]).post(
        f"/api/v1/language-qc/jobs/{review.output.job_id}/languages/es/{path}", body_of(action, everybody)
    )
    assert (answer.status_code, answer.json()["detail"]) == (403, "Insufficient role permissions")
    assert LanguageReview.objects.get(pk=review.pk).state == state
