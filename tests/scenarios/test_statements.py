# SPDX-License-Identifier: Apache-2.0
"""What the house says in writing of the worked example: every figure of every notice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.made_house import DATES, PASSPHRASE, MadeHouse, worked_house
from tests.scenarios.test_worked_house import BOTH_WAYS, CURRENCIES, pay

from skontro.cli import main
from skontro.core.errors import Conflict, Forbidden
from skontro.flow.house import House
from skontro.messages.papers import Paper
from skontro.verify import verify_folder, verify_package, verify_paper

FIRMS = ("A1", "A2", "A3", "B1", "B2", "B3")


@dataclass
class Written:
    """A house with its key unlocked, and the papers of its first cycle at both stages."""

    made: MadeHouse
    place: Path
    final: dict[str, Paper]
    settled: dict[str, Paper]
    publication: Paper
    key: str

    @property
    def statements(self) -> Any:
        return self.made.house.statements


def settle_all(made: MadeHouse, cycle: str = DATES.id) -> None:
    """Everyone pays, everyone is paid, the cycle is closed."""
    house = made.house
    for call in house.settlement.instruct(cycle):
        pay(made, call, call["due_minor"])
    house.settlement.plan(cycle)
    house.settlement.settle(cycle)
    for side in ("A", "B"):
        act = house.settlement.propose_release(cycle, side, CURRENCIES[side], "P1",
                                               made.keys["P1"])  # fmt: skip
        released = house.people.find_act(act)["content"]["payments"]
        made.both(act)
        for one in released:
            house.settlement.sent(side, CURRENCIES[side], one["pay_out"],
                                  bank_reference=f"out {one['pay_out']}")  # fmt: skip
    house.cycles.close(cycle)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    place = tmp_path_factory.mktemp("statements")
    made = worked_house(place / "house")
    made.run_to_final()
    statements = made.house.statements
    statements.unlock(PASSPHRASE)
    final = {firm: statements.set_off_notice(DATES.id, firm) for firm in FIRMS}
    publication = statements.publication(DATES.id)
    statements.save_packages(DATES.id, place / "out")
    settle_all(made)
    settled = {firm: statements.set_off_notice(DATES.id, firm) for firm in FIRMS}
    key = statements.key_in_use()["public_key"]
    yield Written(made, place, final, settled, publication, key)
    made.house.close()


ROWS = {
    # id: debtor, creditor, currency, before, set off, to be settled; whole units
    "o1": ("A1", "B1", "EUR", 100_000, 50_000, 50_000),
    "o2": ("A2", "B2", "INR", 5_400_000, 4_500_000, 900_000),
    "o3": ("B1", "A2", "EUR", 80_000, 50_000, 30_000),
    "o4": ("B3", "A3", "AED", 300_000, 240_000, 60_000),
    "o5": ("B2", "A1", "INR", 2_700_000, 2_700_000, 0),
    "o6": ("A3", "B3", "EUR", 40_000, 40_000, 0),
    "o7": ("A3", "A1", "EUR", 20_000, 20_000, 0),
    "o8": ("B2", "B3", "INR", 1_800_000, 1_800_000, 0),
}
RATES = {"EUR": "1/1", "INR": "1/90", "AED": "1/4"}
PAYMENTS = {
    "A1": ("EUR", 50_000, 0), "A2": ("EUR", 0, 20_000), "A3": ("EUR", 0, 15_000),
    "B1": ("INR", 0, 1_800_000), "B2": ("INR", 0, 900_000), "B3": ("INR", 1_350_000, 0),
}  # fmt: skip
SET_OFF_VALUE = {"A1": 50_000, "A2": 50_000, "A3": 60_000, "B1": 50_000, "B2": 50_000,
                 "B3": 60_000}  # fmt: skip
NAMES = {
    "A1": "Alder Pharma", "A2": "Aster Foods", "A3": "Arnica Devices", "B1": "Bakul Mills",
    "B2": "Banyan Tea", "B3": "Brahmi Labs",
}  # fmt: skip


@pytest.mark.parametrize("firm", FIRMS)
@pytest.mark.parametrize("stage", ["final", "settled"])
def test_every_figure_of_a_notice(written: Written, firm: str, stage: str) -> None:
    """Goal: whoever reads a notice reads the design's table.

    Method: each obligation of the firm with its amounts, references, rate and other party; sums,
    counter-obligations, rounding, money; legal basis, value date, journal head, names.
    """
    paper = (written.final if stage == "final" else written.settled)[firm]
    content = paper.content
    assert content["stage"] == stage
    mine = {name: row for name, row in ROWS.items() if firm in row[:2]}
    said = {row["own_reference"] or row["their_reference"]: row for row in content["obligations"]}
    assert set(said) == set(mine)
    for name, (debtor, creditor, currency, before, off, planned) in mine.items():
        row = said[name]
        assert row["role"] == ("debtor" if debtor == firm else "creditor")
        assert row["counterparty"] == (creditor if debtor == firm else debtor)
        assert row["own_reference"] == (name if creditor == firm else None)
        assert (row["document"], row["currency"]) == (f"invoice {name}", currency)
        assert row["rate"] == RATES[currency]
        settled = planned if stage == "settled" else 0
        amounts = (before, off, before - off, planned, settled, before - off - settled)
        for kind, units in zip(
            ("before", "set_off", "after", "planned", "settled", "residual"), amounts, strict=True
        ):
            assert row[f"{kind}_minor"] == str(units * 100), (name, kind)
        assert stage == "final" or row["residual_minor"] == "0"
    counter = content["counter_obligations"]
    assert counter["value_minor"] == str(SET_OFF_VALUE[firm] * 100)
    assert counter["difference_points"] == "0"
    currency, pay_in, pay_out = PAYMENTS[firm]
    assert content["payments"] == [
        {"currency": currency, "pay_in_minor": str(pay_in * 100),
         "pay_out_minor": str(pay_out * 100)}
    ]  # fmt: skip
    assert content["legal_basis"] == [
        {"agreement": "SOA-1", "version": "1", "law": "NL", "in_force_from": "2026-01-01"}
    ]
    assert content["value_date"] == "2026-01-30"
    assert content["demonstration"] is True
    partners = {party for row in mine.values() for party in row[:2]} | {firm}
    assert paper.names == {each: NAMES[each] for each in partners}
    result = written.made.house.cycles.show(DATES.id)["runs"][-1]["result_digest"]
    assert content["digests"]["result"] == result


def test_bookings_of_a_firm_with_three_currencies(written: Written) -> None:
    """B3 books in rupees: what it owed in dirhams against euros and rupees, at the fixing."""
    content = written.final["B3"].content
    lines = [
        (one["side"], one["account"], one["currency"], int(one["amount_minor"]) // 100,
         one["booked_currency"], int(one["booked_minor"]) // 100)
        for one in content["bookings"]
    ]  # fmt: skip
    assert lines == [
        ("debit", "payables", "AED", 240_000, "INR", 5_400_000),
        ("credit", "receivables", "EUR", 40_000, "INR", 3_600_000),
        ("credit", "receivables", "INR", 1_800_000, "INR", 1_800_000),
    ]
    assert content["counter_obligations"]["exchange"] == [
        {"currency": "AED", "net_minor": "24000000", "value_points": "1080000000"},
        {"currency": "EUR", "net_minor": "-4000000", "value_points": "-720000000"},
        {"currency": "INR", "net_minor": "-180000000", "value_points": "-360000000"},
    ]


def test_the_same_bytes_every_time(written: Written) -> None:
    """Also from a house opened anew, and of the earlier stage after the later is reached."""
    house = type(written.made.house).open(written.made.house.folder)
    house.statements.unlock(PASSPHRASE)
    for firm in ("A1", "B3"):
        again = house.statements.set_off_notice(DATES.id, firm, stage="final")
        assert again.as_bytes() == written.final[firm].as_bytes()
        later = house.statements.set_off_notice(DATES.id, firm)
        assert later.as_bytes() == written.settled[firm].as_bytes()
        assert later.as_text() == written.settled[firm].as_text()
    assert house.statements.publication(DATES.id).as_bytes() == written.publication.as_bytes()
    house.close()


def papers_of(written: Written) -> list[Paper]:
    statements = written.statements
    return [
        *written.final.values(), *written.settled.values(), written.publication,
        *(statements.account_statement(DATES.id, firm) for firm in FIRMS),
        statements.house_report(DATES.id), statements.keys(),
    ]  # fmt: skip


def test_papers_follow_their_schemas_and_check(written: Written, root: Path) -> None:
    """Every kind of paper: published schema, stand-alone check, DEMONSTRATION at both ends."""
    kinds = set()
    for paper in papers_of(written):
        name = paper.kind.replace(" ", "-")
        schema = json.loads((root / f"docs/schemas/{name}.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(json.loads(paper.as_bytes()))
        path = written.place / "paper.json"
        paper.save(path)
        verdict = verify_paper(path, house_keys=[written.key])
        assert verdict.ok, verdict.text()
        assert verdict.effect.startswith("DEMONSTRATION: ")
        alone = verify_paper(path)
        assert alone.ok
        assert any("compare it" in sentence for sentence in alone.cannot)
        assert "not compared" in alone.effect
        lines = paper.as_text().splitlines()
        assert lines[0].startswith("DEMONSTRATION")
        assert lines[-1].startswith("DEMONSTRATION")
        kinds.add(paper.kind)
    assert len(kinds) == 5


def test_notices_agree_with_the_packages_of_their_run(written: Written) -> None:
    out = written.place / "out"
    path = written.place / "notice.json"
    for notices in (written.final, written.settled):
        for number, firm in enumerate(FIRMS, 1):
            notices[firm].save(path)
            verdict = verify_paper(
                path, house_keys=[written.key], package=out / f"participants/{number}",
                public=out / "public", statement=out / "publication.json",
            )  # fmt: skip
            assert verdict.ok, verdict.text()
            assert {"paper.package", "paper.public", "paper.publication"} <= {
                claim.name for claim in verdict.claims
            }
            assert "effect: set-off, screened: true, set-off notice of the final run" in (
                verdict.effect
            )
            other = out / f"participants/{number % 6 + 1}"
            assert not verify_paper(path, package=other).ok


def test_a_statement_of_publication_tells_no_totals(written: Written) -> None:
    """It goes with every package: what the public package withholds must not stand in it."""
    act = written.publication.content["act"]
    assert set(act["content"]) == {
        "cycle", "set", "input", "result", "manifest", "folder", "parameters",
    }  # fmt: skip


def test_the_text_is_readable(written: Written) -> None:
    text = written.settled["A1"].as_text()
    for words in (
        "Set-off notice", "A1 (Alder Pharma), side A", "agreement SOA-1, version 1, law NL",
        "1 INR = 1/90 EUR", "What you owe", "What you are owed", "B1 (Bakul Mills)",
        "100,000.00  50,000.00  50,000.00  50,000.00", "Proposed bookings",
        "You pay in 50,000.00 EUR, one net sum.", "Rounding difference: 0.00 EUR",
    ):  # fmt: skip
        assert words in text, words


def test_account_statements_run_from_opening_to_closing(written: Written) -> None:
    """A1 of the example: what it owes and is owed comes in, is set off, is settled, is nought."""
    content = written.statements.account_statement(DATES.id, "A1").content
    assert content["period"]["after_entry"] == 0
    assert content["period"]["closed"] is True
    moves = {
        (one["account"], one["currency"]): [int(move["amount_minor"]) // 100
                                            for move in one["movements"]]
        for one in content["accounts"]
    }  # fmt: skip
    assert moves == {
        ("payable", "EUR"): [-100_000, 50_000, 50_000],
        ("receivable", "EUR"): [20_000, -20_000],
        ("receivable", "INR"): [2_700_000, -2_700_000],
        ("held", "EUR"): [-50_000, 50_000],
    }
    assert {one["closing_minor"] for one in content["accounts"]} == {"0"}
    (pay_in,) = content["pay_ins"]
    assert (pay_in["due_minor"], pay_in["arrived_minor"], pay_in["used_minor"]) == (
        "5000000", "5000000", "5000000"
    )  # fmt: skip
    paid = written.statements.account_statement(DATES.id, "B1").content
    assert [(one["amount_minor"], one["state"]) for one in paid["pay_outs"]] == [
        ("180000000", "paid")
    ]


def test_the_house_report(written: Written) -> None:
    content = written.statements.house_report(DATES.id).content
    (block,) = content["blocks"]
    whole = {name: int(block[f"{name}_minor"]) // 100 for name in (
        "gross", "compensable", "set_off", "planned", "settled", "residual")}  # fmt: skip
    assert whole == {
        "gross": 425_000, "compensable": 360_000, "set_off": 320_000, "planned": 105_000,
        "settled": 105_000, "residual": 0,
    }  # fmt: skip
    assert block["set_off_share"] == "0.752941"
    cross = [row for row in block["side_pairs"] if row["debtor_side"] != row["creditor_side"]]
    assert sum(int(row["gross_points"]) for row in cross) // 18_000 == 385_000
    assert {row["side"]: int(row["net_points"]) // 18_000 for row in block["sides"]} == {
        "A": -15_000, "B": 15_000,
    }  # fmt: skip
    assert [(leg["debtor_side"], leg["creditor_side"], leg["carried_minor"])
            for leg in content["border"]] == [("A", "B", "1500000")]  # fmt: skip
    assert {(one["side"], one["currency"]): (one["called_minor"], one["pay_outs_minor"])
            for one in content["money"]} == {
        ("A", "EUR"): ("5000000", "3500000"), ("B", "INR"): ("135000000", "270000000"),
    }  # fmt: skip
    assert content["run"]["gate_rules"][0] == "gate/2"
    assert any(one.startswith("threshold ") for one in content["run"]["gate_rules"])
    assert content["run"]["lists"][0]["name"] == "un"
    assert block["fairness"]["without"] == 0


def test_a_recast_shows_what_money_settled(tmp_path: Path, database_url: str) -> None:
    """A1 pays nothing: its set-off stands, o4 alone is settled, the rest is still owed."""
    made = worked_house(tmp_path / "house", url=database_url, changes=BOTH_WAYS)
    made.run_to_final()
    house = made.house
    house.statements.unlock(PASSPHRASE)
    calls = {one["participant"]: one for one in house.settlement.instruct(DATES.id)}
    pay(made, calls["B3"], 135_000_000)
    made.until(DATES.pay_in_deadline)
    made.fund_a()
    made.both(house.settlement.propose_recast(DATES.id, "P1", made.keys["P1"]))
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    wanted = {"o1": 50_000, "o2": 900_000, "o3": 30_000, "o4": 0}
    for firm in FIRMS:
        paper = house.statements.set_off_notice(DATES.id, firm)
        paper.save(tmp_path / "notice.json")
        assert verify_paper(tmp_path / "notice.json").ok
        for row in paper.content["obligations"]:
            name = row["own_reference"] or row["their_reference"]
            assert row["residual_minor"] == str(wanted.get(name, 0) * 100), name
            assert int(row["set_off_minor"]) == ROWS[name][4] * 100
    settled = house.statements.house_report(DATES.id).content["blocks"][0]["settled_minor"]
    assert settled == "1500000"
    content = house.statements.account_statement(DATES.id, "A1").content
    (payable,) = [one for one in content["accounts"] if one["account"] == "payable"]
    assert payable["closing_minor"] == "-5000000"
    assert [one["state"] for one in content["pay_ins"]] == ["closed"]
    house.statements.save_packages(DATES.id, tmp_path / "out", ["A1"])
    assert verify_package(tmp_path / "out/participants/1", tmp_path / "out/public").ok
    recast_is_published(house, tmp_path)
    made.house.close()


def recast_is_published(house: House, place: Path) -> None:
    """The paper of a recast: signed, of this run and no other, and it sets nothing off."""
    archive = house.folder / "archive" / DATES.id
    key = house.statements.key_in_use()["public_key"]
    final = house.statements.publication(DATES.id)
    paper = house.statements.publication(DATES.id, recast=1)
    paper.save(place / "recast.json")
    final.save(place / "final.json")
    assert "Money goes by recast 1: it sets nothing off" in paper.as_text()
    assert paper.content["act"]["kind"] == "run.recast"
    assert "effect: run, not published" in verify_folder(archive / "recast-1").effect
    said = {
        name: verify_folder(archive / folder, statement=place / f"{name}.json", house_keys=[key])
        for name, folder in (("recast", "recast-1"), ("final", "final"))
    }
    assert said["recast"].ok, said["recast"].text()
    assert "effect: settlement, screened: true, recast 1 of cycle" in said["recast"].effect
    assert said["recast"].as_dict()["effect"] == "settlement"
    assert "effect: set-off, screened: true, final run of cycle" in said["final"].effect
    for name, folder in (("final", "recast-1"), ("recast", "final")):
        crossed = verify_folder(archive / folder, statement=place / f"{name}.json")
        assert {claim.name for claim in crossed.failed} == {"publication.run"}
    schema = json.loads((Path(__file__).parents[2] / "docs/schemas/publication.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(paper.as_bytes()))
    assert verify_paper(place / "recast.json", house_keys=[key]).ok
    whole = house.statements.save_house_package(DATES.id, place / "whole", recast=1)
    assert "effect: settlement" in verify_folder(whole, house_keys=[key]).effect
    with pytest.raises(Conflict, match="has no recast 2"):
        house.statements.publication(DATES.id, recast=2)


def test_no_paper_before_the_final_run_and_none_with_a_locked_key(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    made.house.statements.unlock(PASSPHRASE)
    for ask in (
        made.house.statements.publication, made.house.statements.house_report,
        lambda cycle: made.house.statements.set_off_notice(cycle, "A1"),
        lambda cycle: made.house.statements.save_packages(cycle, tmp_path / "out"),
    ):  # fmt: skip
        with pytest.raises(Conflict, match="not published"):
            ask(DATES.id)
    made.run_to_final()
    with pytest.raises(Conflict, match="no notice of stage 'settled' yet"):
        made.house.statements.set_off_notice(DATES.id, "A1", stage="settled")
    made.house.statements.lock()
    with pytest.raises(Forbidden, match="locked"):
        made.house.statements.publication(DATES.id)
    with pytest.raises(Forbidden, match="passphrase"):
        made.house.statements.unlock("another passphrase")
    made.house.close()


def test_papers_are_checked_at_the_command_line(
    written: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A participant's accountant: a notice, the house's key in a file, the packages beside it."""

    def typed(*words: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, capsys.readouterr().out

    written.final["A1"].save(tmp_path / "notice.json")
    (tmp_path / "house.key").write_text(written.key + "\n")
    out, key = written.place / "out", tmp_path / "house.key"
    code, said = typed(
        "verify", tmp_path / "notice.json", "--house-key", key, "--package",
        out / "participants/1", "--public", out / "public", "--statement",
        out / "publication.json",
    )  # fmt: skip
    assert code == 0, said
    assert said.splitlines()[-1].startswith("DEMONSTRATION: effect: set-off, screened: true, set-")
    assert "not compared" not in said
    code, said = typed("verify", tmp_path / "notice.json", "--json")
    assert code == 0
    verdict = json.loads(said)
    assert (verdict["effect"], verdict["key_compared"]) == ("set-off", False)
    code, said = typed("verify", tmp_path / "notice.json", "--house-key", "ab" * 32)
    assert code == 1
    assert "effect: none established" in said
    code, said = typed("verify", out / "participants/1", "--public", out / "public",
                       "--house-key", key)  # fmt: skip
    assert code == 0, said
    assert "effect: set-off, screened: true, final run of cycle 2026-01" in said
    assert typed("verify", out / "public")[0] == 0
    archive = written.made.house.folder / "archive/2026-01/final"
    code, said = typed("verify", archive)
    assert code == 0, said
    assert "effect: run, not published" in said.splitlines()[-1]
    code, said = typed("verify", archive, "--statement", out / "publication.json")
    assert "effect: set-off" in said.splitlines()[-1]
    code, said = typed("explain", archive, "--participant", "A1")
    assert said.splitlines()[-1].startswith("DEMONSTRATION: effect: run, screened: true")
    assert typed("package", archive, "--public", "--out", tmp_path / "p")[0] == 2
    assert typed("package", archive, "--public", "--out", tmp_path / "p", "--statement",
                 out / "publication.json")[0] == 0  # fmt: skip
