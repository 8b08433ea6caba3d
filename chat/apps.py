from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"
    label = "chat"

    def ready(self) -> None:
        from chat import policies  # noqa: F401, PLC0415  (registers what it defines, once the models are loaded)
