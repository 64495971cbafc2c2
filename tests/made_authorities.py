# SPDX-License-Identifier: Apache-2.0
"""Licences and customs files for houses with the firms of the worked example."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from tests.made_house import COUNTRY, DATES, SIDE, MadeHouse, lawful

from skontro.flow.obligations import Registration
from skontro.gate.customs import Declaration, DeclaredLine
from skontro.gate.customs_files import customs_text
from skontro.gate.licences import Licence
from skontro.house.trade import TradeSaid

DAY = datetime.date(2026, 1, 2)
MEDICINE = 'hs = ["30.03", "30.04"]\nverdict = "allow"'


def registered_house(folder: Path, **options: object) -> MadeHouse:
    """A house with its firms, packs, fixing and customs numbers, and no obligation yet."""
    made = MadeHouse(folder, **options)  # type: ignore[arg-type]
    made.import_list()
    made.admit_firms()
    for firm in SIDE:
        act = made.house.participants.propose_change(
            firm, "P1", made.keys["P1"], records={"registration_number": f"R {firm}"}
        )
        made.both(act)
    made.open_cycle()
    return made


def licensed(made: MadeHouse, side: str) -> None:
    """Let a side's law ask for a licence for medicine."""
    text = files("skontro.gate").joinpath("data/starter.toml").read_text("utf-8")
    stricter = text.replace(MEDICINE, MEDICINE.replace("allow", "needs_licence"))
    assert stricter != text
    made.both(made.house.goods.propose_pack(side, stricter.encode(), "P1", made.keys["P1"]))


def licence(holder: str, value: int, number: str = "L-1", **other: object) -> Licence:
    """A licence for medicine between the countries of the example."""
    one = Licence(
        number, "licensing office", SIDE[holder], holder, ("3004",), tuple(COUNTRY.values()), "EUR",
        value * 100, datetime.date(2026, 1, 1), datetime.date(2026, 12, 31),
    )  # fmt: skip
    return replace(one, **other)  # type: ignore[arg-type]


def entered_licence(made: MadeHouse, one: Licence) -> None:
    """Let two people enter a licence."""
    made.both(made.house.licences.propose(one, "P1", made.keys["P1"], paper="folder 7"))


def owed(
    made: MadeHouse, name: str, debtor: str, creditor: str, amount: int,
    papers: Iterable[tuple[str, str]] = (), **trade: object,
) -> int:  # fmt: skip
    """Register an obligation for medicine that both parties stand by; return its number."""
    said: TradeSaid = lawful(SIDE[debtor], SIDE[creditor], name)
    given = dict(said.papers) | dict(papers)
    goods = {"quantity": "10", "unit": "KGM", "weight": "10"} | trade
    said = replace(said, papers=tuple(given.items()), **goods)  # type: ignore[arg-type]
    number, _ = made.house.obligations.register(Registration(
        sender=creditor, reference=name, debtor=debtor, creditor=creditor,
        amount_minor=amount * 100, currency="EUR", due_date="2026-01-10", document=f"inv {name}",
        document_date="2025-12-10", trade=said,
    ))  # fmt: skip
    made.house.obligations.confirm(number, debtor)
    made.number[name] = number
    return number


def declared(name: str, seller: str, buyer: str, value: int, quantity: int = 10,
             **other: object) -> Declaration:  # fmt: skip
    """What customs know of an obligation of :func:`owed`."""
    line = DeclaredLine("300490", value * 100, quantity * 1000, "KGM", 12_500)
    exporter, importer = (f"{COUNTRY[SIDE[firm]]} R-{firm}" for firm in (seller, buyer))
    one = Declaration(f"P {name}", "customs", exporter, importer, "EUR",
                      datetime.date(2025, 12, 1), (line,))  # fmt: skip
    return replace(one, **other)  # type: ignore[arg-type]


def take_customs(made: MadeHouse, side: str, *declarations: Declaration) -> dict[str, object]:
    """Let compliance take a file of a side's customs in."""
    return made.house.customs.import_file(
        customs_text(declarations), side, "P1", made.keys["P1"], source="customs office"
    )


def cut_off(made: MadeHouse) -> dict[str, object]:
    """Enter what may be entered."""
    made.until(DATES.cut_off_at)
    return made.house.cycles.cut_off(DATES.id)


def said_of(made: MadeHouse, name: str) -> tuple[str, list[str]]:
    """The last verdict on an obligation: outcome, and codes of its reasons."""
    from skontro.gate.verdicts import read_reasons_text
    from skontro.store.verdicts import last_verdicts

    number = made.number[name]
    with made.house.database.read() as unit:
        last = last_verdicts(unit, "obligation", [number])[number]
    return last.outcome, [one["code"] for one in read_reasons_text(last.reasons)]


def taken(made: MadeHouse) -> list[tuple[str, str, int]]:
    """What was written about licences: name of the obligation, kind, whole units."""
    from skontro.store.authorities import licence_entries

    names = {number: name for name, number in made.number.items()}
    with made.house.database.read() as unit:
        return [(names[row.obligation], row.kind, row.value_minor // 100)
                for row in licence_entries(unit)]  # fmt: skip


def all_replay(made: MadeHouse) -> None:
    """Every verdict of a house comes out the same to the byte."""
    from skontro.flow.verdict_replay import replay_verdicts

    found = replay_verdicts(made.house)
    assert found
    assert [one for one in found if not one.agrees] == []
