"""Queries that are asked at every request: Django writes their SQL once, later only the values are filled in.

Writing the SQL of three joined tables takes several times as long as Postgres needs to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


class Prepared(Generic[M]):
    """`Prepared(lambda pk: Job.objects.filter(pk=pk), pk=some_uuid).first(pk=job_id)`.

    The examples stand for the values while the SQL is written: of the type that the database gets, and equal to no other value
    in the query. Annotations and `select_related` arrive as usual; prefetches do not.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], **examples: Any) -> None:
        self.build = build
        self.examples = examples

    def first(self, **values: Any) -> M | None:
        sql, parameters = self._sql
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(sql, [values[name] if name else constant for name, constant in parameters])
            row = cursor.fetchone()
        return None if row is None else self._instance(list(row), connection)

    @cached_property
    def _compiled(self) -> Any:
        compiler = self.build(**self.examples).query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.written = compiler.as_sql()
        return compiler

    @cached_property
    def _sql(self) -> tuple[str, list[tuple[str, Any]]]:
        """The SQL, and for each of its places the name of a value, or else a constant."""
        sql, found = self._compiled.written
        names = {example: name for name, example in self.examples.items()}
        parameters = [(names.get(value, ""), value) for value in found]
        missing = names.keys() - set(found)
        if missing:
            raise ValueError(f"The query does not ask for {', '.join(names[example] for example in missing)}")
        return sql, parameters

    @cached_property
    def _converters(self) -> list[tuple[int, list[Any], Any]]:
        columns = [column for column, _, _ in self._compiled.select]
        return [(at, *found) for at, found in self._compiled.get_converters(columns).items()]

    @cached_property
    def _shape(self) -> tuple[Any, slice, list[str], list[Any]]:
        """The model, where its columns are, their names, and what fills in related objects: as ModelIterable has it."""
        info, select = self._compiled.klass_info, self._compiled.select
        fields = info["select_fields"]
        columns = slice(fields[0], fields[-1] + 1)
        names = [column.target.attname for column, _, _ in select[columns]]
        # The stubs are those of a later Django, which asks for one more.
        related = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        return info["model"], columns, names, related

    def _instance(self, row: list[Any], connection: Any) -> M:
        for at, converters, column in self._converters:
            for convert in converters:
                row[at] = convert(row[at], column, connection)
        model, columns, names, related = self._shape
        found: M = model.from_db(DEFAULT_DB_ALIAS, names, row[columns])
        for populator in related:
            populator.populate(row, found)
        for name, at in (self._compiled.annotation_col_map or {}).items():
            setattr(found, name, row[at])
        return found
