"""The studio's settings with two routes beside its own, one open and one for people who are signed in."""

from config.settings import *  # noqa: F403  (all of them, a few changed below)

ROOT_URLCONF = "bench.served.urls"
