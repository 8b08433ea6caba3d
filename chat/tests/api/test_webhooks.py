from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Judge

from accounts.models import Notification, User
from accounts.services import projects
from accounts.tests.factories import PASSWORD, OrganizationFactory, ProjectFactory, UserFactory
from chat import webhook_signing
from chat.models import Webhook, WebhookDelivery
from chat.services import webhook_delivery, webhooks
from chat.signals import answered
from chat.tasks import deliver_webhooks, tell_webhooks
from chat.tests.factories import ConversationFactory, say
from chat.tests.receiving import Receiver, receiving
from core.models import AuditEvent
from core.runs.models import OutboxMessage
from media_library.models import Asset
from media_library.services import ingestion
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db
HOOKS = "/api/v1/webhooks"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as found:
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        yield found


@pytest.fixture
def ana() -> User:
    return UserFactory(house=OrganizationFactory())


def program(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def subscribed(user: User, receiver: Receiver, event: str) -> dict[str, Any]:
    answer = program(user).post(f"{HOOKS}/{event}", {"url": receiver.url}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def work() -> None:
    """As the worker does what was rung for."""
    for message in OutboxMessage.objects.filter(task=webhooks.TELL, sent_at=None).order_by("pk"):
        tell_webhooks(**message.kwargs)
        message.delete()
    deliver_webhooks()


def due_again() -> None:
    WebhookDelivery.objects.filter(status="waiting").update(next_attempt_at=timezone.now())


def completed(owner: User) -> Any:
    project = ProjectFactory(owner=owner, name="Harbour")
    return lambda: projects.update_project(project, actor=owner, status="completed")


def test_the_published_example_is_signed_as_published() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body, at = b'{"test": 2432232314}', datetime.fromtimestamp(1614265330, UTC)
    sent = webhook_signing.headers(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=body)
    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_file_that_is_prepared_is_told_once_and_signed(ana: User, receiver: Receiver) -> None:
    made = subscribed(ana, receiver, "media-processed")
    assert (made["success"], made["url"], made["events"]) == (True, receiver.url, ["media-processed"])
    asset = AssetFactory(owner=ana, status=Asset.Status.PROCESSING)
    ingestion.finish(asset.pk)
    ingestion.finish(asset.pk)
    work()
    ((headers, body),) = receiver.hits
    payload = Judge(made["secret"]).verify(body, headers)
    assert (payload["type"], payload["id"]) == ("media-processed", headers["webhook-id"])
    assert (payload["data"]["mediaId"], payload["data"]["status"]) == (str(asset.pk), "active")
    assert headers["content-type"] == "application/json"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, [one["status"] for one in delivery.attempts]) == ("delivered", [200])


def test_each_event_reaches_those_who_may_see_the_thing_and_nobody_else(ana: User, receiver: Receiver) -> None:
    stranger = UserFactory(house=OrganizationFactory())
    for person in (ana, stranger):
        for event in Webhook.Event.values:
            subscribed(person, receiver, event)
    completed(ana)()
    answer = say(ConversationFactory(owner=ana), "Here.", role="assistant", engine="local:compose", seconds=1.5)
    answered.send(sender=type(answer), message=answer)
    ingestion.finish(AssetFactory(owner=ana).pk)
    work()
    assert {delivery.webhook.user for delivery in WebhookDelivery.objects.all()} == {ana}
    told = {payload["type"]: payload["data"] for payload in receiver.payloads}
    assert set(told) == set(Webhook.Event.values)
    assert told["project-completed"]["title"] == "Harbour"
    assert told["ai-response-ready"]["processingTime"] == 1500
    assert "Here." not in json.dumps(told)


def test_who_lost_the_right_meanwhile_is_told_nothing(ana: User, receiver: Receiver) -> None:
    subscribed(ana, receiver, "media-processed")
    asset = AssetFactory(owner=ana)
    ingestion.finish(asset.pk)
    Asset.objects.filter(pk=asset.pk).update(owner=UserFactory())
    work()
    assert receiver.hits == []


def test_a_refusal_is_tried_again_over_a_day_with_the_same_id_and_then_given_up(ana: User, receiver: Receiver) -> None:
    subscribed(ana, receiver, "project-completed")
    receiver.status = 500
    completed(ana)()
    work()
    waits = []
    for _ in range(len(webhook_delivery.PAUSES)):
        delivery = WebhookDelivery.objects.get()
        assert delivery.next_attempt_at is not None
        waits.append(round((delivery.next_attempt_at - timezone.now()).total_seconds(), -1))
        due_again()
        deliver_webhooks()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.next_attempt_at, len(delivery.attempts)) == ("failed", None, 8)
    assert sum(waits) > timedelta(days=1).total_seconds()
    assert len({headers["webhook-id"] for headers, _ in receiver.hits}) == 1
    assert len({body for _, body in receiver.hits}) == 1
    assert Webhook.objects.get().failures == 8


