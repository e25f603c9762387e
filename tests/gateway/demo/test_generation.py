"""What the generator makes: always the same, of the promised size, and overlapping."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import orjson
import pyarrow.parquet
import pytest

from domain.contact import normalised_email, phone_lookup
from gateway.demo import handwriting
from gateway.demo.customer import NOW, SYSTEMS, customers, dice, hero
from gateway.demo.generation import SEED, generate, is_current


def digests(folder: Path) -> Mapping[str, str]:
    """Every file by its path, with a digest of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_makes_the_same_files(tmp_path: Path, demo_data: Path) -> None:
    """Byte for byte, PDF and Word documents included."""
    generate(tmp_path / "again")

    again = digests(tmp_path / "again")

    assert again == digests(demo_data)
    assert len(again) > 600


def test_another_seed_makes_other_people() -> None:
    """The hero stays."""
    one, other = customers(1), customers(2)

    assert one[0] == other[0] == hero()
    assert one[1:] != other[1:]


def test_half_made_data_are_not_taken_for_complete_ones(tmp_path: Path) -> None:
    """A folder counts once it says so itself."""
    folder = tmp_path / "data"
    (folder / "shop").mkdir(parents=True)

    assert not is_current(folder)

    (folder / "demo.json").write_bytes(b'{"version": 0}')

    assert not is_current(folder)

    (folder / "demo.json").write_bytes(b'{"vers')

    assert not is_current(folder)


def test_finished_data_say_so(demo_data: Path) -> None:
    """And nothing of the making is left beside them."""
    assert is_current(demo_data)
    assert [each.name for each in demo_data.parent.iterdir()] == ["data"]


def test_two_thousand_customers_are_known_to_overlapping_systems() -> None:
    """A core is known to all five, others to fewer, everybody to one at least."""
    everybody = customers(SEED)

    by_count = Counter(len(each.systems) for each in everybody)
    by_system = Counter(system for each in everybody for system in each.systems)

    assert len(everybody) == 2_000
    assert set(by_count) == {1, 2, 3, 4, 5}
    assert by_count[5] >= 150
    assert by_system["documents"] == 250
    assert min(by_system[name] for name in SYSTEMS[:4]) > 800
    assert sum(each.is_company for each in everybody) == 100
    assert sum(each.employer is not None for each in everybody) == 222


def test_nobody_shares_an_address_or_a_number() -> None:
    """So that records of one customer, and only they, have these in common."""
    everybody = customers(SEED)

    assert len({each.email for each in everybody}) == 2_000
    assert len({(each.phone, each.extension) for each in everybody}) == 2_000


def test_the_hero_is_known_to_all_five_systems(demo_data: Path) -> None:
    """Under another id in each."""
    lin = hero()

    assert lin.systems == set(SYSTEMS)
    assert lin.email == "lin.wang@example.com"
    assert len({lin.id_in(system) for system in SYSTEMS}) == 5
    assert len(list((demo_data / "documents/customers/D-0000 王琳").rglob("*.*"))) == 8


@pytest.mark.parametrize("number", [0, 1, 101, 102, 103, 104, 105, 106, 107, 108])
def test_every_handwriting_means_the_same_customer(number: int) -> None:
    """However an address or a number is written, it is recognised."""
    customer = customers(SEED)[number]
    chance = dice(1, "handwriting")

    emails = {handwriting.email(customer, chance) for _ in range(60)}
    phones = {handwriting.phone(customer, chance) for _ in range(60)}

    assert len(emails) > 3
    assert {normalised_email(each) for each in emails} == {customer.email}
    suffix = f";ext={customer.extension}" if customer.extension else ""
    assert {phone_lookup(each, region="CN") for each in phones} == {customer.phone + suffix}


def test_numbers_are_written_in_many_ways(demo_data: Path) -> None:
    """Full-width digits, prefixes of all kinds, and extensions behind a switchboard."""
    parties = orjson.loads((demo_data / "crm" / "parties.json").read_bytes())

    written = " ".join(each["phones"][0]["value"] for each in parties if each["phones"])

    for style in ("+86 138", "0086138", "138-00", "+86138", "０", "(0", " 转 ", "0049", "+44"):
        assert style in written, style


def test_the_shop_has_its_orders_and_broken_rows(demo_data: Path) -> None:
    """8,000 orders that can be read, and five customers and two orders that trouble."""
    with closing(sqlite3.connect(demo_data / "shop" / "shop.db")) as database:
        counts = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names of this test
            for table in ("customers", "orders", "order_lines", "products")
        }
        (keyless,) = database.execute(
            "SELECT count(*) FROM customers WHERE customer_no IS NULL"
        ).fetchone()
        (latest,) = database.execute("SELECT max(modified) FROM orders").fetchone()
        (wrong,) = database.execute(
            "SELECT count(*) FROM orders WHERE grand_total_cents <> (SELECT sum(total_cents)"
            " FROM order_lines l WHERE l.order_no = orders.order_no)"
        ).fetchone()

    known = sum("shop" in each.systems for each in customers(SEED))
    assert counts["customers"] == known + 5
    assert counts["orders"] == 8_002
    assert 19_000 < counts["order_lines"] < 22_000
    assert counts["products"] == 128
    assert keyless == 1
    assert latest <= NOW.strftime("%Y-%m-%d %H:%M:%S")[:10] + " 24"
    assert wrong == 0


def test_the_mailing_tool_exports_csv_and_parquet(demo_data: Path) -> None:
    """Every send names a campaign and a subscriber that are exported too."""
    folder = demo_data / "mailing"
    subscribers = (folder / "subscribers.csv").read_text("utf-8-sig").splitlines()
    campaigns = (folder / "campaigns.csv").read_text("utf-8-sig").splitlines()
    sends = pyarrow.parquet.read_table(folder / "sends.parquet").to_pylist()

    assert {each["campaign_id"] for each in sends} == {
        line.partition(",")[0] for line in campaigns[1:]
    }
    assert {each["subscriber_id"] for each in sends} <= {
        line.partition(",")[0] for line in subscribers[1:]
    }
    assert sum(each["send_id"] is None for each in sends) == 1


def test_documents_are_real_ones(demo_data: Path) -> None:
    """PDF, Word and text by their first bytes, with Chinese names among them."""
    files = [each for each in (demo_data / "documents").rglob("*") if each.is_file()]
    first = {
        suffix: {each.read_bytes()[:4] for each in files if each.suffix == suffix}
        for suffix in (".pdf", ".docx")
    }

    assert first == {".pdf": {b"%PDF"}, ".docx": {b"PK\x03\x04"}}
    assert any("采购合同" in each.name for each in files)
    assert max(each.stat().st_mtime for each in files if each.suffix == ".pdf") < NOW.timestamp()
