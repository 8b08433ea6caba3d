"""The people and things of a walk, and the doors they come through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Http
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import (
    Client,
    Invitation,
    Membership,
    Organization,
    Project,
    Team,
    TeamMember,
    User,
)
from accounts.tests.factories import (
    PASSWORD,
    ClientFactory,
    OrganizationFactory,
    ProjectFactory,
    TeamFactory,
    UserFactory,
)
from chat.models import Participant
from core.mail.models import Letter
from jobs.models import Brief, Job
from jobs.tests.factories import JobFactory
from media_library.models import Asset, Collection, Glossary
from media_library.tests.factories import AssetFactory, GlossaryFactory, PersonaFactory
from tests.contract_walk.things import (
    called,
    filmed,
    generated,
    ids_in,
    ids_of_film,
    ids_of_generation,
    noted,
    shared,
    spoken,
    suggested,
    talk,
)

Answer = Any
ROLES = ("client", "linguist", "reviewer", "production", "project_manager")


class World:
    """One house with a person of every role, a client with a manager and a team, a project and a job; and another house like it.

    Names of things of the other house carry `CANARY`, which nobody of the first house may ever be shown.
    """

    CANARY = "kanari-7f3a"

    def __init__(self) -> None:
        self.people: dict[str, User] = {
            "admin": UserFactory(role=User.Role.ADMIN, is_staff=True, email="admin@house.example")
        }
        self.house: Organization = OrganizationFactory(name="Oakfield Studio", slug="oakfield")
        for role in ROLES:
            self.people[role] = UserFactory(
                role=role, house=self.house, email=f"{role}@house.example", name=role.title()
            )
        keeper = UserFactory(role=User.Role.CLIENT, email="keeper@house.example", name="Keeper")
        Membership.objects.create(user=keeper, organization=self.house, role=User.Role.ADMIN)
        self.people["house_admin"] = keeper
        # In the house, in no team.
        self.people["colleague"] = UserFactory(house=self.house, email="colleague@house.example", name="Colleague")
        # A project manager of the house who manages nothing yet.
        self.people["second_manager"] = UserFactory(
            role=User.Role.PROJECT_MANAGER, house=self.house, email="second@house.example", name="Second"
        )
        # In no house at all.
        self.people["newcomer"] = UserFactory(email="newcomer@elsewhere.example", name="Newcomer")

        self.client: Client = ClientFactory(
            organization=self.house, name="Harbour Films", manager=self.people["project_manager"]
        )
        self.team: Team = TeamFactory(client=self.client, name="Captions")
        for role in ROLES:
            TeamMember.objects.create(team=self.team, user=self.people[role])
        self.project: Project = ProjectFactory(owner=self.people["admin"], client=self.client, name="Season one")
        self.job: Job = JobFactory(
            organization=self.house, client=self.client, created_by=self.people["client"], status=Job.Status.COMPLETED
        )
        self.other_client: Client = ClientFactory(organization=self.house, name="Lake Radio")
        self.other_team: Team = TeamFactory(client=self.other_client, name="Lake team")
        self.other_project: Project = ProjectFactory(
            owner=self.people["admin"], client=self.other_client, name="Lake season"
        )

        self.foreign_house: Organization = OrganizationFactory(name=f"House {self.CANARY}", slug=self.CANARY)
        self.people["stranger"] = UserFactory(
            role=User.Role.PRODUCTION,
            house=self.foreign_house,
            email=f"stranger@{self.CANARY}.example",
            name=f"Name {self.CANARY}",
        )
        manager = UserFactory(
            role=User.Role.PROJECT_MANAGER, house=self.foreign_house, email=f"manager@{self.CANARY}.example"
        )
        self.foreign_client: Client = ClientFactory(
            organization=self.foreign_house, name=f"Client {self.CANARY}", notes=self.CANARY, manager=manager
        )
        self.foreign_team: Team = TeamFactory(
            client=self.foreign_client, name=f"Team {self.CANARY}", member=self.people["stranger"]
        )
        self.foreign_project: Project = ProjectFactory(
            owner=self.people["stranger"], client=self.foreign_client, name=f"Project {self.CANARY}"
        )
        self.foreign_job: Job = JobFactory(
            organization=self.foreign_house, created_by=self.people["stranger"], title=f"Job {self.CANARY}"
        )
        self.glossary: Glossary = GlossaryFactory(
            client=self.client, owner=self.people["production"], name="House style"
        )
        self.other_glossary: Glossary = GlossaryFactory(
            client=self.other_client, owner=self.people["production"], name="Lake style"
        )
        self.foreign_glossary: Glossary = GlossaryFactory(
            client=self.foreign_client,
            owner=self.people["stranger"],
            name=f"Glossary {self.CANARY}",
            term=f"Term {self.CANARY}",
        )
        self.video: Asset = AssetFactory(
            owner=self.people["production"],
            organization=self.house,
            client=self.client,
            title="Harbour at night",
            description="Ships come in.",
            tags=["harbour", "night"],
        )
        self.transcript = spoken(self.video, "Good evening from the harbour.", "The lights are on.", "We cast off.")
        self.audio: Asset = AssetFactory(
            owner=self.people["production"],
            organization=self.house,
            client=self.client,
            kind=Asset.Kind.AUDIO,
            filename="talk.mp3",
            content_type="audio/mpeg",
            technical={"audio_codec": "mp3"},
        )
        self.persona = PersonaFactory(owner=self.people["production"], organization=self.house, name="Narrator")
        self.collection = Collection.objects.create(
            owner=self.people["production"], organization=self.house, name="Harbour"
        )
        self.suggestion = suggested(self.video, "Harbour")
        self.foreign_video: Asset = AssetFactory(
            owner=self.people["stranger"],
            organization=self.foreign_house,
            filename=f"{self.CANARY}.mp4",
            title=f"Video {self.CANARY}",
        )
        self.foreign_collection = Collection.objects.create(
            owner=self.people["stranger"], organization=self.foreign_house, name=f"Collection {self.CANARY}"
        )
        self.foreign_suggestion = suggested(self.foreign_video, f"Suggested {self.CANARY}")
        self.foreign_transcript = spoken(self.foreign_video, f"Nobody else hears {self.CANARY}.")
        self.foreign_audio: Asset = AssetFactory(
            owner=self.people["stranger"],
            organization=self.foreign_house,
            kind=Asset.Kind.AUDIO,
            filename=f"{self.CANARY}.mp3",
            content_type="audio/mpeg",
        )
        self.foreign_persona = PersonaFactory(
            owner=self.people["stranger"], organization=self.foreign_house, name=f"Persona {self.CANARY}"
        )

        self.brief = Brief.objects.create(
            title="Season two", organization=self.house, client=self.client, created_by=self.people["client"]
        )
        self.foreign_brief = Brief.objects.create(
            title=f"Brief {self.CANARY}", organization=self.foreign_house, created_by=self.people["stranger"]
        )
        self.note = noted(self.job, self.people["production"], "The logo is cut.")
        self.foreign_note = noted(self.foreign_job, self.people["stranger"], f"Note {self.CANARY}")
        self.share = shared(self.job, self.people["production"])
        self.foreign_share = shared(self.foreign_job, self.people["stranger"])
        self.make_talks()
        self.make_films()

    def make_talks(self) -> None:
        self.conversation = talk(self.people["production"], self.house, self.video)
        Participant.objects.create(
            conversation=self.conversation,
            user=self.people["client"],
            role="editor",
            invited_by=self.people["production"],
        )
        Participant.objects.create(
            conversation=self.conversation,
            user=self.people["linguist"],
            role="viewer",
            invited_by=self.people["production"],
        )
        self.foreign_conversation = talk(
            self.people["stranger"], self.foreign_house, self.foreign_video, title=f"Talk {self.CANARY}"
        )
        self.call, self.foreign_call = called(self.conversation), called(self.foreign_conversation, model=self.CANARY)

    def make_films(self) -> None:
        # The newcomer's film, on which a colleague works and a linguist looks, and the foreign house's.
        self.film_session = filmed(self.people["newcomer"], "Harbour film")
        for name, role in (("colleague", "collaborator"), ("linguist", "viewer")):
            self.film_session.film.project.memberships.create(user=self.people[name], role=role)
        self.foreign_film_session = filmed(self.people["stranger"], f"Film {self.CANARY}")
        self.generation = generated(self.people["newcomer"], self.film_session, "Lamps on wet stone")
        self.foreign_generation = generated(self.people["stranger"], self.foreign_film_session, f"Prompt {self.CANARY}")

    @cached_property
    def ids(self) -> dict[str, str]:
        """What stands in a path for each parameter, unless a scene says otherwise."""
        return {
            "org_id": str(self.house.pk),
            "client_id": str(self.client.pk),
            "team_id": str(self.team.pk),
            "project_id": str(self.project.pk),
            "user_id": str(self.people["colleague"].pk),
            "job_id": str(self.job.pk),
            "glossary_id": str(self.glossary.pk),
            "version_id": str(self.glossary.versions.get(number=1).pk),
            "video_id": str(self.video.pk),
            "audio_id": str(self.audio.pk),
            "transcript_id": str(self.transcript.pk),
            "segment_id": str(self.transcript.segments.order_by("position")[0].pk),
            "persona_id": str(self.persona.pk),
            **dict.fromkeys(("asset_id", "media_id", "file_id"), str(self.video.pk)),
            "collection_id": str(self.collection.pk),
            "suggestion_id": str(self.suggestion.pk),
            "speaker_id": str(self.transcript.speakers.order_by("label")[0].pk),
            "brief_id": str(self.brief.pk),
            "note_id": str(self.note.pk),
            "token_id": str(self.share.pk),
            **ids_in(self.conversation),
            **ids_of_film(self.film_session),
            **ids_of_generation(self.generation),
            "log_id": str(self.call.pk),
            **dict.fromkeys(("clip_index", "record_index"), "0"),
            "lang": "en",
            "language": "en",
        }

    @cached_property
    def foreign_ids(self) -> dict[str, str]:
        """The same of the other house."""
        return {
            "org_id": str(self.foreign_house.pk),
            "client_id": str(self.foreign_client.pk),
            "team_id": str(self.foreign_team.pk),
            "project_id": str(self.foreign_project.pk),
            "user_id": str(self.people["stranger"].pk),
            "job_id": str(self.foreign_job.pk),
            "glossary_id": str(self.foreign_glossary.pk),
            "version_id": str(self.foreign_glossary.versions.get(number=1).pk),
            "video_id": str(self.foreign_video.pk),
            "audio_id": str(self.foreign_audio.pk),
            "transcript_id": str(self.foreign_transcript.pk),
            "segment_id": str(self.foreign_transcript.segments.order_by("position")[0].pk),
            "persona_id": str(self.foreign_persona.pk),
            **dict.fromkeys(("asset_id", "media_id", "file_id"), str(self.foreign_video.pk)),
            "collection_id": str(self.foreign_collection.pk),
            "suggestion_id": str(self.foreign_suggestion.pk),
            "speaker_id": str(self.foreign_transcript.speakers.order_by("label")[0].pk),
            "brief_id": str(self.foreign_brief.pk),
            "note_id": str(self.foreign_note.pk),
            "token_id": str(self.foreign_share.pk),
            **ids_in(self.foreign_conversation),
            **ids_of_film(self.foreign_film_session),
            **ids_of_generation(self.foreign_generation),
            "log_id": str(self.foreign_call.pk),
        }

    @cached_property
    def neighbour_ids(self) -> dict[str, str]:
        """What the caller may see, but under another client of the house."""
        return {
            "team_id": str(self.other_team.pk),
            "project_id": str(self.other_project.pk),
            "version_id": str(self.other_glossary.versions.get(number=1).pk),
        }

    def id_of(self, person: str) -> str:
        return str(self.people[person].pk)


@dataclass
class Stage:
    """One call's surroundings: the world, a browser or program, and whoever has signed in on it."""

    world: World
    http: Http = field(default_factory=lambda: Http(enforce_csrf_checks=True, raise_request_exception=False))
    bearer: str = ""
    kept: dict[str, Any] = field(default_factory=dict)

    # Signing in, through the doors that people and programs use.

    def sign_in(self, who: str, **further: str) -> Answer:
        """As a browser, on the sign-in page."""
        return self.post_form("/login", {"email": self.world.people[who].email, "password": PASSWORD, **further})

    def token_login(self, who: str, **further: str) -> Answer:
        """As a program; keeps the bearer token when there is one."""
        answer = self.send(
            "POST", "/api/v1/auth/login", body={"email": self.world.people[who].email, "password": PASSWORD, **further}
        )
        if answer.status_code == 200:
            self.bearer = answer.json()["access_token"]
            self.kept["refresh_token"] = answer.json()["refresh_token"]
        return answer

    def enter(self, who: str, *, browser: bool) -> None:
        answer = self.sign_in(who) if browser else self.token_login(who)
        assert answer.status_code == (302 if browser else 200), (
            f"{who} cannot sign in: {answer.status_code} {answer.content[:500]!r}"
        )

    # Calls.

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        form: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A JSON or form call, with the bearer token when there is one, else with the browser's CSRF token."""
        sent: dict[str, str] = {}
        if self.bearer:
            sent["Authorization"] = f"Bearer {self.bearer}"
        elif token := self.csrf_token:
            sent["X-CSRFToken"] = token
        sent |= headers or {}
        target = self.with_query(path, query)
        if body is None:
            return self.http.generic(method, target, headers=sent)
        if isinstance(body, Mapping) and any(isinstance(value, SimpleUploadedFile) for value in body.values()):
            return self.http.generic(method, target, parted(body), content_type=MULTIPART_CONTENT, headers=sent)
        if form:
            return self.http.generic(
                method, target, urlencoded(body), content_type="application/x-www-form-urlencoded", headers=sent
            )
        return self.http.generic(method, target, encoded(body), content_type="application/json", headers=sent)

    @staticmethod
    def with_query(path: str, query: Mapping[str, Any] | None) -> str:
        return f"{path}?{urlencoded(query)}" if query else path

    def post_form(self, path: str, fields: Mapping[str, Any], **headers: str) -> Answer:
        """As a browser: the page is read first, for its CSRF token."""
        if not self.csrf_token:
            self.http.get("/login")
        return self.send(
            "POST", path, body={**fields, "csrfmiddlewaretoken": self.csrf_token}, form=True, headers=headers
        )

    @property
    def csrf_token(self) -> str:
        cookie = self.http.cookies.get(settings.CSRF_COOKIE_NAME)
        return cookie.value if cookie else ""

    @property
    def session(self) -> dict[str, Any]:
        """What the browser's session holds; empty when there is none."""
        return dict(self.http.session.items()) if settings.SESSION_COOKIE_NAME in self.http.cookies else {}

    def other(self) -> Stage:
        """Another browser or program in the same world."""
        return Stage(self.world)

    # Arrangements.

    def letter(self, to: str) -> Letter:
        """The newest letter to that address."""
        return Letter.objects.filter(to__iexact=to).latest("created_at")

    def link_in_letter(self, to: str) -> str:
        """The path and query of the link in the newest letter to that address."""
        found = re.search(rf"{re.escape(settings.PUBLIC_URL)}(/\S+)", self.letter(to).text)
        assert found, self.letter(to).text
        return found[1]

    def token_in_letter(self, to: str) -> str:
        return self.link_in_letter(to).split("token=", 1)[1].rstrip(".)>")

    def with_device(self, who: str) -> TOTPDevice:
        """A confirmed second factor for that person."""
        return TOTPDevice.objects.create(user=self.world.people[who], confirmed=True, name="Phone", tolerance=1)

    @staticmethod
    def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
        shift = steps * device.step
        return f"{totp(device.bin_key, step=device.step, t0=device.t0 - shift, digits=device.digits):0{device.digits}d}"

    def wrong_code(self, device: TOTPDevice) -> str:
        """Six digits that are no code of the device around now."""
        right = {self.code_of(device, steps=shift) for shift in range(-3, 4)}
        return next(
            code
            for code in ("123456", "654321", "111222", "333444", "555666", "777888", "999000", "246810")
            if code not in right
        )

    def invitation(self, *, email: str, token: str = "t" * 43, **fields: Any) -> Invitation:
        """An invitation whose secret the test knows, as the mail would carry it."""
        from hashlib import sha256

        values = {
            "organization": self.world.house,
            "role": User.Role.LINGUIST,
            "invited_by": self.world.people["admin"],
            "expires_at": timezone.now() + timedelta(days=7),
            **fields,
        }
        return Invitation.objects.create(email=email, token_hash=sha256(token.encode()).hexdigest(), **values)


def encoded(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


def parted(body: Mapping[str, Any]) -> bytes:
    """As a form with a file. The file is read from its beginning, because a scene's body may be sent more than once."""
    for value in body.values():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)
    return encode_multipart(BOUNDARY, body)


def urlencoded(values: Mapping[str, Any] | None) -> str:
    from urllib.parse import urlencode

    return urlencode(values or {}, doseq=True)
