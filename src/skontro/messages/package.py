# SPDX-License-Identifier: Apache-2.0
"""Packages cut from a result folder: what everyone may see, and what one participant may see."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.core.errors import Conflict, Forbidden, NoSuchParticipant
from skontro.core.house import settlement_currencies
from skontro.core.network import CONVERTS, Block
from skontro.core.obligations import NO_DUE_DAY
from skontro.messages.aside import aside, sync
from skontro.messages.commitment import DISCHARGED, HouseResult, Leaf
from skontro.messages.disclosure import Cell, cell_of, shown_table
from skontro.messages.papers import PUBLICATION, STATEMENT_FILE, Paper, read_paper
from skontro.messages.tables import write_table

Int64 = NDArray[np.int64]

PUBLIC_FORMAT = "skontro.public/1"
PARTICIPANT_FORMAT = "skontro.participant/1"
CLAIMS_FORMAT = "skontro.claims/1"


def package_public(
    result_dir: str | Path | HouseResult, out: str | Path, *, statement: str | Path | None = None
) -> None:
    """Write what everyone may see: the root, the digests, the parameters and safe totals.

    Args:
        result_dir: A result folder, or one that was read already.
        out: Where to; a new name or an empty folder.
        statement: Of a house's final run its statement of publication, which goes with it.

    Raises:
        DamagedResult: The folder is no result, or is not what its manifest says.
        Forbidden: It is a run of a house that is not published.
        Conflict: There is something in that place.
    """
    result = _read(result_dir, Path(out))
    goes_with = _check_leaves(result, statement)
    content = {
        "format": PUBLIC_FORMAT,
        **result.standing.as_json(),
        **_common(result),
        "blocks": [
            _block_terms(result, block) | _public_totals(result, number, block)
            for number, block in enumerate(result.blocks)
        ],
        "withheld": "null: fewer than three firms, one firm with over 85 %, or to be found from "
        "such a total by subtraction",
    }
    with _whole(Path(out)) as folder:
        _write_json(folder / "public.json", content)
        _write_statement(folder, goes_with)


def package_participant(
    result_dir: str | Path | HouseResult,
    participant: str,
    out: str | Path,
    *,
    statement: str | Path | None = None,
) -> None:
    """Write what one participant may see: its rows, its levels and its counterparties'.

    Args:
        result_dir: A result folder, or one that was read already.
        participant: Its id.
        out: Where to; a new name or an empty folder.
        statement: Of a house's final run its statement of publication, which goes with it.

    Raises:
        DamagedResult: The folder is no result, or is not what its manifest says.
        NoSuchParticipant: It has no node in the result.
        Forbidden: It is a run of a house that is not published.
        Conflict: There is something in that place.
    """
    result = _read(result_dir, Path(out))
    goes_with = _check_leaves(result, statement)
    ids = result.intake.participants.id
    number = ids.index(participant) if participant in ids else -1
    mine = [
        (place, int(v))
        for place, block in enumerate(result.blocks)
        for v in np.flatnonzero(block.nodes.participant == number)
    ]
    if number < 0 or not mine:
        raise NoSuchParticipant(f"{participant!r} has no obligation in this result")
    content, rows = _participant_content(result, number, mine)
    claims = {
        "format": CLAIMS_FORMAT,
        "participant": participant,
        "nodes": [_claims(result, result.firsts()[place] + v, number) for place, v in mine],
    }
    with _whole(Path(out)) as folder:
        _write_json(folder / "participant.json", content)
        _write_json(folder / "claims.json", claims)
        write_table(_rows_table(participant, rows), folder / "obligations.csv")
        _write_statement(folder, goes_with)


def package_house(
    result_dir: str | Path, out: str | Path, statement: Paper
) -> None:
    """Copy a published run whole, for the house and its auditor: it holds everything.

    Args:
        result_dir: The run's folder in the archive.
        out: Where to; a new name or an empty folder.
        statement: Its statement of publication, which goes with it.

    Raises:
        DamagedResult: The folder is not what its manifest says.
        Conflict: There is something in that place.
    """
    result = _read(result_dir, Path(out))
    with _whole(Path(out)) as folder:
        for path in sorted(result.root.rglob("*")):
            target = folder / path.relative_to(result.root)
            if path.is_dir():
                target.mkdir()
            else:
                shutil.copy(path, target)
        _write_statement(folder, statement)


def _read(given: str | Path | HouseResult, out: Path) -> HouseResult:
    """Read the result that a package is cut from, unless that was done."""
    if isinstance(given, HouseResult):
        _check_outside(given.root, out)
        return given
    _check_outside(Path(given), out)
    return HouseResult(given)


def _check_leaves(result: HouseResult, statement: str | Path | None) -> Paper | None:
    """Return the statement that goes with a package; levels leave with the final run alone.

    Raises:
        Forbidden: It is a run of a house, and not the published final one.
    """
    run = result.standing.run
    inside = result.root / STATEMENT_FILE
    if statement is None and inside.is_file():
        statement = inside
    if run is None:
        if statement is not None:
            raise Forbidden("a calculation is never published", code="NotARun")
        return None
    if run.kind != "final":
        raise Forbidden(
            f"levels say who is short of cash: those of the {run.words} never leave the house",
            code="LevelsStay", next_step="cut packages from the final run, once it is published",
        )  # fmt: skip
    if statement is None:
        raise Forbidden(
            f"the {run.words} is not published as far as this folder shows", code="NotPublished",
            next_step="give its statement of publication with --statement",
        )  # fmt: skip
    paper = read_paper(statement, PUBLICATION)
    digests = paper.content["digests"]
    manifest = hashlib.sha256((result.root / "manifest.json").read_bytes()).hexdigest()
    if (
        paper.content["run"] != run.as_json()
        or digests["manifest"] != manifest
        or digests["result"] != result.manifest["result_digest"]
        or paper.content["root"] != result.tree.root.hex()
    ):
        raise Forbidden("the statement of publication is of another run", code="NotPublished")
    return paper


def _write_statement(folder: Path, statement: Paper | None) -> None:
    """Put the statement of publication beside what it publishes."""
    if statement is not None:
        statement.save(folder / STATEMENT_FILE)


def _common(result: HouseResult) -> dict[str, Any]:
    fixing = result.intake.fixing
    rates = None
    if fixing is not None:
        rates = {
            "unit": fixing.unit,
            "rates": {code: f"{r.numerator}/{r.denominator}" for code, r in fixing.rates.items()},
        }
    return {
        "root": result.tree.root.hex(),
        "leaves": len(result.leaves),
        "input_digest": result.manifest["input_digest"],
        "result_digest": result.manifest["result_digest"],
        "parameters": result.manifest["parameters"],
        "fixing": rates,
    }


def _block_terms(result: HouseResult, block: Block) -> dict[str, Any]:
    """What one must know of a block to count in it."""
    days = result.intake.obligations.due_day[block.rows]
    dated = days[days != NO_DUE_DAY]
    unlimited = result.intake.pay_in_limits is None
    return {
        "unit": block.unit,
        "grid": block.grid.kind,
        "unit_minor_points": block.grid.unit_minor_points,
        "points_per_minor": {
            code: f"{worth.numerator}/{worth.denominator}"
            for code, worth in sorted(block.grid.points_per_minor.items())
        },
        "latest_due_date": _date(int(dated.max())) if dated.size else None,
        "pay_ins_unlimited": unlimited or result.manifest["parameters"]["cash"] == "unlimited",
    }


def _date(day: int) -> str:
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat()


def _public_totals(result: HouseResult, number: int, block: Block) -> dict[str, Any]:
    """Totals of a block: over all, per currency, per pair of sides; unsafe ones withheld."""
    obligations, people = result.intake.obligations, result.intake.participants
    rows, count = block.rows, len(people.id)
    debtor, creditor = obligations.debtor[rows], obligations.creditor[rows]
    values = {
        "obligations": np.ones(rows.shape[0], np.int64),
        "gross": block.points,
        "set_off": result.discharged["set_off_points"][rows],
        "settled": result.discharged["settled_points"][rows],
    }

    def cells(masks: list[NDArray[np.bool_]]) -> dict[str, list[Cell]]:
        return {
            name: [cell_of(debtor[m], creditor[m], value[m], count) for m in masks]
            for name, value in values.items()
        }

    whole = cells([np.ones(rows.shape[0], np.bool_)])
    # with unlimited cash all that is not set off is settled, so one tells the other
    tied = ("set_off", "settled") if result.manifest["parameters"]["cash"] == "unlimited" else ()
    is_shown = {name: cell[0].is_safe() for name, cell in whole.items()}
    for name in tied:
        is_shown[name] = all(whole[each][0].is_safe() for each in tied)
    totals = {name: cell[0].total if is_shown[name] else None for name, cell in whole.items()}
    index = obligations.currency_index[rows]
    used = np.unique(index).tolist()
    currencies = shown_table(cells([index == code for code in used]), is_shown, tied=tied)
    names = sorted(set(people.side), key=lambda side: side.encode())
    place = {side: k for k, side in enumerate(names)}
    side = np.array([place[one] for one in people.side], np.int64)
    key = side[debtor] * len(names) + side[creditor]
    keys = np.unique(key).tolist()
    sides = shown_table(cells([key == each for each in keys]), is_shown, tied=tied)
    firms = int(np.count_nonzero(whole["gross"][0].firms))
    return {
        "totals": _as_text(totals)
        | {"participants": firms if firms >= 3 else None}
        | _cash_totals(result, number, block),
        "currencies": [
            {"currency": block.currencies[code]} | _as_text(row)
            for code, row in zip(used, currencies, strict=True)
        ],
        "sides": [
            {"debtor_side": names[each // len(names)], "creditor_side": names[each % len(names)]}
            | _as_text(row)
            for each, row in zip(keys, sides, strict=True)
        ],
    }


def _as_text(row: dict[str, int | None]) -> dict[str, Any]:
    """Counts as integers, points as text."""
    return {
        name if name == "obligations" else f"{name}_points": value
        if name == "obligations" or value is None
        else str(value)
        for name, value in row.items()
    }


def _cash_totals(result: HouseResult, number: int, block: Block) -> dict[str, str | None]:
    """What is paid in, and out, over a block; as one is the other, both are shown or neither."""
    first = result.firsts()[number]
    found: dict[str, str | None] = {}
    safe = True
    for name in ("pay_in_points", "pay_out_points"):
        value = result.integers(result.nodes, name)[first : first + block.nodes.count]
        part = np.zeros(len(result.intake.participants.id), np.int64)
        np.add.at(part, block.nodes.participant, value)
        cell = Cell(int(value.sum()), part > 0, part)
        found[name] = str(cell.total)
        safe = safe and cell.is_safe()
    return found if safe else dict.fromkeys(found)


def _participant_content(
    result: HouseResult, number: int, mine: list[tuple[int, int]]
) -> tuple[dict[str, Any], list[list[Any]]]:
    """Everything of a participant's package but its claims; and its rows."""
    rows: list[list[Any]] = []
    nodes, partners, house = [], [], []
    for place in sorted({place for place, _ in mine}):
        block = result.blocks[place]
        own = [v for each, v in mine if each == place]
        order = result.canonical_rows(block)
        tail, head = result.row_ends(block, order)
        touched = np.isin(tail, own) | np.isin(head, own)
        rows += _rows(result, order[touched])
        first = result.first_leaf(place)
        settle = settlement_currencies(block, result.intake.participants)
        for v in own:
            nodes.append(
                _opened(result, first + v, own=True)
                | {
                    "settlement_currency": settle[v],
                    "accepts_conversion": int(block.nodes.currency_index[v]) == CONVERTS,
                }
            )
        others = np.setdiff1d(np.concatenate([tail[touched], head[touched]]), own)
        partners += [_opened(result, first + int(v)) for v in others]
        side = result.intake.participants.side[number]
        wanted = {("house", side, settle[v]) for v in own}
        first += block.nodes.count
        for k in range(len(result.certificate["blocks"][place]["house_nodes"])):
            if result.leaves[first + k].name in wanted:
                house.append(_opened(result, first + k))
    blocks = sorted({place for place, _ in mine})
    content = {
        "format": PARTICIPANT_FORMAT,
        **result.standing.as_json(),
        **_common(result),
        "participant": result.intake.participants.id[number],
        "blocks": [_block_terms(result, result.blocks[place]) for place in blocks],
        "nodes": nodes,
        "counterparties": partners,
        "house_nodes": house,
        "rows": rows,
    }
    return content, rows


