"""Loading a configuration: what is accepted, and in which words the rest is refused."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from gateway.config.settings import Settings
from tests.gateway.config.writing import StoreOptions, loaded, problems

SHOP = "sources:\n  shop:\n    kind: sql\n    url: sqlite:///shop.db\n"


def test_an_unknown_setting_is_refused_with_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    """A typo is told at the key itself."""
    text = "sources:\n  shop:\n    kind: sql\n    url: a\n    retyr: true\n"

    assert problems(tmp_path, text) == [
        "customer360.yaml:5:5: unknown setting 'retyr' in sources.shop; did you mean 'retry'?"
    ]


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """One run of the command is enough to mend everything."""
    text = """\
srever: {port: 80}
sources:
  shop:
    kind: sqll
  Crm:
    kind: rest
    url: x
    timeout_s: soon
  native: {kind: sql, url: x}
  desk:
    url: x
  mail: {kind: sql, ulr: x, pages: [1, two]}
server:
  port: 70000
  host: ${HOST}
identity:
  precedence: [shop, mall]
  precedence_by_field: {phnes: [crn]}
"""

    assert problems(tmp_path, text) == [
        (
            "customer360.yaml:1:1: unknown setting 'srever'; there are 'access', 'audit', 'cache',"
            " 'downloads', 'identity', 'limits', 'redis', 'server', 'sources', 'store', 'telemetry'"
        ),
        "customer360.yaml:4:11: sources.shop.kind: there is no kind 'sqll'; did you mean 'sql'?",
        (
            "customer360.yaml:5:3: 'Crm' cannot be the name of a source; use small letters, digits,"
            " '_' and '-', with a letter first"
        ),
        (
            "customer360.yaml:8:16: sources.Crm.timeout_s must be a number of seconds, such as 60,"
            " not 'soon'"
        ),
        "customer360.yaml:9:3: 'native' is the gateway's own store; give the source another name",
        "customer360.yaml:11:5: 'kind' is missing in sources.desk; there are 'rest', 'sql'",
        "customer360.yaml:12:9: 'url' is missing in sources.mail",
        "customer360.yaml:12:21: unknown setting 'ulr' in sources.mail; did you mean 'url'?",
        "customer360.yaml:12:40: sources.mail.pages[1] must be a whole number, not 'two'",
        "customer360.yaml:14:9: server.port: must be less than or equal to 65535",
        (
            "customer360.yaml:15:9: the environment variable HOST is needed here and is not set;"
            " set it, or write ${HOST:-default}"
        ),
        (
            "customer360.yaml:17:22: identity.precedence: there is no source 'mall'; did you mean"
            " 'mail'?"
        ),
        (
            "customer360.yaml:18:25: identity.precedence_by_field.phnes: customers have no such"
            " field; did you mean 'phones'?"
        ),
        (
            "customer360.yaml:18:33: identity.precedence_by_field.phnes: there is no source 'crn';"
            " did you mean 'Crm'?"
        ),
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("sources: [shop]", "1:10: sources must be a mapping, not a list"),
        ("sources: {shop: sql}", "1:17: sources.shop must be a mapping, not 'sql'"),
        ("sources: {shop: }", "1:16: sources.shop must be a mapping, not empty"),
        ("server: 80", "1:9: server must be a mapping, not the number 80"),
        ("server: {host: 1}", "1:16: server.host must be text, not the number 1; put it in quotes"),
        ("server: {graphiql: maybe}", "1:20: server.graphiql must be true or false, not 'maybe'"),
        ("server: {port: 1.5}", "1:16: server.port must be a whole number, not the number 1.5"),
        (
            "server: {cors_origins: 'https://a.example'}",
            "1:24: server.cors_origins must be a list, not text; put [ ] around it",
        ),
        (
            "server: {cors_origins: ['https://a.example/x']}",
            (
                "1:24: server.cors_origins: 'https://a.example/x' is no origin; write scheme and"
                " host alone, such as https://portal.example.com"
            ),
        ),
        (
            "telemetry: {log_level: warn}",
            "1:24: telemetry.log_level: 'warn' is not known; did you mean 'warning'?",
        ),
        (
            "limits: {default_first: 9, max_first: 5}",
            "1:9: limits: default_first (9) must not be more than max_first (5)",
        ),
        (
            "limits: {max_query_bytes: 9, max_body_bytes: 5}",
            "1:9: limits: max_query_bytes (9) must not be more than max_body_bytes (5)",
        ),
        (
            "store: {url: mysql://host/db}",
            (
                "1:14: store.url: the store must be a PostgreSQL database: its address must start"
                " with postgresql://"
            ),
        ),
        (
            "store: {url: postgresql+asyncpg://host/db}",
            "1:14: store.url: name no driver: it must start with postgresql://",
        ),
        (
            "identity: {default_phone_region: UK}",
            (
                "1:34: identity.default_phone_region: there is no such country; write its two"
                " letters by ISO 3166, such as CN"
            ),
        ),
        (
            "server: {link_signing_key: short}",
            "1:28: server.link_signing_key: too short to be safe; write at least 32 characters",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(
    tmp_path: Path, value: str, message: str
) -> None:
    """The sentence says what is wanted and what stands there."""
    assert problems(tmp_path, value) == [f"customer360.yaml:{message}"]


def test_a_choice_of_forms_tells_only_of_the_form_that_was_meant(tmp_path: Path) -> None:
    """A mapping with a typo is not also scolded for being no text."""
    text = SHOP + "    fields:\n      total: {colum: sum, unit: cent}\n"

    assert problems(tmp_path, text) == [
        "customer360.yaml:6:14: 'column' is missing in sources.shop.fields.total",
        (
            "customer360.yaml:6:15: unknown setting 'colum' in sources.shop.fields.total; did you"
            " mean 'column'?"
        ),
        (
            "customer360.yaml:6:33: sources.shop.fields.total.unit: 'cent' is not known; did you"
            " mean 'cents'?"
        ),
    ]


def test_a_secret_is_never_shown_in_a_problem(tmp_path: Path) -> None:
    """What comes from the environment, or is text where text is not wanted, stays unseen."""
    text = SHOP + "    timeout_s: ${SECRET}\nserver: {cors_origins: hunter2, port: '${SECRET}'}\n"

    assert problems(tmp_path, text, {"SECRET": "hunter2"}) == [
        (
            "customer360.yaml:5:16: sources.shop.timeout_s must be a number of seconds, such as 60,"
            " not what its variable holds"
        ),
        "customer360.yaml:6:24: server.cors_origins must be a list, not text; put [ ] around it",
        "customer360.yaml:6:39: server.port must be a whole number, not what its variable holds",
    ]


def test_defaults_stand_where_the_file_says_nothing(tmp_path: Path) -> None:
    """A file with one source is a whole configuration."""
    settings = loaded(tmp_path, SHOP)

    assert settings.sources == {"shop": StoreOptions(kind="sql", url="sqlite:///shop.db")}
    assert settings.model_copy(update={"sources": {}}).model_dump() == Settings().model_dump()
    assert settings.sources["shop"].timeout_s == 10
    assert settings.base_dir == tmp_path
    assert settings.data_dir == tmp_path / ".customer360"
    assert settings.postgresql_dir == tmp_path / ".customer360" / "postgresql"
    assert (settings.limits.default_first, settings.limits.max_first) == (20, 500)


def test_a_section_without_settings_counts_as_left_out(tmp_path: Path) -> None:
    """`server:` with all lines commented out is empty in YAML."""
    assert loaded(tmp_path, "server:\nsources:\n").model_dump() == Settings().model_dump()


def test_settings_do_not_change_after_the_start(tmp_path: Path) -> None:
    """They are frozen, those of a source too."""
    settings = loaded(tmp_path, SHOP)

    with pytest.raises(ValidationError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]  # that it fails is tested
    with pytest.raises(ValidationError, match="frozen"):
        settings.sources["shop"].timeout_s = 1  # type: ignore[misc]  # likewise


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    """Neither the address of the store nor a password appears in the text of the settings."""
    text = SHOP + "    password: hunter2\nstore: {url: 'postgresql://me:hunter2@host/db'}\n"

    settings = loaded(tmp_path, text)

    assert settings.store.url == SecretStr("postgresql://me:hunter2@host/db")
    assert "hunter2" not in repr(settings)


def test_a_country_is_taken_in_small_letters_too(tmp_path: Path) -> None:
    """`no` is Norway."""
    settings = loaded(tmp_path, "identity: {default_phone_region: no}")

    assert settings.identity.default_phone_region == "NO"


def test_the_native_store_cannot_be_configured_as_a_kind_of_source(tmp_path: Path) -> None:
    """It is there by itself."""
    text = "sources: {mine: {kind: native}}"

    assert problems(tmp_path, text) == [
        (
            "customer360.yaml:1:24: sources.mine.kind: there is no kind 'native'; there are 'rest',"
            " 'sql'"
        )
    ]


def test_only_entities_that_may_be_live_have_answers_to_keep(tmp_path: Path) -> None:
    """A typo and customers are told at the name itself."""
    text = SHOP + "    cache:\n      tickts: {max_age_s: 5}\n      customer: {}\n      ticket: {}\n"

    assert problems(tmp_path, text) == [
        (
            "customer360.yaml:6:7: sources.shop.cache: there is no entity 'tickts'; did you mean"
            " 'ticket'?"
        ),
        (
            "customer360.yaml:7:7: sources.shop.cache: customers are in the index, which is always"
            " asked"
        ),
    ]


def test_headers_of_the_connection_are_not_forwarded(tmp_path: Path) -> None:
    """Nor is what cannot be the name of a header."""
    for name, why in [
        ("Host", "is about the connection and cannot go on to a source"),
        ("Content-Length", "is about the connection and cannot go on to a source"),
        ("X Y", "is no name of a header"),
        ("令牌", "is no name of a header"),
    ]:
        (problem,) = problems(tmp_path, f"{SHOP}    forward_headers: [Authorization, '{name}']\n")
        assert f"'{name}' {why}" in problem


@pytest.mark.parametrize("url", ["http://cache", "redis://", "cache:6379", "''"])
def test_the_address_of_redis_says_that_it_is_one(tmp_path: Path, url: str) -> None:
    """It is a secret, and is not shown."""
    (problem,) = problems(tmp_path, f"redis: {{url: {url}}}\n")
    assert "redis.url: it must start with redis:// or rediss://, and name a host" in problem
