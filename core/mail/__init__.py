"""Mail that goes out exactly when what it tells of has happened: written in the deciding transaction, sent by a worker, retried."""

from __future__ import annotations

from typing import Any

__all__ = ["post"]


def post(*, to: str, template: str, **context: Any) -> None:
    """Writes a letter in the caller's transaction; a worker sends it after the commit. A mail server that is down costs nothing.

    `templates/mail/<template>.txt` is the text, its first line the subject; `<template>.html` says the same with a button.
    """
    # Apps import this name while they load, before models may be.
    from core.mail.outgoing import write  # noqa: PLC0415  (models: once the apps are loaded)

    write(to=to, template=template, context=context)