def _opened(result: HouseResult, index: int, *, own: bool = False) -> dict[str, Any]:
    """What opens one leaf; of the own node also what opens its rows."""
    leaf: Leaf = result.leaves[index]
    found: dict[str, Any] = {
        "unit": leaf.unit,
        "levels": leaf.levels,
        "salt": leaf.salt.hex(),
        "path": [step.hex() for step in result.tree.path(leaf.place())],
    }
    if len(leaf.name) == 3:
        return found | dict(zip(("kind", "side", "currency"), leaf.name, strict=True))
    found |= dict(zip(("participant", "currency"), leaf.name, strict=True))
    return found | ({"row_salt": leaf.row_salt.hex()} if own else {"rows": leaf.rows.hex()})


def _rows(result: HouseResult, chosen: Int64) -> list[list[Any]]:
    """Rows as a participant gets them: id, debtor, creditor, currency, due date, amounts."""
    obligations, ids = result.intake.obligations, result.intake.participants.id
    texts = obligations.id.take(pa.array(chosen)).to_pylist()
    found = []
    for text, k in zip(texts, chosen.tolist(), strict=True):
        day = int(obligations.due_day[k])
        found.append([
            text,
            ids[obligations.debtor[k]],
            ids[obligations.creditor[k]],
            obligations.currencies[obligations.currency_index[k]],
            None if day == NO_DUE_DAY else _date(day),
            str(obligations.amount_minor[k]),
            *(str(result.discharged[name][k]) for name in DISCHARGED),
        ])
    return found


