"""Two people at once, on two connections: one version is in force, and numbers have no gap."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core.errors import ConflictError
from media_library.models import Glossary
from media_library.services import glossaries
from media_library.tests.factories import GlossaryFactory, GlossaryVersionFactory

FILE = {"data": b"source,es\npremiere,estreno\n", "filename": "a.csv"}


def at_once(*deeds: Callable[[], object]) -> list[BaseException | None]:
    def done(deed: Callable[[], object]) -> BaseException | None:
        try:
            deed()
        except ConflictError as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(done, deeds))


@pytest.mark.django_db(transaction=True)
def test_versions_activated_and_added_at_once_leave_one_in_force_and_no_gap() -> None:
    glossary = GlossaryFactory()
    others = [GlossaryVersionFactory(glossary=glossary) for _ in range(2)]
    assert (
        at_once(
            *(lambda pk=one.pk: glossaries.activate(glossary, version_id=pk, actor=glossary.owner) for one in others),
            *[lambda: glossaries.add_version(glossary, **FILE, actor=glossary.owner)] * 2,
        )
        == [None] * 4
    )
    assert glossary.versions.filter(is_active=True).count() == 1
    assert sorted(glossary.versions.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.django_db(transaction=True)
def test_a_name_taken_twice_at_once_is_taken_once() -> None:
    there = GlossaryFactory()
    make = {"client": there.client, "actor": there.owner, **FILE}
    told = at_once(*(lambda name=name: glossaries.create_glossary(name=name, **make) for name in ("Style", "STYLE")))
    assert sorted(map(str, told)) == ["Glossary name already exists", "None"]
    assert Glossary.objects.filter(name__iexact="style").count() == 1
