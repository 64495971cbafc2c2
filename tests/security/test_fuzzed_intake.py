# SPDX-License-Identifier: Apache-2.0
"""Files changed by chance: each is refused or read, and no reader breaks or hangs."""

from __future__ import annotations

import io
import json
import random
import signal
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from lxml import etree
from tests.made_invoices import Made, MadeLine, make_cii, make_pdf, make_ubl, party_of
from tests.soaking import rounds

from skontro.core.errors import InvariantViolation, SkontroError
from skontro.messages.bundles import open_sources
from skontro.messages.invoices import check_invoice
from skontro.messages.invoices.mapping import KnownFirm, KnownFirms, claim_of
from skontro.messages.registration_rows import read_registrations
from skontro.messages.table_forms import PLAIN, TableForm, read_formed, template
from skontro.messages.tables import write_table

ROUNDS, IN_A_ROUND, SAMPLE = 400, 1000, 120
"""Of the long run: 400,000 files, this test's share of a million; and what each run does."""

MOST_SECONDS = 20
FULL = Made(
    lines=[MadeLine(10_000, "Tea", 4, hs="090240"), MadeLine(700, category="E", rate=0)],
    prepaid_minor=100, seller=replace(party_of("A1"), endpoint=("0088", "5790000435975")),
)  # fmt: skip
NOTE = replace(FULL, type_code="381", preceding=("R-0",))
XML = [make_ubl(FULL), make_cii(FULL), make_ubl(NOTE), make_cii(NOTE)]
PIECES = [
    b"<", b">", b"&", b"]]>", b"<!--", b"<![CDATA[", b"<!DOCTYPE a>", b"&#0;", b"&amp;", b"\0",
    b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b";", b",", b"\n", b"\r", b"\t", b"-", b"1e309",
    b"NaN", b"9" * 400, b"=1+1", b"\xe2\x80\xae", b"stream\n", b"endobj", b"/Kids [1 0 R]", b"<<",
    b"PK\x03\x04", b"{", b"[" * 200, b"\\u0000", b" " * 50, b"2026-02-30", b"EUR", b"-0",
]  # fmt: skip
TEXTS = ["", "-1", "1e5", "0.001", "9" * 30, "EUR", "JPY", "KWD", "XXX", "380", "381", "S",
         "2026-13-01", "NL", "\u202e", "x" * 5000, "١٢", "=1", "true", " "]  # fmt: skip


