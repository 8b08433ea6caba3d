from django.apps import AppConfig


class QcConfig(AppConfig):
    name = "qc"

    def ready(self) -> None:
        from qc import palette, panels, policies, receivers  # noqa: F401, PLC0415  (registers what they define, once the models are loaded)
