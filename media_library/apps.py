from django.apps import AppConfig


class MediaLibraryConfig(AppConfig):
    name = "media_library"
    label = "media_library"

    def ready(self) -> None:
        # Registers the checks, pipelines, rules and files and connects the receivers once the models are loaded.
        from media_library import checks, files, palette, pipelines, policies, receivers  # noqa: F401, PLC0415  (registers what they define)
