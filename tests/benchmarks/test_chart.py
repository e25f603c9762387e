"""The picture of how figures grow."""

from xml.etree import ElementTree as ET

from benchmarks.chart import Chart, Line, draw


def test_every_point_is_drawn_within_its_chart() -> None:
    """A point outside would be cut off, and nobody would miss it."""
    line = Line("p99 < 100 ms", [(1, 0.4), (16, 3.0), (200, 87.5)])

    picture = ET.fromstring(draw([Chart("Connections & more", "connections", [line])]))  # noqa: S314 - ours

    dots = [each.attrib for each in picture.iter() if each.tag.endswith("circle")]
    assert len(dots) == 3
    assert all(0 <= float(each["cx"]) <= 420 and 0 <= float(each["cy"]) <= 340 for each in dots)


def test_words_are_escaped() -> None:
    """Names hold signs that mean something in XML."""
    picture = ET.fromstring(draw([Chart("a & b", "<x>", [Line("c > d", [(1, 1)])])]))  # noqa: S314 - ours

    texts = [each.text for each in picture.iter() if each.tag.endswith("text")]
    assert {"a & b", "<x>", "c > d"} <= set(texts)
