# SPDX-License-Identifier: Apache-2.0
"""Runs: the frozen set given to the clearing, the result archived, the archive read again."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from skontro import __version__
from skontro.core.clearing import clear_intake
from skontro.core.digest import canonical_json
from skontro.core.errors import InvariantViolation
from skontro.core.money import exponent, format_minor
from skontro.core.result import ClearingResult
from skontro.core.standing import HouseRun, ListUsed, Standing
from skontro.flow.screening import setting_words
from skontro.messages.aside import aside, sync
from skontro.messages.commitment import HouseResult
from skontro.messages.folder import write_folder
from skontro.messages.tables import read_intake
from skontro.store.cycles import staying_members
from skontro.store.database import Unit
from skontro.store.rows import find, find_all
from skontro.store.schema import act, cycle_step, fixing, gate_setting, participant, run

if TYPE_CHECKING:
    from skontro.flow.house import House

Cash = Mapping[str, Any]
"""What money a run may place: ``cash``, ``pay_in_limits`` and ``border_quotas`` as rows."""


@dataclass(frozen=True)
class FrozenSet:
    """What a run is made from.

    Attributes:
        digest: Of the members, hexadecimal.
        members: Columns, as :func:`skontro.store.cycles.staying_members` gives them.
        firms: Every firm, by number.
        rates: The fixing as (unit, rates by currency), or None.
    """

    digest: str
    members: dict[str, list[Any]]
    firms: Sequence[Any]
    rates: tuple[str, dict[str, str]] | None

    def __len__(self) -> int:
        return len(self.members["number"])

    @property
    def ids(self) -> dict[int, str]:
        """The id of each firm by its number."""
        return {firm.number: firm.id for firm in self.firms}


def members_digest(members: Mapping[str, Sequence[Any]]) -> str:
    """Return the digest of a frozen set: number, open amount and content of each member."""
    digest = hashlib.sha256(b"skontro.set/1\n")
    rows = zip(members["number"], members["open_minor"], members["content_digest"], strict=True)
    for part in batched(rows, 10_000):
        text = [f"{number}\t{amount}\t{content.hex()}\n" for number, amount, content in part]
        digest.update("".join(text).encode())
    return digest.hexdigest()


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield rows so many at a time.

    Example:
        >>> list(batched("abc", 2))
        [['a', 'b'], ['c']]
    """
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def frozen_set(unit: Unit, cycle: str) -> FrozenSet:
    """Load what is in a cycle, with its firms and its fixing."""
    members = staying_members(unit, cycle)
    declared = find(unit, fixing, cycle=cycle)
    rates = None if declared is None else (declared.unit, json.loads(declared.rates))
    firms = find_all(unit, participant, order=["number"])
    return FrozenSet(members_digest(members), members, firms, rates)


def clear_set(
    house: House, frozen: FrozenSet, cash: Cash, *, recast: bool = False
) -> ClearingResult:
    """Clear a frozen set: set-off first, then what money may be placed.

    Args:
        house: Whose rules hold.
        frozen: The set.
        cash: What money may be placed.
        recast: Place money alone, over what the final run left open.
    """
    rules, ids = house.rules, frozen.ids
    obligations = _obligation_table(frozen.members, ids, recast=recast)
    firms = pa.table({
        "id": [firm.id for firm in frozen.firms],
        "side": [firm.side for firm in frozen.firms],
        "home_currency": [firm.home_currency for firm in frozen.firms],
        "accepts_conversion": ["yes" if firm.accepts_conversion else "no"
                               for firm in frozen.firms],
    })  # fmt: skip
    rates = None
    if frozen.rates is not None:
        unit, by_currency = frozen.rates
        rates = pa.table({
            "currency": list(by_currency), "unit_of_account": [unit] * len(by_currency),
            "rate": list(by_currency.values()),
        })  # fmt: skip
    intake = read_intake(
        obligations, firms, rates,
        _limit_table(cash.get("pay_in_limits")), _quota_table(cash.get("border_quotas")),
        may_be_empty=True,
    )  # fmt: skip
    if len(intake.obligations) != obligations.num_rows:
        raise InvariantViolation("the clearing refused a row of the frozen set")
    return clear_intake(
        intake,
        split=rules.split,
        prefer=None if recast else rules.prefer,
        combined=recast,
        cash=cash.get("cash"),
    )


def _obligation_table(
    members: Mapping[str, list[Any]], ids: Mapping[int, str], *, recast: bool
) -> pa.Table:
    """Return members as the clearing reads obligations; what has nothing open is left out."""
    last = max(ids, default=0)
    names = pa.array([ids.get(number, "") for number in range(last + 1)], pa.string())
    table = pa.table({
        "id": pa.array(members["number"], pa.int64()).cast(pa.string()),
        "debtor": names.take(pa.array(members["debtor"], pa.int32())),
        "creditor": names.take(pa.array(members["creditor"], pa.int32())),
        "amount_minor": pa.array(members["left_minor" if recast else "open_minor"], pa.int64()),
        "currency": pa.array(members["currency"], pa.string()),
        "due_date": pa.array(members["due_day"], pa.int32()).cast(pa.date32()),
    })
    return table.filter(pc.greater(table.column("amount_minor"), 0))


