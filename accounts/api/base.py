"""What the views of this app have in common."""

from __future__ import annotations

from accounts.models import User
from core.rest.views import ApiView

PAGING = ("page", "size")


class PersonView(ApiView):
    """For signed-in people."""

    @property
    def caller(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user
