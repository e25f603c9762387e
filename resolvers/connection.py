"""Plan resolvers of Relay connections: edges, nodes, cursors, page information."""

from resolvers.field import PlanField
from resolvers.scope import PageScope, RowScope, ValueScope
from resolvers.value import EndCursor, MissingSources, PageRows, RowCursor, Value


def rows(field: PlanField) -> Value:
    """The rows of the page, as nodes or as edges."""
    return PageRows(_page(field))


def page_info(field: PlanField) -> Value:
    """What lies around the page."""
    return field.inline()


def node(field: PlanField) -> Value:
    """The node of an edge: the same row."""
    return field.inline()


def cursor(field: PlanField) -> Value:
    """The cursor of an edge. Asking for it makes the step bring the sort values along."""
    if not isinstance(field.scope, RowScope) or field.scope.page is None:
        raise TypeError("only the rows of a page have cursors")
    field.scope.has_cursors = True
    return RowCursor(f"t.cursors[{field.scope.page.index}](r)")


def start_cursor(field: PlanField) -> Value:
    """The cursor of the first row."""
    return _end(field, is_start=True)


def end_cursor(field: PlanField) -> Value:
    """The cursor of the last row."""
    return _end(field, is_start=False)


def missing(field: PlanField) -> Value:
    """The sources whose rows the page lacks."""
    return MissingSources(ValueScope(), f"t.missing({_page(field).expression('missing')})")


def _end(field: PlanField, *, is_start: bool) -> Value:
    page = _page(field)
    page.items.has_cursors = True
    return EndCursor(f"t.ends({page.index}, r, is_start={is_start})", is_start)


def _page(field: PlanField) -> PageScope:
    if not isinstance(field.scope, PageScope):
        raise TypeError("only a connection has rows")
    return field.scope
