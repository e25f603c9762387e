"""An explanation as JSON, the form of `extensions.explain`. What there is not is left out."""

from collections.abc import Mapping
from typing import Any

from connectors.options import Keeping
from connectors.rehearsal.inquiry import Work
from resolvers.explain.tree import Asked, Explained, Explanation, Happened, Total, Within
from resolvers.explain.wording import order_text, where_text


def payload(explanation: Explanation) -> Mapping[str, Any]:
    """The JSON object of an explanation."""
    return _given(
        mode=explanation.mode.value,
        operation={"type": explanation.operation_type, "name": explanation.operation},
        cost={"nodes": explanation.node_count, "maxNodes": explanation.max_nodes},
        fused=explanation.is_fused,
        policy={name: where_text(each) for name, each in explanation.rules.items()} or None,
        sources={name: _total(each) for name, each in explanation.sources.items()},
        steps=[_step(each) for each in explanation.steps],
    )


def _total(total: Total) -> Mapping[str, Any]:
    return _given(
        calls=total.call_count,
        atLeast=total.is_at_least or None,
        realCalls=total.real_call_count,
    )


def _step(step: Explained) -> Mapping[str, Any]:
    return _given(
        path=step.path,
        kind=step.kind,
        entities=list(step.entities) or None,
        asks=[_asked(each) for each in step.asked] or None,
        fused=[_within(each) for each in step.within] or None,
        problems=[
            {"source": each.source, "code": each.code, "message": each.message}
            for each in step.troubles
        ]
        or None,
        ms=None if step.elapsed_ms is None else round(step.elapsed_ms, 2),
        real=[_happened(each) for each in step.happened] or None,
        steps=[_step(each) for each in step.steps] or None,
    )


def _asked(asked: Asked) -> Mapping[str, Any]:
    return _given(
        source=asked.source,
        entity=asked.entity,
        way=asked.way.value,
        by=list(asked.match) or None,
        keys=asked.key_count if asked.match else None,
        keysPerCall=asked.keys_per_call if asked.match else None,
        batches=asked.batch_count,
        calls=asked.call_count,
        atLeast=asked.is_at_least or None,
        atSource=_work(asked.at_source) or None,
        here=_work(asked.here) or None,
        cache=None if asked.kept is None else _kept(asked.kept),
        statement=asked.statement,
    )


def _within(within: Within) -> Mapping[str, Any]:
    return _given(
        path=within.path,
        entity=within.entity,
        by=list(within.match) or None,
        key=list(within.key) or None,
        **_work(within.work),
    )


def _happened(happened: Happened) -> Mapping[str, Any]:
    return _given(
        source=happened.source,
        status=happened.status,
        calls=happened.call_count,
        rows=happened.row_count,
        ms=round(happened.elapsed_ms, 2),
        keptKeys=happened.kept_count or None,
        ageS=None if happened.age_s is None else round(happened.age_s, 1),
    )


def _work(work: Work) -> dict[str, Any]:
    return _given(
        where=None if work.where is None else where_text(work.where),
        orderBy=order_text(work.order) or None,
        limit=work.limit,
    )


def _kept(keeping: Keeping) -> Mapping[str, Any]:
    return {
        "maxAgeS": keeping.max_age_s,
        "staleWhileRevalidateS": keeping.stale_while_revalidate_s,
        "staleIfErrorS": keeping.stale_if_error_s,
    }


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