def _limit_table(rows: Sequence[tuple[str, str, int]] | None) -> pa.Table | None:
    if rows is None:
        return None
    return pa.table({
        "participant": pa.array([firm for firm, _, _ in rows], pa.string()),
        "limit": pa.array(
            [format_minor(minor, exponent(code)) for _, code, minor in rows], pa.string()
        ),
        "currency": pa.array([code for _, code, _ in rows], pa.string()),
    })


def _quota_table(rows: Sequence[tuple[str, str, str, int]] | None) -> pa.Table | None:
    if rows is None:
        return None
    debtors, creditors, codes, minors = zip(*rows, strict=True)
    return pa.table({
        "debtor_side": list(debtors), "creditor_side": list(creditors),
        "quota": [
            format_minor(minor, exponent(code)) for code, minor in zip(codes, minors, strict=True)
        ],
        "currency": list(codes),
    })  # fmt: skip


@dataclass(frozen=True)
class Archived:
    """A run in the archive, before or after it is published.

    Attributes:
        folder: Its name under the house's folder.
        input_digest: Of everything it was made from.
        result_digest: Of what came out.
        manifest_digest: Of the archive's manifest, which lists every file.
        summary: Its totals.
        parameters: What was asked.
    """

    folder: str
    input_digest: str
    result_digest: str
    manifest_digest: str
    summary: dict[str, Any]
    parameters: dict[str, Any]


def standing_of(house: House, unit: Unit, cycle: str, name: str) -> Standing:
    """Say which run of the house something is, and what its members were released against.

    Args:
        house: The house.
        unit: A reading.
        cycle: Of which cycle.
        name: ``preliminary``, ``final``, ``recast-1`` and so on.
    """
    kind, _, number = name.partition("-")
    lists, words = released_by(unit, cycle)
    return Standing(HouseRun(
        house=house.id, cycle=cycle, kind=kind, number=int(number or 1),
        demonstration=house.kind == "demo", lists=lists, gate_rules=words,
    ))  # fmt: skip


def released_by(unit: Unit, cycle: str) -> tuple[tuple[ListUsed, ...], tuple[str, ...]]:
    """Return what the members of a cycle were judged by when its set was last looked through.

    Returns:
        The lists in force then; and rules, matcher, weights, threshold, Unicode and packs, a word
        or two each.
    """
    steps = find_all(unit, cycle_step, order=["-at"], cycle=cycle)
    looked = [json.loads(one.detail).get("gate") for one in steps]
    numbers = [number for number in looked if number is not None]
    if not numbers:
        return (), ()
    content = json.loads(find(unit, gate_setting, id=max(numbers)).content)
    lists = tuple(
        ListUsed(number, name, digest, dated) for number, name, digest, dated in content["lists"]
    )
    return lists, tuple(setting_words(content)) if lists else ()


@contextmanager
def archived(house: House, cycle: str, name: str, result: ClearingResult) -> Iterator[Archived]:
    """Write a run aside, whole and durable; it is gone again unless it is put in its place.

    So two people who take the same step at the same instant never write into one folder.

    Args:
        house: Whose archive.
        cycle: Of which cycle.
        name: ``preliminary``, ``final``, ``recast-1`` and so on.
        result: What came out.
    """
    with house.database.read() as unit:
        result.standing = standing_of(house, unit, cycle, name)
    versions = {"engine": __version__, "at": house.at}
    with aside((house.folder / "archive" / cycle / name).absolute()) as folder:
        place = folder / name
        write_folder(result, place, format="parquet", run=versions)
        manifest = (place / "manifest.json").read_bytes()
        yield Archived(
            folder=str(place.relative_to(house.folder.absolute())),
            input_digest=result.input_digest,
            result_digest=result.result_digest,
            manifest_digest=hashlib.sha256(manifest).hexdigest(),
            summary=json.loads(json.dumps(result.summary)),
            parameters=dict(result.parameters),
        )


def put_in_place(house: House, unit: Unit, run_aside: Archived) -> Archived:
    """Give a run that was written aside its place in the archive, and return it there.

    Runs in the exclusive unit of work that refers to it. What a process that died left under the
    name gives way; what a run or an act that waits refers to does not.
    """
    place = house.folder / run_aside.folder
    archive = place.parent.parent
    used = {row.folder for row in find_all(unit, run)} | {
        json.loads(row.content)["folder"]
        for row in find_all(unit, act, kind=["run.final", "run.recast"], state="proposed")
    }
    folders = (
        f"archive/{archive.name}/{place.name}{f'.{number}' if number > 1 else ''}"
        for number in itertools.count(1)
    )
    folder = next(each for each in folders if each not in used)
    if (house.folder / folder).exists():
        os.rename(house.folder / folder, place.parent / "earlier")
    os.rename(place, house.folder / folder)
    sync(archive)
    return replace(run_aside, folder=folder)


