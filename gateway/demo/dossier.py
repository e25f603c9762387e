"""The folder of documents: contracts, offers, invoices and letters of single customers."""

import io
import itertools
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias
from xml.sax.saxutils import escape

import orjson

from gateway.demo import handwriting
from gateway.demo.customer import NOW, Chance, Customer, dice
from gateway.demo.order import Order

FOLDER = "customers"

_BODY = "word/document.xml"
_DOS_EPOCH = (1980, 1, 1, 0, 0, 0)
_HERO_COUNT = 7
_COUNTS = (1, 2, 2, 2, 3, 4)
_COMPANY = "Nordlicht Outdoor GmbH, Lindenallee 7, 10115 Berlin"

Drawer: TypeAlias = Callable[["Paper"], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One document before it is laid out."""

    title: str
    customer: Customer
    lines: Sequence[str]
    dated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    folder: str
    titles: Mapping[str, str]
    suffix: str
    text: str


_KINDS: Sequence[_Kind] = (
    _Kind(
        folder="invoices",
        titles={"en": "Invoice", "de": "Rechnung", "zh": "发票"},
        suffix=".pdf",
        text="",
    ),
    _Kind(
        folder="contracts",
        titles={"en": "Framework contract", "de": "Rahmenvertrag", "zh": "采购合同"},
        suffix=".docx",
        text="Both sides agree on the prices of the current list, less the discount named above.",
    ),
    _Kind(
        folder="correspondence",
        titles={"en": "Letter", "de": "Schreiben", "zh": "往来函件"},
        suffix=".txt",
        text="Thank you for your message. We have passed it on to the workshop. 感谢您的来信。",
    ),
    _Kind(
        folder="proposals",
        titles={"en": "Offer", "de": "Angebot", "zh": "报价单"},
        suffix=".docx",
        text="We are happy to offer you the goods below. The offer is good for 30 days.",
    ),
)
_PRIVATE_KINDS = (_KINDS[0], _KINDS[2], _KINDS[0])


def write(
    folder: Path,
    customers: Sequence[Customer],
    *,
    orders: Mapping[int, Sequence[Order]],
    seed: int,
) -> None:
    """Make a folder for each customer with papers; `orders` are by the customer's number."""
    chance = dice(seed, "documents")
    drawers: Mapping[str, Drawer] = MappingProxyType(
        {".pdf": _pdf, ".docx": Word().drawn, ".txt": _text}
    )
    for customer in customers:
        if "documents" not in customer.systems:
            continue
        own = folder / FOLDER / f"{customer.id_in('documents')} {customer.name}"
        own.mkdir(parents=True)
        (own / "customer.json").write_bytes(orjson.dumps(_sidecar(customer, chance)))
        for path, paper in _papers(own, customer, orders.get(customer.number, ()), chance):
            path.parent.mkdir(exist_ok=True)
            _put(path, drawers[path.suffix](paper), paper.dated)
    _write_broken(folder / FOLDER)


def _put(path: Path, content: bytes, dated: datetime) -> None:
    path.write_bytes(content)
    os.utime(path, (dated.timestamp(), dated.timestamp()))


def _write_broken(folder: Path) -> None:
    """A folder whose description names nobody."""
    (folder / "D-9001").mkdir()
    (folder / "D-9001" / "customer.json").write_bytes(b'{"type": "person", "name": "?"}')


def _sidecar(customer: Customer, chance: Chance) -> Mapping[str, object]:
    return {
        "id": customer.id_in("documents"),
        "type": "organization" if customer.is_company else "person",
        "name": customer.name,
        "email": handwriting.email(customer, chance),
        "phone": handwriting.phone(customer, chance),
        "filed_since": customer.since.date().isoformat(),
    }


def _papers(
    folder: Path, customer: Customer, orders: Sequence[Order], chance: Chance
) -> Iterator[tuple[Path, Paper]]:
    count = chance.choice(_COUNTS) if customer.number else _HERO_COUNT
    is_business = customer.is_company or customer.number == 0
    kinds = itertools.cycle(_KINDS if is_business else _PRIVATE_KINDS)
    billed = reversed(orders)
    for at, kind in enumerate(itertools.islice(kinds, count), start=1):
        order = next(billed, None) if kind.folder == "invoices" else None
        if kind.folder == "invoices" and order is None:
            continue
        dated = order.ordered_at if order else _later(customer.since, chance)
        lines = _positions(order) if order else [kind.text]
        title = f"{kind.titles[customer.language]} {order.number if order else f'{dated:%Y}-{at}'}"
        path = folder / kind.folder / f"{title}{kind.suffix}"
        yield path, Paper(title=title, customer=customer, lines=lines, dated=dated)


def _later(since: datetime, chance: Chance) -> datetime:
    return since + timedelta(minutes=chance.randrange(60, int((NOW - since).total_seconds() / 60)))


def _positions(order: Order) -> Sequence[str]:
    lines = [
        f"{line.quantity:>3} x {line.product.title:<34}"
        f"{line.quantity * line.unit_cents / 100:>12,.2f} {order.currency}"
        for line in order.lines
    ]
    return [*lines, f"{'Total':<40}{order.total_cents / 100:>12,.2f} {order.currency}"]


def _text(paper: Paper) -> bytes:
    head = f"{_COMPANY}\n\n{paper.customer.name}\n{paper.dated:%Y-%m-%d}\n\n{paper.title}\n\n"
    return (head + "\n".join(paper.lines) + "\n").encode()


def _pdf(paper: Paper) -> bytes:
    from fpdf import FPDF  # noqa: PLC0415 - heavy extra

    # The built-in fonts know Latin letters only, and a font with Chinese ones weighs megabytes.
    title = f"Invoice {paper.title.rsplit(' ', 1)[-1]}"
    pdf = FPDF()
    pdf.set_creation_date(paper.dated)
    pdf.set_title(title)
    pdf.add_page()
    pdf.set_font("Helvetica", size=10)
    pdf.cell(text=_COMPANY, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(12)
    pdf.multi_cell(0, text=f"{paper.customer.latin_name}\n{paper.dated:%Y-%m-%d}")
    pdf.ln(12)
    pdf.set_font("Helvetica", style="B", size=16)
    pdf.cell(text=title, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    pdf.set_font("Courier", size=10)
    for line in paper.lines:
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


class Word:
    """Draws Word documents: what all of them share is made once, by python-docx."""

    def __init__(self) -> None:
        from docx import Document  # noqa: PLC0415 - heavy extra

        document = Document()
        document.core_properties.author = _COMPANY
        for mark in ("company", "customer", "dated", "title", "lines"):
            document.add_paragraph(f"{{{mark}}}")
        made = io.BytesIO()
        document.save(made)
        with zipfile.ZipFile(made) as archive:
            self._parts = {name: archive.read(name) for name in archive.namelist()}

    def drawn(self, paper: Paper) -> bytes:
        """The bytes of a document, the same for the same paper."""
        texts = {
            "company": _COMPANY,
            "customer": paper.customer.name,
            "dated": f"{paper.dated:%Y-%m-%d}",
            "title": paper.title,
            "lines": " ".join(paper.lines),
        }
        body = self._parts[_BODY].decode()
        for mark, text in texts.items():
            body = body.replace(f"{{{mark}}}", escape(text))
        return _zipped({**self._parts, _BODY: body.encode()})


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    """An archive without the time of its making, so that it is the same each time."""
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _DOS_EPOCH)
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return result.getvalue()
