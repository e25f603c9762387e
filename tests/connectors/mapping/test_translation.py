"""A mapping turns records of a source into canonical rows, or says what it cannot read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import yaml
from pydantic import ValidationError

from connectors.contract import Skipped
from connectors.mapping import Dialect, EntityMapping, MappedOptions, RawChoice, Translation
from connectors.mapping.translation import joined_key, split_key

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PURCHASE = """
purchase:
  key: id
  references: {customer: {from: buyer, source: crm}}
  fields:
    number: "no"
    status: {from: state, map: {p: PAID, 1: SHIPPED, "true": REFUNDED}, default: PENDING}
    placed_at: {from: created, time_zone: Asia/Shanghai, format: "%d/%m/%Y %H:%M"}
    total: {from: cents, divide_by: 100}
    currency: {constant: EUR}
    channel: channel
"""


class PathMapping(EntityMapping):
    """An entity of a JSON source."""

    dialect: ClassVar[Dialect] = Dialect.JMESPATH


def _options(entities: str) -> MappedOptions[EntityMapping]:
    return MappedOptions[EntityMapping].model_validate(
        {"kind": "x", "phone_region": "CN", "entities": yaml.safe_load(entities)}
    )


def _translation(entities: str) -> Translation:
    options = _options(entities)
    (mapping,) = options.entities.values()
    return Translation(mapping, source="shop", phone_region=options.phone_region)


def _value(entities: str, field: str, raw: Mapping[str, Any]) -> Any:
    (row,), skipped = _translation(entities).read([raw], (field,), observed_at=NOW)
    assert skipped == []
    return row[0]


def _problem(entities: str) -> str:
    with pytest.raises(ValidationError) as caught:
        _options(entities)
    return "; ".join(each["msg"] for each in caught.value.errors())


PRODUCT = "product: {key: id, fields: {name: n, price: p}}"
TICKET = (
    "ticket: {key: id, fields: {subject: s, kind: {constant: INQUIRY}, status: st, opened_at: o,"
    " satisfaction: sat, resolved_at: {from: r, unit: milliseconds}}}"
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("12.50", Decimal("12.50")),
        (0.1, Decimal("0.1")),
        (7, Decimal(7)),
        (" ", None),
        (None, None),
        ("1e3", Decimal(1000)),
    ],
)
def test_decimals_are_exact(raw: object, expected: Decimal | None) -> None:
    """A float counts as what it is written as; a blank text is missing."""
    assert _value(PRODUCT, "price", {"p": raw}) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2024-05-01T10:00:00+08:00", datetime(2024, 5, 1, 2, tzinfo=UTC)),
        ("2024-05-01 10:00:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01T10:00:00.123Z", datetime(2024, 5, 1, 10, 0, 0, 123000, tzinfo=UTC)),
        (datetime(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC)),  # noqa: DTZ001  # as drivers give
    ],
)
def test_times_become_utc(raw: object, expected: datetime) -> None:
    """ISO 8601 with or without a zone, and the times of drivers."""
    assert _value(TICKET, "opened_at", {"o": raw}) == expected


@pytest.mark.parametrize("raw", [1714557600123, "1714557600123", 1714557600123.0])
def test_epochs_are_read_by_their_unit(raw: object) -> None:
    """Milliseconds since 1970, as a number or its text."""
    expected = datetime(2024, 5, 1, 10, 0, 0, 123000, tzinfo=UTC)

    assert _value(TICKET, "resolved_at", {"r": raw}) == expected


@pytest.mark.parametrize(
    ("field", "raw", "expected"),
    [
        ("opened_at", {"o": "gestern"}, "an ISO 8601 date"),
        ("opened_at", {"o": 1714557600}, "set 'format' or 'unit'"),
        ("opened_at", {}, "a value, since it is required"),
        ("status", {"st": "sleeping"}, "one of NEW, OPEN, PENDING, RESOLVED, CLOSED"),
        ("satisfaction", {"sat": "4.5"}, "a whole number"),
        ("satisfaction", {"sat": "NaN"}, "a finite number"),
        ("subject", {"s": {"a": 1}}, "a text"),
        ("subject", {"s": b"x"}, "a text"),
        ("resolved_at", {"r": 10**18}, "a number of milliseconds"),
    ],
)
def test_an_unreadable_value_is_named_with_what_was_expected(
    field: str, raw: Mapping[str, Any], expected: str
) -> None:
    """The record, the field, the value and the expectation are in the reason."""
    rows, (skipped,) = _translation(TICKET).read([{"id": 7, **raw}], (field,), observed_at=NOW)

    assert rows == []
    assert skipped.record_id == "7"
    assert skipped.reason.startswith(f"ticket: record '7': '{field}' is ")
    assert expected in skipped.reason


def test_a_long_value_is_shortened_in_the_reason() -> None:
    """A megabyte of nonsense does not end up in the log."""
    _, (skipped,) = _translation(TICKET).read([{"o": "x" * 10**6}], ("opened_at",), observed_at=NOW)

    assert len(skipped.reason) < 250


def test_a_record_without_a_key_is_skipped() -> None:
    """No key, a blank key: there is no record id to report."""
    raws: list[dict[str, Any]] = [{"n": "a"}, {"id": " ", "n": "b"}, {"id": 3, "n": "c"}]

    rows, skipped = _translation(PRODUCT).read(raws, ("record_id", "name"), observed_at=NOW)

    reason = "product: a record without a key: 'record_id' is None, expected a value, since it is"
    assert rows == [("3", "c")]
    assert skipped == [Skipped(None, f"{reason} required")] * 2


def test_words_are_mapped_numbers_divided_and_clocks_set() -> None:
    """Map with default, cents, a local time with its own format, a constant, a foreign key."""
    raw = {"id": 1.0, "state": True, "created": "01/05/2024 10:30", "cents": "1999", "buyer": 9}
    fields = ("record_id", "status", "placed_at", "total", "currency", "customer_ref", "channel")

    (row,), _ = _translation(PURCHASE).read([raw], fields, observed_at=NOW)

    moment = datetime(2024, 5, 1, 2, 30, tzinfo=UTC)
    assert row == ("1", "REFUNDED", moment, Decimal("19.99"), "EUR", "9", None)
    assert _value(PURCHASE, "status", {"state": "?"}) == "PENDING"
    assert _value(PURCHASE, "channel", {"channel": "call center"}) == "CALL_CENTER"


def test_cents_keep_their_digits() -> None:
    """A price that ends in zeros reads like a price; other divisors divide."""
    thirds = PURCHASE.replace("divide_by: 100", "divide_by: 3")

    assert str(_value(PURCHASE, "total", {"cents": 233520})) == "2335.20"
    assert str(_value(PURCHASE, "total", {"cents": "-5"})) == "-0.05"
    assert str(_value(thirds, "total", {"cents": 9})) == "3"


def test_a_connector_learns_what_it_can_push() -> None:
    """Plain columns, mapped words backwards, foreign sources, and the columns of fields."""
    translation = _translation(PURCHASE)

    assert translation.column_of("number") == "no"
    assert translation.column_of("total") is None
    assert translation.column_of("customer_ref") == "buyer"
    assert translation.column_of("record_id") == "id"
    assert translation.mapped_column("status") == "state"
    assert translation.raw_choice("status", "PAID") == RawChoice(("p",))
    assert translation.raw_choice("status", "PENDING") == RawChoice(
        ("p", "1", "true"), is_complement=True
    )
    assert translation.references == {"customer": "crm"}
    assert translation.raws(["total", "currency"]) == ("id", "cents")


CUSTOMER = """
customer:
  key: [shop, id]
  references: {organization: firm}
  fields:
    name: {join: [last, first], with: ""}
    emails: [mail, {address: mail2, label: {constant: work}}]
    phones: [{number: mobile, label: {constant: mobile}}, {number: office, region: land}]
    addresses: [{city: city, country: {constant: CN}}]
    tags: {from: tags, separator: ","}
    custom: {vip: is_vip, size: size}
    external_ids: {crm: crm_id}
