"""How a list goes on, by its parameters and by what stands beside the records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from connectors.mapping.guess import bare
from connectors.rest.openapi.document import Document, Node
from connectors.rest.openapi.operation import Operation, Parameter, quoted

_SIZES = ("limit", "perpage", "pagesize", "pagelimit", "size", "count", "maxresults", "top")
_PAGES = ("page", "pagenumber", "pageno", "pagenum", "pageindex", "p")
_OFFSETS = ("offset", "skip", "start", "startat", "from", "pageoffset", "firstresult")
_CURSORS = (
    "cursor",
    "pagetoken",
    "nexttoken",
    "after",
    "continuationtoken",
    "pagecursor",
    "marker",
)
_KEYSETS = ("startingafter", "sinceid", "afterid", "lastid", "greaterthanid")
_NEXT = ("nextcursor", "nextpagetoken", "nexttoken", "nextpage", "next", "continuationtoken")
# Not `count`, which is often that of the page: the list would end after it.
_TOTALS = ("total", "totalcount", "totalresults", "totalitems", "totalelements")
_MORES = ("hasmore", "more", "hasnext", "hasnextpage", "morerecords")
_PAGE_COUNTS = ("totalpages", "lastpage")
_MOST = 100
_Beside: TypeAlias = Mapping[str, tuple[str, Node]]
_NUMBERS = frozenset({"integer", "number"})


def paging(document: Document, operation: Operation, key: str) -> dict[str, Any] | None:
    """The settings that page a list, `None` where nothing tells that it has pages."""
    beside = dict(_beside(document, operation.envelope))
    found = _style(operation, beside, key)
    if found is None:
        return None
    size = _parameter(operation, _SIZES)
    if size is not None:
        found |= {"size_param": size.name, "size": _most(size)}
    return found


def _style(operation: Operation, beside: _Beside, key: str) -> dict[str, Any] | None:
    more = _path(beside, _MORES, {"boolean"})
    keyset = _parameter(operation, _KEYSETS)
    if keyset is not None:
        return _given({"style": "keyset", "param": keyset.name, "field": key, "more": more})
    cursor, following = _parameter(operation, _CURSORS), _path(beside, _NEXT, {"string"})
    if cursor is not None and following is not None:
        return _given({"style": "cursor", "param": cursor.name, "next": following, "more": more})
    counted = _counted(operation, beside, more)
    if counted is not None:
        return counted
    if following is not None:
        return {"style": "cursor", "next": following}
    return {"style": "link"} if "link" in operation.headers else None


def _counted(operation: Operation, beside: _Beside, more: str | None) -> dict[str, Any] | None:
    total = _path(beside, _TOTALS, _NUMBERS)
    page, offset = _parameter(operation, _PAGES), _parameter(operation, _OFFSETS)
    if page is not None:
        pages = _path(beside, _PAGE_COUNTS, _NUMBERS)
        settings = {"style": "page", "param": page.name, "more": more, "pages": pages}
        is_from_zero = 0 in (page.schema.get("default"), page.schema.get("minimum"))
        return _given(settings | {"first": 0 if is_from_zero else None, "total": total})
    if offset is not None and offset.schema.get("type") in _NUMBERS:
        return _given({"style": "offset", "param": offset.name, "more": more, "total": total})
    return None


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in settings.items() if each is not None}


def _parameter(operation: Operation, names: Sequence[str]) -> Parameter | None:
    found = {bare(each.name): each for each in operation.parameters}
    return next((found[name] for name in names if name in found), None)


def _beside(
    document: Document, schema: Node, before: str = "", depth: int = 3
) -> Iterator[tuple[str, tuple[str, Node]]]:
    """What stands beside the records, by bare name: its path and its schema. Outer ones win."""
    inner: list[tuple[str, tuple[str, Node]]] = []
    for name, each in document.properties(schema):
        path = f"{before}.{quoted(name)}" if before else quoted(name)
        if each.get("type") == "object" and depth > 1:
            inner += _beside(document, each, path, depth - 1)
        else:
            inner.append((bare(name), (path, each)))
    # Of like names the last counts, so the outermost comes last.
    yield from sorted(inner, key=lambda found: -found[1][0].count("."))


def _path(beside: _Beside, names: Sequence[str], types: Any) -> str | None:
    for name in names:
        path, schema = beside.get(name, ("", {}))
        if path and schema.get("type") in types:
            return path
    return None


def _most(size: Parameter) -> int:
    """The largest page that is allowed, as far as that makes sense."""
    most = size.schema.get("maximum")
    return min(_MOST, int(most)) if isinstance(most, int | float) and most >= 1 else _MOST


def is_paging(parameter: Parameter) -> bool:
    """Whether a parameter is about pages, and no filter."""
    known = {*_SIZES, *_PAGES, *_OFFSETS, *_CURSORS, *_KEYSETS}
    return bare(parameter.name) in known
