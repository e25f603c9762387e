"""The application: store, sources, engine and HTTP, put together from the settings."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from connectors import registry
from connectors.aspects.guarded import Guarded
from connectors.aspects.opening import Opener, Share, share_nothing
from connectors.cache.invalidation import Invalidation
from connectors.contract import Connector, DocumentReader
from connectors.federation import Federation
from connectors.health import HealthBoard
from connectors.native.connector import NativeConnector
from connectors.native.hierarchy import Hierarchy
from connectors.native.index import Index
from connectors.native.migration import migrate
from connectors.native.server import EmbeddedServer
from connectors.native.store import Store
from connectors.sync import Sync
from connectors.sync_pass import Progress
from domain.golden import Precedence
from domain.uuid7 import Uuid7Factory
from gateway import graphiql, health
from gateway.auditing import opened_trail
from gateway.auth.doorkeeper import Doorkeeper
from gateway.auth.opening import opened_doorkeeper
from gateway.config import Settings
from gateway.config.signing_key import link_signing_key
from gateway.documents import Sent, libraries
from gateway.download import download_route
from gateway.engine import engine_of
from gateway.http.door import GraphQL
from gateway.http.entrance import Entrance
from gateway.http.explanation import UNEXPLAINED, AllowedExplanations, Explanations
from gateway.http.persisted import KnownDocuments
from gateway.http.request_id import Identified
from gateway.http.safety import Safe
from gateway.readiness import Readiness
from gateway.reading import forwards_of, opened_reading
from gateway.rehearsing import explainer_of, modes_of
from gateway.request_context import Contexts
from gateway.sharing import opened_sharing
from gateway.source_view import SourceView
from gateway.spool import room_of
from gateway.tracing import UNTRACED, Tracing, opened_tracing
from resolvers.engine import Engine
from resolvers.explain.tree import Extent

GRAPHQL_PATH = "/graphql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway that is ready: its HTTP application and what works behind it."""

    app: ASGIApp
    store: Store
    connectors: Mapping[str, Connector]
    engine: Engine
    federation: Federation
    sync: Sync
    sources: SourceView


def utc_now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_gateway(
    settings: Settings, *, report: Callable[[Progress], None] = lambda _: None
) -> AsyncIterator[Gateway]:
    """Put a gateway together, and give back what it holds at the end.

    `report` is told about the progress of pulls.

    The store must be there; sources need not: a source that is down costs its own fields only.
    Raises `SourceError` where the store cannot be had.
    """
    async with AsyncExitStack() as stack:
        store = await open_store(settings, stack)
        tracing = await stack.enter_async_context(opened_tracing(settings.telemetry))
        over = open_over(settings, store, readiness=Readiness(), tracing=tracing, report=report)
        yield await stack.enter_async_context(over)


@asynccontextmanager
async def open_over(
    settings: Settings,
    store: Store,
    *,
    readiness: Readiness,
    tracing: Tracing = UNTRACED,
    report: Callable[[Progress], None] = lambda _: None,
) -> AsyncIterator[Gateway]:
    """Put a gateway together over a store that is open, and give back what it holds at the end.

    Raises `SourceError` where that is not possible.
    """
    async with AsyncExitStack() as stack:
        share = await stack.enter_async_context(opened_sharing(settings, store))
        connectors = open_connectors(settings, share=share)
        for connector in connectors.values():
            stack.push_async_callback(connector.close)
        native = NativeConnector(store)
        board = HealthBoard(utc_now)
        invalidation = await stack.enter_async_context(opened_reading(settings, store, board))
        sync = _sync(settings, store, connectors, report, invalidation)
        federation = _federation(settings, native, connectors, sync, invalidation)
        kinds = {name: options.kind for name, options in settings.sources.items()}
        sources = SourceView(federation, kinds, now=utc_now)
        await sources.refresh(store)
        doorkeeper = await stack.enter_async_context(
            opened_doorkeeper(settings, store, now=utc_now)
        )
        trail = await stack.enter_async_context(opened_trail(settings, store, now=utc_now))
        engine = engine_of(settings, federation.can_nest, trail=trail)
        app = _app(
            settings,
            store,
            federation,
            sources,
            native,
            engine=engine,
            doorkeeper=doorkeeper,
            readiness=readiness,
            tracing=tracing,
        )
        yield Gateway(
            app=app,
            store=store,
            connectors=connectors,
            engine=engine,
            federation=federation,
            sync=sync,
            sources=sources,
        )


