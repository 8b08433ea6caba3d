"""The back-office over JSON: people and the audit trail. Other roles are refused before anything is looked up."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PAGING
from accounts.models import Organization, User, UserSession
from accounts.services import newcomers, passwords, people, sign_in
from core.audit import reading, retention
from core.errors import InvalidFieldError, NotFoundError
from core.models import AuditEvent
from core.rest.inputs import IdField, Input, StrictInput
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from core.rest.views import ApiView

USER = {
    "id": "uuid",
    "email": "string",
    "name": "nullable string",
    "role": "string",
    "is_active": "bool",
    "subscription_tier": "string",
    "created_at": "datetime",
    "updated_at": "datetime",
    "last_login_at": "nullable datetime",
}
EVENT = {
    "id": "uuid",
    "category": "string",
    "action": "string",
    "actor_id": "nullable uuid",
    "actor_email": "nullable string",
    "resource_type": "nullable string",
    "resource_id": "nullable string",
    "ip_address": "nullable string",
    "user_agent": "nullable string",
    "details": "object",
    "created_at": "datetime",
}
MESSAGE = {"message": "string"}


class AdminView(ApiView):
    """For the platform's admins alone."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        policies.require(self.admin, "accounts.admin.use")

    @property
    def admin(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user


# People.


class UserQuery(Input):
    role = serializers.ChoiceField(User.Role.choices, required=False, default="")
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    search = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class UserInput(StrictInput):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(User.Role.choices)
    name = serializers.CharField(required=False, allow_blank=True, allow_null=True, default="", max_length=150)
    password = serializers.CharField(
        required=False, default="", min_length=8, max_length=passwords.LONGEST, trim_whitespace=False
    )
    org_id = IdField(required=False, allow_null=True, default=None)


class UserChange(StrictInput):
    email = serializers.EmailField(required=False, max_length=254)
    name = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=150)
    role = serializers.ChoiceField(User.Role.choices, required=False)
    is_active = serializers.BooleanField(required=False)
    subscription_tier = serializers.ChoiceField(User.Tier.choices, required=False, source="tier")


class NewPassword(StrictInput):
    """`password` is another name for `new_password`."""

    new_password = serializers.CharField(
        required=False, min_length=8, max_length=passwords.LONGEST, trim_whitespace=False
    )
    password = serializers.CharField(required=False, min_length=8, max_length=passwords.LONGEST, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"new_password": serializers.ErrorDetail("Field required", "required")})
        if len(set(attrs.values())) > 1:
            raise serializers.ValidationError({"password": "Give one of new_password and password."})
        return {"new_password": next(iter(attrs.values()))}


def with_last_login(users: QuerySet[User]) -> QuerySet[User]:
    """When each last came in, by a browser or by a program."""
    came = UserSession.objects.filter(user=OuterRef("pk")).order_by().values("user").annotate(at=Max("created_at"))
    return users.annotate(last_login_at=Greatest("last_login", Subquery(came.values("at"))))


def user_output(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name or None,
        "role": user.role,
        "is_active": user.is_active,
        "subscription_tier": user.tier,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "last_login_at": user.last_login_at,  # type: ignore[attr-defined]  # annotated by with_last_login
    }


class UserView(AdminView):
    """One person, or all."""

    def find(self, user_id: uuid.UUID) -> User:
        user = with_last_login(User.objects.visible_to(self.admin)).filter(pk=user_id).first()
        if user is None:
            raise NotFoundError("User not found")
        return user

    def answer(self, user_id: uuid.UUID, *, code: int = status.HTTP_200_OK) -> Response:
        return Response(user_output(self.find(user_id)), status=code)


class Users(UserView):
    takes = UserInput
    query = (*PAGING, UserQuery)
    gives = Gives(get=page(USER), post=Made(USER))

    def get(self, request: Request) -> Response:
        page = PageRequest.parse(request.query_params)
        query = UserQuery.parse(request.query_params)
        found = with_last_login(User.objects.visible_to(self.admin)).order_by("created_at", "pk")
        if query["role"]:
            found = found.filter(role=query["role"])
        if query["is_active"] is not None:
            found = found.filter(is_active=query["is_active"])
        if query["search"]:
            found = found.filter(Q(name__icontains=query["search"]) | Q(email__icontains=query["search"]))
        return Response(page_of(found, page).body(lambda users: [user_output(user) for user in users]))

    def post(self, request: Request) -> Response:
        body = UserInput.parse(request.data)
        user = newcomers.create_user(
            email=body["email"],
            role=body["role"],
            name=body["name"] or "",
            password=body["password"],
            organization=self._house(body["org_id"]),
            actor=self.admin,
        )
        return self.answer(user.pk, code=status.HTTP_201_CREATED)

    def _house(self, organization_id: uuid.UUID | None) -> Organization | None:
        if organization_id is None:
            return None
        house = Organization.objects.visible_to(self.admin).filter(pk=organization_id).first()
        if house is None:
            raise InvalidFieldError("There is no such organization.", field="org_id")
        return house


