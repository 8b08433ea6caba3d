"""How files came to be: what a machine made of what, with whose words, said in the file itself and in a signed note beside it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from core.embedded.secret_files import made_once
from media_library.media import credentials
from media_library.media.credentials import Identity, Ingredient, Making
from media_library.models import Asset

STUDIO = "Reelwright studio"
ALGORITHM = "ES256"
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----\n?", re.DOTALL)
# What is told of how a file was made. The rest of `provenance` is for the studio itself.
TOLD = ("kind", "engine", "model", "prompt", "seed", "cost_usd", "made_at", "ingredients", "label")
# Made by software that was taught on pictures or sounds, wholly or in part.
GENERATED = frozenset({credentials.TRAINED, credentials.WITH_TRAINED})


def identity() -> Identity:
    """The studio's certificate and key: those that were set up, or made here once."""

    def fresh() -> str:
        made = credentials.new_identity(STUDIO)
        return (made.chain + made.key).decode()

    text = made_once(settings.CONTENT_CREDENTIALS_FILE, fresh)
    key = _KEY.search(text)
    assert key is not None, "CONTENT_CREDENTIALS_FILE holds no key"  # noqa: S101  (a fault of the set-up, told at first use)
    return Identity(chain=_KEY.sub("", text).encode(), key=key[0].encode())


def is_generated(asset: Asset) -> bool:
    """Whether people are to be told that a machine made it."""
    return asset.provenance.get("kind") in GENERATED


def statement(asset: Asset) -> dict[str, Any]:
    """What is known of how it was made. Of what people brought that is who they are to the studio: its owner."""
    told = {name: asset.provenance[name] for name in TOLD if name in asset.provenance}
    return {
        "asset_id": str(asset.pk),
        "title": asset.name,
        "content_type": asset.content_type,
        "sha256": asset.sha256,
        "origin": asset.origin,
        "ai_generated": is_generated(asset),
        **told,
    }


def sidecar(asset: Asset) -> dict[str, Any]:
    """The statement with the studio's signature. It holds for exactly the file of this SHA-256."""
    own, said = identity(), statement(asset)
    key = serialization.load_pem_private_key(own.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101  (ES256 is all that C2PA is signed with here)
    value = key.sign(_bytes(said), ec.ECDSA(hashes.SHA256()))
    signature = {
        "algorithm": ALGORITHM,
        "value": base64.b64encode(value).decode(),
        "certificate": own.chain.decode(),
    }
    return {"statement": said, "signature": signature}


def is_genuine(note: Mapping[str, Any]) -> bool:
    """Whether this studio signed exactly this statement."""
    try:
        certificate = x509.load_pem_x509_certificates(identity().chain)[0]
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101  (as above)
        value = base64.b64decode(note["signature"]["value"], validate=True)
        key.verify(value, _bytes(note["statement"]), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def _bytes(said: Mapping[str, Any]) -> bytes:
    """Written in one way only, so that anybody can check it: JSON with sorted names and no spaces, UTF-8."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def making(title: str, provenance: Mapping[str, Any]) -> Making:
    """As content credentials tell it. Prompts stay out: the file travels further than the note."""
    parts = [one for one in provenance.get("ingredients", ()) if isinstance(one, Mapping)]
    makers = [_maker(one) for one in parts if one.get("kind")] or [_maker(provenance)]
    return Making(
        title=title,
        source_type=str(provenance.get("kind") or credentials.COMPOSITE),
        software=", ".join(dict.fromkeys(maker for maker in makers if maker)) or credentials.PRODUCT,
        made_at=str(provenance["made_at"]),
        ingredients=[
            Ingredient(
                title=one["title"],
                content_type=one["content_type"],
                sha256=one["sha256"],
                made_by=_maker(one),
                source_type=one.get("kind") or "",
            )
            for one in parts
        ],
    )


def _maker(made: Mapping[str, Any]) -> str:
    return " ".join(str(made[name]) for name in ("engine", "model") if made.get(name))


def ingredient(asset: Asset) -> dict[str, Any]:
    """A file as what another was made of, to stand in that one's provenance."""
    own = asset.provenance
    return {
        "asset_id": str(asset.pk),
        "title": asset.name,
        "content_type": asset.content_type,
        "sha256": asset.sha256,
        **{
            name: own[name]
            for name in ("kind", "engine", "model", "prompt", "seed", "cost_usd", "made_at")
            if own.get(name) not in (None, "")
        },
    }
