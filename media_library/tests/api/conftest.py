from __future__ import annotations

from accounts.tests.api.conftest import (  # noqa: F401  (fixtures)
    api,
    client_of_house,
    count_queries,
    house,
    keeps_contract,
    people,
)
