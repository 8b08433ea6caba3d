from django.apps import AppConfig

from accounts import checks  # noqa: F401  (loading them registers them)


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"
