# SPDX-License-Identifier: Apache-2.0
"""No lie about a result passes: not a byte with the manifest kept, and not one thing altered by
somebody who makes every digest, total and manifest anew. What is no claim may differ."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from tests.security.bases import BASES, Base, clear_base, save
from tests.security.forger import (
    alter_column,
    change_a_byte,
    clear_other_inputs,
    forge,
    read_json,
    seal,
    write_json,
)
from tests.security.liar import LIES, neutral_cycle, remade

from skontro.core import clearing
from skontro.core.clearing import clear_intake
from skontro.core.result import ClearingResult
from skontro.messages.tables import read_intake, read_table
from skontro.verify import verify_folder


@pytest.fixture(scope="module", params=BASES, ids=lambda base: base.name)
def honest(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Base, ClearingResult, Path]:
    """An honest result and its folder."""
    base: Base = request.param
    home = tmp_path_factory.mktemp("honest")
    result = clear_base(base, home / "given")
    folder = save(result, home / "result", base.kind)
    verdict = verify_folder(folder)
    assert verdict.ok, verdict.text()
    return base, result, folder


def _try_cases(
    cases: int, make: Callable[[random.Random, Path], str | None], home: Path, name: str
) -> Counter[str]:
    """Make cases until enough applied; each must be found out, without a traceback."""
    found: Counter[str] = Counter()
    for seed in range(4 * cases):
        if sum(found.values()) >= cases:
            break
        target = home / f"case{seed}"
        what = make(random.Random(f"{name} {seed}"), target)
        if what is not None:
            verdict = verify_folder(target)
            assert not verdict.ok, f"{name}, seed {seed}: {what} was not found"
            found[what.split()[0]] += 1
        shutil.rmtree(target, ignore_errors=True)
    return found


def test_any_byte_changed_is_found(
    honest: tuple[Base, ClearingResult, Path], tmp_path: Path, soak: bool
) -> None:
    base, _, folder = honest
    cases = 120 if soak else 8
    found = _try_cases(
        cases, lambda rng, target: change_a_byte(rng, folder, target), tmp_path, base.name
    )
    assert sum(found.values()) == cases


def test_any_forgery_in_the_files_is_found(
    honest: tuple[Base, ClearingResult, Path], tmp_path: Path, soak: bool
) -> None:
    base, _, folder = honest
    cases = 150 if soak else 14
    found = _try_cases(cases, lambda rng, target: forge(rng, folder, target), tmp_path, base.name)
    assert sum(found.values()) == cases


def test_any_lie_with_everything_made_anew_is_found(
    honest: tuple[Base, ClearingResult, Path], tmp_path: Path, soak: bool
) -> None:
    """Each lie is told a few times over; one of the claims it is about must fail."""
    base, result, _ = honest
    told = Counter[str]()
    for lie, claims in LIES.items():
        for seed in range(8 if soak else 1):
            rng = random.Random(f"{base.name} {lie.__name__} {seed}")
            false = lie(rng, result)
            if false is None:
                break
            folder = save(false, tmp_path / f"{lie.__name__}{seed}", base.kind)
            failed = {claim.name for claim in verify_folder(folder).failed}
            ends = {name.rsplit(".", 1)[-1] for name in failed} | failed
            assert ends & claims, f"{lie.__name__}, seed {seed}: only {failed} failed"
            told[lie.__name__] += 1
            shutil.rmtree(folder)
    assert len(told) >= 6


def test_each_lie_is_told_somewhere(tmp_path: Path) -> None:
    """A lie that fits no base would be a case that is never tried."""
    results = [clear_base(base, tmp_path / str(k)) for k, base in enumerate(BASES)]
    for lie in LIES:
        tries = (
            lie(random.Random(seed), result) is not None
            for result in results
            for seed in range(4)
        )
        assert any(tries), lie.__name__


def test_the_result_of_other_inputs_is_found(
    honest: tuple[Base, ClearingResult, Path], tmp_path: Path, soak: bool
) -> None:
    base, result, _ = honest
    files = {entry.name: Path(str(entry.path)) for entry in result.intake.inputs}

    def make(rng: random.Random, target: Path) -> str | None:
        other = clear_other_inputs(rng, base, files, tmp_path / "other")
        shutil.rmtree(tmp_path / "other", ignore_errors=True)
        if other is None or other.input_digest == result.input_digest:
            return None
        save(other, target, base.kind)
        return "other"

    cases = 12 if soak else 2
    assert sum(_try_cases(cases, make, tmp_path, base.name).values()) >= cases // 2


@pytest.mark.parametrize("number", [1, 4, 6])
def test_every_column_is_a_claim(tmp_path: Path, number: int) -> None:
    base = BASES[number]
    result = clear_base(base, tmp_path / "given")
    honest = save(result, tmp_path / "honest", base.kind)
    for stem in ("obligations", "participants"):
        (path,) = honest.glob(f"{stem}.*")
        table = read_table(stem, path).table
        for place, name in enumerate(table.column_names):
            folder = tmp_path / f"{stem} {name}"
            shutil.copytree(honest, folder)
            tries = (alter_column(random.Random(f"{name} {seed}"), folder / path.name, table, place)
                     for seed in range(20))
            assert any(tries)
            seal(folder)
            assert not verify_folder(folder).ok, f"{stem}.{name}"


def test_what_is_no_claim_may_differ(
    honest: tuple[Base, ClearingResult, Path], tmp_path: Path
) -> None:
    """Times, salts, wording, layout of the report; and a folder that was only copied."""
    _, _, folder = honest
    shutil.copytree(folder, tmp_path / "copy")
    copy = tmp_path / "copy"
    (copy / "run.json").write_text("anything at all")
    page = (copy / "report.html").read_text(encoding="utf-8")
    (copy / "report.html").write_text(f"<h1>Another page</h1>{page}", encoding="utf-8")
    write_json(copy / "commitment.json", read_json(copy / "commitment.json") | {"salt": "ab" * 32})
    text = (copy / "rejections.csv").read_text(encoding="utf-8")
    (copy / "rejections.csv").write_text(text.replace("the amount", "this amount"))
    seal(copy)
    verdict = verify_folder(copy)
    assert verdict.ok, verdict.text()
    (copy / "run.json").unlink()
    assert verify_folder(copy).ok


def test_another_optimum_is_no_lie(
    honest: tuple[Base, ClearingResult, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ties settled by another hash give another optimum of equal volume and preference."""
    base, result, _ = honest
    honest_rank = clearing.keyed_rank
    different = 0
    for seed in range(6):
        key = random.Random(seed).randbytes(32)
        monkeypatch.setattr(clearing, "keyed_rank", lambda ids, _, key=key: honest_rank(ids, key))
        other = clear_intake(result.intake, **dict(base.options))
        different += other.result_digest != result.result_digest
        folder = save(other, tmp_path / f"other{seed}", base.kind)
        verdict = verify_folder(folder)
        assert verdict.ok, verdict.text()
    if base.name == "one currency":
        assert different, "no other optimum was tried"


