"""Glossaries over HTTP, held against accessible.yaml and the rules of tenancy."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from accounts.models import Client, Membership, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from ai.services import Answer
from core.models import AuditEvent
from core.runs.models import OutboxMessage
from core.testing.contract import endpoint
from media_library.models import Glossary, GlossaryTerm, GlossaryVersion
from media_library.services import glossaries
from media_library.tests.factories import GlossaryFactory
from media_library.tests.workbooks import TERMS, upload, workbook

GLOSSARIES = "/api/v1/glossaries"
KEEPERS = ["production", "project_manager", "house_admin", "admin"]
READERS = ["client", "linguist", "reviewer"]
WRITES = ["versions", "activate", "delete", "reembed"]

People = dict[str, User]
Contract = Callable[[Any, str], None]


def browser(user: User | None) -> Browser:
    client = Browser()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def glossary(client_of_house: Client, people: People) -> Glossary:
    return glossaries.create_glossary(
        name="House style", data=workbook(), filename="terms.xlsx", client=client_of_house, actor=people["production"]
    )


@pytest.fixture
def second(glossary: Glossary, people: People) -> GlossaryVersion:
    data = workbook([*TERMS[:2], ["trailer", "tráiler", "", ""]])
    return glossaries.add_version(glossary, data=data, filename="second.xlsx", actor=people["production"])


def at(glossary: Glossary, rest: str = "") -> str:
    return f"{GLOSSARIES}/{glossary.pk}{rest}"


def write(user: User | None, glossary: Glossary, verb: str, *, good: bool = True, pk: Any = None) -> Any:
    way, who = f"{GLOSSARIES}/{pk or glossary.pk}", browser(user)
    version = glossary.versions.first()
    assert version is not None
    if verb == "delete":
        return who.delete(way)
    if verb == "reembed":
        return who.post(f"{way}/versions/{version.pk}/reembed")
    if verb == "versions":
        return who.post(f"{way}/versions", {"file": upload()} if good else {})
    return who.post(f"{way}/activate", {"version_id": str(version.pk)} if good else {}, content_type="application/json")


class TestContract:
    def test_a_workbook_becomes_a_glossary_with_version_one_in_force(
        self, people: People, client_of_house: Client, keeps_contract: Contract
    ) -> None:
        form = {"file": upload(name="../../Männer/terms.xlsx"), "name": " House style ", "description": "Short words."}
        answer = browser(people["project_manager"]).post(GLOSSARIES, form)
        keeps_contract(answer, "accessible.glossaries.create")
        body = answer.json()
        assert (body["name"], body["client_id"], body["term_count"]) == ("House style", str(client_of_house.pk), 3)
        version = body["versions"][0]
        assert (version["version"], version["is_active"], version["filename"]) == (1, True, "terms.xlsx")
        assert (version["embedding_status"], body["active_version_id"]) == ("queued", version["id"])
        assert OutboxMessage.objects.filter(task=glossaries.EMBED, kwargs={"version_id": version["id"]}).exists()
        assert AuditEvent.objects.filter(action="media_library.glossary.create").count() == 1

    def test_reading_keeps_the_contract(self, people: People, glossary: Glossary, keeps_contract: Contract) -> None:
        for way, entry in [(GLOSSARIES, "list"), (at(glossary), "get"), (at(glossary, "/terms"), "terms")]:
            keeps_contract(browser(people["linguist"]).get(way), f"accessible.glossaries.{entry}")
        row = browser(people["client"]).get(GLOSSARIES).json()["items"][0]
        assert (row["name"], row["status"], row["term_count"]) == ("House style", "active", 3)

    def test_terms_come_in_the_order_of_the_sheet(self, people: People, glossary: Glossary) -> None:
        body = browser(people["linguist"]).get(at(glossary, "/terms")).json()
        assert [one["source_term"] for one in body["items"]] == ["premiere", "voice-over", "=1+1"]
        assert body["items"][0]["translations"] == {"es": "estreno", "pt-BR": "estreia"}
        assert [one["notes"] for one in body["items"]] == ["Never “debut”.", None, None]

    @pytest.mark.parametrize(
        ("search", "found"), [("PREMIERE", 1), ("locução", 1), ("debut", 1), ("%", 0), ("es", 1), ("pt-BR", 0)]
    )
    def test_a_search_looks_at_terms_translations_and_notes(
        self, people: People, glossary: Glossary, search: str, found: int
    ) -> None:
        answer = browser(people["linguist"]).get(at(glossary, "/terms"), {"search": search})
        assert answer.json()["total"] == found

    def test_terms_of_another_version_are_read_by_its_id(
        self, people: People, glossary: Glossary, second: GlossaryVersion
    ) -> None:
        reader = browser(people["linguist"])
        body = reader.get(at(glossary, "/terms"), {"version_id": str(second.pk), "size": 1, "page": 2}).json()
        assert ([one["source_term"] for one in body["items"]], body["total"]) == (["trailer"], 2)
        unknown = reader.get(at(glossary, "/terms"), {"version_id": str(uuid.uuid4())})
        assert (unknown.status_code, unknown.json()["detail"]) == (404, "Glossary version not found")

    def test_a_new_version_waits_until_it_is_activated(
        self, people: People, glossary: Glossary, keeps_contract: Contract
    ) -> None:
        keeper = browser(people["production"])
        made = keeper.post(at(glossary, "/versions"), {"file": upload(name="v2.xlsx")})
        keeps_contract(made, "accessible.glossaries.versions.create")
        assert (made.json()["version"], made.json()["is_active"]) == (2, False)
        answer = keeper.post(at(glossary, "/activate"), {"version_id": made.json()["id"]}, "application/json")
        keeps_contract(answer, "accessible.glossaries.activate")
        assert [(one["version"], one["is_active"]) for one in answer.json()["versions"]] == [(2, True), (1, False)]
        again = keeper.post(at(glossary, "/activate"), {"version_id": made.json()["id"]}, "application/json")
        assert again.json()["active_version_id"] == made.json()["id"]
        assert AuditEvent.objects.filter(action="media_library.glossary.activate").count() == 1

    def test_embedding_again_queues_the_version(
        self, people: People, glossary: Glossary, keeps_contract: Contract
    ) -> None:
        version = glossary.versions.get()
        GlossaryVersion.objects.update(embedding_status="ready")
        answer = browser(people["admin"]).post(at(glossary, f"/versions/{version.pk}/reembed"))
        keeps_contract(answer, "accessible.glossaries.versions.reembed")
        assert answer.json()["embedding_status"] == "queued"
        gone = browser(people["admin"]).post(at(glossary, f"/versions/{uuid.uuid4()}/reembed"))
        assert (gone.status_code, gone.json()["detail"]) == (404, "Glossary version not found")

    def test_an_archived_glossary_leaves_the_list_and_frees_its_name(
        self, people: People, glossary: Glossary, client_of_house: Client, keeps_contract: Contract
    ) -> None:
        keeper = browser(people["production"])
        keeps_contract(keeper.delete(at(glossary)), "accessible.glossaries.delete")
        assert keeper.delete(at(glossary)).status_code == 204
        assert keeper.get(GLOSSARIES).json()["total"] == 0
        kept = keeper.get(at(glossary)).json()
        assert (kept["status"], len(kept["versions"])) == ("archived", 1)
        refused = write(people["production"], glossary, "activate")
        assert (refused.status_code, refused.json()["detail"]) == (409, "Glossary is archived")
        assert write(people["production"], glossary, "versions").status_code == 409
        assert write(people["production"], glossary, "reembed").status_code == 409
        form = {"file": upload(), "name": "House style", "client_id": str(client_of_house.pk)}
        assert keeper.post(GLOSSARIES, form).status_code == 201

    @pytest.mark.parametrize("entry", ["create", "versions.create"])
    @pytest.mark.parametrize(
        "file", [upload(b"plain text"), upload(b""), upload(workbook([["es", "pt"], ["a", "b"]]))], ids=str
    )
    def test_what_is_no_glossary_is_refused_with_the_document_s_words(
        self, people: People, glossary: Glossary, entry: str, file: Any
    ) -> None:
        file.seek(0)
        way = GLOSSARIES if entry == "create" else at(glossary, "/versions")
        answer = browser(people["production"]).post(way, {"file": file, "name": "Other"})
        told = next(one for one in endpoint(f"accessible.glossaries.{entry}")["errors"] if one["status"] == 400)
        assert answer.status_code == 400
        assert told["body"].items() <= answer.json().items()
        assert answer.json()["reason"]

    def test_a_key_makes_a_glossary_once(self, people: People, client_of_house: Client) -> None:
        keeper, key = browser(people["production"]), {"Idempotency-Key": str(uuid.uuid4())}
        content = workbook()
        first, again = (keeper.post(GLOSSARIES, encoded(content), content_type=BOUNDARY, headers=key) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert (first.json()["id"], Glossary.objects.count()) == (again.json()["id"], 1)


BOUNDARY = "multipart/form-data; boundary=edge"


def encoded(content: bytes) -> bytes:
    """The same bytes each time; Django's own encoding of files is that too, but names no boundary of ours."""
    head = b'--edge\r\nContent-Disposition: form-data; name="name"\r\n\r\nStyle\r\n'
    file = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n' + content + b"\r\n"
    return head + file + b"--edge--\r\n"


