"""The roles of the benchmark's database: whoever logs in as one of them has its settings."""

import urllib.parse

import asyncpg

from connectors.native.store import driver_url

GENERIC, RECORDED = "bench_generic", "bench_recorded"
"""Roles whose sessions have `plan_cache_mode=force_generic_plan`, or log their statements."""


async def make_roles(url: str) -> None:
    """Make them; their password is that of the role in the URL."""
    password = urllib.parse.unquote(urllib.parse.urlsplit(url).password or "").replace("'", "''")
    connection = await asyncpg.connect(driver_url(url))
    try:
        for role, setting in (
            (GENERIC, "plan_cache_mode = force_generic_plan"),
            (RECORDED, "log_statement = 'all'"),
        ):
            await connection.execute(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{password}'")
            await connection.execute(f"ALTER ROLE {role} SET {setting}")
    finally:
        await connection.close()