def test_a_failed_delivery_is_sent_again_on_demand_and_success_forgets_the_failures(
    ana: User, receiver: Receiver
) -> None:
    made = subscribed(ana, receiver, "project-completed")
    receiver.status = 302
    completed(ana)()
    work()
    assert len(receiver.hits) == 1, "a redirect is not followed"
    client = program(ana)
    (row,) = client.get(f"{HOOKS}/{made['id']}/deliveries").json()["deliveries"]
    again = f"{HOOKS}/deliveries/{row['id']}/redeliver"
    assert client.post(again).status_code == 409, "it is on its way"
    WebhookDelivery.objects.update(status="failed", next_attempt_at=None)
    receiver.status = 204
    assert client.post(again).json()["delivery"]["status"] == "waiting"
    work()
    body = client.get(f"{HOOKS}/{made['id']}/deliveries").json()
    assert (body["pagination"]["total"], body["deliveries"][0]["status"]) == (1, "delivered")
    assert [one["status"] for one in body["deliveries"][0]["attempts"]] == [302, 204]
    assert Webhook.objects.get().failures == 0


def test_an_address_that_is_gone_ends_its_subscription(ana: User, receiver: Receiver) -> None:
    made = subscribed(ana, receiver, "project-completed")
    receiver.status = 410
    completed(ana)()
    work()
    assert program(ana).get(f"{HOOKS}/{made['id']}").status_code == 404
    assert Notification.objects.get(user=ana, kind="chat.webhook.ended").url == "/webhooks"
    assert AuditEvent.objects.filter(action="chat.webhook.end").exists()


def test_an_address_that_fails_too_often_is_switched_off_until_its_owner_resumes_it(
    ana: User, receiver: Receiver
) -> None:
    made = subscribed(ana, receiver, "project-completed")
    Webhook.objects.update(failures=webhook_delivery.MOST_FAILURES - 1)
    receiver.status = 503
    completed(ana)()
    work()
    client = program(ana)
    assert client.get(f"{HOOKS}/{made['id']}").json()["webhook"]["status"] == "disabled"
    assert Notification.objects.filter(user=ana, kind="chat.webhook.disabled").count() == 1
    assert WebhookDelivery.objects.get().status == "failed"
    assert client.post(f"/webhooks/{made['id']}/resume").status_code == 302
    assert client.get(f"{HOOKS}/{made['id']}").json()["webhook"]["status"] == "active"


