# SPDX-License-Identifier: Apache-2.0
"""Bank files changed by chance: each is refused or read, matched, and nothing breaks or hangs."""

from __future__ import annotations

import json
import random
from collections import Counter

from tests.made_bank import Booked, Paid, Sheet, paged, write_return, write_sheets, write_status
from tests.security.test_fuzzed_intake import changed, rebuilt, within
from tests.soaking import rounds

from skontro.core.errors import InvariantViolation, SkontroError
from skontro.house.bank_lines import Line, gather, merge
from skontro.house.reconciliation import PAY_IN, PAY_OUT, Expected, reconcile
from skontro.messages.bank_files import read_bank_file

ROUNDS, IN_A_ROUND, SAMPLE = 600, 1000, 400
"""Of the long run: 600,000 files, this test's share of a million; and what each run does."""

MOST_SECONDS = 20
IBAN, PLACE = "NL91ABNA0417164300", ("A", "EUR")
PAID = Paid(6000, "2026-01/A2/EUR/1", name="Elm", account="NL20INGB0001234567")
CAME = Paid(0, "", "RF18X1", "our ref RF18 X1", "Alder", "NL20INGB0001234568", "AC04", "D1")
ENTRIES = (
    Booked(10_000, "2026-02-04", "S1", (CAME,)), Booked(-6000, "2026-02-04", "S2", (PAID,)),
    Booked(-7000, "2026-02-05", "S3", (PAID, Paid(1000, "2026-01/A3/EUR/1")), batch="P", count=2),
    Booked(55, "2026-02-05", text="a gift", entry_ref="7", state="PDNG"),
)  # fmt: skip
SHEET = Sheet(IBAN, "EUR", "ST1", "2026-02-05", ENTRIES, opening=5, number=1)
FILES = [
    *(write_sheets([Sheet(IBAN, "EUR", "ST1", "2026-02-05", ENTRIES, opening=5, number=1, kind=kind,
                          version=version)])
      for kind in ("camt.052", "camt.053", "camt.054") for version in ("02", "08", "12")),
    *(write_sheets([one]) for one in paged(SHEET, [1, 3])),
    write_status("PS1", [("2026-01/A2/EUR/1", "RJCT", "AC04"), ("x", "ACSC", "")]),
    write_status("PS1", [("y", "ACSP", "")]).replace(b"pain.002.001.10", b"pacs.002.001.10")
    .replace(b"CstmrPmtStsRpt", b"FIToFIPmtStsRpt"),
    write_return("R1", "2026-01/A2/EUR/1", 6000, "EUR", "2026-02-06"),
]  # fmt: skip
EXPECTED = [Expected(PAY_IN, 1, PLACE, 10_000, "RF18X1", ("Alder",)),
            Expected(PAY_OUT, 1, PLACE, 6000, "2026-01/A2/EUR/1", ("Elm",))]  # fmt: skip


def try_file(data: bytes) -> str:
    """Read it and match it; what is read must be whole, and matched the same however told."""
    file = refusal = None
    try:
        file = read_bank_file(data, name="f.xml")
    except SkontroError as error:
        refusal = error
    if file is None:
        assert not isinstance(refusal, InvariantViolation)
        assert refusal is not None
        assert refusal.code
        assert refusal.next_step
        assert str(refusal).startswith("f.xml")
        return "refused"
    lines, _ = gather(file.statements)
    for line in lines:
        assert Line.from_json(json.loads(json.dumps(line.as_json()))) == line
        assert merge(line, line) == line
        assert abs(line.amount_minor) < 2**62
    state = reconcile([file], {IBAN: PLACE}, EXPECTED)
    assert reconcile([file, file], {IBAN: PLACE}, EXPECTED).digest() == state.digest()
    booked = sum(one.amount_minor for one in state.matches if one.line.booked)
    assert sum(done + waits for done, waits in state.balances.values()) == booked
    return "read"


def test_changed_files(soak: bool) -> None:
    """Goal: no file, however damaged, breaks a reader or the matcher, or keeps one busy.

    Method: real files lose, double, move and change bytes or elements by a seed; each is refused
    with a code, the file's name and what to do, or read and matched. Soak: 300,000 files.
    """
    many = IN_A_ROUND if soak else SAMPLE
    for number in rounds("fuzzed-bank-files", ROUNDS, soak=soak):
        chance, outcomes = random.Random(number), Counter[str]()
        for _ in range(many):
            data = chance.choice(FILES)
            try:
                data = changed(data, chance) if chance.random() < 0.5 else rebuilt(data, chance)
            except IndexError:
                data = b"<Document/>"  # all that stood in it was taken out
            with within(MOST_SECONDS):
                outcomes[try_file(data)] += 1
        assert outcomes["refused"] > many // 20, outcomes
        assert outcomes["read"] > many // 20, outcomes
