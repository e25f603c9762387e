"""Reading YAML: its words, its places, and the ways in which it can be broken or hostile."""

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import InvalidConfiguration, load
from gateway.config.document import Node, parse
from gateway.config.substitution import Surroundings
from tests.gateway.config.writing import problems

HERE = Surroundings(environ={"PORT": "8080", "EMPTY": "", "YAML": "{a: [1]}"}, base_dir=Path())


def value_of(text: str) -> Any:
    """The value of a text that stands under a key."""
    document = parse(f"key: {text}\n", file="f.yaml", surroundings=HERE)
    assert document.problems == ()
    return document.root.value["key"]


def bare(text: str, **environ: str) -> list[str]:
    """What is wrong with a text, as the reader alone tells it."""
    document = parse(text, file="f", surroundings=Surroundings(environ, Path()))
    return [str(each) for each in document.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("12:30", "12:30"),
        ("2026-01-02", "2026-01-02"),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("-5", -5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("", None),
        ("null", None),
        ("''", ""),
        ("'8080'", "8080"),
        ("!!str 8080", "8080"),
        ("张三", "张三"),
        ("<<", "<<"),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    """Norway stays a country, a time stays a text."""
    result = value_of(text)

    assert result == value
    assert type(result) is type(value)


def test_nan_is_a_number() -> None:
    """It is refused later, by the settings, where it makes no sense."""
    assert math.isnan(value_of(".nan"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${PORT}", "8080"),
        ("'${PORT}'", "8080"),
        ("${EMPTY}", None),
        ("'${EMPTY}'", ""),
        ("$${PORT}", "${PORT}"),
        ("${YAML}", "{a: [1]}"),
        ("a${PORT}b${EMPTY}c", "a8080bc"),
        ("${NOT_SET:-postgresql://a:b@c/d}", "postgresql://a:b@c/d"),
        ("${EMPTY:-x}", "x"),
        ("'${EMPTY:-}'", ""),
        ("$PORT", "$PORT"),
    ],
)
def test_what_is_filled_in_stays_one_text(text: str, value: object) -> None:
    """It cannot bring structure of its own; an empty plain one is nothing."""
    assert value_of(text) == value


def test_keys_are_texts_as_they_are_written() -> None:
    """A table of codes may have numbers and country codes on its left."""
    document = parse("{1: a, no: b, true: c, 1.50: d}", file="f", surroundings=HERE)

    assert document.root.value == {"1": "a", "no": "b", "true": "c", "1.50": "d"}


def test_anchors_and_merges_work_and_own_keys_win() -> None:
    """What many sources share can be written once."""
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc:\n  <<: [{x: 5}, *a]\n"

    document = parse(text, file="f", surroundings=HERE)

    assert document.problems == ()
    assert document.root.value["b"] == {"x": 1, "y": 3}
    assert document.root.value["c"] == {"x": 5, "y": 2}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("a: 1\nb: 2\na: 3\n", ["f:3:1: 'a' stands here twice; it is already on line 1"]),
        ("a: !thing 1", ["f:1:4: the tag !thing is not known here; leave it out"]),
        (
            "a: !!python/object:os.system x",
            ["f:1:4: the tag !!python/object:os.system is not known here; leave it out"],
        ),
        ("a: !!int x", ["f:1:4: this cannot be read as !!int"]),
        ("a: !!set {x}", ["f:1:4: the tag !!set is not known here; leave it out"]),
        ("? [a, b]\n: 1\n", ["f:1:3: the name of a setting must be a single word"]),
        ("a: {<<: 5}", ["f:1:9: '<<' merges mappings only; write '<<: *name'"]),
        (
            "a: ${A}-${B}",
            [
                (
                    "f:1:4: the environment variable A is needed here and is not set; set it, or"
                    " write ${A:-default}"
                ),
                (
                    "f:1:4: the environment variable B is needed here and is not set; set it, or"
                    " write ${B:-default}"
                ),
            ],
        ),
        (
            "a: ${A",
            ["f:1:4: a '${' is not closed; end it with '}', or write '$${' for a plain '${'"],
        ),
        (
            "a: ${1A}",
            [
                (
                    "f:1:4: '${1A}' cannot be understood; write ${NAME}, ${NAME:-default} or"
                    " ${file:PATH}, or '$${' for a plain '${'"
                )
            ],
        ),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text: str, messages: list[str]) -> None:
    """The rest of the file is read all the same."""
    assert bare(text) == messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty; name the systems that know your customers under 'sources:'"),
        (
            " \n\n",
            ": the file is empty; name the systems that know your customers under 'sources:'",
        ),
        (
            "# only a comment\n",
            ": the file must hold settings, such as 'sources:', at its left edge",
        ),
        ("- a\n", ":1:1: the file must hold settings, such as 'sources:', at its left edge"),
        ("hello", ":1:1: the file must hold settings, such as 'sources:', at its left edge"),
        (
            "server:\n\tport: 1\n",
            ":2:1: a tab stands here where YAML wants spaces; indent with spaces",
        ),
        (
            "a: [${A}, b]\n",
            ':1:6: this is no YAML; inside [ ] and { } put a substitution in quotes: "${NAME}"',
        ),
        ("a: *b\n", ":1:4: this is no YAML: found undefined alias 'b'"),
        ("a: b: c\n", ":1:5: this is no YAML: mapping values are not allowed here"),
        (
            "a: [1\nb: 2\n",
            (
                ":2:2: this is no YAML: while parsing a flow sequence, expected ',' or ']', but got"
                " ':'"
            ),
        ),
        (
            "a: 1\n--- \nb: 2\n",
            (
                ":2:1: this is no YAML: expected a single document in the stream, but found another"
                " document"
            ),
        ),
        ("a: b\x07\n", ":1:5: the character U+0007 cannot stand in YAML; remove it"),
        ("a: &a [*a]\n", ":1:4: this value contains itself through an alias"),
        (
            "a: " + "[" * 50_000,
            ":1:102: lists and mappings are nested deeper than 100 here",
        ),
        (b"a: 1\nb\xc3\xa4: \xff\n", ":2:5: the byte 0xff is not UTF-8; save the file as UTF-8"),
        (
            "a: 1".encode("utf-16"),
            ":1:1: the byte 0xff is not UTF-8; save the file as UTF-8",
        ),
        (b"#" * (1_048_577), ": the file is larger than 1 MiB; this is no configuration"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_words(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    """Broken, foreign and hostile files alike."""
    assert problems(tmp_path, text) == [f"customer360.yaml{message}"]


def test_a_billion_laughs_are_cut_short(tmp_path: Path) -> None:
    """Aliases of aliases would grow to 10^9 values."""
    laughs = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    laughs += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]

    assert problems(tmp_path, "\n".join(laughs)) == [
        "customer360.yaml:1:1: the file has more than 50,000 values, with its aliases written out"
    ]


def test_a_file_of_100_megabytes_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    """It need not even be text."""
    path = tmp_path / "customer360.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000)

    with pytest.raises(InvalidConfiguration) as caught:
        load(path, {}, kinds={})

    assert str(caught.value) == f"{path}: the file is larger than 1 MiB; this is no configuration"


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    """There is none, or it is a folder."""
    for path, reason in [
        (tmp_path / "none.yaml", "there is no such file; write one, or name another with --config"),
        (tmp_path, "the file cannot be read: Is a directory"),
    ]:
        with pytest.raises(InvalidConfiguration) as caught:
            load(path, {}, kinds={})

        assert str(caught.value) == f"{path}: {reason}"


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="$"), min_size=1
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), words)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(words, trees, min_size=1, max_size=5))
def test_whatever_yaml_can_say_is_read_as_it_was_written(tree: dict[str, Any]) -> None:
    """What PyYAML writes in its canonical, fully quoted form, we read back."""
    text = yaml.safe_dump(tree, allow_unicode=True, default_style='"', width=10**9)

    document = parse(text, file="f", surroundings=HERE)

    assert document.root.value == tree


@given(st.lists(st.sampled_from(["", "# comment", "pad{}: [1,", "pad{}: x"]), max_size=20))
def test_the_line_of_a_value_is_that_of_the_file(fill: list[str]) -> None:
    """Whatever stands above: blank lines, comments, lists over several lines."""
    lines: list[str] = []
    for i, each in enumerate(fill):
        lines += [each.format(i), "  2]"] if "[" in each else [each.format(i)]

    document = parse("\n".join([*lines, "  ", "last: x"]), file="f", surroundings=HERE)

    place = document.root.keys["last"]
    assert (place.line, place.column) == (len(lines) + 2, 1)
    assert isinstance(document.root.parts["last"], Node)
