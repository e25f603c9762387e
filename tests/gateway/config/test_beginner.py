"""What somebody reads who writes the settings of a source for the first time."""

from pathlib import Path

import pytest

from gateway.config import InvalidConfiguration, load

TEXT = """\
sources:
  desk:
    kind: rest
    base_url: http://desk.example
    {settings}
    entities:
      ticket:
        key: id
        references: {{customer: who}}
        fields: {{subject: about, kind: {{constant: INQUIRY}}, status: state, opened_at: at}}
        by: {{customer: {{path: /tickets, how: comma, param: who}}}}
"""


def problem(folder: Path, settings: str) -> str:
    """The one sentence about settings of a source, without the place in the file."""
    file = folder / "c.yaml"
    file.write_text(TEXT.format(settings=settings))
    with pytest.raises(InvalidConfiguration) as caught:
        load(file, {})
    (line,) = str(caught.value).splitlines()
    return line.split(": ", 1)[1].replace("sources.desk", "…")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("limit: {concurrent: 3}", "unknown setting 'limit' in …; did you mean 'limits'?"),
        ("limits: {rate: 100}", "unknown setting 'rate' in ….limits; did you mean 'rates'?"),
        (
            "limits: 5",
            (
                "….limits must be a mapping, not the number 5; write what it holds: 'concurrent',"
                " 'rates'"
            ),
        ),
        (
            "limits: {rates: {calls: 100, per_s: 20}}",
            "….limits.rates must be a list, not a mapping; put [ ] around it",
        ),
        (
            "limits: {rates: [100/20s]}",
            "….limits.rates[0] must be a mapping, not text; write what it holds: 'calls', 'per_s'",
        ),
        ("limits: {rates: [{calls: 100}]}", "'per_s' is missing in ….limits.rates[0]"),
        (
            "limits: {rates: [{calls: 100, per_s: 1 minute}]}",
            "….limits.rates[0].per_s must be a number of seconds, such as 60, not '1 minute'",
        ),
        (
            "retry: 3",
            (
                "….retry must be a mapping, not the number 3; write what it holds: 'attempts',"
                " 'pause_s'"
            ),
        ),
        (
            "retry: {pause_s: 100ms}",
            "….retry.pause_s must be a number of seconds, such as 60, not '100ms'",
        ),
        (
            "breaker: off",
            "….breaker must be a mapping, not text; write what it holds: 'failures', 'open_s'",
        ),
        ("breaker: {open: 15}", "unknown setting 'open' in ….breaker; did you mean 'open_s'?"),
        (
            "cache: {ticket: 60}",
            (
                "….cache.ticket must be a mapping, not the number 60; write what it holds:"
                " 'max_age_s', 'stale_while_revalidate_s', 'stale_if_error_s'"
            ),
        ),
        (
            "cache: {ticket: {maxAge: 60}}",
            "unknown setting 'maxAge' in ….cache.ticket; did you mean 'max_age_s'?",
        ),
        (
            "cache: {tickets: {max_age_s: 60}}",
            "….cache: there is no entity 'tickets'; did you mean 'ticket'?",
        ),
        (
            "cache: {customer: {max_age_s: 60}}",
            "….cache: customers are in the index, which is always asked",
        ),
        (
            "auth: {bearer: }",
            "….auth: nothing stands behind `bearer`; write it, or leave it out",
        ),
        (
            "auth: {basic: hunter2}",
            "….auth.basic must be a mapping, not text; write what it holds: 'user', 'password'",
        ),
        (
            "forward_headers: Authorization",
            "….forward_headers must be a list, not text; put [ ] around it",
        ),
    ],
)
def test_a_setting_of_a_source_that_is_wrong_says_how_it_is_right(
    tmp_path: Path, settings: str, expected: str
) -> None:
    """In one sentence, without the words of a library and without what may be a secret."""
    assert problem(tmp_path, settings) == expected


def test_a_secret_that_is_not_set_is_told_once(tmp_path: Path) -> None:
    """That nothing stands there then is no further mistake."""
    assert problem(tmp_path, "auth: {bearer: '${DESK_TOKEN}'}").startswith(
        "the environment variable DESK_TOKEN is needed here and is not set"
    )
