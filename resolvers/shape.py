"""Shapes: generated functions that turn rows into the response's objects.

One function is written per selection set. It takes a row `r`, the row's position `i` among the
rows of its scope, the path `p` as linked pairs, and the run `t`; it gives a dict, or `None` where
a null has to bubble up. Fields are completed in order and stop at the first such null, as the
GraphQL specification's algorithm does when it is executed serially.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLOutputType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from resolvers import identifier
from resolvers.leaf import CHECKED, CONVERTERS
from resolvers.mask import FUNCTIONS as MASKING
from resolvers.run import Shape, complete_items, complete_rows
from resolvers.value import (
    AnyOf,
    Connection,
    EndCursor,
    GlobalId,
    Inline,
    Items,
    Leaf,
    Many,
    MissingSources,
    One,
    PageRows,
    RowCursor,
    Value,
)

ShapeOf = Callable[[Any, str], str]
"""Plan the field's selection set against a scope, for a type; gives the function's name."""


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How a type is wrapped: `[T!]!` is a list, required, with required items."""

    is_required: bool
    is_list: bool
    has_required_items: bool


def wrapping_of(type_: GraphQLOutputType) -> Wrapping:
    """The wrapping of a field's type. Lists of lists are not used in this schema."""
    is_required = is_non_null_type(type_)
    inner: Any = type_.of_type if is_required else type_  # type: ignore[union-attr]
    if not is_list_type(inner):
        return Wrapping(is_required, is_list=False, has_required_items=False)
    return Wrapping(is_required, True, is_non_null_type(inner.of_type))


@dataclass(frozen=True, slots=True)
class Slot:
    """A field of a response: its key, its type, and its number among the sites of the plan."""

    key: str
    type: GraphQLOutputType
    site: int


_ENVIRONMENT: Final[Mapping[str, Any]] = {
    "gid": identifier.encode,
    "complete_items": complete_items,
    "complete_rows": complete_rows,
    **{each.__name__: each for each in CONVERTERS.values()},
    **MASKING,
}


@dataclass(slots=True)
class Module:
    """The functions of one plan while they are written."""

    lines: list[str] = field(default_factory=list)
    given: dict[str, Shape] = field(default_factory=dict)
    count: int = 0

    def name(self) -> str:
        """A new function name."""
        self.count += 1
        return f"shape_{self.count}"

    def give(self, shape: Shape) -> str:
        """A function that is not written here, under a name of its own."""
        name = self.name()
        self.given[name] = shape
        return name

    def compiled(self) -> dict[str, Any]:
        """The functions by name."""
        space: dict[str, Any] = {**_ENVIRONMENT, **self.given}
        code = compile("\n".join(self.lines), "<shapes>", "exec")
        exec(code, space)  # noqa: S102  # our own source: names and numbers only, no client text unquoted
        return space