def test_a_row_that_stands_in_the_file_cannot_be_left_out(tmp_path: Path) -> None:
    """The liar clears without one row and ships the file that has it."""
    base = BASES[0]
    result = clear_base(base, tmp_path / "given")
    path = tmp_path / "fewer.csv"
    lines = (tmp_path / "given/obligations.csv").read_text().splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n")
    people = tmp_path / "given/participants.csv"
    fewer = clear_intake(read_intake(path, people))
    false = replace(fewer, intake=replace(fewer.intake, inputs=result.intake.inputs))
    verdict = verify_folder(save(false, tmp_path / "false", "csv"))
    assert {"obligations.columns", "input_digest"} <= {claim.name for claim in verdict.failed}


def test_a_cycle_of_partial_pairs_is_found_where_all_else_holds(tmp_path: Path) -> None:
    """Two parallel roads of equal length, each used in part: the same volume, but no forest."""
    lines = ["id,debtor,creditor,amount,currency"]
    roads = [("S", "A", 9), ("S", "B", 9), ("A", "T", 9), ("B", "T", 9), ("T", "S", 9)]
    for k, (debtor, creditor, amount) in enumerate(roads):
        lines.append(f"o{k},{debtor},{creditor},{amount}.00,EUR")
    (tmp_path / "o.csv").write_text("\n".join(lines) + "\n")
    result = clear_intake(read_intake(tmp_path / "o.csv"))
    block = result.blocks[0]
    flow = block.set_off_points.copy()
    pairs = list(zip(block.block.tail.tolist(), block.block.head.tolist(), strict=True))
    names = [result.intake.participants.id[v] for v in block.block.nodes.participant]
    number = {(names[s], names[t]): k for k, (s, t) in enumerate(pairs)}
    assert sorted(flow.tolist()) == [0, 0, 900, 900, 900]
    for road, points in (("A", 400), ("B", 500)):
        flow[number["S", road]] = flow[number[road, "T"]] = points
    false = remade(result, [replace(block, set_off_points=flow, set_off_minor=flow)])
    verdict = verify_folder(save(false, tmp_path / "false", "csv"))
    assert [claim.name for claim in verdict.failed] == ["EUR.set-off.forest"]