def test_a_subscription_that_ended_sends_nothing_that_waits(ana: User, receiver: Receiver) -> None:
    made = subscribed(ana, receiver, "project-completed")
    completed(ana)()
    for message in OutboxMessage.objects.filter(task=webhooks.TELL):
        tell_webhooks(**message.kwargs)
    client = program(ana)
    assert client.delete(f"{HOOKS}/{made['id']}").json() == {"success": True}
    assert client.delete(f"{HOOKS}/{made['id']}").status_code == 404
    deliver_webhooks()
    assert receiver.hits == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "https://127.0.0.1/x",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://u:p@h.example/",
        "x",
        5,
    ],
)
def test_addresses_that_lead_inside_or_are_no_addresses_are_refused(ana: User, url: Any) -> None:
    answer = program(ana).post(f"{HOOKS}/media-processed", {"url": url}, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == "url"
    assert not Webhook.objects.exists()


def test_the_secret_is_shown_once_and_kept_encrypted(ana: User, receiver: Receiver) -> None:
    made = subscribed(ana, receiver, "media-processed")
    assert made["secret"].startswith("whsec_")
    row = Webhook.objects.get()
    assert made["secret"] not in row.secret
    assert webhooks.secret_of(row) == made["secret"]
    client = program(ana)
    for path in (HOOKS, f"{HOOKS}/{made['id']}", "/webhooks", f"/webhooks/{made['id']}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert made["secret"] not in answer.content.decode()
    assert made["secret"] not in json.dumps([event.details for event in AuditEvent.objects.all()])


def test_the_same_address_is_not_told_twice_and_there_is_an_end_to_addresses(ana: User, receiver: Receiver) -> None:
    subscribed(ana, receiver, "media-processed")
    post: Callable[..., Any] = program(ana).post
    again = post(f"{HOOKS}/media-processed", {"url": receiver.url}, content_type="application/json")
    assert again.status_code == 409
    Webhook.objects.bulk_create(
        Webhook(user=ana, url=f"https://h.example/{n}", events=["media-processed"], secret="x") for n in range(19)
    )
    assert post(f"{HOOKS}/project-completed", {"url": receiver.url}, content_type="application/json").status_code == 409


def test_webhooks_and_deliveries_of_others_are_not_there(ana: User, receiver: Receiver) -> None:
    made = subscribed(ana, receiver, "project-completed")
    completed(ana)()
    work()
    delivery = WebhookDelivery.objects.get()
    for person in (UserFactory(), UserFactory(role=User.Role.ADMIN)):
        client = program(person)
        assert client.get(HOOKS).json()["webhooks"] == []
        answers = [
            client.get(f"{HOOKS}/{made['id']}"),
            client.delete(f"{HOOKS}/{made['id']}"),
            client.get(f"{HOOKS}/{made['id']}/deliveries"),
            client.post(f"{HOOKS}/deliveries/{delivery.pk}/redeliver"),
            client.get(f"/webhooks/{made['id']}"),
            client.post(f"/webhooks/{made['id']}/end"),
            client.post(f"/webhooks/{made['id']}/resume"),
            client.post(f"/webhooks/deliveries/{delivery.pk}/redeliver"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 8


def test_the_page_makes_shows_and_ends_webhooks(ana: User, receiver: Receiver) -> None:
    client = program(ana)
    wanted = {"url": receiver.url, "events": ["media-processed", "project-completed"]}
    assert client.post("/webhooks", wanted).status_code == 403, "nobody has just proved who sits there"
    client.post("/login", {"email": ana.email, "password": PASSWORD})
    client.post("/account/confirm", {"password": PASSWORD})
    made = client.post("/webhooks", wanted)
    assert "whsec_" in made.content.decode()
    assert client.post("/webhooks", {**wanted, "url": "http://10.0.0.1/"}).status_code == 422
    webhook = Webhook.objects.get()
    assert webhook.events == ["media-processed", "project-completed"]
    completed(ana)()
    work()
    shown = client.get(f"/webhooks/{webhook.pk}").content.decode()
    assert "1 delivery" in shown
    assert "&quot;title&quot;: &quot;Harbour&quot;" in shown
    assert client.post(f"/webhooks/deliveries/{WebhookDelivery.objects.get().pk}/redeliver").status_code == 302
    client.post(f"/webhooks/{webhook.pk}/end")
    assert client.get(f"/webhooks/{webhook.pk}").status_code == 404
