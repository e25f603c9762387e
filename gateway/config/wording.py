"""How problems are put into words."""

import difflib
from collections.abc import Collection, Iterable, Sequence

_MAX_NAMES = 15
_MAX_SHOWN = 40


def dotted(path: Sequence[str | int]) -> str:
    """A setting as people write it: `sources.shop.fields[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def inside(path: Sequence[str | int]) -> str:
    """Where a setting is: ` in sources.shop`, or nothing at the top."""
    return f" in {dotted(path)}" if path else ""


def suggestion(wrong: str, names: Iterable[str], *, taken: Collection[str] = ()) -> str:
    """The nearest of the names that are not taken, or all of them where none is near."""
    known = sorted(names)
    lower = {name.lower(): name for name in known if name not in taken}
    near = difflib.get_close_matches(wrong.lower(), lower, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{lower[near[0]]}'?"
    if not known:
        return ""
    return f"; there {'is' if len(known) == 1 else 'are'} {listed(known)}"


def listed(names: Sequence[str]) -> str:
    """Names in quotes, as many as can be read."""
    more = " …" if len(names) > _MAX_NAMES else ""
    return ", ".join(f"'{name}'" for name in names[:_MAX_NAMES]) + more


def shown(value: object) -> str:
    """A value in a message, short."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= _MAX_SHOWN else "text"
    return f"the number {value}" if isinstance(value, int | float) else _collection(value)


def _collection(value: object) -> str:
    return "a list" if isinstance(value, list) else "a mapping"
