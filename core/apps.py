from django.apps import AppConfig

from core import checks  # noqa: F401  (loading them registers them)


class CoreConfig(AppConfig):
    name = "core"
