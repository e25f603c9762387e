"""Filters and orders in words, near to how they are written in a query."""

from collections.abc import Sequence

from domain.filter import And, Compare, Filter, Not, Op, Or, Related
from domain.order import Order

_SIGNS = {Op.EQ: "=", Op.NE: "≠", Op.LT: "<", Op.LTE: "≤", Op.GT: ">", Op.GTE: "≥"}


def where_text(filter_: Filter) -> str:
    """A filter, such as `status in [NEW, OPEN] and (priority = HIGH or satisfaction ≤ 2)`."""
    match filter_:
        case Compare():
            return _compare_text(filter_)
        case And(parts):
            return _joined(parts, " and ")
        case Or(parts):
            return _joined(parts, " or ")
        case Not(part):
            return f"not ({where_text(part)})"
        case Related(relation, where):
            return f"{relation}: ({where_text(where)})"


def _compare_text(compare: Compare) -> str:
    match compare:
        case Compare(field, Op.IS_NULL, value):
            return f"{field} is {'' if value else 'not '}null"
        case Compare(field, op, tuple() as values):
            return f"{field} {_sign(op)} [{', '.join(map(str, values))}]"
        case Compare(field, op, value):
            return f"{field} {_sign(op)} {value}"


def order_text(order: Sequence[Order]) -> str:
    """An order, such as `opened_at desc, source, record_id`."""
    return ", ".join(f"{each.field}{' desc' if each.is_descending else ''}" for each in order)


def _sign(op: Op) -> str:
    return _SIGNS.get(op, op.value.replace("_", " "))


def _joined(parts: Sequence[Filter], word: str) -> str:
    texts = [
        f"({where_text(each)})" if isinstance(each, And | Or) else where_text(each)
        for each in parts
    ]
    return word.join(texts)