"""


def test_a_customer_is_read_with_all_lists() -> None:
    """Chinese names, several addresses and numbers, tags, custom fields, a composite key."""
    raw = {
        "shop": "a:b", "id": 7, "first": "小明", "last": "王", "mail": "WANG@Example.COM",
        "mail2": None, "mobile": "138 0013 8000", "office": "030 901820", "land": "DE",
        "city": "上海", "tags": "vip, ,neu", "is_vip": True, "size": Decimal("1.5"),
        "crm_id": 9, "firm": 3,
    }  # fmt: skip
    fields = (
        "record_id", "kind", "name", "emails", "phones", "addresses", "tags", "custom",
        "external_ids", "organization_ref", "is_deleted",
    )  # fmt: skip

    (row,), _ = _translation(CUSTOMER).read([raw], fields, observed_at=NOW)

    found = dict(zip(fields, row, strict=True))
    assert found["record_id"] == "a\\:b:7"
    assert (found["kind"], found["name"], found["is_deleted"]) == ("PERSON", "王小明", False)
    assert [each["address"] for each in found["emails"]] == ["wang@example.com"]
    assert [(each["e164"], each["label"], each["is_primary"]) for each in found["phones"]] == [
        ("+8613800138000", "mobile", True),
        ("+4930901820", None, False),
    ]
    assert found["addresses"][0]["city"] == "上海"
    assert found["tags"] == ["vip", "neu"]
    assert found["custom"] == {"vip": True, "size": "1.5"}
    assert found["external_ids"] == {"crm": "9"}
    assert found["organization_ref"] == "3"


def test_composite_keys_are_split_as_they_were_joined() -> None:
    """Colons and backslashes within the parts survive."""
    parts = ("a:b", "c\\", "", "\\:")

    assert split_key(joined_key(parts)) == parts


def test_json_records_are_read_by_path() -> None:
    """Dotted paths, JMESPath expressions, and lists of objects."""
    mapping = PathMapping.model_validate(
        {
            "written_as": "customer",
            "key": "id",
            "fields": {
                "name": "profile.name",
                "emails": "mails[*].{address: value, label: kind}",
                "tags": "tags[?active].name",
            },
        }
    )
    raw = {
        "id": 1,
        "profile": {"name": "Ada"},
        "mails": [{"value": "a@example.com", "kind": "work"}],
        "tags": [{"name": "x", "active": True}, {"name": "y"}],
    }

    (row,), _ = Translation(mapping, source="crm").read(
        [raw], ("name", "emails", "tags"), observed_at=NOW
    )

    assert row[0] == "Ada"
    assert (row[1][0]["address"], row[1][0]["label"]) == ("a@example.com", "work")
    assert row[2] == ["x"]


@pytest.mark.parametrize(
    ("entities", "words"),
    [
        ("{purchas: {key: id}}", "there is no entity 'purchas'; did you mean 'purchase'?"),
        ("{purchase: {key: id}}", "'purchase' needs 'status', 'placed_at', 'total', 'currency'"),
        ("{product: {key: id, fields: {nam: x}}}", "there is no field 'nam'; did you mean 'name'?"),
        ("{product: {key: id, keys: id}}", "Extra inputs are not permitted"),
        ("{product: {fields: {name: n}}}", "Field required"),
        ("{product: {key: id, fields: {name: no}}}", "put the name in quotes"),
        (
            "{product: {key: id, fields: {name: {from: n, divide_by: 2}}}}",
            "makes no sense for text",
        ),
        ("{product: {key: id, fields: {name: n, price: {constant: x}}}}", "expected a number"),
        ("{product: {key: id, fields: {name: n, customer_ref: c}}}", "there is no field"),
        ("{document: {key: id, fields: {name: n, customer_ref: c}}}", "write 'references: {cust"),
        ("{document: {key: id, fields: {name: n}, references: {cust: c}}}", "there is no relation"),
        ("{document: {key: id, fields: {name: n, kind: {from: k, map: {a: B}}}}}", "one of CONTR"),
        ("{customer: {key: id, fields: {phones: [{nr: x}]}}}", "there is no part 'nr'"),
        ("{customer: {key: id, fields: {emails: [{label: x}]}}}", "an entry needs 'address'"),
        ("{customer: {key: id, fields: {name: {a: b}}}}", "write one column or path"),
        (
            "{customer: {key: id, fields: {created_at: {from: c, time_zone: Mars/One}}}}",
            "there is no time zone 'Mars/One'",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_at_load(entities: str, words: str) -> None:
    """The message says what is wrong and what there is."""
    assert words in _problem(entities)


def test_a_path_that_is_none_is_refused_at_load() -> None:
    """A syntax error in a JMESPath is told before anything is asked."""
    with pytest.raises(ValidationError, match="is no JMESPath"):
        PathMapping.model_validate(
            {"written_as": "product", "key": "id", "fields": {"name": "a[b"}}
        )


def test_the_json_schema_describes_every_setting() -> None:
    """Editors show a sentence for each property of the mapping."""
    definitions = MappedOptions[EntityMapping].model_json_schema()["$defs"]

    for name in ("EntityMapping", "Expression", "ReferenceInto"):
        for key, each in definitions[name]["properties"].items():
            assert each.get("description"), f"{name}.{key}"
