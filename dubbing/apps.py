from django.apps import AppConfig


class DubbingConfig(AppConfig):
    name = "dubbing"
    label = "dubbing"

    def ready(self) -> None:
        from dubbing import (  # noqa: F401, PLC0415  (register what they define, once the models are loaded)
            files,
            pipelines,
            policies,
            receivers,
            uses,
            voice_uses,
        )
