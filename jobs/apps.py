from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        # Registers the pipelines and connects the receivers once the models are loaded.
        from jobs import job_panels, packages, palette, pipelines, receivers  # noqa: F401, PLC0415  (registers what they define, once the apps are loaded)
