# SPDX-License-Identifier: Apache-2.0
"""Documents in: what they become, what is kept of them, and that nothing is half taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import MadeHouse, lawful
from tests.made_invoices import (
    Made,
    MadeLine,
    admit_invoice_firms,
    make_cii,
    make_pdf,
    make_ubl,
    party_of,
    worked_invoices,
    write_worked,
)

from skontro.core.errors import Conflict, Rejected
from skontro.flow.documents import IntakeReport
from skontro.flow.house import House
from skontro.house.obligations import Registration
from skontro.messages.beside import Beside, read_beside
from skontro.store.database import FAILPOINT
from skontro.store.documents import taxes_of
from skontro.store.rows import count, find_all
from skontro.store.schema import (
    document,
    document_tax,
    filing,
    obligation,
    register,
    registration,
    verdict,
)

TABLES = (document, document_tax, filing, obligation, register, registration, verdict)
ONE = Made(
    number="R-1", seller=party_of("A1"), buyer=party_of("A3"),
    lines=[MadeLine(10_000, hs="300490"), MadeLine(5_000, rate=10)],
)  # fmt: skip


@pytest.fixture
def embedded(tmp_path: Path) -> MadeHouse:
    """A house on SQLite alone, where the kind of database makes no difference."""
    house = MadeHouse(tmp_path / "embedded")
    house.import_list()
    admit_invoice_firms(house)
    return house


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> MadeHouse:
    own = database_url.startswith("sqlite")
    house = MadeHouse(tmp_path / "house", url=None if own else database_url)
    house.import_list()
    admit_invoice_firms(house)
    return house


@pytest.fixture
def read(made: MadeHouse, tmp_path: Path) -> Callable[..., IntakeReport]:
    """Take in documents, each written to a file of its own."""

    def take(*documents: bytes | Made, **options: Any) -> IntakeReport:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        paths = []
        for place, one in enumerate(documents):
            path = folder / f"{place}.xml"
            path.write_bytes(one if isinstance(one, bytes) else make_ubl(one))
            paths.append(path)
        return made.house.documents.read(paths, **options)

    return take


def rows(made: MadeHouse) -> dict[str, int]:
    with made.house.database.read() as unit:
        return {table.name: count(unit, table) for table in TABLES}


def test_the_worked_example_as_invoices_is_the_same_as_by_hand(
    made: MadeHouse, tmp_path: Path
) -> None:
    """Eight e-invoices with what they are for beside them become the worked example's rows."""
    write_worked(tmp_path / "in")
    sides = {firm.id: firm.side for firm in _firms()}
    beside = {
        one.number: Beside(lawful(sides[debtor], sides[creditor], name), debtor)
        for name, one in worked_invoices().items()
        for creditor, debtor in [(_id_of(one.seller.vat), _id_of(one.buyer.vat))]
    }
    report = made.house.documents.read([tmp_path / "in"], beside=beside)
    assert report.count("taken") == 8, report.files
    assert {one.state for one in report.files} == {"confirmed"}
    with made.house.database.read() as unit:
        kept = find_all(unit, obligation, order=["number"])
        held = [row for row in find_all(unit, verdict, subject_kind="obligation")
                if row.outcome != "released"]  # fmt: skip
    other = MadeHouse(tmp_path / "by hand")
    other.import_list()
    other.admit_firms()
    other.register_all()
    with other.house.database.read() as unit:
        by_hand = find_all(unit, obligation, order=["number"])
    same = ("debtor", "creditor", "currency", "amount_minor", "due_day", "document", "state")
    assert [[getattr(row, name) for name in same] for row in kept] == [
        [getattr(row, name) for name in same] for row in by_hand
    ]
    assert not held


def _firms() -> Any:
    from tests.made_invoices import invoice_firms

    return invoice_firms()


def _id_of(vat: str) -> str:
    from tests.made_invoices import TAX_NUMBERS

    return next(firm for firm, number in TAX_NUMBERS.items() if vat.endswith(number))