class ObjectShape:
    """The function of one selection set while it is written."""

    def __init__(self, module: Module) -> None:
        self.name = module.name()
        self._module = module
        self._body: list[str] = []
        self._entries: list[str] = []

    def finish(self) -> str:
        """Add the function to the module; gives its name."""
        self._module.lines += [
            f"def {self.name}(r, i, p, t):",
            *(f"    {line}" for line in self._body),
            f"    return {{{', '.join(self._entries)}}}",
        ]
        return self.name

    def constant(self, key: str, value: str) -> None:
        """A field whose value is known, such as `__typename`."""
        self._entries.append(f"{key!r}: {value!r}")

    def copied(self, key: str, expression: str) -> None:
        """A field whose value is complete as it is read."""
        self._entries.append(f"{key!r}: {expression}")

    def add(self, slot: Slot, value: Value, shape_of: ShapeOf) -> None:
        """A field with a value that is read, made or found."""
        match value:
            case Leaf() | GlobalId() | RowCursor() | EndCursor():
                self._leaf(slot, value.expression)
            case Inline(scope, expression, condition):
                self._inline(slot, expression, condition, shape_of(scope, ""))
            case Items(scope, expression) | MissingSources(scope, expression):
                self._items(slot, expression, shape_of(scope, ""))
            case PageRows(page):
                self._page_rows(slot, page.index, shape_of(page.items, ""))
            case One(step, scope):
                self._found(slot, step.index, f"t.rows[{step.index}][x]", "x", shape_of(scope, ""))
            case Connection(step, scope):
                self._found(slot, step.index, "x", "i", shape_of(scope, ""))
            case Many(step, scope):
                self._many(slot, step.index, shape_of(scope, ""))
            case AnyOf():
                self._any_of(slot, value, shape_of)

    def _variable(self) -> str:
        return f"v{len(self._entries)}"

    def _entry(self, slot: Slot, expression: str) -> None:
        self._entries.append(f"{slot.key!r}: {expression}")

    def _leaf(self, slot: Slot, expression: str) -> None:
        wrapping = wrapping_of(slot.type)
        type_name = get_named_type(slot.type).name
        convert = CONVERTERS.get(type_name)
        if wrapping.is_list:
            self._leaf_list(slot, expression, convert)
            return
        variable = self._variable()
        self._body.append(f"{variable} = {expression}")
        self._body += self._required(slot, self._null_check(slot, variable))
        if type_name in CHECKED and convert is not None:
            call = f"{convert.__name__}({variable}, p, {slot.key!r}, t, {slot.site})"
            self._body.append(f"{variable} = {call}")
            self._body += self._required(slot, [f"if {variable} is None: return None"])
            convert = None
        if convert is None:
            self._entry(slot, variable)
        elif wrapping.is_required:
            self._entry(slot, f"{convert.__name__}({variable})")
        else:
            converted = f"{convert.__name__}({variable})"
            self._entry(slot, f"None if {variable} is None else {converted}")

    def _null_check(self, slot: Slot, variable: str) -> list[str]:
        return [f"if {variable} is None: return t.null(p, {slot.key!r}, {slot.site})"]

    def _leaf_list(self, slot: Slot, expression: str, convert: Callable[..., Any] | None) -> None:
        wrapping = wrapping_of(slot.type)
        variable = self._variable()
        self._body.append(f"{variable} = {expression}")
        if wrapping.has_required_items:
            self._body += [
                f"if {variable} is not None and None in {variable}:",
                f"    n = {variable}.index(None)",
                f"    {variable} = t.null_item(p, {slot.key!r}, n, {slot.site})",
                *([f"    if {variable} is None: return None"] if wrapping.is_required else []),
            ]
        self._body += self._required(slot, self._null_check(slot, variable))
        if convert is not None:
            each = f"[None if x is None else {convert.__name__}(x) for x in {variable}]"
            self._entry(slot, f"None if {variable} is None else {each}")
        else:
            self._entry(slot, variable)

    def _inline(self, slot: Slot, expression: str, condition: str | None, shape: str) -> None:
        variable = self._variable()
        call = f"{variable} = {shape}({expression}, i, (p, {slot.key!r}), t)"
        if condition is None:
            self._body.append(call)
        else:
            self._body += [f"{variable} = None", f"if {condition} is not None:", f"    {call}"]
            self._body += self._required(
                slot, [f"else: return t.null(p, {slot.key!r}, {slot.site})"]
            )
        self._body += self._required(slot, [f"if {variable} is None: return None"])
        self._entry(slot, variable)

    def _items(self, slot: Slot, expression: str, shape: str) -> None:
        required = wrapping_of(slot.type).has_required_items
        variable = self._variable()
        self._body += [
            f"x = {expression}",
            f"{variable} = None",
            "if x is not None:",
            f"    h = (p, {slot.key!r})",
            f"    {variable} = complete_items(x, {shape}, h, t, {required}, {slot.site})",
        ]
        self._body += self._required(slot, [f"else: return t.null(p, {slot.key!r}, {slot.site})"])
        self._body += self._required(slot, [f"if {variable} is None: return None"])
        self._entry(slot, variable)

    def _page_rows(self, slot: Slot, index: int, shape: str) -> None:
        required = wrapping_of(slot.type).has_required_items
        variable = self._variable()
        self._body.append(
            f"{variable} = complete_rows(t.rows[{index}], r.start, r.stop, {shape},"
            f" (p, {slot.key!r}), t, {required})"
        )
        self._body += self._required(slot, [f"if {variable} is None: return None"])
        self._entry(slot, variable)

    def _found(self, slot: Slot, index: int, row: str, position: str, shape: str) -> None:
        kind = "int" if position == "x" else "t.page_type"
        call = f"{shape}({row}, {position}, (p, {slot.key!r}), t)"
        self._placed(slot, index, f"x.__class__ is {kind}", call)

    def _many(self, slot: Slot, index: int, shape: str) -> None:
        required = wrapping_of(slot.type).has_required_items
        self._placed(
            slot,
            index,
            "x.__class__ is tuple",
            f"complete_rows(t.rows[{index}], *x, {shape}, (p, {slot.key!r}), t, {required})",
        )

    def _placed(self, slot: Slot, index: int, is_found: str, call: str) -> None:
        variable = self._variable()
        required = wrapping_of(slot.type).is_required
        self._body += [
            f"x = t.places[{index}][i]",
            f"if {is_found}: {variable} = {call}",
            f"else: {variable} = t.absent(p, {slot.key!r}, {slot.site}, x, {required})",
        ]
        self._body += self._required(slot, [f"if {variable} is None: return None"])
        self._entry(slot, variable)

    def _any_of(self, slot: Slot, value: AnyOf, shape_of: ShapeOf) -> None:
        table = ", ".join(
            f"{name!r}: ({value.indexes[name]}, {shape_of(scope, name)})"
            for name, scope in value.scopes.items()
        )
        table_name = f"table_{slot.site}"
        self._module.lines.append(f"{table_name} = {{{table}}}")
        variable = self._variable()
        several = "t.any_of_list" if value.is_list else "t.any_of"
        self._body.append(
            f"{variable} = {several}(t.places[{value.step.index}][i], {table_name}, p,"
            f" {slot.key!r}, {slot.site})"
        )
        self._body += self._required(slot, [f"if {variable} is None: return None"])
        self._entry(slot, variable)

    def _required(self, slot: Slot, lines: list[str]) -> list[str]:
        return lines if wrapping_of(slot.type).is_required else []
