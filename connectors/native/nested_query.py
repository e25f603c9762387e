"""The statement for a shape with a nest: the rows as without it, and joined to them their texts."""

from functools import lru_cache

from connectors.native.fragment import Fragment, fragment_of, quoted, reading
from connectors.native.nesting import Composer, Nested, as_bytes
from connectors.native.query import statement_of
from connectors.native.shape import Selection, Shape, Tail
from connectors.native.statement import Statement
from connectors.native.text import constant
from connectors.nest import DOUBT
from domain.catalogue import ENTITIES

_KEPT = 1000


def nested_statement_of(shape: Shape, tail: Tail) -> Statement:
    """The statement for a shape with a nest.

    Its rows end with three columns more than was asked for: the text, how many further rows that
    holds, and the number of the key, from 1, or the key itself where the shape `is_direct`.
    """
    composer = Composer(tail)
    if tail.nest.page is not None:
        return _statement(composer, shape, composer.page(tail.nest.page), key="1")
    if shape.is_direct:
        return _direct(composer, shape)
    rows = _rows(shape.entity, shape.match, shape.selection)
    source = f"({composer.arguments.put(rows, rows='e', prefix='')}) AS r"
    made = composer.nested(source, "r", ENTITIES[shape.entity], shape.selection.order)
    return _statement(composer, shape, made, key="r.n")


def _direct(composer: Composer, shape: Shape) -> Statement:
    """Customers by their ids, each with its id in place of the number of the key.

    Half as dear as by way of the numbers (20 against 40 µs of the server for one customer): most
    customers were never merged away, and the text of one that was says that it is worth nothing.
    """
    made = composer.nested("customer AS r", "r", ENTITIES["customer"], shape.selection.order)
    doubt = as_bytes(constant(DOUBT))
    text = f"CASE WHEN r.superseded_by IS NULL THEN {made.text} ELSE {doubt} END"
    (found,) = reading(shape.entity, shape.match, shape.selection).wheres
    where = [f"r.id = ANY({composer.arguments.place('key0')}::uuid[])"]
    if found.pieces:
        passes = composer.arguments.put(found, rows="r", prefix="")
        where.append(f"(r.superseded_by IS NOT NULL OR ({passes}))")
    source = f"{made.source} WHERE {' AND '.join(where)}"
    return _statement(composer, shape, Nested(text, made.count, source), key="r.id")


def _statement(composer: Composer, shape: Shape, made: Nested, *, key: str) -> Statement:
    fields = [f"r.{quoted(each)}" for each in shape.fields]
    columns = ", ".join([*fields, made.text, made.count, key])
    return composer.arguments.statement(f"SELECT {columns} FROM {made.source}")  # noqa: S608  # names of the plan and of our own tables only


@lru_cache(maxsize=_KEPT)
def _rows(entity: str, match: tuple[str, ...], selection: Selection) -> Fragment:
    """The rows with all their fields, so that one statement is made for whatever is wanted.

    PostgreSQL leaves out what nothing above looks at.
    """
    fields = tuple(ENTITIES[entity].fields)
    shape = Shape(entity=entity, fields=fields, match=match, selection=selection)
    return fragment_of(statement_of(shape))
