from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "ai"
    label = "ai"

    def ready(self) -> None:
        from ai import checks  # noqa: F401, PLC0415 - registers the check of the routes