def _rows_table(participant: str, rows: list[list[Any]]) -> pa.Table:
    """The same rows as a table to look at, with the counterparty and the residual."""
    columns = list(zip(*rows, strict=True)) or [()] * 10
    ids, debtors, creditors, currencies, dates, *numbers = columns
    amount, set_off, settled, *points = [list(map(int, column)) for column in numbers]
    return pa.table({
        "id": pa.array(ids, pa.string()),
        "debtor": pa.array(debtors, pa.string()),
        "creditor": pa.array(creditors, pa.string()),
        "counterparty": pa.array(
            [b if a == participant else a for a, b in zip(debtors, creditors, strict=True)],
            pa.string(),
        ),
        "currency": pa.array(currencies, pa.string()),
        "due_date": pa.array([date or "" for date in dates], pa.string()),
        "gross_minor": pa.array(amount, pa.int64()),
        "set_off_minor": pa.array(set_off, pa.int64()),
        "settled_minor": pa.array(settled, pa.int64()),
        "residual_minor": pa.array(
            [a - b - c for a, b, c in zip(amount, set_off, settled, strict=True)], pa.int64()
        ),
        "set_off_points": pa.array(points[0], pa.int64()),
        "settled_points": pa.array(points[1], pa.int64()),
    })


def _claims(result: HouseResult, row: int, number: int) -> dict[str, Any]:
    """What the participants table says of one node; points as text, text as it was given."""
    found: dict[str, Any] = {}
    for name in result.nodes.column_names:
        value = result.nodes.column(name)[row].as_py()
        if name.startswith("level"):
            continue
        if name.endswith("_points"):
            found[name] = None if value is None or value == "" else str(value)
        elif name.endswith("_minor"):
            found[name] = int(value)
        else:
            found[name] = value.removeprefix("'") if value.startswith("'-") else value
    people = result.intake.participants
    return found | {
        "participant": people.id[number],
        "name": people.name[number],
        "side": people.side[number],
        "home_currency": people.home_currency[number],
    }


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _check_outside(result_dir: Path, out: Path) -> None:
    """Refuse to write a package into the result it is cut from."""
    if out.resolve().is_relative_to(result_dir.resolve()):
        raise Conflict(
            f"{out} lies in the result folder itself, which would no longer be what its manifest "
            "says",
            code="TargetTaken",
            next_step="give a folder beside it",
        )


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A new folder beside the target that takes its name once it is whole."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(
            f"{target} is there already", code="TargetTaken", next_step="give another name"
        )
    target = target.absolute()
    with aside(target) as folder:
        yield folder
        for path in folder.rglob("*"):
            if path.is_dir():
                sync(path)
                continue
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        sync(folder)
        os.replace(folder, target)
        sync(target.parent)
