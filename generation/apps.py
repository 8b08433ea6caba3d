from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"
    label = "generation"

    def ready(self) -> None:
        from generation import (  # noqa: F401, PLC0415  (register what they define, once the models are loaded)
            pipelines,
            policies,
        )
