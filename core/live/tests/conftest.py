from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model


@pytest.fixture
def mara(transactional_db: None) -> Any:
    return get_user_model().objects.create_user("mara@example.com", "long enough 123")
