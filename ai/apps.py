from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "ai"
    label = "ai"

    def ready(self) -> None:
        # Registers the check of the routes and what the command palette opens.
        from ai import checks, files, palette  # noqa: F401, PLC0415  (registers what they define, once the apps are loaded)
