"""Lists by page and size: `{items, total, page, size}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from core.errors import InvalidFieldError

Row = TypeVar("Row", bound=Model)

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
# Beyond this Postgres would refuse the offset; no list is that long.
FURTHEST_ROW = 2**31


@dataclass(frozen=True)
class PageRequest:
    page: int = 1
    size: int = DEFAULT_SIZE

    @classmethod
    def parse(cls, query: Mapping[str, Any]) -> PageRequest:
        """From query parameters. A size above the largest is clamped; numbers below 1 and other text are 422."""
        page, size = whole(query, "page", 1), whole(query, "size", DEFAULT_SIZE)
        return cls(page, min(size, LARGEST_SIZE))

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    total: int
    page: int
    size: int

    def body(self, render: Callable[[Sequence[Row]], Any]) -> dict[str, Any]:
        """`render` turns the rows of the page into JSON, all at once so that a serializer may take many."""
        return {"items": render(self.rows), "total": self.total, "page": self.page, "size": self.size}

    def pagination(self) -> dict[str, Any]:
        """As the surface of films says where one is."""
        pages = -(-self.total // self.size)
        return {
            "page": self.page,
            "limit": self.size,
            "total": self.total,
            "totalPages": pages,
            "hasNext": self.page < pages,
            "hasPrev": self.page > 1 and self.total > 0,
        }


def page_of(rows: QuerySet[Row], wanted: PageRequest) -> Page[Row]:
    """Two queries, however many rows. A page past the end is empty."""
    total = rows.count()
    end = wanted.offset + wanted.size
    found = list(rows[wanted.offset : end]) if wanted.offset < total and end < FURTHEST_ROW else []
    return Page(found, total, wanted.page, wanted.size)


def whole(query: Mapping[str, Any], name: str, default: int) -> int:
    text = str(query.get(name, default)).strip()
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise InvalidFieldError("Input should be a whole number", field=f"query.{name}", kind="int_parsing")
    if int(text) < 1:
        raise InvalidFieldError(
            "Input should be greater than or equal to 1", field=f"query.{name}", kind="greater_than_equal"
        )
    return int(text)
