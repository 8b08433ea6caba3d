"""A studio of its own to break: services, database, files and settings that nothing else uses."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faults.rig import Rig

# What is configured here, of services, buckets and keys, is never touched.
NOT_OURS = (
    *("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "CACHE_URL", "AWS_STORAGE_BUCKET_NAME", "AWS_S3_ENDPOINT_URL"),
    *("REELWRIGHT_MODE", "RUN_LEASE_SECONDS", "RUN_HEARTBEAT_SECONDS", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"),
    *("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "ELEVENLABS_API_KEY", "ELEVENLABS_BASE_URL"),
    *("REPLICATE_API_TOKEN", "REPLICATE_BASE_URL", "GEMINI_API_KEY", "GEMINI_BASE_URL"),
    *("AI_GENERATE_IMAGE", "AI_GENERATE_VIDEO"),
)


@contextmanager
def own_ground(*, keep: bool = False) -> Iterator[Rig]:
    """Once a process, before Django is set up. The state directory goes at the end, unless `keep` or an error left it for a look."""
    home = Path(tempfile.mkdtemp(prefix="reelwright-faults-"))
    # The account that Postgres runs under must be able to pass.
    home.chmod(0o755)
    for name in NOT_OURS:
        os.environ.pop(name, None)
    os.environ |= {"REELWRIGHT_HOME": str(home), "DJANGO_SETTINGS_MODULE": "faults.settings", "LOG_LEVEL": "ERROR"}
    from core import embedded  # noqa: PLC0415  (once Django is set up)

    embedded.ensure(home=home)
    import django  # noqa: PLC0415  (once Django is set up)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  (once Django is set up)
    from django.db import connection  # noqa: PLC0415  (once Django is set up)

    from faults.rig import Rig  # noqa: PLC0415  (once Django is set up)

    call_command("migrate", verbosity=0)
    try:
        with Rig({name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "REELWRIGHT_HOME")}) as rig:
            yield rig
    except BaseException:
        keep = True
        raise
    finally:
        connection.close()
        services = embedded.held()
        if services:
            services.close()
        if keep:
            print(f"Logs are in {home / 'logs'}")
        else:
            shutil.rmtree(home, ignore_errors=True)
