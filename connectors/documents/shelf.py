"""The shelf: files that may be documents, as records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeAlias

from connectors.contract import Malformed, Skipped
from connectors.documents.entity import DocumentEntity
from connectors.documents.facts import facts
from connectors.documents.sidecar import Sidecar
from connectors.documents.snapshot import Snapshot
from connectors.documents.stored import F, StoredFile
from connectors.mapping import Translation

Made: TypeAlias = tuple[tuple[str, ...], tuple[Any, ...] | Skipped]
"""What was made of a file, and of which fingerprints."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[F]):
    """A file that may be a document; `sidecars` looks up its own one and that of its folder."""

    file: F
    sidecars: Callable[[], tuple[Sidecar, Sidecar]]


@dataclass(slots=True)
class Catalogue(Generic[F]):
    """The documents at one moment: their rows, and which file each is.

    `unmatched` counts the files that the layout does not fit, `example` is one of them. `made` is
    what the next catalogue need not make again.
    """

    made_at: datetime
    snapshot: Snapshot
    files: dict[str, F] = field(default_factory=dict)
    unmatched: int = 0
    example: str | None = None
    made: dict[str, Made] = field(default_factory=dict)


class Shelf:
    """Makes records of files, as the settings of the entity say."""

    def __init__(self, options: DocumentEntity, translation: Translation) -> None:
        self.options = options
        self.translation = translation
        self.fields = ("record_id", *sorted(translation.provided_fields))

    def catalogue(
        self, listed: Iterable[Listed[F]], *, now: datetime, earlier: Mapping[str, Made]
    ) -> Catalogue[F]:
        """The documents among these files. What did not change since `earlier` is not made anew."""
        catalogue: Catalogue[F] = Catalogue(now, Snapshot(self.fields, {}))
        skipped: list[Skipped] = []
        for each in listed:
            file = each.file
            layout = self.options.layout.parts(file.name)
            if layout is None:
                catalogue.unmatched += 1
                catalogue.example = catalogue.example or file.name
                continue
            row = self._known_row(each, layout, catalogue, earlier)
            if isinstance(row, Skipped):
                skipped.append(row)
            elif row[0] in catalogue.files:
                skipped.append(same_id(row[0], file.name))
            else:
                catalogue.snapshot.rows[row[0]], catalogue.files[row[0]] = row, file
        catalogue.snapshot.skipped = tuple(skipped)
        return catalogue

    def rows(
        self, listed: Iterable[Listed[F]], *, now: datetime
    ) -> Iterator[tuple[Any, ...] | Skipped]:
        """The rows of the documents among these files, one by one; ids may repeat."""
        for each in listed:
            layout = self.options.layout.parts(each.file.name)
            if layout is not None:
                yield self._row(each.file, layout, each.sidecars(), now)

    def _known_row(
        self,
        listed: Listed[F],
        layout: Mapping[str, str],
        catalogue: Catalogue[F],
        earlier: Mapping[str, Made],
    ) -> tuple[Any, ...] | Skipped:
        """The row of a document, made anew only where the file or one of its sidecars changed."""
        file, sidecars = listed.file, listed.sidecars()
        state = (file.fingerprint, sidecars[0][0], sidecars[1][0])
        known = earlier.get(file.name)
        if known is None or known[0] != state:
            known = (state, self._row(file, layout, sidecars, catalogue.made_at))
        catalogue.made[file.name] = known
        return known[1]

    def _row(
        self,
        file: StoredFile,
        layout: Mapping[str, str],
        sidecars: tuple[Sidecar, Sidecar],
        now: datetime,
    ) -> tuple[Any, ...] | Skipped:
        if not _is_text(file.name):
            shown = file.name.encode("utf-8", "backslashreplace").decode()
            return Skipped(None, f"{shown}: its name is not UTF-8; rename it")
        (_, meta), (_, sidecar) = sidecars
        raw = facts(file, layout=layout, meta=meta, sidecar=sidecar, kinds=self.options.kinds)
        try:
            return self.translation.reader(self.fields, observed_at=now)(raw)
        except Malformed as problem:
            return Skipped(file.name, f"{file.name}: {problem.message}")


def same_id(record_id: str, name: str) -> Skipped:
    """The second one of two documents with one id."""
    return Skipped(
        record_id, f"{name}: another document has the id '{record_id}'; rename one of them"
    )


def with_suffix(name: str, suffix: str) -> str:
    """The name of a document, as a file that its programs know by its suffix."""
    return name if name.lower().endswith(suffix.lower()) else name + suffix


def _is_text(name: str) -> bool:
    """Names that are no UTF-8 come from the system with stray surrogates."""
    return name.isascii() or not any("\ud800" <= each <= "\udfff" for each in name)