class TestNames:
    def test_a_name_is_taken_in_the_whole_house_whatever_its_case(
        self, people: People, glossary: Glossary, client_of_house: Client
    ) -> None:
        other = ClientFactory(organization=client_of_house.organization)
        form = {"file": upload(), "name": "HOUSE style", "client_id": str(other.pk)}
        answer = browser(people["production"]).post(GLOSSARIES, form)
        assert (answer.status_code, answer.json()["detail"]) == (409, "Glossary name already exists")
        assert Glossary.objects.count() == 1

    def test_two_versions_cannot_be_in_force(self, second: GlossaryVersion) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            GlossaryVersion.objects.filter(pk=second.pk).update(is_active=True)

    def test_who_sees_several_clients_says_which(self, people: People, client_of_house: Client) -> None:
        ClientFactory(organization=client_of_house.organization)
        answer = browser(people["production"]).post(GLOSSARIES, {"file": upload(), "name": "Style"})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"][-1] == "client_id"

    def test_who_sees_no_client_keeps_a_glossary_for_the_house(self, people: People) -> None:
        answer = browser(people["production"]).post(GLOSSARIES, {"file": upload(), "name": "Style"})
        assert (answer.status_code, answer.json()["client_id"]) == (201, None)
        assert Glossary.objects.get().organization is not None
        assert browser(people["linguist"]).get(GLOSSARIES).json()["total"] == 1
        assert browser(people["stranger"]).get(GLOSSARIES).json()["total"] == 0


