"""What is wrong with a configuration, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and what to do. `place` is missing where it is the whole file."""

    file: str
    place: Place | None
    message: str

    def __str__(self) -> str:
        """Say it as compilers do, so that editors can jump to it."""
        where = f":{self.place.line}:{self.place.column}" if self.place else ""
        return f"{self.file}{where}: {self.message}"


class InvalidConfiguration(Exception):
    """The configuration is refused; `problems` has everything that is wrong, by its place."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=_position))
        super().__init__("\n".join(map(str, self.problems)))


def _position(problem: Problem) -> tuple[Place, str]:
    return problem.place or Place(0, 0), problem.message
