"""`customer360 keys`: make, list, revoke and replace API keys."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from connectors.native.key_store import KeyStore
from domain.viewer import Viewer
from gateway.app import open_store
from gateway.auth.api_key import ApiKey, Grant
from gateway.auth.key_ring import grant_of, row_of
from gateway.commands.config_file import DEFAULT, ConfigFile, settings_of
from gateway.config import Settings
from gateway.config.wording import suggestion
from gateway.exit_code import ExitCode

app = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="Make, list, revoke and replace API keys.")
app.add_typer(keys, name="keys")

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_TIME = re.compile(r"([1-9][0-9]{0,4})([hdw])")

KeyId = Annotated[str, typer.Argument(help="The id of the key, as `keys list` shows it.")]


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Whom the key is for.")],
    *,
    config: ConfigFile = DEFAULT,
    role: Annotated[list[str], typer.Option(help="A role that it may act in; repeatable.")],
    claim: Annotated[
        list[str] | None,
        typer.Option(help="What is known of it, as name=value; JSON lists are taken; repeatable."),
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="What the data is for.")] = None,
    expires_in: Annotated[
        str | None, typer.Option(help="After how long it ends, such as 12h, 90d or 52w.")
    ] = None,
) -> None:
    """Make a key. It is shown once, and only its digest is kept."""
    settings = settings_of(config)
    _known(role, settings)
    viewer = Viewer(name=name, roles=tuple(role), claims=_claims(claim or []), purpose=purpose)
    ends = None if expires_in is None else _now() + duration(expires_in)
    _show_once(asyncio.run(_added(settings, viewer, ends)))


@keys.command("list")
def list_keys(*, config: ConfigFile = DEFAULT) -> None:
    """Show all keys, without their secrets."""
    Console().print(_table(asyncio.run(_all(settings_of(config)))))


@keys.command()
def revoke(key_id: KeyId, *, config: ConfigFile = DEFAULT) -> None:
    """Let a key count no longer. Gateways that run know it within seconds."""

    async def work() -> bool:
        async with _opened(settings_of(config)) as store:
            return await store.revoke(key_id, now=_now())

    _must_be(key_id, there=asyncio.run(work()))
    typer.echo(f"The key {key_id} counts no longer.")


@keys.command()
def rotate(
    key_id: KeyId,
    *,
    config: ConfigFile = DEFAULT,
    grace: Annotated[str, typer.Option(help="How long the old key goes on to count.")] = "1d",
) -> None:
    """Make a key for the same owner, and let the old one end after a while."""
    made = asyncio.run(_rotated(settings_of(config), key_id, duration(grace)))
    _must_be(key_id, there=made is not None)
    if made is not None:
        _show_once(made)


async def _added(settings: Settings, viewer: Viewer, expires_at: datetime | None) -> ApiKey:
    async with _opened(settings) as store:
        return await _add(store, viewer, expires_at)


async def _add(store: KeyStore, viewer: Viewer, expires_at: datetime | None) -> ApiKey:
    key, now = ApiKey.new(), _now()
    grant = Grant(
        id=key.id, digest=key.digest, viewer=viewer, created_at=now, expires_at=expires_at
    )
    await store.add(row_of(grant, now=now))
    return key


async def _rotated(settings: Settings, key_id: str, grace: timedelta) -> ApiKey | None:
    async with _opened(settings) as store:
        row = await store.one(key_id)
        if row is None:
            return None
        old, now = grant_of(row), _now()
        # Whoever had so long before has so long again.
        ends = old.expires_at and now + (old.expires_at - old.created_at)
        key = await _add(store, replace(old.viewer), ends)
        await store.expire(key_id, at=now + grace, now=now)
        return key


async def _all(settings: Settings) -> Sequence[Grant]:
    async with _opened(settings) as store:
        return [grant_of(row) for row in await store.all()]


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[KeyStore]:
    async with AsyncExitStack() as stack:
        yield KeyStore(await open_store(settings, stack))


def _known(roles: Sequence[str], settings: Settings) -> None:
    there = settings.access.roles if settings.access else {}
    for each in roles:
        if each not in there:
            hint = suggestion(each, there) or "; name roles under `access.roles` first"
            _stop(f"There is no role '{each}' in the configuration{hint}.")


def _claims(given: Sequence[str]) -> dict[str, Any]:
    return dict(map(_claim, given))


def _claim(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        _stop(f"'{text}' is no claim; write name=value, such as partner=acme.")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value


def duration(text: str) -> timedelta:
    """A time as people write it, such as 12h, 90d or 52w; ends the command where it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        _stop(f"'{text}' is no time; write hours, days or weeks, such as 12h, 90d or 52w.")
        return timedelta()
    return int(found[1]) * _UNITS[found[2]]


def _stop(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(ExitCode.FAILED)


def _must_be(key_id: str, *, there: bool) -> None:
    if not there:
        _stop(f"There is no key '{key_id}'. `customer360 keys list` shows all.")


def _show_once(key: ApiKey) -> None:
    typer.echo("This is the key. It is shown only now; keep it safe:", err=True)
    typer.echo(str(key))


def _table(grants: Sequence[Grant]) -> Table:
    # An id that is cut short is of no use to the other commands.
    table = Table(Column("id", no_wrap=True, min_width=12))
    for title in ("name", "roles", "claims", "purpose", "state", "made", "last used"):
        table.add_column(title, overflow="fold")
    for each in grants:
        viewer = each.viewer
        row = (
            each.id,
            viewer.name,
            ", ".join(viewer.roles),
            orjson.dumps(viewer.claims).decode() if viewer.claims else "",
            viewer.purpose or "",
            _state(each),
            f"{each.created_at:%Y-%m-%d}",
            f"{each.last_used_at:%Y-%m-%d %H:%M}" if each.last_used_at else "never",
        )
        table.add_row(*map(Text, row))
    return table


def _state(grant: Grant) -> str:
    if grant.revoked_at is not None:
        return f"revoked {grant.revoked_at:%Y-%m-%d}"
    if grant.expires_at is None:
        return "counts"
    word = "ended" if grant.expires_at <= _now() else "counts until"
    return f"{word} {grant.expires_at:%Y-%m-%d}"


def _now() -> datetime:
    return datetime.now(UTC)
