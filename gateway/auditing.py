"""The audit, as the settings say: where requests leave what they read, and for how long."""

import asyncio
import hashlib
import hmac
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog

from connectors.errors import SourceError
from connectors.native.audit_log import AuditLog
from connectors.native.audit_trail import AuditTrail
from connectors.native.store import Store
from domain.uuid7 import Uuid7Factory
from gateway.config import Settings
from gateway.config.signing_key import link_signing_key

log = structlog.get_logger(__name__)

_TIDY_EVERY_S = 3600.0


def is_audited(settings: Settings) -> bool:
    """Whether it is recorded who reads what."""
    enabled = settings.audit.enabled
    return settings.access is not None if enabled is None else enabled


def audit_log(settings: Settings, store: Store) -> AuditLog:
    """The audit in the store. Raises `OSError` where the signing key cannot be kept."""
    given = settings.audit.signing_key
    if given is not None:
        return AuditLog(store, key=given.get_secret_value().encode())
    key = hmac.digest(link_signing_key(settings), b"audit", hashlib.sha256)
    return AuditLog(store, key=key)


@asynccontextmanager
async def opened_trail(
    settings: Settings, store: Store, *, now: Callable[[], datetime]
) -> AsyncIterator[AuditTrail | None]:
    """What requests leave their records with, or none. What is too old is removed meanwhile."""
    if not is_audited(settings):
        yield None
        return
    audit = audit_log(settings, store)
    trail = AuditTrail(audit, new_chain=Uuid7Factory(now=now, chance=os.urandom), now=now)
    keeping = timedelta(days=settings.audit.retention_days)
    jobs = [
        asyncio.create_task(trail.keep_anchoring(every_s=settings.audit.anchor_every_s)),
        asyncio.create_task(_keep_tidy(audit, keeping, now)),
    ]
    try:
        yield trail
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await trail.close()


async def _keep_tidy(audit: AuditLog, keeping: timedelta, now: Callable[[], datetime]) -> None:
    while True:
        await asyncio.sleep(_TIDY_EVERY_S)
        with suppress(SourceError):
            moment = now()
            count = await audit.remove_before(moment - keeping, now=moment)
            if count:
                log.info("audit_records_removed", count=count)
