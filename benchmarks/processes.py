"""What processes take: the CPU time and the memory of one and all that it has started."""

import os
from collections import defaultdict
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PARENT, _FIRST_TIME, _LAST_TIME, _RESIDENT = 1, 11, 15, 21


def cpu_s(pid: int) -> float:
    """The CPU time of a process and of all below it, those that have ended included, in seconds."""
    # User and system time of its own, then those of the children that it has waited for.
    ticks = sum(int(each) for row in _tree(pid) for each in row[_FIRST_TIME:_LAST_TIME])
    return ticks / _TICKS_PER_S


def resident_bytes(pid: int) -> int:
    """The memory that a process and all below it have resident; shared pages count for each."""
    return sum(int(row[_RESIDENT]) for row in _tree(pid)) * _PAGE_BYTES


def _tree(pid: int) -> list[list[str]]:
    rows, children = {}, defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (row := _stat(folder)):
            rows[int(folder.name)] = row
            children[int(row[_PARENT])].append(int(folder.name))
    found, todo = [], [pid]
    while todo:
        each = todo.pop()
        found += [rows[each]] if each in rows else []
        todo += children[each]
    return found


def _stat(folder: Path) -> list[str]:
    """The values of `/proc/PID/stat` behind the name; none where the process is gone."""
    try:
        return (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []
