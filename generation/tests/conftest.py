"""What tests of this app share."""

from media_library.tests.conftest import numbered_film  # noqa: F401
