"""Static files with long-lived names."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # the base comes without types
    """Also rewrites what JavaScript modules import, or a browser would keep an old module beside a new one."""

    support_js_module_import_aggregation = True
