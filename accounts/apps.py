from django.apps import AppConfig

from accounts import checks  # noqa: F401  (loading them registers them)


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        # Registers what the command palette opens once the models are loaded.
        from accounts import palette  # noqa: F401, PLC0415  (registers what it defines, once the apps are loaded)
