"""The workers' doors to the audit trail."""

from __future__ import annotations

from celery import shared_task

from core.audit import chain, checkpoints, verdicts


@shared_task(expires=30)
def seal_audit_trail(**_: object) -> None:
    chain.seal()


@shared_task(expires=600)
def write_audit_checkpoint(**_: object) -> None:
    """Every hour, into the file of the day."""
    chain.seal()
    checkpoints.write()


@shared_task(expires=3600)
def verify_audit_trail(**_: object) -> None:
    verdicts.verify()
