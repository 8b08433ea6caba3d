"""Content credentials (C2PA) in pictures and films: written with the studio's own certificate, and read back.

A certificate that the studio made itself proves that a file was not changed since, not who the studio is: judges call the signature
valid and its maker unknown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from media_library.media.errors import RenderError

PRODUCT = "Reelwright"
# IPTC's words for how a picture came to be, below this address.
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED, DRAWN = "trainedAlgorithmicMedia", "algorithmicMedia"
COMPOSITE, WITH_TRAINED = "composite", "compositeWithTrainedAlgorithmicMedia"
SIGNABLE = frozenset({"video/mp4", "image/jpeg", "image/png", "image/webp"})
# A chain lives this long; what was signed before stays valid for who trusts the time of signing.
_CHAIN_DAYS = 3650


@dataclass(frozen=True)
class Identity:
    """PEM: the certificate of the studio with that of its own authority, and the key to it."""

    chain: bytes
    key: bytes


@dataclass(frozen=True, kw_only=True)
class Ingredient:
    """What a film was put together of. `sha256` is that of its bytes."""

    title: str
    content_type: str
    sha256: str
    made_by: str = ""
    source_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Making:
    """How a file came to be. `source_type` is one of IPTC's words, `software` the engine and its model, `made_at` in ISO 8601."""

    title: str
    source_type: str
    software: str
    made_at: str
    ingredients: Sequence[Ingredient] = field(default_factory=tuple)
    description: str = ""


def source_type_of(parts: Sequence[str], *, beside: bool = False) -> str:
    """Of what is put together of such parts; `beside` tells that a person's own sound or words were added."""
    kinds = set(parts)
    if len(kinds) == 1 and not beside:
        return kinds.pop()
    return WITH_TRAINED if kinds & {TRAINED, WITH_TRAINED} else COMPOSITE


def new_identity(name: str) -> Identity:
    """A chain of two ES256 certificates, of which only the studio's own key is kept: its authority signs nothing else, ever."""
    begins = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    above, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _named(f"{name} authority")

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(subject_name=subject, issuer_name=issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + dt.timedelta(days=_CHAIN_DAYS))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )

    root = (
        certificate(issuer, above)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(above, hashes.SHA256())
    )
    leaf = (
        certificate(_named(name), own)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        # Of the purposes that C2PA names for signers this is the one that needs no registration.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
        .sign(above, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Identity(chain=leaf.public_bytes(pem) + root.public_bytes(pem), key=key)


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, PRODUCT), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def sign(path: Path, into: Path, *, content_type: str, making: Making, identity: Identity) -> None:
    """The same file with its credentials in it; pictures and sound are copied as they are."""
    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(alg=b"es256", sign_cert=identity.chain, private_key=identity.key, ta_url=None)
        )
        with path.open("rb") as source, into.open("w+b") as target, c2pa.Builder(manifest(making)) as builder:
            builder.sign(signer, content_type, source, target)
    except c2pa.C2paError as error:
        into.unlink(missing_ok=True)
        raise RenderError("The content credentials could not be written. Try again.", log=str(error)) from error


def manifest(making: Making) -> dict[str, Any]:
    created = {
        "action": "c2pa.created",
        "when": making.made_at,
        "softwareAgent": {"name": making.software},
        "digitalSourceType": f"{IPTC}{making.source_type}",
    }
    if making.description:
        created["description"] = making.description
    return {
        "claim_generator_info": [{"name": PRODUCT}],
        "title": making.title,
        "ingredients": [
            {
                "title": one.title,
                "format": one.content_type,
                "instance_id": f"sha256:{one.sha256}",
                "relationship": "componentOf",
                "description": f"{one.made_by} ({one.source_type})" if one.made_by else one.source_type,
            }
            for one in making.ingredients
        ],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [created]}}],
    }


@dataclass(frozen=True)
class Found:
    """`intact`: the file is as it was signed. `problems` are the judge's codes, that of an unknown signer among them."""

    intact: bool
    manifest: dict[str, Any]
    problems: tuple[str, ...]

    @property
    def actions(self) -> list[dict[str, Any]]:
        told = (one for one in self.manifest.get("assertions", ()) if one["label"].startswith("c2pa.actions"))
        return [action for one in told for action in one["data"]["actions"]]


def found(path: Path, *, content_type: str) -> Found | None:
    """The credentials in a file; None where there are none."""
    try:
        with path.open("rb") as file, c2pa.Reader(content_type, file) as reader:
            told = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return None
    problems = tuple(one["code"] for one in told.get("validation_status", ()))
    active = told["manifests"][told["active_manifest"]]
    return Found(told.get("validation_state") in {"Valid", "Trusted"}, active, problems)
