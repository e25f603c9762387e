"""A request's conversation with the sources, with a span for each batch.

It is imported only where something is traced: it needs the extra `otel`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from connectors.aspects import trace
from connectors.cache.reader import Outcome
from connectors.contract import Batch, Connector, Key, Prepared, SourceError
from connectors.federation import Federation, Found, Question
from connectors.session import NO_HEADERS, Session
from domain.access.policy import UNRESTRICTED, Policy


class TracedSession(Session):
    """As `Session`. Each batch is a span: source, entity, how many keys and rows, what failed."""

    def __init__(
        self,
        federation: Federation,
        *,
        tracer: Tracer,
        deadline_s: float,
        policy: Policy = UNRESTRICTED,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        super().__init__(federation, deadline_s=deadline_s, policy=policy, headers=headers)
        self._tracer = tracer

    async def fetch(
        self, connector: Connector, template: Batch, keys: list[Key], *, below: int
    ) -> list[Outcome]:
        """Ask a connector one batch."""
        with self._span(connector.name, template.entity, len(keys)) as span:
            outcomes = await super().fetch(connector, template, keys, below=below)
            failed = [each for each in outcomes if isinstance(each, SourceError)]
            rows = sum(len(each) for each in outcomes if not isinstance(each, SourceError))
            _end(span, failed, row_count=rows)
        return outcomes

    async def _fetch_prepared(
        self, question: Question, prepared: Prepared, keys: Sequence[Key], below: int
    ) -> list[Found | SourceError]:
        with self._span(self.federation.native.name, question.entity, len(keys)) as span:
            found = await super()._fetch_prepared(question, prepared, keys, below)
            failed = [each for each in found if isinstance(each, SourceError)]
            rows = sum(len(each.rows) for each in found if isinstance(each, Found))
            _end(span, failed, row_count=rows)
        return found

    @contextmanager
    def _span(self, source: str, entity: str, key_count: int) -> Iterator[Span]:
        attributes: dict[str, AttributeValue] = {
            "customer360.source": source,
            "customer360.entity": entity,
            "customer360.keys": key_count,
        }
        with self._tracer.start_as_current_span(
            f"{source} {entity}", kind=SpanKind.CLIENT, attributes=attributes
        ) as span:
            context = span.get_span_context()
            trace.enter(
                f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
            )
            yield span


def _end(span: Span, failed: Sequence[SourceError], *, row_count: int) -> None:
    span.set_attribute("customer360.rows", row_count)
    status = "ok" if not failed else "partial" if row_count else "failed"
    span.set_attribute("customer360.status", status)
    if failed:
        # Not the whole message: traces go to other systems, and may name no hosts.
        span.set_status(StatusCode.ERROR, failed[0].client_message)
        span.set_attribute("customer360.code", failed[0].code)
        if failed[0].error_id is not None:
            span.set_attribute("customer360.error_id", failed[0].error_id)
