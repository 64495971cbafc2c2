# SPDX-License-Identifier: Apache-2.0
"""How good the matcher is does not fall: treated names beside the frozen run, labelled pairs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from skontro.gate.lists import read_list
from skontro.gate.matching import Matcher, version_of
from skontro.gate.weights import built_in_weights
from skontro.lab.invented_list import CYRILLIC, invented_list, lookalike_firms, written_in
from skontro.lab.screening import (
    best_rates,
    halves,
    invented_run,
    main,
    overall,
    rates_at,
    read_pairs,
    read_pairs_file,
    real_run,
    score_pairs,
    treated,
)
from skontro.lab.treatments import TREATMENTS

ROOT = Path(__file__).resolve().parents[3]
FROZEN = json.loads((ROOT / "docs/assurance/screening.json").read_text("utf-8"))
REAL = Path(os.environ.get("SKONTRO_SANCTIONS", ROOT.parent / "shared/data/sanctions"))
FALL = 2  # of a thousand: 0.2 points
LEAST = {"exact": 1000, "alias": 1000, "one edit": 990, "transliteration": 970, "overall": 950}

PAIRS = """\
checks:
  # How others write them
  - match: true
    schema: Person
    query:
      name: "Velkanov, Radomir"
      birthDate: 1970
    candidate:
      firstName: Radomir
      lastName: Velkanov
      birthDate: 1970-05-02
  - match: false
    label: Number
    schema: Vessel
    query:
      name: Sea Lantern 7
    candidate:
      name: 'Sea ''Lantern'' 8'
  - match: true
    schema: Company
    query:
      name: Institute of Northern Lights and Cold
        Waters
    candidate:
      name: Institute of Northern Lights and Cold Waters
"""


def share(found: int, of: int) -> float:
    return 1000 * found / of


@pytest.mark.parametrize("part", ["sample", "whole"])
def test_no_figure_falls(part: str, soak: bool) -> None:
    """Every eighth name of the invented list, all of them in a long run, beside the frozen run.

    A fall of more than 0.2 points in any treatment fails, and so does the frozen run itself where
    it does not keep what is promised.
    """
    if part == "whole" and not soak:
        pytest.skip("all names are for the long run: make soak")
    found = invented_run(each=8 if part == "sample" else 1)
    frozen = FROZEN[part]
    assert found.keys() == frozen.keys()
    for what, counted in found.items():
        if what == "look-alike firms":
            assert share(*counted) <= share(*frozen[what]) + FALL, (what, counted, frozen[what])
        else:
            assert share(*counted) >= share(*frozen[what]) - FALL, (what, counted, frozen[what])


def test_the_frozen_run_keeps_what_is_promised() -> None:
    whole = FROZEN["whole"]
    assert set(whole) == {"exact", "alias", *TREATMENTS, "overall", "look-alike firms"}
    for what, least in LEAST.items():
        assert share(*whole[what]) >= least, what
    assert share(*whole["look-alike firms"]) <= 20
    assert whole["exact"][1] == 5000
    assert FROZEN["version"] == version_of(built_in_weights())


def test_labelled_pairs_are_read_and_scored() -> None:
    pairs = read_pairs(PAIRS)
    assert [pair.same for pair in pairs] == [True, False, True]
    assert pairs[0].entry.names[0].text == "Radomir Velkanov"
    assert pairs[0].subject.dates == ("1970",)
    assert pairs[1].label == "Number"
    assert pairs[1].entry.names[0].text == "Sea 'Lantern' 8"
    assert pairs[2].subject.names == ("Institute of Northern Lights and Cold Waters",)
    scored = score_pairs(pairs)
    assert best_rates(scored).f1 == 1
    assert rates_at(scored, 0).wrong == 1
    assert rates_at(scored, 1001).missed == 2
    assert halves(scored, times=3)[-1] <= 1


def test_the_same_list_each_time_and_no_firm_on_it_looks_alike() -> None:
    entries = invented_list(300)
    assert entries == invented_list(300) == invented_list(600)[:300]
    assert {entry.kind for entry in entries} == {"person", "organisation", "vessel"}
    texts = {name.text.casefold() for entry in entries for name in entry.names}
    assert any(not text.isascii() for text in texts)
    assert not texts & {firm.names[0].casefold() for firm in lookalike_firms(entries, 100)}
    assert written_in("Boris", CYRILLIC) == "борис"


def test_it_says_what_it_measured(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.yml"
    pairs.write_text(PAIRS, "utf-8")
    said = list[str]()
    main(["--pairs", str(pairs)], said.append)
    text = "\n".join(said)
    assert "3 labelled pairs, 2 of them one party" in text
    assert "F1 1.000" in text
    assert "numbers differ" in text


@pytest.mark.parametrize(("name", "best", "working"), [
    ("first", 0.922, 0.897), ("second", 0.903, 0.885),
])  # fmt: skip
def test_pairs_of_our_own_do_not_fall(name: str, best: float, working: float) -> None:
    """F1 at the best threshold and at the working one stays within 0.01 of what is documented, and
    the figures are those of the page."""
    page = (ROOT / "docs/assurance/screening.md").read_text("utf-8")
    assert f"{best:.3f}" in page
    assert f"{working:.3f}" in page
    scored = score_pairs(read_pairs_file(ROOT / f"docs/assurance/pairs/{name}.csv"))
    assert best_rates(scored).f1 >= best - 0.01
    assert rates_at(scored, built_in_weights().threshold).f1 >= working - 0.01


def test_on_real_pairs() -> None:
    file = REAL / "checks.yml"
    if not file.is_file():
        pytest.skip(f"no labelled pairs at hand ({file.name}); the built-in cases are measured")
    scored = score_pairs(read_pairs(file.read_text("utf-8")))
    assert best_rates(scored).f1 >= 0.90
    assert rates_at(scored, built_in_weights().threshold).recall >= 0.90


MEASURED = {
    "exact": 1000.0, "alias": 1000.0, "one edit": 996.4, "order": 998.1, "initials": 974.0,
    "transliteration": 977.9, "homoglyphs": 998.1, "legal form": 998.9, "spacing": 999.1,
    "concatenation": 985.4, "dropped word": 962.6, "doubled letter": 996.4, "punctuation": 1000.0,
    "diacritics": 1000.0, "overall": 992.4,
}  # fmt: skip
"""Of OFAC's and the United Nations' lists, every twentieth name: what the page says, in
thousandths."""


def test_on_real_lists(soak: bool) -> None:
    """What the page says of real lists, within 0.2 points, and never less than must be; in a short
    run what must be, on a part of the United Nations' list."""
    if not (REAL / "sdn.csv").is_file():
        pytest.skip("no real lists at hand; the invented list is measured")
    if soak:
        found = real_run(REAL, each=30)
        assert {*MEASURED} == {*found} - {"look-alike firms", "clean firms"}
        for what, measured in MEASURED.items():
            least = max(measured - FALL, LEAST.get(what, 0))
            assert share(*found[what]) >= least, (what, found[what])
        assert share(*found["look-alike firms"]) <= 20
        return
    lists = {2: list(read_list(REAL / "UN_consolidated.xml").entries)[:150]}
    found = treated(Matcher(lists), lists, each=6)
    found["overall"] = overall(found)
    for what, least in LEAST.items():
        assert share(*found[what]) >= least, (what, found[what])
