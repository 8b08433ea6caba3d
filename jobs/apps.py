from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs import pipelines  # noqa: F401, PLC0415  (registers the pipelines once the models are loaded)