@dataclass(frozen=True)
class RunTables:
    """What an archived run came to.

    Attributes:
        obligations: number, before, set_off and planned, minor units, as lists.
        nodes: A row per node: participant, settlement currency, pay-in, pay-out, differences.
    """

    obligations: dict[str, list[int]]
    nodes: list[dict[str, Any]]


def read_archive(house: House, archived: Archived) -> RunTables:
    """Read a run out of the archive, exactly as it was approved.

    Raises:
        InvariantViolation: The archive is not what its digest says.
    """
    place = house.folder / archived.folder
    manifest = (place / "manifest.json").read_bytes()
    if hashlib.sha256(manifest).hexdigest() != archived.manifest_digest:
        raise InvariantViolation(f"{archived.folder}: the archive was changed")
    for output in json.loads(manifest)["outputs"]:
        digest = hashlib.sha256((place / output["name"]).read_bytes()).hexdigest()
        if digest != output["sha256"]:
            raise InvariantViolation(f"{archived.folder}/{output['name']} was changed")
    names = ["id", "gross_minor", "set_off_minor", "settled_minor"]
    table = pq.read_table(place / "obligations.parquet", columns=names)
    obligations = {
        "obligation": [int(text) for text in table.column("id").to_pylist()],
        "before_minor": table.column("gross_minor").to_pylist(),
        "set_off_minor": table.column("set_off_minor").to_pylist(),
        "planned_minor": table.column("settled_minor").to_pylist(),
    }
    nodes = pq.read_table(place / "participants.parquet").to_pylist()
    return RunTables(obligations, nodes)


def check_archived_file(house: House, row: Any, name: str) -> Path:
    """Return a file of an archived run, exactly as the run's manifest lists it.

    Args:
        house: Whose archive.
        row: The run.
        name: Name of the file in its folder.

    Raises:
        InvariantViolation: The archive is not what the run says.
    """
    place = Path(house.folder) / row.folder
    manifest = (place / "manifest.json").read_bytes()
    if hashlib.sha256(manifest).hexdigest() != row.manifest_digest:
        raise InvariantViolation(f"{row.folder}: the archive was changed")
    listed = {one["name"]: one["sha256"] for one in json.loads(manifest)["outputs"]}
    with (place / name).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != listed[name]:
        raise InvariantViolation(f"{row.folder}/{name} was changed")
    found: Path = place / name
    return found


def read_archived_result(house: House, row: Any) -> HouseResult:
    """Read a run's archive with all that packages are cut from.

    Raises:
        InvariantViolation: The archive is not what the run says.
    """
    check_archived_file(house, row, "commitment.json")
    return HouseResult(house.folder / row.folder)


def published_root(house: House, row: Any) -> tuple[str, int]:
    """Return the root over all levels and rows of a run, and how many leaves it has.

    It is worked out once and kept beside the archive.

    Args:
        house: Whose archive.
        row: The run.
    """
    path = house.folder / f"{row.folder}.root.json"
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["manifest"] == row.manifest_digest:
            return str(kept["root"]), int(kept["leaves"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    result = read_archived_result(house, row)
    root, leaves = result.tree.root.hex(), len(result.leaves)
    text = json.dumps({"manifest": row.manifest_digest, "root": root, "leaves": leaves})
    aside = path.with_suffix(".part")
    aside.write_text(text + "\n", "utf-8")
    aside.replace(path)
    return root, leaves


def set_content(cycle: str, frozen: FrozenSet, archived: Archived) -> dict[str, Any]:
    """Return what an act that publishes a run says: exactly which one.

    The totals are in the archive, which the manifest's digest covers: the statement of publication
    carries this content to every reader, and not everyone may see all totals.
    """
    return {
        "cycle": cycle, "set": frozen.digest, "input": archived.input_digest,
        "result": archived.result_digest, "manifest": archived.manifest_digest,
        "folder": archived.folder, "parameters": archived.parameters,
    }  # fmt: skip


def archived_run(house: House, content: Mapping[str, Any]) -> Archived:
    """Return the run that an act names, with its totals from the archive.

    Raises:
        InvariantViolation: The archive is not what the act says.
    """
    place = house.folder / content["folder"]
    manifest = (place / "manifest.json").read_bytes()
    if hashlib.sha256(manifest).hexdigest() != content["manifest"]:
        raise InvariantViolation(f"{content['folder']}: the archive was changed")
    summary = (place / "summary.json").read_bytes()
    listed = {one["name"]: one["sha256"] for one in json.loads(manifest)["outputs"]}
    if hashlib.sha256(summary).hexdigest() != listed["summary.json"]:
        raise InvariantViolation(f"{content['folder']}/summary.json was changed")
    return Archived(
        folder=content["folder"], input_digest=content["input"],
        result_digest=content["result"], manifest_digest=content["manifest"],
        summary=json.loads(summary), parameters=content["parameters"],
    )  # fmt: skip


def summary_text(summary: Mapping[str, Any]) -> str:
    """Return a run's totals as canonical JSON."""
    return canonical_json(dict(summary)).decode()


