"""The JavaScript client in Node, as its README uses it, with Node's own WebSocket where it has one and without."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from chat import webhook_signing
from core.testing.server import ROOT
from tests.sdk.conftest import Studio, examples

SDK = ROOT / "sdk" / "javascript"
NODE = shutil.which("node") or "node"

pytestmark = pytest.mark.timeout(200)


def beside(folder: Path) -> None:
    """As `npm install` puts it there."""
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "reelwright").symlink_to(SDK)


@pytest.mark.engines
def test_the_examples_of_the_readme_run(studio: Studio, tmp_path: Path) -> None:
    beside(tmp_path)
    (tmp_path / "example.mjs").write_text(examples(SDK / "README.md", "javascript"))
    said = studio.run([NODE, "example.mjs"], tmp_path)
    assert f"Signed in as {studio.person.email}" in said
    assert "Back at genre-selection" in said
    assert "message-received" in said
    assert "ai-response" in said
    assert "[ 'harbour.png' ]" in said
    assert "complete local:compose" in said
    assert "[ 'user', 'assistant' ]" in said
    assert "404 Project not found" in said


def test_a_webhook_is_verified_and_a_forged_or_old_one_is_not(tmp_path: Path) -> None:
    beside(tmp_path)
    secret, body, now = webhook_signing.new_secret(), b'{"type":"media-processed"}', int(time.time())

    def signed(at: int) -> dict[str, str]:
        signature = webhook_signing.signature(secret, message_id="m", timestamp=at, body=body)
        return {"Webhook-Id": "m", "Webhook-Timestamp": str(at), "Webhook-Signature": f"v1,junk {signature}"}

    cases = [
        (body.decode(), signed(now)),
        (body.decode() + " ", signed(now)),
        (body.decode(), signed(now - 3600)),
        (body.decode(), {**signed(now), "Webhook-Id": "n"}),
        (body.decode(), {}),
    ]
    program = f"""
      import {{ WebhookVerificationError, verifyWebhook }} from 'reelwright';
      for (const [body, headers] of {json.dumps(cases)}) {{
        const told = await verifyWebhook(body, headers, {json.dumps(secret)}).catch((error) => error);
        console.log(told instanceof WebhookVerificationError ? 'refused' : told.type);
      }}
    """
    (tmp_path / "verify.mjs").write_text(program)
    done = subprocess.run([NODE, "verify.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["media-processed", *["refused"] * 4]
