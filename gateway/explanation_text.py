"""An explanation as a tree that people read in a terminal."""

from collections.abc import Iterator, Sequence

from rich.text import Text
from rich.tree import Tree

from connectors.rehearsal.inquiry import Way, Work
from resolvers.explain.tree import Asked, Explained, Explanation, Extent, Happened, Total, Within
from resolvers.explain.wording import order_text, where_text

_SHOWN = 100
"""How many characters of a statement are shown where it is not shown in full."""

_WAYS = {
    Way.FUSED: "one statement with all that hangs on it",
    Way.STORE: "one statement",
    Way.LIVE: "live",
}


def tree_of(explanation: Explanation, *, is_whole: bool) -> Tree:
    """The tree of an explanation; statements are shown in full if it `is_whole`."""
    name = f" {explanation.operation}" if explanation.operation else ""
    nodes = f"at most {explanation.node_count:,} objects of {explanation.max_nodes:,} allowed"
    tree = Tree(Text(f"{explanation.operation_type}{name}: {nodes}"))
    for each in explanation.steps:
        _add_step(tree, each, is_whole=is_whole)
    if not explanation.steps:
        tree.add(Text("asks no source"))
    for entity, rule in explanation.rules.items():
        tree.add(Text(f"only {entity} where {where_text(rule)}", "yellow"))
    calls = tree.add(Text("calls"))
    for source, total in explanation.sources.items():
        calls.add(Text(f"{source}: {_total(total, explanation.mode)}"))
    return tree


def _add_step(tree: Tree, step: Explained, *, is_whole: bool) -> None:
    label = Text(step.path, "bold")
    time = "" if step.elapsed_ms is None else f", {step.elapsed_ms:.1f} ms"
    label.append(f" ({step.kind} of {', '.join(step.entities)}{time})" if step.entities else time)
    branch = tree.add(label)
    for asked in step.asked:
        _add_asked(branch, asked, is_whole=is_whole)
    if not step.asked:
        branch.add(Text(_unasked(step), "dim"))
    for within in step.within:
        branch.add(Text(f"with {_within(within)}"))
    for happened in step.happened:
        branch.add(Text(f"real: {_happened(happened)}", "green"))
    for trouble in step.troubles:
        branch.add(Text(f"{trouble.source}: {trouble.code}: {trouble.message}", "red"))
    for each in step.steps:
        _add_step(branch, each, is_whole=is_whole)


def _unasked(step: Explained) -> str:
    return "" if step.troubles else "asks nothing of its own"


def _add_asked(tree: Tree, asked: Asked, *, is_whole: bool) -> None:
    branch = tree.add(Text(f"{asked.source}: {', '.join(_facts(asked))}"))
    if _work(asked.at_source):
        branch.add(Text(f"the source does: {_work(asked.at_source)}"))
    if _work(asked.here):
        branch.add(Text(f"done here: {_work(asked.here)}", "yellow"))
    if asked.kept is not None:
        branch.add(Text(f"answers are kept for {asked.kept.max_age_s:g} s"))
    if asked.statement is not None:
        branch.add(Text(_statement(asked.statement, is_whole=is_whole), "dim"))


def _facts(asked: Asked) -> Iterator[str]:
    yield _WAYS[asked.way]
    if asked.match:
        keys = "key" if asked.key_count == 1 else "keys"
        yield f"{asked.entity} by {' and '.join(asked.match)}"
        yield f"{asked.key_count:,} {keys}, {asked.keys_per_call:,} in a call"
    else:
        yield f"{asked.entity}, the list"
    yield _calls(asked.call_count, is_at_least=asked.is_at_least)


def _calls(count: int, *, is_at_least: bool) -> str:
    calls = f"{count:,} {'call' if count == 1 else 'calls'}"
    return f"{calls} or more: its rows come in pages" if is_at_least else calls


def _total(total: Total, mode: Extent) -> str:
    planned = _calls(total.call_count, is_at_least=total.is_at_least)
    if mode is Extent.PLAN or total.real_call_count is None:
        return planned
    return f"{planned}; really {total.real_call_count}"


def _happened(happened: Happened) -> str:
    calls = _calls(happened.call_count, is_at_least=False)
    facts = [
        happened.status,
        calls,
        f"{happened.row_count:,} rows",
        f"{happened.elapsed_ms:.1f} ms",
    ]
    if happened.kept_count:
        facts.append(
            f"{happened.kept_count:,} keys from the cache, {happened.age_s or 0:.1f} s old"
        )
    return f"{happened.source}: {', '.join(facts)}"


def _within(within: Within) -> str:
    by = " and ".join(within.match)
    work = _work(within.work)
    return f"{within.path}: {within.entity} by {by}{f'; {work}' if work else ''}"


def _work(work: Work) -> str:
    parts: Sequence[str] = [
        *([f"where {where_text(work.where)}"] if work.where is not None else []),
        *([f"order by {order_text(work.order)}"] if work.order else []),
        *([f"limit {work.limit}"] if work.limit is not None else []),
    ]
    return ", ".join(parts)


def _statement(text: str, *, is_whole: bool) -> str:
    if is_whole:
        return text
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}… ({len(text):,} characters)"
