from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "faults"

    def ready(self) -> None:
        from faults import failpoints, pipelines  # noqa: F401, PLC0415  (registers the pipelines, and where to die)
