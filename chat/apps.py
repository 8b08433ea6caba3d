from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"
    label = "chat"

    def ready(self) -> None:
        from chat import film_receivers, pipelines, policies, project_receivers, sight  # noqa: F401, PLC0415  (register what they define, once the models are loaded)
