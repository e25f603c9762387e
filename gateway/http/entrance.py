"""The way in: straight to the GraphQL endpoint, through the application to all else."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Entrance:
    """An ASGI application that sends requests for exactly `path` to `endpoint`, others to `app`.

    The middleware and the router of FastAPI take longer than a small query in all. What comes by
    another spelling of the path, behind a prefix say, is still found by the router of `app`.
    """

    path: str
    endpoint: ASGIApp
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or attend one lifespan."""
        is_direct = scope["type"] == "http" and scope["path"] == self.path
        await (self.endpoint if is_direct else self.app)(scope, receive, send)