def test_the_bytes_are_kept_with_their_digest_and_the_tax_by_rate(
    made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    data = make_pdf(ONE)
    (found,) = read(data).files
    assert (found.outcome, found.seller, found.buyer, found.amount_minor) == (
        "taken", "A1", "A3", 17_500,
    )  # fmt: skip
    assert found.document is not None
    assert found.obligation is not None
    assert made.house.documents.original(found.document) == data
    shown = made.house.documents.show(found.document)
    assert (shown["original_digest"], shown["hs_codes"]) == (found.digest, "300490")
    with made.house.database.read() as unit:
        taxes = taxes_of(unit, [found.obligation])[found.obligation]
        (kept,) = find_all(unit, register, subject_kind="document")
    assert [(row["rate"], row["net_minor"], row["tax_minor"]) for row in taxes] == [
        ("10", 5_000, 500), ("20", 10_000, 2_000),
    ]  # fmt: skip
    assert kept.retain_until > "2030"
    assert kept.purpose
    shown = made.house.obligations.show(found.obligation)
    assert (shown["document"], shown["state"]) == ("R-1", "registered")


def test_the_same_document_again_has_no_effect_however_it_is_written(
    made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    read(ONE)
    before = rows(made)
    for again in (make_ubl(ONE), make_cii(ONE), make_pdf(ONE)):
        (found,) = read(again).files
        assert (found.outcome, found.obligation, found.document) == ("repeated", 1, 1)
    assert rows(made) == before


@pytest.mark.parametrize(
    "other",
    [replace(ONE, due="2026-02-01"), replace(ONE, lines=[MadeLine(10_000)]),
     replace(ONE, note="another note"), replace(ONE, buyer=party_of("A2"))],
)  # fmt: skip
def test_another_document_under_the_same_number_is_refused(
    made: MadeHouse, read: Callable[..., IntakeReport], other: Made
) -> None:
    read(ONE)
    before = rows(made)
    (found,) = read(other).files
    assert found.outcome == "refused"
    assert found.refusal is not None
    assert found.refusal.code == "IdempotencyMismatch"
    assert rows(made) == before


def test_a_bad_file_stops_no_other(made: MadeHouse, read: Callable[..., IntakeReport]) -> None:
    """Good and bad ones mixed; each has its own reason, and the good ones are taken."""
    good = [replace(ONE, number=f"G-{n}") for n in range(6)]
    bad = [b"no XML", make_ubl(ONE).replace(b">175.00</cbc:Payable", b">175.01</cbc:Payable"),
           make_ubl(replace(ONE, seller=replace(party_of("A1"), vat="NL123456782B90"))),
           ]  # fmt: skip
    report = read(good[0], bad[0], *good[1:3], bad[1], *good[3:], bad[2])
    assert [one.outcome for one in report.files] == [
        "taken", "refused", "taken", "taken", "refused", "taken", "taken", "taken", "refused",
    ]  # fmt: skip
    codes = [one.refusal.code for one in report.files if one.refusal is not None]
    assert codes == ["XmlUnreadable", "InvalidByRules", "UnknownParty"]
    assert report.files[4].broken == ("BR-CO-16",)
    assert rows(made)["obligation"] == rows(made)["document"] == 6
    assert json.loads(json.dumps(report.as_json()))["refused"] == 3


def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    note = Made(number="C-1", seller=party_of("A1"), buyer=party_of("A3"), type_code="381",
                preceding=("R-1",), lines=[MadeLine(1_000)])  # fmt: skip
    given = [note, ONE, replace(ONE, number="R-2"), replace(ONE, due="2026-03-01"), b"nothing"]
    before = rows(made)
    dry = read(*given, dry_run=True)
    assert rows(made) == before
    assert dry.dry_run
    told = [(one.outcome, one.obligation, one.state, one.document) for one in dry.files]
    real = read(*given)
    if made.house.database.is_sqlite:  # PostgreSQL gives no number twice
        assert [(one.outcome, one.obligation, one.state, one.document)
                for one in real.files] == told  # fmt: skip
    assert [one.outcome for one in real.files] == [one.outcome for one in dry.files] == [
        "credited", "taken", "taken", "refused", "refused",
    ]  # fmt: skip


def test_a_credit_note_lowers_the_invoice_it_names_once(
    made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    note = Made(number="C-1", seller=party_of("A1"), buyer=party_of("A3"), type_code="381",
                preceding=("R-1",), lines=[MadeLine(1_000)])  # fmt: skip
    (early,) = read(note).files
    assert early.refusal is not None
    assert early.refusal.code == "UnknownInvoice"
    read(ONE)
    for outcome in ("credited", "repeated"):
        (found,) = read(note).files
        assert (found.outcome, found.obligation) == (outcome, 1)
        assert made.house.obligations.show(1)["open_minor"] == 17_500 - 1_200
    with made.house.database.read() as unit:
        left = taxes_of(unit, [1])[1]
    assert [(row["rate"], row["net_minor"], row["tax_minor"]) for row in left] == [
        ("10", 5_000, 500), ("20", 9_000, 1_800),
    ]  # fmt: skip
    (much,) = read(replace(note, number="C-2", lines=[MadeLine(900_000)])).files
    assert much.refusal is not None
    assert much.refusal.code == "CreditTooLarge"


def test_who_hands_it_in_must_be_a_party(
    made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    """The buyer may, and owes then by its own word; a stranger may not; both stand together."""
    (stranger,) = read(ONE, sender="B1").files
    assert stranger.refusal is not None
    assert stranger.refusal.code == "NotPermitted"
    (nobody,) = read(ONE, sender="Z9").files
    assert nobody.refusal is not None
    assert nobody.refusal.code == "UnknownParticipant"
    (buyer,) = read(ONE, sender="A3").files
    assert (buyer.outcome, buyer.state) == ("taken", "registered")
    (seller,) = read(ONE, sender="A1").files
    assert (seller.outcome, seller.state) == ("taken", "confirmed")
    assert rows(made)["document"] == rows(made)["obligation"] == 1
    (again,) = read(ONE, sender="A3").files
    assert again.outcome == "repeated"


def test_an_agent_hands_in_for_the_one_party_it_files_for(
    embedded: MadeHouse, tmp_path: Path
) -> None:
    """For the seller under the invoice's number, for the buyer under the seller's and its own."""
    key, people = embedded.keys["P1"], embedded.house.participants
    embedded.both(people.propose_agency("A2", "A1", "P1", key))
    path = tmp_path / "one.xml"
    path.write_bytes(make_ubl(ONE))
    (found,) = embedded.house.documents.read([path], sender="A2").files
    assert (found.outcome, found.state) == ("taken", "registered")
    embedded.both(people.propose_agency("A2", "A3", "P1", key))
    (both,) = embedded.house.documents.read([path], sender="A2").files
    assert both.refusal is not None
    assert both.refusal.code == "NotPermitted"
    embedded.both(people.propose_agency("A2", "A1", "P1", key, ends=True))
    (buyer,) = embedded.house.documents.read([path], sender="A2").files
    assert (buyer.outcome, buyer.state, buyer.obligation) == ("taken", "confirmed", 1)
    said = embedded.house.obligations.show(1)["registrations"]
    assert {(one["sender"], one["reference"]) for one in said} == {("A1", "R-1"), ("A3", "A1:R-1")}


def test_what_was_registered_by_hand_gets_its_document(
    made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    said = Registration("A1", "R-1", "A3", "A1", 17_500, "EUR", "2026-01-30", "R-1", "2026-01-02")
    number, _ = made.house.obligations.register(said)
    (found,) = read(ONE).files
    assert (found.outcome, found.obligation, found.document) == ("repeated", number, 1)


def test_a_failure_half_way_leaves_nothing(
    made: MadeHouse, read: Callable[..., IntakeReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes cannot be kept: neither obligation nor registration nor filing is there."""
    before = rows(made)

    def fail(*_: object, **__: object) -> None:
        raise Rejected("the disk is full", code="DiskFull")

    monkeypatch.setattr("skontro.flow.documents.write_document", fail)
    (found,) = read(ONE).files
    assert found.refusal is not None
    assert found.refusal.code == "DiskFull"
    assert rows(made) == before


def test_killed_at_any_point_it_is_all_there_or_nothing_is(
    tmp_path: Path, made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    """A process is killed before and after the commit; whoever tries again finds one document."""
    path = tmp_path / "one.xml"
    path.write_bytes(make_ubl(ONE))
    program = (
        "import sys; from skontro.flow.house import House\n"
        "House.open(sys.argv[1]).documents.read([sys.argv[2]])"
    )
    before = rows(made)
    for point, there in (("begin", 0), ("commit", 0), ("committed", 1)):
        ran = subprocess.run(
            [sys.executable, "-c", program, str(made.house.folder), str(path)], timeout=120,
            env=os.environ | {FAILPOINT: f"document.read.{point}"}, capture_output=True,
        )  # fmt: skip
        assert ran.returncode == 137, ran.stderr
        after = rows(made)
        assert after["document"] == after["obligation"] == there
        assert (after == before) == (there == 0)
    (found,) = read(ONE).files
    assert (found.outcome, rows(made)["document"]) == ("repeated", 1)


def test_two_at_once_take_a_document_once(made: MadeHouse, tmp_path: Path) -> None:
    """The same folder, read side by side: each document is there once, taken by one of them."""
    folder = tmp_path / "both"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.xml").write_bytes(make_ubl(replace(ONE, number=f"B-{number}")))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(
            lambda _: House.open(made.house.folder).documents.read([folder]), range(2)
        )
    assert rows(made)["document"] == rows(made)["obligation"] == 8
    assert first.count("taken") + second.count("taken") == 8
    assert first.count("repeated") + second.count("repeated") == 8


def test_changed_bytes_are_noticed_and_erased_ones_are_gone(
    made: MadeHouse, read: Callable[..., IntakeReport]
) -> None:
    read(ONE)
    with made.house.database.read() as unit:
        (kept,) = find_all(unit, register, subject_kind="document")
    key, house = made.keys["P1"], made.house
    with pytest.raises(Conflict) as early:
        house.register.propose_erasure("document", "1", "P1", key)
    assert early.value.code == "MustBeKept"
    with pytest.raises(Rejected):
        house.documents.original(99)
    year = int(kept.retain_until[:4]) + 1
    house.set_clock(made.house.now.replace(year=year))
    made.both(house.register.propose_erasure("document", "1", "P1", key))
    with pytest.raises(Rejected) as gone:
        house.documents.original(1)
    assert gone.value.code == "Erased"
    assert house.documents.show(1)["original_digest"]


def test_a_zip_file_of_a_hundred(embedded: MadeHouse, tmp_path: Path) -> None:
    """More than are judged in this process: two others judge them side by side, in order."""
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(100):
            out.writestr(f"{number}.xml", make_ubl(replace(ONE, number=f"Z-{number}")))
        out.writestr("bad.xml", b"<a/>")
    told = list[str]()
    report = embedded.house.documents.read([path], progress=told.append)
    assert (report.count("taken"), report.count("refused")) == (100, 1)
    assert told
    assert [one.document for one in report.files[:100]] == list(range(1, 101))


def test_what_stands_beside_documents(tmp_path: Path) -> None:
    path = tmp_path / "beside.csv"
    path.write_text("document,accepted_by,kind,code,tax_invoice\nR-1,A3,domestic_goods,,T-1\n")
    found = read_beside(path)["R-1"]
    assert (found.accepted_by, found.trade.kind) == ("A3", "domestic_goods")
    assert found.trade.papers == (("tax_invoice", "T-1"),)
    for text in ("document,accepted_by\nR-1,A3\nR-1,A3\n", "document,colour\nR-1,red\n",
                 "document,weight\nR-1,heavy\n"):  # fmt: skip
        path.write_text(text)
        with pytest.raises(Rejected):
            read_beside(path)