def test_a_neutral_cycle_was_told_somewhere() -> None:
    """The lie about the forest applies to a base, so that the test above is no empty one."""
    applied = 0
    for base in BASES[:2]:
        for seed in range(3):
            import tempfile

            with tempfile.TemporaryDirectory() as name:
                result = clear_base(base, Path(name) / "given", seed)
            applied += neutral_cycle(random.Random(seed), result) is not None
    assert applied


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"a": 1e5}', b"{}\n"])
def test_garbage_in_place_of_a_file_is_a_failed_claim(tmp_path: Path, content: bytes) -> None:
    result = clear_base(BASES[3], tmp_path / "given")
    honest = save(result, tmp_path / "honest", "parquet")
    for path in sorted(honest.rglob("*")):
        if not path.is_file() or path.name == "run.json":
            continue
        folder = tmp_path / "false"
        shutil.copytree(honest, folder)
        target = folder / path.relative_to(honest)
        target.write_bytes(content)
        if path.name != "manifest.json":
            seal(folder)
        verdict = verify_folder(folder)
        assert not verdict.ok
        assert json.loads(json.dumps(verdict.as_dict()))["ok"] is False
        shutil.rmtree(folder)


def test_numbers_that_would_overflow_are_a_failed_claim(tmp_path: Path) -> None:
    """Levels and flows near the ends of 64 bits come to no false sum."""
    result = clear_base(BASES[0], tmp_path / "given")
    block = result.blocks[0]
    for k, extreme in enumerate((2**63 - 1, 2**62, 2**40, -(2**63))):
        level = np.full_like(block.proofs[0].level, extreme)
        proofs = (replace(block.proofs[0], level=level),)
        false = remade(result, [replace(block, proofs=proofs)])
        assert not verify_folder(save(false, tmp_path / f"level{k}", "parquet")).ok
        flow = block.set_off_points.copy()
        flow[:2] = extreme
        false = remade(result, [replace(block, set_off_points=flow, set_off_minor=flow)])
        assert not verify_folder(save(false, tmp_path / f"flow{k}", "parquet")).ok


@pytest.mark.parametrize("lies", [False, True])
def test_a_workbook_holds_one_sheet(tmp_path: Path, lies: bool) -> None:
    """A second sheet would be seen by a reader and by no check; copied alone, all is well."""
    base = next(base for base in BASES if base.kind == "xlsx")
    folder = save(clear_base(base, tmp_path / "given"), tmp_path / "result", "xlsx")
    path = folder / "participants.xlsx"
    with CalamineWorkbook.from_path(path) as book:
        cells = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as copy:
        pages = [copy.add_worksheet() for _ in range(2 if lies else 1)]
        for page in pages:
            for number, row in enumerate(cells):
                for place, cell in enumerate(row):
                    page.write(number, place, cell)
    seal(folder)
    verdict = verify_folder(folder)
    assert verdict.ok != lies, verdict.text()
    assert any("report.html" in sentence for sentence in verdict.cannot)
