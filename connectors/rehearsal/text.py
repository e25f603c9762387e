"""Made-up texts of nests: nothing but their holes, as many as there would be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.contract import Batch, Nest
from connectors.nest import (
    BETWEEN,
    HOLE,
    Hole,
    Object,
    PageObject,
    PagePiece,
    PageRows,
    Piece,
    RelatedMany,
    RelatedOne,
    RelatedPage,
    Relation,
)
from connectors.rehearsal.row import Rows, SourcesOf, row_count
from domain.catalogue import ENTITIES
from domain.entity import Entity

_HOLE = HOLE.encode()


@dataclass(slots=True)
class Texts:
    """Makes the texts of one batch, and counts the rows that are in them."""

    batch: Batch
    rows: Rows
    sources_of: SourcesOf
    nested_count: int = 0

    def page(self, page: RelatedPage) -> bytes:
        """The text of a page of the whole entity."""
        text = b"".join(self._page(page))
        self.nested_count -= 1
        return text

    def row(self, nest: Nest) -> bytes:
        """The text of a row."""
        entity = ENTITIES[self.batch.entity]
        return BETWEEN.encode().join(b"".join(self._object(each, entity)) for each in nest.items)

    def _object(self, made: Object, entity: Entity) -> Iterator[bytes]:
        for _, piece in made.members:
            yield from self._piece(piece, entity)

    def _piece(self, piece: Piece, entity: Entity) -> Iterator[bytes]:
        match piece:
            case Hole(number, fields):
                yield b"%b%d:%b%b" % (_HOLE, number, self.rows.exact(entity, fields), _HOLE)
            case Object():
                yield from self._object(piece, entity)
            case RelatedOne(relation, item):
                yield from self._many(relation, item, 1)
            case RelatedMany(relation, rows):
                count = row_count(relation.entity, relation.match, self.sources_of)
                yield from self._many(relation, rows.item, count)
            case RelatedPage():
                yield from self._page(piece)

    def _page(self, piece: RelatedPage) -> Iterator[bytes]:
        count = self.batch.slices.each[piece.relation.number].limit or 0
        items = list(_items(piece.page.members))
        if not items:
            self.nested_count += count
        for place, item in enumerate(items):
            known = self.nested_count
            yield from self._many(piece.relation, item, count)
            # The same rows as nodes and as edges are there once.
            self.nested_count = known if place else self.nested_count

    def _many(self, relation: Relation, item: Object, count: int) -> Iterator[bytes]:
        entity = ENTITIES[relation.entity]
        for _ in range(count):
            self.nested_count += 1
            yield from self._object(item, entity)


def _items(members: "Iterable[tuple[str, PagePiece]]") -> Iterator[Object]:
    for _, piece in members:
        match piece:
            case PageRows(item):
                yield item
            case PageObject(inner):
                yield from _items(inner)
