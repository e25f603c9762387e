"""Small charts beside each other in one SVG, without a library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _COLUMNS = 420, 340, 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 34, 112
_COLOURS = ("#1f5fa8", "#c2571a", "#2d7d46", "#7a4fa3")


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, from left to right."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over one axis; both axes begin at zero."""

    title: str
    axis: str
    lines: Sequence[Line]


def draw(charts: Sequence[Chart]) -> str:
    """The SVG."""
    rows = -(-len(charts) // _COLUMNS)
    width, height = _WIDTH * _COLUMNS, _HEIGHT * rows
    parts = [
        f'<g transform="translate({x * _WIDTH} {y * _HEIGHT})">{_chart(each)}</g>'
        for number, each in enumerate(charts)
        for y, x in (divmod(number, _COLUMNS),)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' font-family="sans-serif" font-size="11" fill="#222">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _chart(chart: Chart) -> str:
    points = [point for line in chart.lines for point in line.points]
    most_x = max((x for x, _ in points), default=1) or 1
    most_y = _round_up(max((y for _, y in points), default=1))
    style = f'x="{_LEFT}" y="20" font-size="13" font-weight="bold"'
    parts = [f"<text {style}>{escape(chart.title)}</text>"]
    parts += [_level(share, most_y) for share in (0, 0.25, 0.5, 0.75, 1)]
    parts += [_place(x, most_x) for x in sorted({x for x, _ in points})[-5:]]
    x, y = (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - _BOTTOM + 30
    parts.append(f'<text x="{x}" y="{y}" text-anchor="middle">{escape(chart.axis)}</text>')
    for number, line in enumerate(chart.lines):
        parts.append(_line(line, _COLOURS[number % len(_COLOURS)], most_x, most_y))
        parts.append(_legend(line.name, number))
    return "".join(parts)


def _round_up(value: float) -> float:
    """To one digit, so that the scale has readable numbers."""
    unit = 10 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return max(unit, -(-value // unit) * unit)


def _x(value: float, most: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / most


def _y(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / most


def _level(share: float, most: float) -> str:
    y = _y(share, 1)
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share * most:,.4g}</text>'
    )


def _place(value: float, most: float) -> str:
    x, y = _x(value, most), _HEIGHT - _BOTTOM + 14
    return f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{value:,.0f}</text>'


def _line(line: Line, colour: str, most_x: float, most_y: float) -> str:
    places = [(_x(x, most_x), _y(y, most_y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in places)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        f'<g fill="{colour}">{dots}</g>'
    )


def _legend(name: str, number: int) -> str:
    x, y = _LEFT, _HEIGHT - _BOTTOM + 50 + 16 * number
    colour = _COLOURS[number % len(_COLOURS)]
    return (
        f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{colour}"/>'
        f'<text x="{x + 14}" y="{y}">{escape(name)}</text>'
    )
