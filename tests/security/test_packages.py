# SPDX-License-Identifier: Apache-2.0
"""Packages: everyone gets what is theirs and no more, and nobody can be shown another level."""

from __future__ import annotations

import json
import random
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.security.bases import BASES, Base, clear_base, save
from tests.security.forger import another, read_json, seal, write_json
from tests.security.liar import FELT

from skontro.core.clearing import clear_intake
from skontro.core.errors import Conflict, NoSuchParticipant, UnreadableFile
from skontro.core.result import ClearingResult
from skontro.messages.commitment import DamagedResult, HouseResult
from skontro.messages.disclosure import Cell, cell_of, shown_table, withheld
from skontro.messages.merkle import MerkleTree
from skontro.messages.package import package_participant, package_public
from skontro.messages.result_folder import read_result
from skontro.messages.tables import read_intake, read_table, write_table
from skontro.verify import verify_package
from skontro.verify.own import _obeys
from skontro.verify.verdict import STATEMENT, ClaimFailed


@pytest.fixture(scope="module", params=BASES, ids=lambda base: base.name)
def packed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Base, ClearingResult, Path]:
    """A result with its public package and those of its first participants."""
    base: Base = request.param
    home = tmp_path_factory.mktemp("packed")
    result = clear_base(base, home / "given")
    save(result, home / "result", base.kind)
    package_public(home / "result", home / "public")
    for name in _with_nodes(result)[:4]:
        package_participant(home / "result", name, home / name)
    return base, result, home


def _with_nodes(result: ClearingResult) -> list[str]:
    used = sorted({int(v) for block in result.blocks for v in block.block.nodes.participant})
    return [result.intake.participants.id[v] for v in used]


def _packages(home: Path) -> list[Path]:
    return sorted(path.parent for path in home.glob("*/participant.json"))


def test_honest_packages_hold(packed: tuple[Base, ClearingResult, Path]) -> None:
    _, _, home = packed
    for package in _packages(home):
        verdict = verify_package(package, home / "public")
        assert verdict.ok, verdict.text()
        alone = verify_package(package)
        assert alone.ok
        assert any("greatest" in sentence for sentence in verdict.cannot)
        assert any("public package" in sentence for sentence in alone.cannot)
        assert alone.text().endswith(STATEMENT)
    assert verify_package(home / "public").ok


def test_a_package_holds_only_what_is_its_participants(
    packed: tuple[Base, ClearingResult, Path],
) -> None:
    """No obligation of others, no level but its own, its counterparties' and its house node's."""
    _, result, home = packed
    book = result.intake.obligations
    ids = result.intake.participants.id
    for package in _packages(home):
        me = ids.index(package.name)
        mine = (book.debtor == me) | (book.creditor == me)
        content = read_json(package / "participant.json")
        rows = [text for text, own in zip(book.id.to_pylist(), mine, strict=True) if own]
        assert sorted(row[0] for row in content["rows"]) == sorted(rows)
        partners = {ids[v] for v in {*book.debtor[mine], *book.creditor[mine]} - {me}}
        assert {node["participant"] for node in content["counterparties"]} == partners
        assert {node["participant"] for node in content["nodes"]} == {package.name}
        assert not any("row_salt" in node for node in content["counterparties"])
        assert len(content["house_nodes"]) <= len(content["nodes"])
        secret = read_json(home / "result/commitment.json")["salt"]
        for path in package.iterdir():
            assert secret not in path.read_text(encoding="utf-8")


def test_the_public_package_names_nobody(packed: tuple[Base, ClearingResult, Path]) -> None:
    _, result, home = packed
    text = (home / "public/public.json").read_text(encoding="utf-8")
    for name in result.intake.participants.id:
        assert re.search(rf'"{name}"', text) is None
    secret = read_json(home / "result/commitment.json")["salt"]
    assert secret not in text
    assert not re.search(r'"levels?"|"salt"', text)


def _places(value: Any) -> list[tuple[Any, Any]]:
    pairs = (
        list(value.items()) if isinstance(value, dict)
        else list(enumerate(value)) if isinstance(value, list) else []
    )  # fmt: skip
    found = []
    for key, inner in pairs:
        found += _places(inner) if isinstance(inner, dict | list) and inner else [(value, key)]
    return found


TOLD_BY_NOBODY_ELSE = {"name", "side", "home_currency", "accepts_conversion", "pay_in_limit_points"}
"""What the participant knows itself and must compare: the check says so."""


