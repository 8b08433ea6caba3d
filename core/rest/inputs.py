"""What comes in: one small serializer per write, which checks shape and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers


class IdField(serializers.UUIDField):
    """An id as text. The framework would take a number for one as well."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text. The framework would take a number for it as well."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FiniteField(serializers.FloatField):
    """A number. The framework would take yes and no for one as well, and what is no number in the end."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class Input(serializers.Serializer[Any]):
    """Base of input serializers. Unknown and read-only fields are ignored and change nothing."""

    @classmethod
    def parse(cls, data: Any, **context: Any) -> dict[str, Any]:
        """The checked values, or ValidationError naming every field that is wrong."""
        serializer = cls(data=data, context=context)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class StrictInput(Input):
    """For writes to users, memberships and roles: a field that is unknown or not writable is refused, not ignored."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            if foreign := sorted(str(name) for name in set(data) - writable):
                raise serializers.ValidationError(dict.fromkeys(foreign, "Extra inputs are not permitted"))
        values: dict[str, Any] = super().to_internal_value(data)
        return values


def named_id(body: Any, name: str) -> UUID | None:
    """The id that a body names, before the body is judged: what it names may not be there, which comes first."""
    said = body.get(name) if isinstance(body, Mapping) else None
    try:
        return UUID(said) if isinstance(said, str) else None
    except ValueError:
        return None