class TestRights:
    @pytest.mark.parametrize("role", READERS)
    @pytest.mark.parametrize("verb", WRITES)
    def test_readers_change_nothing_even_with_a_bad_body(
        self, people: People, glossary: Glossary, role: str, verb: str
    ) -> None:
        for good in (True, False):
            answer = write(people[role], glossary, verb, good=good)
            assert (answer.status_code, answer.json()["detail"]) == (403, "Insufficient role permissions")
        assert browser(people[role]).post(GLOSSARIES, {}).status_code == 403
        assert glossary.versions.count() == 1

    @pytest.mark.parametrize("role", KEEPERS)
    @pytest.mark.parametrize("verb", ["versions", "activate"])
    def test_keepers_learn_what_is_missing(self, people: People, glossary: Glossary, role: str, verb: str) -> None:
        answer = write(people[role], glossary, verb, good=False)
        assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "missing")

    @pytest.mark.parametrize("verb", [*WRITES, "get", "terms"])
    def test_nobody_gets_401_and_strangers_404(self, people: People, glossary: Glossary, verb: str) -> None:
        def call(user: User | None, pk: Any) -> Any:
            if verb in WRITES:
                return write(user, glossary, verb, good=False, pk=pk)
            return browser(user).get(f"{GLOSSARIES}/{pk}{'/terms' if verb == 'terms' else ''}")

        assert call(None, glossary.pk).status_code == 401
        foreign, unknown = (call(people["stranger"], pk) for pk in (glossary.pk, uuid.uuid4()))
        assert (foreign.status_code, foreign.content) == (404, unknown.content)
        assert foreign.json()["detail"] == "Glossary not found"

    def test_lists_hold_nothing_of_other_houses_and_clients(self, people: People, glossary: Glossary) -> None:
        canary = "kanari-5d1e"
        elsewhere = UserFactory(role=User.Role.PRODUCTION)
        house = OrganizationFactory(name=canary)
        Membership.objects.create(user=elsewhere, organization=house)
        foreign, neighbour = ClientFactory(organization=house), ClientFactory(organization=glossary.organization)
        data = workbook([["source", "es"], [canary, canary]])
        for client in (foreign, neighbour):
            glossaries.create_glossary(
                name=f"{canary} {client.pk}", data=data, filename=f"{canary}.xlsx", client=client, actor=elsewhere
            )
        for role in ("client", "linguist", "reviewer", "project_manager"):
            reader = browser(people[role])
            for query in ({}, {"client_id": str(foreign.pk)}, {"client_id": str(neighbour.pk)}):
                body = reader.get(GLOSSARIES, query)
                assert canary not in body.content.decode()
                assert body.json()["total"] == (0 if query else 1)
            assert canary not in reader.get("/glossaries").content.decode()

    def test_a_foreign_client_cannot_be_named(self, people: People, client_of_house: Client) -> None:
        form = {"file": upload(), "name": "Style", "client_id": str(ClientFactory().pk)}
        answer = browser(people["production"]).post(GLOSSARIES, form)
        assert (answer.status_code, answer.json()["detail"]) == (404, "Client not found")
        assert not Glossary.objects.exists()