class UserDetail(UserView):
    takes = UserChange
    gives = Gives(get=USER, patch=USER)

    def get(self, _request: Request, user_id: uuid.UUID) -> Response:
        return self.answer(user_id)

    def patch(self, request: Request, user_id: uuid.UUID) -> Response:
        user = self.find(user_id)
        changes = UserChange.parse(request.data)
        if "name" in changes:
            changes["name"] = changes["name"] or ""
        people.update_user(user, actor=self.admin, changes=changes)
        return self.answer(user_id)

    def delete(self, request: Request, user_id: uuid.UUID) -> Response:
        user = self.find(user_id)
        sign_in.require_recent_sign_in(request)
        people.delete_user(user, actor=self.admin)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SendPasswordReset(UserView):
    gives = Gives(post=MESSAGE)

    def post(self, _request: Request, user_id: uuid.UUID) -> Response:
        passwords.send_reset(self.find(user_id), actor=self.admin)
        return Response({"message": "Password reset email sent"})


class SetPassword(UserView):
    takes = NewPassword
    gives = Gives(post=MESSAGE)

    def post(self, request: Request, user_id: uuid.UUID) -> Response:
        user = self.find(user_id)
        sign_in.require_recent_sign_in(request)
        body = NewPassword.parse(request.data)
        passwords.set_password(user, body["new_password"], actor=self.admin, field="new_password")
        return Response({"message": "Password has been reset"})


# The audit trail.


class AuditQuery(Input):
    user_id = IdField(required=False, default=None)
    action = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    resource_type = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    to = serializers.DateTimeField(required=False, default=None)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # The language has the word for itself.
        return {**super().get_fields(), "from": serializers.DateTimeField(required=False, default=None)}


def chosen(events: QuerySet[AuditEvent], query: dict[str, Any]) -> QuerySet[AuditEvent]:
    return reading.chosen(
        events,
        actor_id=query["user_id"],
        action=query["action"],
        kind=query["resource_type"],
        since=query["from"],
        until=query["to"],
    )


def event_output(event: AuditEvent) -> dict[str, Any]:
    moved = {"before": event.before, "after": event.after, "request_id": event.request_id}
    return {
        "id": event.pk,
        "category": event.category,
        "action": event.action,
        "actor_id": event.actor_id,
        "actor_email": event.actor_email or None,
        "resource_type": event.subject_type or None,
        "resource_id": event.subject_id or None,
        "ip_address": event.ip_address,
        "user_agent": event.user_agent or None,
        "details": {**event.details, **{name: value for name, value in moved.items() if value}},
        "created_at": event.at,
    }


def event_outputs(events: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    return [event_output(event) for event in events]


class AuditLogs(AdminView):
    query = (*PAGING, AuditQuery)
    gives = Gives(get=page(EVENT))

    def get(self, request: Request, **where: Any) -> Response:
        events = self.events(**where)
        page = PageRequest.parse(request.query_params)
        query = AuditQuery.parse(request.query_params)
        return Response(page_of(chosen(events, query), page).body(event_outputs))

    def events(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.all()


class SecurityLogs(AuditLogs):
    def events(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(category=AuditEvent.Category.SECURITY)


class UserLogs(AuditLogs):
    """What somebody did, and what was done to them."""

    def events(self, user_id: uuid.UUID) -> QuerySet[AuditEvent]:  # type: ignore[override]  # the route names one
        user = User.objects.visible_to(self.admin).filter(pk=user_id).first()
        if user is None:
            raise NotFoundError("User not found")
        about = Q(subject_type=User._meta.label_lower, subject_id=str(user.pk))  # noqa: SLF001  (the documented way to it)
        return AuditEvent.objects.filter(Q(actor=user) | about)


class CleanUpQuery(Input):
    older_than_days = serializers.IntegerField(required=False, default=retention.FLOOR_DAYS)


class AuditCleanUp(AdminView):
    query = (CleanUpQuery,)
    gives = Gives(delete={"deleted": "int", "older_than": "datetime"})

    def delete(self, request: Request) -> Response:
        sign_in.require_recent_sign_in(request)
        query = CleanUpQuery.parse(request.query_params)
        done = retention.clean_up(older_than_days=query["older_than_days"], actor=self.admin)
        return Response({"deleted": done.deleted, "older_than": done.older_than})
