from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ChatConfig(AppConfig):
    name = "chat"
    label = "chat"

    def ready(self) -> None:
        from chat import (  # noqa: F401, PLC0415  (register what they define, once the models are loaded)
            files,
            film_receivers,
            palette,
            pipelines,
            policies,
            project_parts,
            project_receivers,
            receivers,
            sight,
            uses,
        )
        from chat.services import materials  # noqa: PLC0415  (models: once they are loaded)

        post_migrate.connect(materials.seed, sender=self, dispatch_uid="chat.materials")
