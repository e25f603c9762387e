"""Paging styles: how a list goes on, and when it ends.

A *position* is a small JSON object that says where in a list one is; scans keep it in cursors.
Each style turns a position into parameters, and a reply into the position that follows.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connectors.http.message import Reply

Position: TypeAlias = Mapping[str, Any]
"""Where in a list one is; the beginning is the empty object."""


def _path(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as exc:
        raise ValueError(f"'{text}' is no JMESPath expression: {exc}") from exc
    return text


Path = Annotated[str, AfterValidator(_path)]
"""A JMESPath expression."""


class LostWay(Exception):
    """A page does not say how the list goes on, in words."""


class _Paging(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    size_param: str | None = None
    """The parameter that asks for the size of a page, for example `per_page`."""
    size: int = Field(100, ge=1)
    """The size of a page. It is sent where `size_param` is set."""
    place: Literal["query", "body"] = "query"
    """Where the paging parameters go; `body` makes the request a POST."""
    more: Path | None = None
    """JMESPath to whether there are more pages, for example `meta.has_more`."""
    max_pages: int = Field(10_000, ge=1)
    """A list with more pages than this is taken for one that never ends."""

    @property
    def may_repeat(self) -> bool:
        """Whether a page may be the same as the one before without anything being wrong."""
        return False

    def params(self, position: Position) -> dict[str, str | int]:
        """The parameters that ask for the page at a position."""
        sized: dict[str, str | int] = {self.size_param: self.size} if self.size_param else {}
        return sized | self._place_params(position)

    def following(self, position: Position, reply: Reply, things: Sequence[Any]) -> Position | None:
        """The position after a page that lists these things; `None` where the list ends.

        Raises `LostWay` where the page does not say how the list goes on.
        """
        if self.more is not None and not found(self.more, reply.value):
            return None
        return self._following(position, reply, things)

    @abstractmethod
    def _place_params(self, position: Position) -> dict[str, str | int]: ...

    @abstractmethod
    def _following(
        self, position: Position, reply: Reply, things: Sequence[Any]
    ) -> Position | None: ...


class _Counted(_Paging):
    """Pages that are found by counting."""

    total: Path | None = None
    """JMESPath to the number of all records, for example `meta.total`."""
    ends: Literal["empty", "short"] = "empty"
    """What ends the list where neither `more`, `total` nor `pages` tells: an `empty` page, or
    already one that is `short`er than `size`. `short` saves one request a list, and loses records
    where the source gives smaller pages than were asked for."""

    def _is_last(self, reply: Reply, *, seen: int, count: int) -> bool:
        if count == 0:
            return self.more is None
        if self.total is not None:
            total = found(self.total, reply.value)
            return isinstance(total, int) and seen >= total
        return self.more is None and self.ends == "short" and count < self.size


class PageNumber(_Counted):
    """Pages by number."""

    style: Literal["page"]
    """Pages are asked for by their number."""
    param: str = "page"
    """The parameter that holds the number."""
    first: int = 1
    """The number of the first page, usually 1 or 0."""
    pages: Path | None = None
    """JMESPath to the number of pages, for example `meta.total_pages`."""

    def _place_params(self, position: Position) -> dict[str, str | int]:
        return {self.param: position.get("page", self.first)}

    def _following(
        self, position: Position, reply: Reply, things: Sequence[Any]
    ) -> Position | None:
        count = len(things)
        page, seen = position.get("page", self.first), position.get("seen", 0) + count
        if self._is_last(reply, seen=seen, count=count) or self._is_last_of(reply, page):
            return None
        return {"page": page + 1, "seen": seen}

    def _is_last_of(self, reply: Reply, page: int) -> bool:
        pages = None if self.pages is None else found(self.pages, reply.value)
        return isinstance(pages, int) and page - self.first + 1 >= pages


class Offset(_Counted):
    """Pages by the number of records before them."""

    style: Literal["offset"]
    """Pages are asked for by how many records come before."""
    param: str = "offset"
    """The parameter that holds the number of records to leave out."""
    size_param: str | None = "limit"
    """The parameter that asks for the size of a page."""

    def _place_params(self, position: Position) -> dict[str, str | int]:
        return {self.param: position.get("offset", 0)}

    def _following(
        self, position: Position, reply: Reply, things: Sequence[Any]
    ) -> Position | None:
        count = len(things)
        # Counted by what came: a source that gives less than was asked for loses nothing.
        seen = position.get("offset", 0) + count
        return None if self._is_last(reply, seen=seen, count=count) else {"offset": seen}


class CursorInBody(_Paging):
    """Pages whose successor stands in the answer."""

    style: Literal["cursor"]
    """The answer holds the cursor, or the address, of the next page."""
    next: Path
    """JMESPath to the next cursor or address, for example `meta.next_cursor`; the list ends where
    it is missing or empty."""
    param: str | None = None
    """The parameter that takes the cursor. Without it, `next` is the address of the next page."""

    def _place_params(self, position: Position) -> dict[str, str | int]:
        return {self.param: position["cursor"]} if self.param and "cursor" in position else {}

    def _following(
        self, position: Position, reply: Reply, things: Sequence[Any]
    ) -> Position | None:
        del position, things
        cursor = found(self.next, reply.value)
        if cursor is None or cursor is False or cursor == "":
            return None
        if self.param is None:
            return {"url": str(reply.url.join(str(cursor)))}
        return {"cursor": cursor if isinstance(cursor, int) else str(cursor)}


class Keyset(_Paging):
    """Pages that begin beyond the last record of the page before."""

    style: Literal["keyset"]
    """The next page is asked for by a value of the last record, such as its id."""
    param: str
    """The parameter that takes the value, for example `starting_after` or `created[gte]`."""
    field: Path = "id"
    """JMESPath, in a record, to the value. The source lists its records in the order of it."""
    size_param: str | None = "limit"
    """The parameter that asks for the size of a page."""
    inclusive: bool = False
    """Whether a page begins with the records that have the value itself, as after `gte`. These
    come again, and are read once."""
    ends: Literal["empty", "short"] = "empty"
    """What ends the list where `more` does not tell: a page without anything new, or already one
    that is `short`er than `size`."""

    def _place_params(self, position: Position) -> dict[str, str | int]:
        return {self.param: position["after"]} if "after" in position else {}

    def _following(
        self, position: Position, reply: Reply, things: Sequence[Any]
    ) -> Position | None:
        del reply
        if self.more is None and (not things or self._is_short(things)):
            return None
        last = found(self.field, things[-1]) if things else None
        if isinstance(last, bool) or not isinstance(last, str | int | float) or last == "":
            raise LostWay(f"the last record has no '{self.field}' from which to go on")
        if last != position.get("after"):
            return {"after": last if isinstance(last, int) else str(last)}
        if not self.inclusive:
            raise LostWay(
                f"it goes on with records that are not beyond the last one: check '{self.param}'"
            )
        if len(things) < self.size:
            return None
        raise LostWay(
            f"a whole page has the same '{self.field}', so that nothing tells where the next one"
            " begins; ask for larger pages, or page by a field that is unique"
        )

    @property
    def may_repeat(self) -> bool:
        """A list of one record ends with the page that it began with."""
        return self.inclusive

    def _is_short(self, things: Sequence[Any]) -> bool:
        return self.ends == "short" and len(things) < self.size


class LinkHeader(_Paging):
    """Pages whose successor stands in the `Link` header (RFC 8288)."""

    style: Literal["link"]
    """The header `Link` holds the address of the next page, as `rel="next"`."""

    def _place_params(self, position: Position) -> dict[str, str | int]:
        del position
        return {}

    def _following(
        self, position: Position, reply: Reply, things: Sequence[Any]
    ) -> Position | None:
        del position, things
        link = reply.links.get("next")
        return {"url": str(reply.url.join(link))} if link else None


class OnePage(_Paging):
    """A list that comes whole."""

    style: Literal["none"] = "none"
    """The answer is the whole list."""

    def _place_params(self, position: Position) -> dict[str, str | int]:
        del position
        return {}

    def _following(
        self, position: Position, reply: Reply, things: Sequence[Any]
    ) -> Position | None:
        del position, reply, things
        return None


Paging: TypeAlias = Annotated[
    PageNumber | Offset | CursorInBody | Keyset | LinkHeader | OnePage, Field(discriminator="style")
]


def found(path: str, value: object) -> Any:
    """What a JMESPath finds; `None` where it finds nothing or does not fit the value."""
    try:
        return jmespath.search(path, value)
    except JMESPathError:
        return None
