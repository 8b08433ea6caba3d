"""The smallest world in which every cell of the matrix means something: two houses, and a person for each column."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.utils import timezone

from accounts.models import (
    ApiKey,
    Client,
    Invitation,
    Membership,
    Notification,
    Organization,
    Project,
    User,
    UserSession,
)
from accounts.tests.factories import (
    ClientFactory,
    OrganizationFactory,
    ProjectFactory,
    TeamFactory,
    UserFactory,
)
from ai.tests.factories import CallFactory
from chat.models import (
    Attachment,
    Conversation,
    Participant,
    Record,
    Render,
    ScriptComment,
    Webhook,
    WebhookDelivery,
)
from chat.tests.factories import FilmFactory, clip_in, developed, say
from core.runs.models import Run
from core.storage import store
from dubbing.tests.factories import DubFactory, ProcessingJobFactory, line_in, role_in
from generation.models import Preset
from generation.tests.factories import SessionFactory, take_of
from jobs.models import Brief, Delivery, Job
from jobs.tests.factories import AssetFactory, JobFactory, give_captions, give_timetable
from media_library.models import Asset, Collection, Pronunciation, Suggestion, TrackDraft
from media_library.services import ingestion
from media_library.tests.factories import AssetFactory as LibraryAssetFactory
from media_library.tests.factories import GlossaryFactory, PersonaFactory, VoiceProfileFactory, transcript_of
from qc.models import LanguageReview, LanguageSkill, ReviewComment, ReviewNote, ShareLink

COLUMNS = (
    "anonymous",
    "client",
    "creator",
    "linguist",
    "reviewer",
    "production",
    "manager",
    "other_manager",
    "house_admin",
    "admin",
    "stranger",
)


@dataclass
class World:
    """`things` are what the parameters of a route's path, and `$name` in a body, stand for."""

    people: dict[str, User]
    things: dict[str, Any]
    job: Job

    def fill(self, value: Any) -> Any:
        """`$name` becomes the id of that thing, anywhere in a body or query."""
        if isinstance(value, str) and value.startswith("$"):
            return str(self.things[value[1:]])
        if isinstance(value, dict):
            return {key: self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        return value


def build() -> World:
    house, elsewhere = OrganizationFactory(name="Northlight"), OrganizationFactory(name="Elsewhere")
    roles = {
        "client": "client",
        "creator": "client",
        "linguist": "linguist",
        "reviewer": "reviewer",
        "production": "production",
        "manager": "project_manager",
        "other_manager": "project_manager",
    }
    people = {name: UserFactory(email=f"{name}@roles.example", role=role, house=house) for name, role in roles.items()}
    people["house_admin"] = UserFactory(email="house-admin@roles.example", role="production")
    Membership.objects.create(organization=house, user=people["house_admin"], role="admin")
    people["admin"] = UserFactory(email="admin@roles.example", role="admin", is_staff=True)
    people["stranger"] = UserFactory(email="stranger@roles.example", role="client", house=elsewhere)
    client = ClientFactory(organization=house, manager=people["manager"], person=people["client"])
    team = client.teams.get()
    team.memberships.create(user=people["creator"])
    target = UserFactory(email="target@roles.example", role="linguist", house=house)
    newcomer = UserFactory(email="newcomer@roles.example", role="project_manager", house=house)
    project = ProjectFactory(client=client, owner=people["admin"])
    shared = ProjectFactory(owner=people["creator"], collaborator=people["client"], viewer=people["linguist"])
    archived = ProjectFactory(owner=people["creator"], status=Project.Status.ARCHIVED)
    invitation = Invitation.objects.create(
        email="guest@roles.example",
        organization=house,
        invited_by=people["house_admin"],
        token_hash="0" * 64,
        expires_at=timezone.now() + timedelta(days=1),
    )
    sign_in = UserSession.objects.create(
        user=people["creator"], kind="token", expires_at=timezone.now() + timedelta(days=1)
    )
    key = ApiKey.objects.create(user=people["creator"], name="A key", prefix="rwk_", token_hash="1" * 64)
    job = _job(house, people, client=client, project=project)
    glossary = GlossaryFactory(client=client, owner=people["production"])
    things = {
        "organization": house.pk,
        "client": client.pk,
        "empty_client": ClientFactory(organization=house).pk,
        "team": team.pk,
        "empty_team": TeamFactory(client=client).pk,
        "project": project.pk,
        "empty_project": ProjectFactory(client=client, owner=people["admin"]).pk,
        "shared_project": shared.pk,
        "archived_project": archived.pk,
        "creators_project": ProjectFactory(owner=people["creator"]).pk,
        "invitation": invitation.pk,
        "sign_in_of_the_creator": sign_in.pk,
        "key_of_the_creator": key.pk,
        "client_person": people["client"].pk,
        "target": target.pk,
        "newcomer": newcomer.pk,
        "manager": people["manager"].pk,
        "creator": people["creator"].pk,
        "job": job.pk,
        "draft": TrackDraft.objects.create(
            track=job.outputs.get(language="en").captions,
            author=people["production"],
            base_version=0,
            content="WEBVTT\n",
        ).pk,
        "glossary": glossary.pk,
        "glossary_version": glossary.versions.get().pk,
        "pronunciation": Pronunciation.objects.create(
            client=client, organization=house, owner=people["production"], term="WCAG", respelling="W C A G"
        ).pk,
        "nobody": uuid.uuid4(),
        "news": Notification.objects.create(user=people["creator"], kind="job.completed", text="It is done.").pk,
        **_library(house, people, client=client),
        **_checking(house, people, job, client=client),
        "film_media": LibraryAssetFactory(owner=people["creator"], project=shared).pk,
    }
    call = CallFactory(
        user=people["creator"], organization=house, request={"text": "Write."}, response={"text": "Yes."}
    )
    things |= {"log": call.pk, **_told(people["creator"])}
    things |= _talk(house, people, asset=Asset.objects.get(pk=things["asset"]))
    things |= _film(people)
    things |= _generation(people["creator"])
    things |= _dub(people["production"], like=Asset.objects.get(pk=things["asset"]))
    return World(people, things, job)


def _checking(house: Organization, people: dict[str, User], job: Job, *, client: Client) -> dict[str, uuid.UUID]:
    """What is said and shown of the job, and the creator's brief for the next one."""
    review = LanguageReview.objects.get(output__job=job, output__language="es")
    brief = Brief.objects.create(
        title="Season two", organization=house, client=client, created_by=people["creator"], source_language="en"
    )
    comment = ReviewComment.objects.create(review=review, body="Too long.", cue_index=0, author=people["reviewer"])
    note = ReviewNote.objects.create(job=job, timestamp=1.5, body="The logo is cut.", author=people["production"])
    share = ShareLink.objects.create(
        job=job,
        token_hash="2" * 64,
        prefix="abcdefgh",
        created_by=people["production"],
        expires_at=timezone.now() + timedelta(days=1),
    )
    skill = LanguageSkill.objects.create(user=people["linguist"], language="es")
    delivery = Delivery.objects.create(
        status=Delivery.Status.READY,
        key="test/delivery",
        filename="launch.zip",
        digest="3" * 64,
        created_by=people["production"],
        expires_at=timezone.now() + timedelta(days=1),
    )
    delivery.jobs.add(job)
    return {
        "brief": brief.pk,
        "comment": comment.pk,
        "review": review.pk,
        "note": note.pk,
        "share": share.pk,
        "delivery": delivery.pk,
        "skill": skill.pk,
        "linguist": people["linguist"].pk,
        "reviewer": people["reviewer"].pk,
        "production": people["production"].pk,
    }


def _library(house: Organization, people: dict[str, User], *, client: Client) -> dict[str, uuid.UUID]:
    """Production's things in the house, for the client: a film with its words, a recording, a picture. And one person's own file."""
    shared = {"owner": people["production"], "organization": house, "client": client}
    video = LibraryAssetFactory(**shared, title="Launch", tags=["sea"])
    transcript = transcript_of(video, "The harbour lights went on.", "We waited for the tide.")
    speaker = transcript.speakers.create(label="speaker_1")
    transcript.segments.update(speaker=speaker)
    audio = LibraryAssetFactory(
        **shared, kind="audio", filename="talk.mp3", content_type="audio/mpeg", technical={"audio_codec": "mp3"}
    )
    image = LibraryAssetFactory(
        **shared, kind="image", filename="board.png", content_type="image/png", duration=None, technical={}
    )
    collection = Collection.objects.create(owner=people["production"], organization=house, name="Harbour")
    collection.assets.add(video)
    suggestion = Suggestion.objects.create(
        asset=video,
        kind="metadata",
        engine="local:extract",
        content={"title": "Harbour", "description": "The harbour lights.", "tags": ["harbour"]},
    )
    key = f"users/{people['creator'].pk}/input/notes.txt"
    own = LibraryAssetFactory(
        owner=people["creator"],
        shelf="input",
        key=key,
        kind="document",
        filename="notes.txt",
        content_type="text/plain",
    )
    return {
        "asset": video.pk,
        "silent": LibraryAssetFactory(**shared, title="Tide").pk,
        "audio": audio.pk,
        "image": image.pk,
        "transcript": transcript.pk,
        "segment": transcript.segments.order_by("position")[0].pk,
        "speaker": speaker.pk,
        "collection": collection.pk,
        "suggestion": suggestion.pk,
        "persona": PersonaFactory(owner=people["production"], organization=house).pk,
        "voice": VoiceProfileFactory(owner=people["production"]).pk,
        "processing_job": ProcessingJobFactory(owner=people["production"]).pk,
        "creators_file": own.pk,
        "creators_key": own.key,
        "run": Run.objects.create(
            kind=ingestion.KIND, subject_id=audio.pk, status=Run.Status.COMPLETED, created_by=people["production"]
        ).pk,
    }


def _film(people: dict[str, User]) -> dict[str, uuid.UUID]:
    """The creator's film, which the client writes too and the linguist looks at."""
    place = ProjectFactory(
        owner=people["creator"], collaborator=people["client"], viewer=people["linguist"], name="Harbour film"
    )
    film = FilmFactory(owner=people["creator"], project=place, title=place.name)
    session = developed(film)
    card = film.board.get()
    return {
        "film_project": place.pk,
        "film_session": session.pk,
        "film_choice": session.choices.order_by("position")[0].pk,
        "card": card.pk,
        "card_picture": card.asset_id,
        "unpinned_picture": LibraryAssetFactory(
            owner=people["creator"], project=place, kind="image", content_type="image/png", duration=None
        ).pk,
    }


def _dub(owner: User, *, like: Asset) -> dict[str, uuid.UUID]:
    """Production's dub of a film of the house: whoever sees the film reads it, production writes it. While it is there the film stays."""
    place = {name: getattr(like, name) for name in ("owner", "organization", "client", "project", "kind")}
    video = AssetFactory(filename="talk.mp4", content_type="video/mp4", **place)
    dub = DubFactory(owner=owner, organization=video.organization, video=video)
    role = role_in(dub, voice="espeak-es")
    line = line_in(dub, role, written_by="machine", sound={"key": "dubs/line.wav", "size": 1, "sha256": "0" * 64})
    line_in(dub, role, written_by="machine")
    return {"dub": dub.pk, "dub_role": role.pk, "dub_line": line.pk}


def _generation(owner: User) -> dict[str, uuid.UUID]:
    """The creator's session, with a picture and a clip that are approved. Nobody else sees it but admins."""
    session = SessionFactory(owner=owner)
    picture = take_of(session, approved=True, order_index=0)
    clip = take_of(session, "clip", approved=True, order_index=0, source=picture, seconds=8.0)
    preset = Preset.objects.create(owner=owner, name="Night", values={"seconds": 4})
    return {
        "generation": session.pk,
        "generation_picture": picture.pk,
        "generation_clip": clip.pk,
        "generation_round": picture.round_id,
        "generation_preset": preset.pk,
    }


def _told(person: User) -> dict[str, uuid.UUID]:
    """Whom a program of theirs is told of what is done, and what it was told."""
    webhook = Webhook.objects.create(user=person, url="https://hooks.example/", events=["media-processed"], secret="x")
    delivery = WebhookDelivery.objects.create(
        webhook=webhook, event="media-processed", subject="a file", payload={}, status="failed"
    )
    return {"webhook": webhook.pk, "webhook_delivery": delivery.pk}


def _talk(house: Organization, people: dict[str, User], *, asset: Asset) -> dict[str, uuid.UUID]:
    """The creator's conversation over the house's film. Production edits with them, the linguist looks on."""
    conversation = Conversation.objects.create(owner=people["creator"], organization=house, title="Harbour story")
    for name, role in (("production", "editor"), ("linguist", "viewer")):
        Participant.objects.create(
            conversation=conversation, user=people[name], role=role, invited_by=people["creator"]
        )
    asked = say(conversation, "Write about the harbour.")
    answer = say(conversation, "The lights went on.", role="assistant", intent="script", engine="local:compose")
    clip = clip_in(conversation, asset, message=answer)
    record = Record.objects.create(
        conversation=conversation,
        message=answer,
        position=0,
        heading="Night",
        content="The harbour lights.",
        duration=2,
    )
    attachment = Attachment.objects.create(
        conversation=conversation, asset=asset, original_filename="launch.mp4", uploaded_by=people["creator"]
    )
    remark = ScriptComment.objects.create(
        conversation=conversation, record=record, author=people["creator"], content="Shorter."
    )
    film = Render.objects.create(conversation=conversation, plan={"clips": []}, digest="0" * 64)
    return {
        "conversation": conversation.pk,
        "render": film.pk,
        "script_comment": remark.pk,
        "message": answer.pk,
        "question": asked.pk,
        "clip": clip.pk,
        "record": record.pk,
        "attachment": attachment.pk,
    }


def _job(house: Organization, people: dict[str, User], **places: Any) -> Job:
    job = JobFactory(
        organization=house,
        created_by=people["creator"],
        languages=["es"],
        status=Job.Status.PENDING_QC,
        # Whoever decided the source goes on seeing the job.
        approved_source_by=people["reviewer"],
        **places,
    )
    give_captions(job)
    LanguageReview.objects.filter(output__job=job, output__language="es").update(
        linguist=people["linguist"], reviewer=people["reviewer"], state="assigned"
    )
    return job


# What a row may ask for beforehand, by name.
GIVENS: dict[str, Callable[[World], None]] = {}


def given(function: Callable[[World], None]) -> Callable[[World], None]:
    GIVENS[function.__name__] = function
    return function


def _in_state(world: World, status: str) -> None:
    Job.objects.filter(pk=world.job.pk).update(status=status)


@given
def spanish_captions(world: World) -> None:
    give_captions(world.job, language="es")


@given
def a_waveform(world: World) -> None:
    key = f"tests/roles/{uuid.uuid4()}"
    with NamedTemporaryFile() as file:
        Path(file.name).write_bytes(b"[]")
        store().put(key, Path(file.name), content_type="application/json")
    AssetFactory(key=key, kind=Asset.Kind.DOCUMENT, made_from=world.job.source, purpose=Asset.Purpose.WAVEFORM, size=2)


@given
def a_described_film(world: World) -> None:
    world.job.outputs.filter(language="en").update(accessible_video=AssetFactory(technical={}))


@given
def a_film_being_prepared(world: World) -> None:
    ingestion.start(Asset.objects.get(pk=world.things["asset"]), by=world.people["production"])


@given
def a_job_that_began(world: World) -> None:
    _in_state(world, Job.Status.INGESTING)


@given
def a_job_that_failed(world: World) -> None:
    _in_state(world, Job.Status.FAILED)


@given
def a_job_that_waits_for_the_end(world: World) -> None:
    _in_state(world, Job.Status.PENDING_FINAL_REVIEW)
    LanguageReview.objects.filter(output__job=world.job).update(state="approved")


@given
def a_job_that_is_done(world: World) -> None:
    _in_state(world, Job.Status.COMPLETED)


@given
def spanish_lines_are_placed(world: World) -> None:
    _in_state(world, Job.Status.PENDING_FINAL_REVIEW)
    give_timetable(world.job, language="es")


@given
def a_brief_that_waits(world: World) -> None:
    Brief.objects.filter(pk=world.things["brief"]).update(status=Brief.Status.SUBMITTED)


def _spanish(world: World, state: str, **more: Any) -> None:
    LanguageReview.objects.filter(output__job=world.job, output__language="es").update(state=state, **more)


@given
def spanish_is_nobodys(world: World) -> None:
    _spanish(world, "unassigned", linguist=None)


@given
def spanish_has_no_reviewer(world: World) -> None:
    _spanish(world, "assigned", reviewer=None)


@given
def spanish_is_worked_on(world: World) -> None:
    _spanish(world, "in_progress")


@given
def spanish_is_submitted(world: World) -> None:
    _spanish(world, "submitted", submitted_by=world.people["linguist"])


@given
def spanish_is_reviewed(world: World) -> None:
    _spanish(world, "in_review", submitted_by=world.people["linguist"])


@given
def spanish_is_rejected(world: World) -> None:
    _spanish(world, "rejected", submitted_by=world.people["linguist"])