@pytest.mark.parametrize("way", [GLOSSARIES, "/glossaries"])
def test_a_list_costs_the_same_however_long(
    people: People, client_of_house: Client, count_queries: Callable[[Any], int], way: str
) -> None:
    reader, costs = browser(people["project_manager"]), []
    for number in range(20):
        GlossaryFactory(client=client_of_house, owner=people["admin"])
        if number in {0, 19}:
            reader.get(way)
            costs.append(count_queries(lambda: reader.get(way)))
    assert costs[0] == costs[1] <= 12


def test_terms_cost_the_same_however_many(
    people: People, glossary: Glossary, second: GlossaryVersion, count_queries: Callable[[Any], int]
) -> None:
    reader = browser(people["linguist"])
    for way in (at(glossary, "/terms"), f"/glossaries/{glossary.pk}"):
        few = count_queries(lambda: reader.get(way, {"size": 1}))  # noqa: B023
        GlossaryTerm.objects.bulk_create(
            GlossaryTerm(version=version, position=number, source_term=f"word {number}", words=f"word {number}")
            for version in glossary.versions.all()
            for number in range(100 * len(way), 100 * len(way) + 30)
        )
        assert count_queries(lambda: reader.get(way, {"size": 100})) == few  # noqa: B023


class TestMeaning:
    @pytest.fixture
    def engine(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        asked: list[list[str]] = []

        def embed(texts: list[str], *, use: Any) -> Answer[Any]:
            asked.append(texts)
            return Answer(np.ones((len(texts), 4), np.float32), "local:test", uuid.uuid4(), False)  # type: ignore[arg-type]

        monkeypatch.setattr("media_library.services.glossaries.ai.embed_passages", embed)
        return asked

    def test_every_term_gets_its_vector_once(self, glossary: Glossary, engine: list[list[str]]) -> None:
        version = glossary.versions.get()
        assert glossaries.embed_version(version.pk)
        assert not glossaries.embed_version(version.pk)
        version.refresh_from_db()
        assert (version.embedding_status, version.embedding_engine) == ("ready", "local:test")
        assert engine == [["premiere", "voice-over", "=1+1"]]
        assert {np.frombuffer(term.embedding, np.float32).shape for term in version.terms.all()} == {(4,)}

    def test_asked_for_again_while_it_runs_the_first_worker_writes_no_outcome(
        self, glossary: Glossary, people: People, engine: list[list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = glossary.versions.select_related("glossary").get()
        plain = glossaries.ai.embed_passages

        def interrupted(texts: list[str], *, use: Any) -> Any:
            glossaries.reembed(version, actor=people["admin"])
            return plain(texts, use=use)

        monkeypatch.setattr("media_library.services.glossaries.ai.embed_passages", interrupted)
        assert not glossaries.embed_version(version.pk)
        version.refresh_from_db()
        assert version.embedding_status == "queued"

    def test_a_version_whose_message_was_lost_is_found(self, glossary: Glossary, engine: list[list[str]]) -> None:
        assert glossaries.embed_forgotten() == 1
        assert glossaries.embed_forgotten() == 0

    @pytest.mark.engines
    def test_the_real_model_makes_vectors(self, glossary: Glossary) -> None:
        assert glossaries.embed_version(glossary.versions.get().pk)
        vector = np.frombuffer(GlossaryTerm.objects.first().embedding, np.float32)  # type: ignore[union-attr,arg-type]
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-3)


def test_the_trail_names_no_term(glossary: Glossary) -> None:
    events = AuditEvent.objects.filter(action__startswith="media_library.glossary")
    assert "estreno" not in json.dumps([event.details for event in events], default=str)
