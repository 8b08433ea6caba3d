"""Who may do what in the library. Registered with accounts.policies when this module is imported."""

from __future__ import annotations

from typing import Any

from accounts.models import Organization, Project, User
from accounts.policies import ALLOWED, Decision, can, denied, house_of, rule
from media_library.models import Asset, Collection, Persona, Pronunciation, Transcript, VoiceProfile

R = User.Role
KEEPERS = (R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)
NOT_A_KEEPER = "Production, project managers and admins keep the glossaries."


@rule("media_library.glossary.create")
def glossary_makers(user: User, obj: Any) -> Decision:
    """Where no client is named yet, keeping glossaries anywhere is enough; the client's house is asked about once it is known."""
    if obj is None:
        return ALLOWED if user.is_platform_admin or user.has_role(*KEEPERS) else denied(NOT_A_KEEPER)
    return glossary_keepers(user, obj)


@rule("media_library.glossary.change", "media_library.glossary.archive")
def glossary_keepers(user: User, obj: Any) -> Decision:
    if user.is_platform_admin or user.role_in(house_of(obj)) in KEEPERS:
        return ALLOWED
    return denied(NOT_A_KEEPER)


NOT_THEIR_KEEPER = "Production, project managers and admins keep how words are said."


@rule("media_library.pronunciation.create")
def pronunciation_makers(user: User, obj: Pronunciation | None) -> Decision:
    """Where no place is named yet, keeping any is enough. Who is in no house keeps their own."""
    if obj is not None:
        return pronunciation_keepers(user, obj)
    keeps = user.is_platform_admin or user.has_role(*KEEPERS) or not user.roles_by_house
    return ALLOWED if keeps else denied(NOT_THEIR_KEEPER)


@rule("media_library.pronunciation.change", "media_library.pronunciation.remove")
def pronunciation_keepers(user: User, obj: Pronunciation) -> Decision:
    own = obj.client_id is None and obj.organization_id is None and obj.owner_id == user.pk
    if user.is_platform_admin or own or (not _nobodys(obj) and user.role_in(house_of(obj)) in KEEPERS):
        return ALLOWED
    return denied(NOT_THEIR_KEEPER)


def _nobodys(obj: Pronunciation) -> bool:
    """Of no client and no house: a person's."""
    return obj.client_id is None and obj.organization_id is None


@rule("media_library.glossaries.open")
def glossary_readers(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Everybody; `visible_to` decides which."""
    return ALLOWED


OUTSIDERS_LOOK = "You may look at this, not change it."


def _house_role(user: User, obj: Any) -> str:
    """The role in the object's house, where the person belongs to it; empty otherwise."""
    house = house_of(obj)
    return user.roles_by_house.get(house, "") if house is not None else ""


def _writes_in_project(user: User, project: Project | None) -> bool:
    return project is not None and bool(can(user, "accounts.project.update", project))


@rule("media_library.asset.add")
def asset_adders(user: User, obj: Any) -> Decision:
    """For oneself: everybody. `obj` is the house or the project that it is for."""
    match obj:
        case Project():
            return can(user, "accounts.project.update", obj)
        case Organization() if not user.is_platform_admin and obj.pk not in user.roles_by_house:
            return denied("You are not in this organization.")
    return ALLOWED


@rule("media_library.asset.change", "media_library.asset.archive")
def asset_changers(user: User, obj: Asset) -> Decision:
    """Its owner, who writes in its project, and those who work in its house; its customers look."""
    if user.is_platform_admin or obj.owner_id == user.pk or _writes_in_project(user, obj.project):
        return ALLOWED
    if obj.shelf in Asset.SHARED and _house_role(user, obj) in (*KEEPERS, R.LINGUIST, R.REVIEWER):
        return ALLOWED
    return denied(OUTSIDERS_LOOK)


@rule("media_library.asset.delete")
def asset_removers(user: User, obj: Asset) -> Decision:
    """For good: its owner, the owner of its project, and the admins of its house."""
    owns_project = obj.project is not None and obj.project.owner_id == user.pk
    if user.is_platform_admin or obj.owner_id == user.pk or owns_project:
        return ALLOWED
    if obj.shelf in Asset.SHARED and _house_role(user, obj) == R.ADMIN:
        return ALLOWED
    return denied("Its owner or an admin deletes it for good. You can archive it if you may change it.")


@rule("media_library.transcript.change")
def transcript_changers(user: User, obj: Transcript) -> Decision:
    return asset_changers(user, obj.asset)


@rule("media_library.collection.create")
def collection_makers(user: User, obj: Any) -> Decision:
    """`obj` is the house or project it is for; None for oneself."""
    return asset_adders(user, obj)


@rule("media_library.collection.change", "media_library.collection.delete")
def collection_changers(user: User, obj: Collection) -> Decision:
    if user.is_platform_admin or obj.owner_id == user.pk or _writes_in_project(user, obj.project):
        return ALLOWED
    if obj.project is None and _house_role(user, obj) in (*KEEPERS, R.LINGUIST, R.REVIEWER):
        return ALLOWED
    return denied(OUTSIDERS_LOOK)


@rule("media_library.persona.create")
def persona_makers(user: User, obj: Organization | None) -> Decision:
    """For oneself: everybody. In a house: those who work there."""
    if obj is None or user.is_platform_admin or _house_role(user, obj) not in ("", R.CLIENT):
        return ALLOWED
    return denied("Those who work in the organization keep its personas.")


@rule("media_library.persona.change", "media_library.persona.delete")
def persona_changers(user: User, obj: Persona) -> Decision:
    if user.is_platform_admin or obj.owner_id == user.pk or _house_role(user, obj) not in ("", R.CLIENT):
        return ALLOWED
    return denied(OUTSIDERS_LOOK)


@rule("media_library.voice.change", "media_library.voice.consent", "media_library.voice.delete")
def voice_changers(user: User, obj: VoiceProfile) -> Decision:
    """Only whose profile it is, and the platform's admins: a public one is for use, not for change."""
    if user.is_platform_admin or obj.owner_id == user.pk:
        return ALLOWED
    return denied("Only the owner of the voice does this.")


@rule("media_library.voice.use")
def voice_users(user: User, obj: VoiceProfile) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Whoever sees it, once its consent is in force."""
    if obj.consents.filter(revoked_at=None).exists():
        return ALLOWED
    return denied("Nobody has recorded that the speaker agreed to this use.")


@rule(
    "media_library.library.open",
    "media_library.search",
    "media_library.pronunciations.open",
    "media_library.voice.create",
)
def everybody(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    return ALLOWED
