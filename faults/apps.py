from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "faults"

    def ready(self) -> None:
        from faults import pipelines  # noqa: F401, PLC0415  (registers the pipelines)