def test_whatever_is_altered_in_a_package_is_found(
    packed: tuple[Base, ClearingResult, Path], tmp_path: Path, soak: bool
) -> None:
    """Any figure of any file, but what the participant has been told to compare itself."""
    base, _, home = packed
    packages = _packages(home)
    for seed in range(120 if soak else 10):
        rng = random.Random(f"{base.name} {seed}")
        package = tmp_path / "package"
        shutil.copytree(rng.choice(packages), package)
        path = rng.choice(sorted(package.glob("*.json")))
        content = read_json(path)
        places = [(holder, key) for holder, key in _places(content)
                  if key not in TOLD_BY_NOBODY_ELSE]
        holder, key = rng.choice(places)
        before = holder[key]
        holder[key] = another(rng, before)
        write_json(path, content)
        verdict = verify_package(package, home / "public")
        assert not verdict.ok, f"{base.name} {seed}: {path.name} {key} {before} {holder[key]}"
        shutil.rmtree(package)


def test_any_byte_of_the_rows_table_counts(
    packed: tuple[Base, ClearingResult, Path], tmp_path: Path
) -> None:
    base, _, home = packed
    for seed in range(4):
        rng = random.Random(f"{base.name} {seed}")
        package = tmp_path / f"package{seed}"
        shutil.copytree(rng.choice(_packages(home)), package)
        path = package / "obligations.csv"
        data = bytearray(path.read_bytes())
        at = rng.randrange(len(data))
        data[at] = 0x37 if data[at] != 0x37 else 0x38
        path.write_bytes(bytes(data))
        assert not verify_package(package, home / "public").ok


def _other_levels(rng: random.Random, honest: Path, false: Path) -> list[str]:
    """Copy a result with one level of one stage changed; the firms that are shown it."""
    shutil.copytree(honest, false)
    proof = read_json(false / "certificate.json")
    (path,) = false.glob("participants.*")
    table = read_table("participants", path).table
    firms = table.column("participant").to_pylist()
    houses = [node for block in proof["blocks"] for node in block["house_nodes"]
              if node["kind"] == "house"]  # fmt: skip
    if houses and rng.random() < 0.3:
        node = rng.choice(houses)
        stage = rng.choice(sorted(node["levels"]))
        node["levels"][stage] += 1
        write_json(false / "certificate.json", proof)
        sides = table.column("side").to_pylist()
        settled = table.column("settlement_currency").to_pylist()
        shown = [firm for firm, *key in zip(firms, sides, settled, strict=True)
                 if key == [node["side"], node["currency"]]]  # fmt: skip
    else:
        names = [name for name in table.column_names if name.startswith("level")]
        place = table.column_names.index(rng.choice(names))
        levels = [int(level) for level in table.column(place).to_pylist()]
        v = rng.randrange(len(levels))
        levels[v] += rng.choice([1, 5]) if levels[v] == 0 else rng.choice([-1, 1])
        column = pa.array(levels, pa.int64())
        write_table(table.set_column(place, table.column_names[place], column), path)
        shown = [firms[v]]
    seal(false)
    return shown


def test_levels_shown_differently_to_two_firms_are_found(
    packed: tuple[Base, ClearingResult, Path], tmp_path: Path, soak: bool
) -> None:
    """Goal: nobody can be shown another level than the others are.

    Method: the house makes a second tree with one other level in it, of any node, house node and
    stage, and cuts from it the package of somebody who is shown that level. Its root is not the
    public one; where the public root is put in its place, the level does not open under it.
    """
    base, result, home = packed
    ids, book = result.intake.participants.id, result.intake.obligations
    for seed in range(12 if soak else 1):
        rng = random.Random(f"{base.name} {seed}")
        false, theirs = tmp_path / f"false{seed}", tmp_path / f"theirs{seed}"
        firm = ids.index(rng.choice(_other_levels(rng, home / "result", false)))
        owed = {*book.creditor[book.debtor == firm], *book.debtor[book.creditor == firm]}
        seen_by = rng.choice([firm, *sorted(int(v) for v in owed)]) if seed % 2 else firm
        package_participant(false, ids[seen_by], theirs)
        failed = {claim.name for claim in verify_package(theirs, home / "public").failed}
        assert "public" in failed, f"{base.name} {seed}"
        content = read_json(theirs / "participant.json")
        content["root"] = read_json(home / "public/public.json")["root"]
        write_json(theirs / "participant.json", content)
        failed = {claim.name for claim in verify_package(theirs, home / "public").failed}
        assert failed & {"levels.own", "levels.counterparties", "levels.house"}
        shutil.rmtree(false)


