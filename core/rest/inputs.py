"""What comes in: one small serializer per write, which checks shape and nothing else."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Input(serializers.Serializer[Any]):
    """Base of input serializers. Unknown and read-only fields are ignored and change nothing."""

    @classmethod
    def parse(cls, data: Any, **context: Any) -> dict[str, Any]:
        """The checked values, or ValidationError naming every field that is wrong."""
        serializer = cls(data=data, context=context)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
