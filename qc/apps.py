from django.apps import AppConfig


class QcConfig(AppConfig):
    name = "qc"

    def ready(self) -> None:
        from qc import receivers  # noqa: F401, PLC0415  (connects the receivers once the models are loaded)
