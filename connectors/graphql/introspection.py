"""The schema of a source, asked for once."""

import asyncio
from typing import Any

from graphql import GraphQLSchema, build_client_schema, get_introspection_query

from connectors.contract import Malformed
from connectors.graphql.document import Document
from connectors.graphql.endpoint import Endpoint
from connectors.graphql.failure import gravest
from connectors.http.message import Run

_QUERY = Document(get_introspection_query(descriptions=False), {}, ("__schema",))


class Introspection:
    """The schema of a source, kept once it is there."""

    def __init__(self, endpoint: Endpoint, *, timeout_s: float) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._schema: GraphQLSchema | None = None

    async def schema(self) -> GraphQLSchema:
        """The schema. Raises `SourceError`; many sources do not tell theirs."""
        if self._schema is None:
            said = await self._endpoint.ask(_QUERY, Run(), timeout_s=self._timeout_s)
            if said.faults:
                raise gravest(said.faults)
            # A large schema takes a second, which the loop has no time for.
            self._schema = await asyncio.to_thread(self._built, dict(said.data))
        return self._schema

    def _built(self, data: dict[str, Any]) -> GraphQLSchema:
        try:
            return build_client_schema(data)  # type: ignore[arg-type]  # it says itself what it lacks
        except (TypeError, KeyError) as exc:
            message = f"the schema that the source tells cannot be read: {exc}"
            raise Malformed(self._endpoint.source, message) from exc
