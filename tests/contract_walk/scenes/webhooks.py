"""Being told over HTTP. The document lists the paths for later; here they are how one subscribes."""

from __future__ import annotations

from chat.models import Webhook
from tests.contract_walk.scene import Elsewhere, scene
from tests.contract_walk.stage import Answer, Stage

HOOKS = "/api/v1/webhooks"
ADDRESS = "https://93.184.215.14/hooks"
NOT_YET = {"Webhooks are not available yet": Elsewhere("C2, D6 and D8: movie's webhook routes are real, not 501.")}


def kept_and_ended(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    (row,) = stage.send("GET", HOOKS).json()["webhooks"]
    assert (row["id"], row["url"], row["status"]) == (made["id"], ADDRESS, "active")
    assert made["secret"].startswith("whsec_")
    assert "secret" not in row
    log = stage.send("GET", f"{HOOKS}/{made['id']}/deliveries").json()
    assert (log["deliveries"], log["pagination"]["total"]) == ([], 0)
    assert stage.send("DELETE", f"{HOOKS}/{made['id']}").json() == {"success": True}
    again = stage.send("DELETE", f"{HOOKS}/{made['id']}")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "NOT_FOUND")


def inside_is_refused(stage: Stage, _answer: Answer) -> None:
    for event in Webhook.Event.values:
        refused = stage.send("POST", f"{HOOKS}/{event}", body={"url": "https://127.0.0.1/"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
        assert refused.json()["error"]["details"][0]["field"] == "url"


for name in Webhook.Event.values:
    scene(
        f"movie.webhooks.{name.replace('-', '_')}",
        who="client",
        body={"url": ADDRESS},
        errors=NOT_YET,
        checks=(inside_is_refused, kept_and_ended),
    )
