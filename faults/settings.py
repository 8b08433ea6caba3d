"""The studio's settings, and the pipelines that the fault suite breaks."""

from config.settings import *  # noqa: F403  (all of them, a few changed below)
from config.settings import INSTALLED_APPS as STUDIO_APPS

INSTALLED_APPS = [*STUDIO_APPS, "faults"]
