"""A help desk's export, and a folder of documents."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.faults.company import TICKETS, mapped_documents, mapped_tickets, write_documents
from tests.faults.fault import Fault
from tests.faults.patient import Admission, Patient, Ward, breaking

_GB = 1 << 30
_NOBODY = 65534
_TABLE_FAULTS = frozenset(
    {
        Fault.MISSING,
        Fault.PIPE,
        Fault.FORBIDDEN,
        Fault.TRUNCATED,
        Fault.HUGE,
        Fault.SHAPE,
        Fault.COLUMN,
    }
)
_FOLDER_FAULTS = frozenset({Fault.MISSING, Fault.FORBIDDEN})


@contextmanager
def desk(ward: Ward) -> Iterator[Patient]:
    """Tickets in a CSV file that is read when asked."""
    file = ward.folder / "export" / "tickets.csv"
    file.parent.mkdir()
    rows = ["id,about,state,at,who", *(",".join(map(str, each.values())) for each in TICKETS)]
    file.write_text("\n".join(rows) + "\n")
    breaks: dict[Fault, Callable[[Path], None]] = {
        Fault.MISSING: _nothing,
        Fault.PIPE: _make_pipe,
        Fault.TRUNCATED: _halve,
        Fault.HUGE: _stretch,
        Fault.SHAPE: _reshape,
        Fault.COLUMN: _rename_column,
    }
    yield Patient(
        source="desk",
        settings={
            "kind": "files",
            "path": str(file.parent),
            "entities": mapped_tickets(file="tickets.csv", mode="live"),
        },
        faults={
            Fault.FORBIDDEN: breaking(partial(_forbidden, file)),
            **{fault: breaking(partial(_swapped, file, each)) for fault, each in breaks.items()},
        },
        secrets=(str(ward.folder), "tickets.csv"),
    )


@contextmanager
def vault(ward: Ward) -> Iterator[Patient]:
    """Documents in folders."""
    folder = ward.folder / "vault"
    write_documents(folder)
    yield Patient(
        source="vault",
        settings={
            "kind": "files",
            "path": str(folder),
            "refresh_s": 0,
            "entities": mapped_documents(),
        },
        faults={
            Fault.FORBIDDEN: breaking(partial(_forbidden, folder)),
            Fault.MISSING: breaking(partial(_swapped, folder, _nothing)),
        },
        secrets=(str(ward.folder),),
    )


@contextmanager
def _swapped(place: Path, make: Callable[[Path], None]) -> Iterator[None]:
    """Something else at a place, made from what is there; at the end what was there before."""
    away = place.with_name(f"{place.name}.away")
    place.rename(away)
    try:
        make(place)
        yield
    finally:
        if place.is_fifo():
            _release(place)
        place.unlink(missing_ok=True)
        away.rename(place)


def _nothing(_place: Path) -> None:
    pass


def _make_pipe(place: Path) -> None:
    os.mkfifo(place)


def _release(pipe: Path) -> None:
    """Let whoever reads the pipe see its end."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return


def _was(place: Path) -> str:
    return place.with_name(f"{place.name}.away").read_text()


def _halve(place: Path) -> None:
    place.write_text(_was(place)[:-20])


def _stretch(place: Path) -> None:
    place.write_text(_was(place))
    os.truncate(place, _GB)


def _reshape(place: Path) -> None:
    place.write_text("<!doctype html>\n<title>Sign in</title>\n<p>Welcome, to this, page.</p>\n")


def _rename_column(place: Path) -> None:
    place.write_text(_was(place).replace("about", "subject", 1))


@contextmanager
def _forbidden(place: Path) -> Iterator[None]:
    """Only its owner may read it, and the gateway runs as somebody else.

    Nothing is forbidden to root, so where the tests run as root they become somebody else.
    """
    mode = place.stat().st_mode
    is_root = os.geteuid() == 0
    os.utime(place)  # what was read before is kept as long as the file seems the same
    place.chmod(0)
    if is_root:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        place.chmod(mode)


PATIENTS = {
    "files (tables)": Admission(desk, _TABLE_FAULTS),
    "files (documents)": Admission(vault, _FOLDER_FAULTS),
}
