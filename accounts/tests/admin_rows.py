"""One row of every table that the admin shows. What nobody may read there holds `SECRET`."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import (
    ApiKey,
    Client,
    ClientManager,
    ExternalIdentity,
    Invitation,
    Membership,
    Notification,
    OneTimeLink,
    Organization,
    Project,
    ProjectMember,
    RecoveryCode,
    RefreshToken,
    Team,
    TeamMember,
    User,
    UserSession,
)
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, TeamFactory, UserFactory
from ai.models import Budget, Call
from chat.models import (
    Attachment,
    BibleRevision,
    BoardCard,
    Choice,
    ClipProposal,
    Conversation,
    Film,
    FilmSession,
    Message,
    Participant,
    Record,
    Render,
    ScriptComment,
    ScriptExample,
    ScriptExport,
    ScriptFeedback,
    Star,
    StoryMaterial,
    Webhook,
    WebhookDelivery,
)
from chat.tests.factories import ConversationFactory, FilmFactory, clip_in, say, session_of
from core import audit
from core.live.models import LiveEvent, LiveStream
from core.mail.models import Letter
from core.models import AuditEvent, AuditTombstone
from core.rest.models import IdempotentAnswer, RequestLog
from core.runs.models import OutboxMessage, Run, Step
from core.storage.models import Removal, Upload
from dubbing.models import Dub, DubLine, DubSpeaker, ProcessingJob, VoiceClone
from dubbing.tests.factories import DubFactory, ProcessingJobFactory, line_in, role_in
from generation.models import GenerationSession, Preset, Round, Take
from generation.tests.factories import SessionFactory, round_of, take_of
from jobs.models import Brief, Delivery, Job, LanguageOutput, PausePoint
from jobs.tests.factories import AssetFactory, JobFactory, give_captions
from media_library.models import (
    Asset,
    ClipFile,
    Collection,
    Glossary,
    GlossaryTerm,
    GlossaryVersion,
    Intake,
    Passage,
    Persona,
    Pronunciation,
    Segment,
    Speaker,
    Suggestion,
    Track,
    TrackDraft,
    TrackVersion,
    Transcript,
    TranscriptEdit,
    VoiceConsent,
    VoiceProfile,
)
from media_library.tests.factories import (
    GlossaryFactory,
    GlossaryVersionFactory,
    PersonaFactory,
    VoiceProfileFactory,
)
from qc.models import (
    CueReview,
    GuestVerdict,
    LanguageReview,
    LanguageSkill,
    ReviewComment,
    ReviewNote,
    ShareLink,
    ShareVisit,
)

SECRET = "c0ffee" * 10 + "beef"


def unique(length: int = 64) -> str:
    return (uuid.uuid4().hex * 2)[:length]


def soon() -> Any:
    return timezone.now() + timedelta(days=1)


def a_session() -> UserSession:
    return UserSession.objects.create(user=UserFactory(), kind="token", access_token=unique(), expires_at=soon())


def an_output() -> LanguageOutput:
    return JobFactory(organization=OrganizationFactory()).outputs.get()


def a_track() -> Track:
    return give_captions(JobFactory())


def a_transcript() -> Transcript:
    return Transcript.objects.create(asset=AssetFactory(), language="en", engine="test")


def a_run() -> Run:
    return Run.objects.create(kind="test", subject_id=uuid.uuid4(), created_by=UserFactory())


def an_event() -> AuditEvent:
    return audit.record("accounts.user.update", UserFactory(), actor=UserFactory())


def a_letter() -> Letter:
    return Letter.objects.create(to="a@example.com", template="t", subject=SECRET, text=SECRET, next_attempt_at=soon())


def an_invitation() -> Invitation:
    return Invitation.objects.create(
        email="a@example.com",
        organization=OrganizationFactory(),
        project=ProjectFactory(),
        invited_by=UserFactory(),
        token_hash=unique(),
        expires_at=soon(),
    )


def a_key() -> ApiKey:
    return ApiKey.objects.create(user=UserFactory(), name="Robot", prefix="rwk_1234", token_hash=unique())


def a_call() -> Call:
    return Call.objects.create(capability="chat", provider="local", model="m", purpose="p", user=UserFactory())


def a_term() -> GlossaryTerm:
    term: GlossaryTerm = GlossaryVersionFactory().terms.get()
    return term


def a_review() -> LanguageReview:
    review: LanguageReview = LanguageReview.objects.get_or_create(output=an_output())[0]
    return review


def a_share() -> ShareLink:
    return ShareLink.objects.create(
        job=JobFactory(), token_hash=unique(), prefix="abcdefgh", created_by=UserFactory(), expires_at=soon()
    )


def a_comment(clip: ClipProposal) -> ScriptComment:
    return ScriptComment.objects.create(
        conversation=clip.conversation, clip=clip, author=UserFactory(), content="Shorter."
    )


def a_webhook() -> Webhook:
    return Webhook.objects.create(
        user=UserFactory(), url="https://hooks.example/x", events=["media-processed"], secret=SECRET
    )


MAKERS: dict[type[models.Model], Callable[[], Any]] = {
    AuditEvent: an_event,
    AuditTombstone: lambda: AuditTombstone.objects.create(
        first_position=AuditTombstone.objects.count() * 2 + 1,
        last_position=AuditTombstone.objects.count() * 2 + 2,
        prev_hash="",
        last_hash="",
        signature="",
    ),
    Run: a_run,
    Step: lambda: Step.objects.create(run=a_run(), name="s", position=1, queue="default"),
    OutboxMessage: lambda: OutboxMessage.objects.create(task="t", queue="default"),
    LiveStream: lambda: LiveStream.objects.create(name=unique(20)),
    LiveEvent: lambda: LiveEvent.objects.create(
        stream=LiveStream.objects.create(name=unique(20)), seq=1, type="t", payload={}
    ),
    Letter: a_letter,
    RequestLog: lambda: RequestLog.objects.create(
        user=UserFactory(),
        endpoint="/api/x",
        method="GET",
        response_status=200,
        response_time_ms=1,
        created_at=timezone.now(),
    ),
    IdempotentAnswer: lambda: IdempotentAnswer.objects.create(
        scope="s",
        method="POST",
        path="/api/x",
        key=unique(),
        fingerprint="",
        claimed_until=soon(),
        expires_at=soon(),
    ),
    Upload: lambda: Upload.objects.create(
        key=unique(), owner=UserFactory(), filename="f.mp4", content_type="video/mp4", size=1, expires_at=soon()
    ),
    User: lambda: UserFactory(house=OrganizationFactory()),
    Organization: OrganizationFactory,
    Membership: lambda: Membership.objects.create(user=UserFactory(), organization=OrganizationFactory()),
    Client: ClientFactory,
    ClientManager: lambda: ClientManager.objects.create(user=UserFactory(), client=ClientFactory()),
    Team: TeamFactory,
    TeamMember: lambda: TeamMember.objects.create(user=UserFactory(), team=TeamFactory()),
    Project: lambda: ProjectFactory(client=ClientFactory()),
    ProjectMember: lambda: ProjectMember.objects.create(user=UserFactory(), project=ProjectFactory()),
    Invitation: an_invitation,
    UserSession: a_session,
    RefreshToken: lambda: RefreshToken.objects.create(session=a_session(), token_hash=unique()),
    ApiKey: a_key,
    ExternalIdentity: lambda: ExternalIdentity.objects.create(user=UserFactory(), issuer="https://i", subject=unique()),
    OneTimeLink: lambda: OneTimeLink.objects.create(
        user=UserFactory(), purpose="verify_email", email="a@example.com", token_hash=unique(), expires_at=soon()
    ),
    RecoveryCode: lambda: RecoveryCode.objects.create(user=UserFactory(), code_hash=unique()),
    TOTPDevice: lambda: TOTPDevice.objects.create(user=UserFactory(), name="App", confirmed=True, key=unique(40)),
    Call: a_call,
    Budget: lambda: Budget.objects.create(user=UserFactory(), limit_usd=5),
    Asset: AssetFactory,
    Transcript: a_transcript,
    Segment: lambda: Segment.objects.create(transcript=a_transcript(), position=1, start=0, end=1, text="Hello"),
    Track: a_track,
    TrackVersion: lambda: TrackVersion.objects.get(track=a_track()),
    TrackDraft: lambda: TrackDraft.objects.create(track=a_track(), author=UserFactory(), base_version=1, content="x"),
    Speaker: lambda: a_transcript().speakers.create(label="speaker_1"),
    TranscriptEdit: lambda: a_transcript().edits.create(number=1, author=UserFactory(), action="text"),
    Passage: lambda: AssetFactory().passages.create(kind="name", text="Harbour"),
    Intake: lambda: Intake.objects.create(owner=UserFactory(), filename="f.mp4", source_url=f"https://a/{SECRET}"),
    Collection: lambda: Collection.objects.create(
        owner=UserFactory(), name=unique(10), project=ProjectFactory(), organization=OrganizationFactory()
    ),
    ClipFile: lambda: ClipFile.objects.create(asset=AssetFactory(), start_ms=0, end_ms=1, format="mp4"),
    Suggestion: lambda: Suggestion.objects.create(
        asset=AssetFactory(), kind="metadata", content={}, engine="test", decided_by=UserFactory()
    ),
    Removal: lambda: Removal.objects.create(key=unique()),
    Persona: lambda: PersonaFactory(organization=OrganizationFactory()),
    VoiceProfile: VoiceProfileFactory,
    VoiceConsent: lambda: VoiceConsent.objects.create(
        profile=VoiceProfileFactory(),
        given_by="Ana",
        given_at=timezone.now(),
        statement="Yes.",
        recorded_by=UserFactory(),
    ),
    Glossary: GlossaryFactory,
    GlossaryVersion: GlossaryVersionFactory,
    GlossaryTerm: a_term,
    Job: lambda: JobFactory(organization=OrganizationFactory(), client=ClientFactory()),
    LanguageOutput: an_output,
    LanguageReview: a_review,
    CueReview: lambda: CueReview.objects.create(review=a_review(), kind="captions", cue_index=0, by=UserFactory()),
    ReviewComment: lambda: ReviewComment.objects.create(review=a_review(), body="Too long.", author=UserFactory()),
    LanguageSkill: lambda: LanguageSkill.objects.create(user=UserFactory(), language="es"),
    ReviewNote: lambda: ReviewNote.objects.create(job=JobFactory(), timestamp=1, body="Cut.", author=UserFactory()),
    ShareLink: a_share,
    ShareVisit: lambda: ShareVisit.objects.create(share=a_share(), visitor="0" * 16),
    GuestVerdict: lambda: GuestVerdict.objects.create(share=a_share(), verdict="approved", guest_name="Ana"),
    Brief: lambda: Brief.objects.create(
        title="Brief", organization=OrganizationFactory(), client=ClientFactory(), created_by=UserFactory()
    ),
    Delivery: lambda: Delivery.objects.create(filename="a.zip", created_by=UserFactory(), expires_at=soon()),
    PausePoint: lambda: PausePoint.objects.create(
        output=an_output(), cue_index=0, text="A ship.", original=1, at=2, moved_by=UserFactory()
    ),
    Pronunciation: lambda: Pronunciation.objects.create(
        term=unique(10),
        respelling="rui",
        owner=UserFactory(),
        organization=OrganizationFactory(),
        client=ClientFactory(),
    ),
    Notification: lambda: Notification.objects.create(user=UserFactory(), kind="jobs.completed", text="Done"),
    Conversation: lambda: ConversationFactory(project=ProjectFactory(), organization=OrganizationFactory()),
    Star: lambda: Star.objects.create(conversation=ConversationFactory(), user=UserFactory()),
    Participant: lambda: Participant.objects.create(conversation=ConversationFactory(), user=UserFactory()),
    Message: lambda: say(ConversationFactory(), "Hello"),
    Attachment: lambda: Attachment.objects.create(
        conversation=ConversationFactory(), asset=AssetFactory(), original_filename="a.pdf", uploaded_by=UserFactory()
    ),
    ClipProposal: lambda: clip_in(ConversationFactory()),
    Record: lambda: Record.objects.create(conversation=ConversationFactory(), position=0, content="At dawn."),
    ScriptComment: lambda: a_comment(clip_in(ConversationFactory())),
    Render: lambda: Render.objects.create(
        conversation=ConversationFactory(), plan={}, digest=unique(), requested_by=UserFactory()
    ),
    ScriptExport: lambda: ScriptExport.objects.create(
        conversation=ConversationFactory(),
        format="pdf",
        key=unique(),
        filename="a.pdf",
        content_type="application/pdf",
        size=1,
        sha256=unique(),
        created_by=UserFactory(),
        expires_at=soon(),
    ),
    ScriptFeedback: lambda: ScriptFeedback.objects.create(
        user=UserFactory(), script_content="x", digest=unique(), organization=OrganizationFactory(), rating=4
    ),
    ScriptExample: lambda: ScriptExample.objects.create(
        title="Harbour", content="x", digest=unique(), organization=OrganizationFactory()
    ),
    Film: FilmFactory,
    FilmSession: lambda: session_of(FilmFactory()),
    Choice: lambda: Choice.objects.create(
        session=session_of(FilmFactory()), step="genre-selection", title="Drama", taken_by=UserFactory()
    ),
    BibleRevision: lambda: BibleRevision.objects.create(film=FilmFactory(), number=1, author=UserFactory()),
    StoryMaterial: lambda: StoryMaterial.objects.create(
        kind="genre", slug=unique(20), title="Drama", organization=OrganizationFactory()
    ),
    BoardCard: lambda: BoardCard.objects.create(film=FilmFactory(), asset=AssetFactory(), added_by=UserFactory()),
    Webhook: a_webhook,
    WebhookDelivery: lambda: WebhookDelivery.objects.create(
        webhook=a_webhook(), event="media-processed", subject=unique(20), payload={}
    ),
    GenerationSession: SessionFactory,
    Round: lambda: round_of(SessionFactory()),
    Take: lambda: take_of(SessionFactory()),
    Preset: lambda: Preset.objects.create(owner=UserFactory(), name=unique(20)),
    Dub: DubFactory,
    DubSpeaker: lambda: role_in(DubFactory()),
    DubLine: lambda: line_in(DubFactory()),
    ProcessingJob: ProcessingJobFactory,
    VoiceClone: lambda: VoiceClone.objects.create(
        id=uuid.uuid4(), profile=VoiceProfileFactory(), target_language="es", text_content="Hola.", asset=AssetFactory()
    ),
}