def test_a_second_leaf_of_one_firm_under_the_same_root_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The house puts a leaf with other levels into the tree too, and opens that one to the firm."""
    folder = save(clear_base(BASES[0], tmp_path / "given"), tmp_path / "result", "csv")
    honest = HouseResult(folder)
    leaf = honest.leaves[0]
    false = replace(leaf, levels={stage: level + 1 for stage, level in leaf.levels.items()})
    places = [each.place() for each in honest.leaves]
    beside = bytes([places[0][0] ^ 1]) + places[0][1:]  # any place but its own
    tree = MerkleTree([*places, beside], [each.hash() for each in [*honest.leaves, false]])
    monkeypatch.setattr(HouseResult, "tree", tree)
    package_public(folder, tmp_path / "public")
    firms = [str(each.name[0]) for each in honest.leaves[:2]]
    for firm in firms:
        package_participant(folder, firm, tmp_path / firm)
        verdict = verify_package(tmp_path / firm, tmp_path / "public")
        assert verdict.ok, verdict.text()
    content = read_json(tmp_path / firms[0] / "participant.json")
    content["nodes"][0]["levels"] = false.levels
    content["nodes"][0]["path"] = [step.hex() for step in tree.path(beside)]
    write_json(tmp_path / firms[0] / "participant.json", content)
    verdict = verify_package(tmp_path / firms[0], tmp_path / "public")
    assert "levels.own" in {claim.name for claim in verdict.failed}


def test_what_is_a_lie_about_somebody_is_found_by_somebody(
    packed: tuple[Base, ClearingResult, Path], tmp_path: Path, soak: bool
) -> None:
    """Goal: a firm alone sees that its part contradicts the proof, the split or the rounding.

    Method: the house tells a lie, makes everything anew and cuts all packages from that. They open
    under its root; at least one of the firms concerned must find a claim that fails.
    """
    base, result, _ = packed
    told = 0
    for lie, claims in FELT.items():
        for seed in range(4 if soak else 1):
            false = lie(random.Random(f"{base.name} {lie.__name__} {seed}"), result)
            if false is None:
                break
            home = tmp_path / f"{lie.__name__}{seed}"
            save(false, home / "result", base.kind)
            package_public(home / "result", home / "public")
            failed = set[str]()
            for name in _with_nodes(false):
                package_participant(home / "result", name, home / name)
                verdict = verify_package(home / name, home / "public")
                failed |= {claim.name for claim in verdict.failed}
            assert failed & claims, f"{lie.__name__}, seed {seed}: only {failed} failed"
            assert not any(name.startswith(("levels", "public")) for name in failed)
            told += 1
            shutil.rmtree(home)
    assert told >= 3


@pytest.mark.parametrize(
    ("c", "flow", "limit", "holds"),
    [(1, 5, 5, True), (1, 4, 5, False), (1, 2**62, 2**62, False), (0, 3, 5, True), (0, 0, 5, True),
     (-1, 0, 5, True), (-1, 1, 5, False), (-3, 5, 5, False)],
)  # fmt: skip
def test_an_arc_obeys_the_levels_or_not(c: int, flow: int, limit: int, holds: bool) -> None:
    if holds:
        _obeys(c, flow, limit)
    else:
        with pytest.raises(ClaimFailed, match=f"c = {c}, but {flow} of {limit} flows"):
            _obeys(c, flow, limit)


def test_a_firm_without_obligations_and_a_result_without_any_have_packages(tmp_path: Path) -> None:
    """A firm that converts has a node whether it owes anything or not."""
    (tmp_path / "o.csv").write_text("id,debtor,creditor,amount,currency\n1,A,B,5,EUR\n")
    (tmp_path / "none.csv").write_text("id,debtor,creditor,amount,currency\n1,A,B,x,EUR\n")
    (tmp_path / "p.csv").write_text("id\nA\nB\nC\n")
    (tmp_path / "f.csv").write_text("currency,unit_of_account,rate\nEUR,EUR,1\n")
    files = {"participants": tmp_path / "p.csv", "fixing": tmp_path / "f.csv"}
    save(clear_intake(read_intake(tmp_path / "o.csv", **files)), tmp_path / "result", "csv")
    package_public(tmp_path / "result", tmp_path / "public")
    package_participant(tmp_path / "result", "C", tmp_path / "c")
    verdict = verify_package(tmp_path / "c", tmp_path / "public")
    assert verdict.ok, verdict.text()
    save(clear_intake(read_intake(tmp_path / "none.csv", **files)), tmp_path / "empty", "csv")
    package_public(tmp_path / "empty", tmp_path / "nothing")
    assert verify_package(tmp_path / "nothing").ok


def test_a_package_is_not_cut_from_what_is_no_result(tmp_path: Path) -> None:
    result = clear_base(BASES[0], tmp_path / "given")
    folder = save(result, tmp_path / "result", "csv")
    with pytest.raises(NoSuchParticipant):
        package_participant(folder, "nobody", tmp_path / "x")
    package_public(folder, tmp_path / "public")
    with pytest.raises(Conflict):
        package_public(folder, tmp_path / "public")
    with (folder / "obligations.csv").open("a") as stream:
        stream.write("\n")
    with pytest.raises(DamagedResult):
        package_public(folder, tmp_path / "y")
    assert not (tmp_path / "x").exists()
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(DamagedResult):
        package_public(tmp_path / "given", tmp_path / "z")


@pytest.mark.parametrize("content", ["{}", "[]", '{"format": "skontro.result/1"}', "nonsense"])
def test_a_damaged_folder_is_said_to_be_damaged(tmp_path: Path, content: str) -> None:
    folder = save(clear_base(BASES[0], tmp_path / "given"), tmp_path / "result", "csv")
    kept = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(content)
    with pytest.raises(DamagedResult):
        package_public(folder, tmp_path / "public")
    (folder / "manifest.json").write_text(kept)
    (folder / "summary.json").write_text(content)
    with pytest.raises(UnreadableFile):
        read_result(folder)


def _cells(parts: list[list[int]]) -> list[Cell]:
    """Cells from what each firm takes part in."""
    return [
        Cell(sum(part) // 2, np.array(part) > 0, np.array(part, np.int64)) for part in parts
    ]


def test_no_cell_under_three_firms_and_none_that_is_one_firms() -> None:
    two, three = _cells([[5, 5, 0, 0], [4, 3, 3, 0]])
    assert not two.is_safe()
    assert three.is_safe()
    rows = np.array([0, 0, 0]), np.array([1, 2, 3])
    assert not cell_of(*rows, np.array([5, 5, 5]), 4).is_safe()
    wide = np.array([0, 1, 2, 3, 4, 5, 6]), np.array([1, 2, 3, 4, 5, 6, 0])
    assert cell_of(*wide, np.full(7, 10), 7).is_safe()
    assert not cell_of(*wide, np.array([99, 1, 1, 1, 1, 1, 1]), 7).is_safe()


def test_what_is_withheld_cannot_be_found_by_subtraction() -> None:
    """Total less what is shown never comes to an unsafe sum, whatever the table."""
    rng = random.Random(2)
    for _ in range(400):
        cells = _cells([
            [rng.choice([0, 0, 1, 5, 40]) for _ in range(5)] for _ in range(rng.randint(1, 5))
        ])
        hidden = withheld(cells, total_is_shown=True)
        chosen = [cell for cell, is_hidden in zip(cells, hidden, strict=True) if is_hidden]
        shown = [cell for cell, is_hidden in zip(cells, hidden, strict=True) if not is_hidden]
        assert all(cell.is_safe() for cell in shown)
        if chosen and shown:
            union = chosen[0]
            for cell in chosen[1:]:
                union = union.with_(cell)
            assert len(chosen) > 1
            assert union.is_safe()


def test_figures_that_follow_from_each_other_are_withheld_together() -> None:
    safe, thin = _cells([[4, 3, 3, 0], [5, 5, 0, 0]])
    rows = shown_table(
        {"set_off": [safe, safe, safe], "settled": [thin, safe, safe]},
        {"set_off": False, "settled": False},
        tied=("set_off", "settled"),
    )
    assert rows[0] == {"set_off": None, "settled": None}
    assert rows[1]["set_off"] is not None


def test_a_public_package_withholds_small_cells(
    packed: tuple[Base, ClearingResult, Path],
) -> None:
    """Every figure that is shown covers three firms; counted again from the rows."""
    _, result, home = packed
    public = read_json(home / "public/public.json")
    book, people = result.intake.obligations, result.intake.participants
    for shown, block in zip(public["blocks"], result.blocks, strict=True):
        rows = block.block.rows
        for cell in shown["sides"]:
            covered = [
                k for k in rows.tolist()
                if people.side[book.debtor[k]] == cell["debtor_side"]
                and people.side[book.creditor[k]] == cell["creditor_side"]
            ]  # fmt: skip
            firms = {int(v) for k in covered for v in (book.debtor[k], book.creditor[k])}
            if cell["obligations"] is not None:
                assert len(firms) >= 3
                assert cell["obligations"] == len(covered)
            if len(firms) < 3:
                figures = {name: cell[name] for name in cell if not name.endswith("_side")}
                assert set(figures.values()) == {None}, json.dumps(cell)
