"""A field of a document, as a plan resolver meets it: once per document, never per row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from domain.access.policy import Mask
from domain.access.subject import further_subject, subject_field
from domain.catalogue import ENTITIES
from domain.entity import Entity
from domain.order import Order
from resolvers.argument import Arguments, Binding
from resolvers.command import Command, CommandStep
from resolvers.lookup import Lookup, LookupStep, NodeStep
from resolvers.mask import SOURCES as MASKED
from resolvers.scope import KeyOf, PageScope, RowScope, Scope, Step, ValueScope
from resolvers.step import Link, ManyStep, OneStep, PageStep, key_of_root
from resolvers.value import AnyOf, Connection, GlobalId, Inline, Items, Leaf, Many, One, Value
from resolvers.visibility import Visibility


class Workshop(Protocol):
    """What the planner keeps for the whole plan."""

    def new_index(self) -> int:
        """A number for the rows of a new step."""
        ...

    def bind(self, arguments: Arguments, binding: Binding) -> int:
        """Have something made of arguments at the start of each run; gives its number."""
        ...

    def note_rows(self, index: int, scope: RowScope, subject: str | None) -> None:
        """Have it told whom the rows of a step are about, by the field `subject` if it is new."""
        ...

    @property
    def is_audited(self) -> bool:
        """Whether the plan is to tell whom it reads."""
        ...

    @property
    def visibility(self) -> Visibility | None:
        """What the role sees that the plan is for; `None` where that is everything."""
        ...


@dataclass(frozen=True, slots=True)
class PlanField:
    """A field that is planned: what it stands on, and what it may be made of.

    Keys name fields of the scope's rows, `match` the fields of the other entity that they equal.
    """

    scope: Scope
    arguments: Arguments
    workshop: Workshop

    def leaf(self, column: str) -> Leaf:
        """A value of the row."""
        return Leaf(self.scope.expression(column), self.scope.column(column))

    def computed(self, template: str, *columns: str) -> Leaf:
        """A value made of the row: Python source with `{}` for each column."""
        return Leaf(template.format(*map(self.scope.expression, columns)))

    def bound(self, template: str, binding: Binding, *columns: str) -> str:
        """Python source with `{bound}` for what `binding` makes of the arguments of each run."""
        number = self.workshop.bind(self.arguments, binding)
        columns = tuple(map(self.scope.expression, columns))
        return template.format(*columns, bound=f"t.bound[{number}]")

    def inline(self, condition: str | None = None) -> Inline:
        """An object made of the same row; missing where the column `condition` is."""
        if condition is None:
            return Inline(self.scope)
        test = self.scope.expression(condition)
        return Inline(self.scope, condition=test, column=self.scope.column(condition))

    def mapping(self, template: str, *columns: str) -> Inline:
        """An object that Python source gives as a mapping."""
        expression = template.format(*map(self.scope.expression, columns))
        return Inline(ValueScope(), expression, expression)

    def listed(self, column: str) -> Items:
        """The mappings in a list of the row."""
        return Items(ValueScope(), self.scope.expression(column), self.scope.column(column))

    def items(self, template: str, *columns: str) -> Items:
        """A list of mappings that Python source gives."""
        return Items(ValueScope(), template.format(*map(self.scope.expression, columns)))

    def one(self, entity: str, *, match: Sequence[str], key: Sequence[str]) -> One:
        """The record of another entity that the row refers to."""
        scope = RowScope(ENTITIES[entity])
        index = self.workshop.new_index()
        link = Link(tuple(match), tuple(key), self.scope.key(key))
        step = OneStep(index, scope, link)
        self._note(step, scope)
        return One(self._hang(step), scope)

    def many(
        self, entity: str, *, match: Sequence[str], key: Sequence[str], order: Sequence[Order] = ()
    ) -> Many:
        """All records of another entity that refer to the row; for lists that stay short."""
        scope = RowScope(ENTITIES[entity])
        index = self.workshop.new_index()
        link = Link(tuple(match), tuple(key), self.scope.key(key))
        step = ManyStep(index, scope, link, tuple(order))
        self._note(step, scope)
        return Many(self._hang(step), scope)

    def page(
        self,
        entity: str,
        *,
        match: Sequence[str] = (),
        key: Sequence[str] = (),
        order: Sequence[Order] = (),
    ) -> Connection:
        """A page of the records that refer to the row, or of all records where nothing is named."""
        scope = RowScope(ENTITIES[entity])
        read: KeyOf = self.scope.key(key) if key else key_of_root
        step = PageStep(
            self.workshop.new_index(),
            scope,
            Link(tuple(match), tuple(key), read),
            arguments=self.arguments,
            default_order=self._telling(entity, order),
        )
        self._note(step, scope)
        self._hang(step)
        return Connection(step, PageScope(step.index, scope, may_fuse=not key))

    def lookup(self, entity: str, lookup: Lookup) -> One:
        """The record that the arguments name."""
        scope = RowScope(ENTITIES[entity])
        step = LookupStep(self.workshop.new_index(), scope, self.arguments, lookup)
        self.workshop.note_rows(step.index, scope, subject_field(scope.entity))
        return One(self._hang(step), scope)

    def nodes(self, types: Mapping[str, str], *, is_list: bool) -> AnyOf:
        """The records behind global ids; `types` are the entities by GraphQL type."""
        scopes: dict[str, RowScope] = {}
        indexes: dict[str, int] = {}
        for type_name, entity in self._visible(types).items():
            scope = scopes[type_name] = self._of_node(ENTITIES[entity])
            index = indexes[type_name] = self.workshop.new_index()
            self.workshop.note_rows(index, scope, subject_field(scope.entity))
        step = NodeStep(self.workshop.new_index(), scopes, indexes, self.arguments, is_list=is_list)
        self._hang(step)
        return AnyOf(step, dict(scopes), indexes, is_list)

    def command(self, command: Command) -> One:
        """The payload of a mutation."""
        scope = ValueScope()
        step = CommandStep(self.workshop.new_index(), scope, self.arguments, command)
        return One(self._hang(step), scope)

    def _of_node(self, entity: Entity) -> RowScope:
        """Rows of an entity. Of lines only their purchases know whom they are about."""
        must_ask = entity.name == "purchase_line" and self.workshop.is_audited
        scope = RowScope(entity, is_apart=must_ask)
        if must_ask:
            key = ("purchase_source", "purchase_ref")
            match = ("source", "record_id")
            PlanField(scope, self.arguments, self.workshop).one("purchase", match=match, key=key)
        return scope

    def _note(self, step: OneStep | ManyStep | PageStep, scope: RowScope) -> None:
        subject = further_subject(scope.entity, step.link.match, step.link.key)
        self.workshop.note_rows(step.index, scope, subject)

    def _telling(self, entity: str, order: Sequence[Order]) -> tuple[Order, ...]:
        """An order without what may not be told: it would be told by who comes first."""
        seen = self.workshop.visibility
        return tuple(each for each in order if seen is None or seen.tells(entity, each.field))

    def _visible(self, types: Mapping[str, str]) -> Mapping[str, str]:
        seen = self.workshop.visibility
        if seen is None:
            return types
        return {name: each for name, each in types.items() if seen.access(each) is not None}

    def _hang(self, step: Step) -> Step:
        self.scope.steps.append(step)
        return step


PlanResolver: TypeAlias = Callable[[PlanField], Value]
"""How a field gets its value: called once for each field of a document."""


def column(name: str) -> PlanResolver:
    """The value of the row's field of that name, or a list of values that it holds."""

    def plan(field: PlanField) -> Value:
        return field.leaf(name)

    return plan


def listed(name: str) -> PlanResolver:
    """The mappings in the row's list of that name."""

    def plan(field: PlanField) -> Value:
        return field.listed(name)

    return plan


def masked(resolver: PlanResolver, mask: Mask) -> PlanResolver:
    """What a plan resolver gives, behind a mask. It is no longer just a field of the row."""

    def plan(field: PlanField) -> Value:
        value = resolver(field)
        if not isinstance(value, Leaf):
            raise TypeError(f"the mask '{mask}' is for single values only")
        return Leaf(MASKED[mask].format(value.expression))

    return plan


def global_id(field: PlanField) -> Value:
    """The global id of the row's record."""
    scope = field.scope
    if not isinstance(scope, RowScope):
        raise TypeError("only records have a global id")
    type_name, key = scope.entity.type_name, scope.entity.key
    values = ", ".join(map(scope.expression, key))
    return GlobalId(f"gid({type_name!r}, {values})", type_name, key)
