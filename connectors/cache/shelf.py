"""The shelf: entries in the memory of this process, within a bound of bytes."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from connectors.cache.entry import Entry, size_of, size_of_entry
from connectors.contract import Batch, Key

Template: TypeAlias = tuple[str, Batch]
"""A source, and a question to it without keys and time: with a key, all that an answer is of."""

OF_CUSTOMER = ("customer_ref",)
"""The match of questions whose keys name customers, in the words of the source."""


@dataclass(slots=True)
class _Board:
    """The entries of one template. Its number stands for the template, which is slow to hash."""

    number: int
    template: Template
    size: int
    keys: set[Key] = field(default_factory=set)


class Shelf:
    """Entries by template and key; what was not used for longest goes first.

    Templates are counted with the entries: clients may write long filters.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._boards: dict[Template, _Board] = {}
        self._numbers = count()
        self._entries: OrderedDict[tuple[int, Key], tuple[Entry, int, _Board]] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, template: Template, keys: Iterable[Key]) -> Mapping[Key, Entry]:
        """The entries of those keys that have one; each counts as used."""
        board = self._boards.get(template)
        if board is None:
            return {}
        found: dict[Key, Entry] = {}
        for key in keys:
            place = board.number, key
            held = self._entries.get(place)
            if held is not None:
                self._entries.move_to_end(place)
                found[key] = held[0]
        return found

    def put(self, template: Template, entries: Mapping[Key, Entry]) -> None:
        """Keep entries, in place of those of their keys, as far as the bytes allow."""
        board = self._boards.get(template)
        if board is None and entries:
            board = _Board(next(self._numbers), template, size_of(template))
            self._boards[template] = board
            self.size += board.size
        for key, entry in entries.items():
            if board is not None:
                self._add(board, key, entry)
        while self.size > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def forget(self, source: str, entity: str, *, customer_ref: object = None) -> None:
        """Drop what is kept of an entity of a source, or what may be about one of its customers."""
        for board in list(self._boards.values()):
            name, batch = board.template
            if name != source or batch.entity != entity:
                continue
            is_one = customer_ref is not None and batch.match == OF_CUSTOMER
            for key in [(customer_ref,)] if is_one else list(board.keys):
                if key in board.keys:
                    self._drop((board.number, key))

    def clear(self) -> None:
        """Drop everything."""
        self._boards.clear()
        self._entries.clear()
        self.size = 0

    def _add(self, board: _Board, key: Key, entry: Entry) -> None:
        place = board.number, key
        held = self._entries.pop(place, None)
        if held is not None:
            self.size -= held[1]
        size = size_of_entry(entry) + size_of(key)
        self._entries[place] = entry, size, board
        board.keys.add(key)
        self.size += size

    def _drop(self, place: tuple[int, Key]) -> None:
        _, size, board = self._entries.pop(place)
        self.size -= size
        board.keys.discard(place[1])
        if not board.keys:
            self.size -= board.size
            del self._boards[board.template]