async def open_store(settings: Settings, stack: AsyncExitStack) -> Store:
    """The store with all its tables; a PostgreSQL of our own is started where none is named."""
    if settings.store.url is not None:
        url = settings.store.url.get_secret_value()
    else:
        server = await stack.enter_async_context(EmbeddedServer(settings.postgresql_dir))
        url = server.url
    await migrate(url)
    store = await Store.open(url)
    stack.push_async_callback(store.close)
    return store


def open_connectors(settings: Settings, *, share: Share = share_nothing) -> Mapping[str, Guarded]:
    """A connector for every source of the settings; nothing is asked yet.

    `share` is how their rates are kept together with other processes.
    """
    opener = Opener(now=utc_now, base_dir=settings.base_dir, kinds=registry.kinds(), share=share)
    return {name: opener.open(name, options) for name, options in settings.sources.items()}


def _sync(
    settings: Settings,
    store: Store,
    connectors: Mapping[str, Connector],
    report: Callable[[Progress], None],
    invalidation: Invalidation,
) -> Sync:
    identity = settings.identity
    index = Index(
        precedence=Precedence(sources=identity.precedence, fields=identity.precedence_by_field),
        now=utc_now,
        new_id=Uuid7Factory(now=utc_now, chance=os.urandom),
        region=identity.default_phone_region,
    )
    synced = {name: options.synced for name, options in settings.sources.items()}
    return Sync(
        store,
        connectors,
        synced=synced,
        index=index,
        now=utc_now,
        report=report,
        changed=invalidation.changed,
    )


def _federation(
    settings: Settings,
    native: Connector,
    connectors: Mapping[str, Connector],
    sync: Sync,
    invalidation: Invalidation,
) -> Federation:
    return Federation(
        native,
        connectors,
        modes=modes_of(settings),
        board=invalidation.reader.board,
        timeouts_s={name: options.timeout_s for name, options in settings.sources.items()},
        default_timeout_s=settings.limits.request_timeout_s,
        adopt=sync.adopt,
        invalidation=invalidation,
        forwards=forwards_of(settings),
    )


def _app(
    settings: Settings,
    store: Store,
    federation: Federation,
    sources: SourceView,
    native: NativeConnector,
    *,
    engine: Engine,
    doorkeeper: Doorkeeper | None,
    readiness: Readiness,
    tracing: Tracing,
) -> ASGIApp:
    key = link_signing_key(settings)
    readers = {
        name: each for name, each in federation.sources.items() if isinstance(each, DocumentReader)
    }
    contexts = Contexts(
        settings,
        federation,
        sources,
        native,
        readers=readers,
        key=key,
        doorkeeper=doorkeeper,
        below=Hierarchy(store).below,
        session_of=tracing.session,
    )
    door = GraphQL(
        engine=tracing.engine(engine),
        explanations=_explanations(settings, engine, federation),
        documents=KnownDocuments(libraries(settings), Sent(settings.server.persisted_bytes)),
        context_of=contexts.of,
        max_body_bytes=settings.limits.max_body_bytes,
        patience_s=settings.server.body_timeout_s,
    )
    visitors = _visitors(settings)
    page = graphiql.InBrowsers(door, visitors=visitors) if settings.server.graphiql else door
    endpoint = tracing.endpoint(page)
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint),
        download_route(readers, key=key, now=utc_now, room=room_of(settings)),
        *health.routes(lambda: store.fetch("SELECT 1"), readiness),
    ]
    if settings.server.graphiql:
        routes += graphiql.routes(visitors=visitors)
    # FastAPI's own documentation pages load from a public CDN.
    app = FastAPI(routes=routes, docs_url=None, redoc_url=None, openapi_url=None)
    return _shared(Entrance(GRAPHQL_PATH, endpoint, Identified(Safe(app))), settings)


def _shared(entrance: Entrance, settings: Settings) -> ASGIApp:
    """The entrance, open to pages of other origins where the settings name some."""
    if not settings.server.cors_origins:
        return entrance
    return CORSMiddleware(
        entrance,
        allow_origins=settings.server.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
    )


def _visitors(settings: Settings) -> graphiql.Visitors:
    offered = settings.server.graphiql_keys.items()
    return graphiql.Visitors(
        asks_for_key=settings.access is not None,
        keys={name: key.get_secret_value() for name, key in offered},
    )


def _explanations(settings: Settings, engine: Engine, federation: Federation) -> Explanations:
    reach = settings.server.explain
    if reach == "none":
        return UNEXPLAINED
    return AllowedExplanations(
        explainer=explainer_of(settings, engine, federation.sources),
        reach=Extent(reach),
        roles=frozenset(settings.server.explain_roles),
    )