class TookTooLong(Exception):
    """A reader did not come back."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def changed(data: bytes, chance: random.Random) -> bytes:
    """A file with some bytes changed, lost, doubled, moved or put in."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        at = chance.randrange(len(out) + 1)
        end = min(len(out), at + chance.choice((1, 1, 4, 30, 500)))
        what = chance.randrange(6)
        if what == 0 and at < len(out):
            out[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            out[at:at] = chance.choice(PIECES)
        elif what == 2:
            out[at:end] = chance.choice(PIECES)
        elif what == 3:
            del out[at:end]
        elif what == 4:
            out[at:at] = out[at:end]
        else:
            out = out[: max(at, 1)] if chance.random() < 0.2 else out
    return bytes(out)


def rebuilt(data: bytes, chance: random.Random) -> bytes:
    """A document that is well-formed still, with elements lost, doubled, moved or said anew."""
    root = etree.fromstring(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        inner = list(root.iterdescendants())
        one = chance.choice(inner)
        parent = one.getparent()
        what = chance.randrange(5)
        if what == 0:
            parent.remove(one)
        elif what == 1:
            parent.append(etree.fromstring(etree.tostring(one)))
        elif what == 2 and not len(one):
            one.text = chance.choice(TEXTS)
        elif what == 3 and one.attrib:
            one.set(next(iter(one.attrib)), chance.choice(TEXTS))
        else:
            parent.insert(0, one)
    return etree.tostring(root)


FIRMS = KnownFirms([KnownFirm("A1", "NL", tax_number="810000003B01"),
                    KnownFirm("A2", "NL", tax_number="810000106B01")])  # fmt: skip


def try_invoice(data: bytes, _: Path) -> str:
    found = check_invoice(data)
    if not found.is_valid:
        assert found.refusal is not None
        assert found.refusal.code
        assert found.refusal.next_step
        return "refused"
    assert found.invoice is not None
    try:
        claim = claim_of(found.invoice, FIRMS)
    except SkontroError as error:
        if isinstance(error, InvariantViolation):
            raise
        return "refused"
    assert claim.amount_minor > 0
    return "read"


def try_zip(data: bytes, folder: Path) -> str:
    path = folder / "z.zip"
    path.write_bytes(data)
    outcome = "refused"
    for source in open_sources([path]):
        try:
            source.read()
            outcome = "read"
        except SkontroError:
            continue
    return outcome


def trying(suffix: str, form: TableForm) -> Callable[[bytes, Path], str]:
    def try_table(data: bytes, folder: Path) -> str:
        path = folder / f"t{suffix}"
        path.write_bytes(data)
        try:
            rows = read_registrations(read_formed("t", path, form))
        except SkontroError as error:
            if isinstance(error, InvariantViolation):
                raise
            return "refused"
        assert rows.faults.rejections().num_rows <= len(rows) + 10_000
        return "read"

    return try_table


COMMAS = TableForm(decimal=",", days="DD.MM.YYYY", delimiter=";", encoding="cp1252")


def seeds(folder: Path) -> list[tuple[int, bytes, Callable[[bytes, Path], str], bool]]:
    """How often, what is changed, who reads it, and whether it is XML."""
    table: pa.Table = template(example=True)
    found = []
    for suffix in (".csv", ".xlsx", ".parquet"):
        write_table(table, folder / f"seed{suffix}")
        found.append((folder / f"seed{suffix}").read_bytes())
    lines = "".join(json.dumps(row) + "\n" for row in table.to_pylist()).encode()
    german = found[0].replace(b",", b";").replace(b"1250.00", b"1250,00")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a/b.xml", XML[0])
        out.writestr("c.txt", b"x" * 300)
    return [
        *((10, data, try_invoice, True) for data in XML), (4, make_pdf(FULL), try_invoice, False),
        (8, packed.getvalue(), try_zip, False), (8, found[0], trying(".csv", PLAIN), False),
        (6, german, trying(".csv", COMMAS), False), (8, lines, trying(".jsonl", PLAIN), False),
        (3, found[1], trying(".xlsx", PLAIN), False),
        (3, found[2], trying(".parquet", PLAIN), False),
    ]  # fmt: skip


def test_no_reader_breaks_or_hangs(tmp_path: Path, soak: bool) -> None:
    """Goal: whatever the bytes, a reader answers: it reads them or refuses them with a reason.

    Method: valid files of every kind, changed by chance, byte by byte or element by element; each
    round has a seed of its own, so that one that fails can be run again alone. What is neither
    read nor refused, or takes longer than it may, fails.
    """
    kinds = seeds(tmp_path)
    weights = [one[0] for one in kinds]
    seen = set[str]()
    for number in rounds("fuzzed-intake", ROUNDS, soak=soak):
        chance = random.Random(f"intake {number}")
        for turn in range(IN_A_ROUND if soak else SAMPLE):
            (_, data, attempt, is_xml), = chance.choices(kinds, weights)
            deep = is_xml and chance.random() < 0.4
            bad = rebuilt(data, chance) if deep else changed(data, chance)
            try:
                with within(MOST_SECONDS):
                    seen.add(attempt(bad, tmp_path))
            except Exception as error:
                (tmp_path / "failed").write_bytes(bad)
                place = f"round {number}, file {turn}"
                raise AssertionError(f"{place}: {error!r}: {bad[:300]!r}") from error
    assert seen == {"read", "refused"}

