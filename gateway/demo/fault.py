"""What can be broken in the demo, and in which ways; which of it is broken stands in a file."""

import enum
from collections.abc import Iterable, Mapping
from pathlib import Path

FILE = "faults"
"""The name of the file in the folder of a demo; each line is a source, `=` and its fault."""


class Fault(enum.StrEnum):
    """A way in which one of the demo's two HTTP systems fails."""

    BLACKHOLE = "blackhole"
    DELAY = "delay"
    DOWN = "down"
    RESET = "reset"
    TRICKLE = "trickle"
    CUT = "cut"
    UNAUTHORIZED = "401"
    THROTTLED = "429"
    FAILED = "500"
    OVERLOADED = "503"
    HTML = "html"
    TRUNCATED = "truncated"
    SHAPE = "shape"
    NONE = "none"


SERVICES = ("crm", "desk")
"""The HTTP systems, which can have every fault."""

PLACES: Mapping[str, str] = {
    "shop": "shop/shop.db",
    "mailing": "mailing",
    "documents": "documents",
}
"""The systems that are a file or a folder, below the data of the demo: these can be away only."""

Faults = Mapping[str, Fault]
"""What is broken, by the name of the source."""


class UnknownFault(ValueError):
    """Something that cannot be broken, or not in this way."""


def changed(faults: Faults, words: Iterable[str]) -> Faults:
    """Faults, changed by words such as `desk=blackhole`; `desk=none` heals the source.

    Raises `UnknownFault`, which says what there is.
    """
    merged = {**faults, **dict(map(_one, words))}
    return {name: fault for name, fault in merged.items() if fault is not Fault.NONE}


def _one(word: str) -> tuple[str, Fault]:
    name, _, text = word.partition("=")
    if name not in SERVICES and name not in PLACES:
        known = ", ".join((*SERVICES, *PLACES))
        raise UnknownFault(f"'{word}': there is no source '{name}'; there are {known}")
    allowed = tuple(Fault) if name in SERVICES else (Fault.DOWN, Fault.NONE)
    for each in allowed:
        if text == each:
            return name, each
    raise UnknownFault(f"'{word}': {name} can be {', '.join(allowed)}")


def write(home: Path, faults: Faults) -> None:
    """Have the demo in a folder break so."""
    fresh = home / f"{FILE}.part"
    fresh.write_text("".join(f"{name}={fault}\n" for name, fault in faults.items()), "utf-8")
    fresh.replace(home / FILE)


def read(home: Path) -> Faults:
    """What is broken in the demo in a folder; nothing where the file cannot be understood."""
    try:
        return changed({}, (home / FILE).read_text("utf-8").split())
    except (OSError, ValueError):
        return {}


def move(data: Path, faults: Faults) -> None:
    """Put the files and folders away that are broken, and the others back where they belong."""
    for name, path in PLACES.items():
        place = data / path
        away = place.with_name(f"{place.name}.away")
        if name in faults and place.exists() and not away.exists():
            place.rename(away)
        elif name not in faults and away.exists() and not place.exists():
            away.rename(place)
