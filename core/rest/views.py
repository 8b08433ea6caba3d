"""The base of every JSON view of the studio."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.views import APIView


class ApiView(APIView):
    """Signed-in callers only, unless a view opens itself with `permission_classes = [AllowAny]`."""

    @property
    def caller(self) -> AbstractBaseUser:
        assert isinstance(self.request.user, AbstractBaseUser)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user
