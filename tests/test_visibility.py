"""Every model says who may see its rows, or is named here with the reason why nobody is shown them as rows."""

from __future__ import annotations

import pytest
from django.apps import apps

OURS = {
    *("core", "accounts", "ai", "media_library", "jobs", "generation", "dubbing", "qc", "chat"),
    *("runs", "live", "storage", "mail", "rest"),
}
SHOWN_TO_NOBODY = {
    # The machinery: read by workers and sockets; people see the job, asset or film it works for.
    "runs.run",
    "runs.step",
    "runs.outboxmessage",
    "live.livestream",
    "live.liveevent",
    "mail.letter",
    "storage.removal",
    "rest.idempotentanswer",
    # Seen by whoever sees what they join, through it.
    "accounts.membership",
    "accounts.clientmanager",
    "accounts.teammember",
    "accounts.projectmember",
    # The trail is for the platform's admins as a whole (accounts.admin.use), not row by row.
    "core.auditevent",
    "core.audithead",
    "core.audittombstone",
    # Read as sums only, by whoever may open the usage page.
    "rest.requestlog",
    # Secrets: matched by their hash, listed nowhere.
    "accounts.refreshtoken",
    "accounts.onetimelink",
    "accounts.recoverycode",
}


@pytest.mark.parametrize("model", [model for model in apps.get_models() if model._meta.app_label in OURS])
def test_every_model_says_who_sees_it(model: type) -> None:
    said = callable(getattr(model._default_manager, "visible_to", None))
    assert said is not (model._meta.label_lower in SHOWN_TO_NOBODY)
