# SPDX-License-Identifier: Apache-2.0
"""Runs: the frozen set given to the clearing, the result archived, the archive read again."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from skontro import __version__
from skontro.core.clearing import clear_intake
from skontro.core.digest import canonical_json
from skontro.core.errors import CertificateFailed, InvariantViolation, invariant
from skontro.core.money import exponent, format_minor
from skontro.core.result import ClearingResult
from skontro.core.standing import HouseRun, ListUsed, Standing
from skontro.core.workers import workers
from skontro.flow.frozen import FrozenSet
from skontro.flow.screening import setting_words
from skontro.flow.telling import tell
from skontro.messages.aside import aside, sync
from skontro.messages.commitment import HouseResult
from skontro.messages.folder import write_folder
from skontro.messages.tables import read_intake
from skontro.store.cycles import Firms
from skontro.store.database import Unit
from skontro.store.rows import find, find_all
from skontro.store.schema import act, cycle_step, gate_setting, run

if TYPE_CHECKING:
    from skontro.flow.house import House

Cash = Mapping[str, Any]
"""What money a run may place: ``cash``, ``pay_in_limits`` and ``border_quotas`` as rows, or as the
files of an archived run that had them."""


def clear_set(frozen: FrozenSet, cash: Cash, *, recast: bool = False) -> ClearingResult:
    """Clear a frozen set: set-off first, then what money may be placed.

    Args:
        frozen: The set, with the rules its cycle was opened under.
        cash: What money may be placed.
        recast: Place money alone, over what the final run left open.
    """
    rules, firms = frozen.rules, frozen.firms
    obligations = _obligation_table(frozen, recast=recast)
    accepts = pa.array(["no", "yes"]).take(pa.array(firms.accepts_conversion))
    people = pa.table({
        "id": firms.id, "side": firms.side, "home_currency": firms.home_currency,
        "accepts_conversion": accepts,
    })  # fmt: skip
    rates = None
    if frozen.rates is not None:
        unit, by_currency = frozen.rates
        rates = pa.table({
            "currency": list(by_currency), "unit_of_account": [unit] * len(by_currency),
            "rate": list(by_currency.values()),
        })  # fmt: skip
    intake = read_intake(
        obligations, people, rates,
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
        progress=tell,
    )


def archived_cash(house: House, row: Any) -> dict[str, Any]:
    """Return what money an archived run could place, by what it keeps.

    Args:
        house: Whose archive.
        row: The run.

    Raises:
        Conflict: A file is not what two people signed.
    """
    kept = json.loads((house.folder / row.folder / "manifest.json").read_text("utf-8"))
    found: dict[str, Any] = {
        one["role"]: check_archived_file(house, row, one["name"])
        for one in kept["inputs"]
        if one["role"] in ("pay_in_limits", "border_quotas")
    }
    asked = json.loads(row.parameters)["cash"]
    return found | {"cash": asked if asked == "unlimited" else None}


def _obligation_table(frozen: FrozenSet, *, recast: bool) -> pa.Table:
    """Return members as the clearing reads obligations; what has nothing open is left out."""
    members, firms = frozen.members, frozen.firms
    amount = members.open_minor
    if recast:
        invariant(frozen.left_minor is not None, "a recast without what is left open")
        amount = np.asarray(frozen.left_minor)
    invariant(len(amount) == len(members), "the set changed while it was read")
    table = pa.table({
        "id": pa.array(members.number).cast(pa.string()),
        "debtor": _ids_of(firms, members.debtor),
        "creditor": _ids_of(firms, members.creditor),
        "amount_minor": pa.array(amount),
        "currency": members.currency.cast(pa.string()),
        "due_date": members.due_day.cast(pa.date32()),
    })
    return table.filter(pc.greater(table.column("amount_minor"), 0))


def _ids_of(firms: Firms, number: NDArray[np.int64]) -> pa.Array:
    """Return the ids of firms by their numbers."""
    return firms.id.cast(pa.string()).take(pa.array(np.searchsorted(firms.number, number)))


def _limit_table(rows: Path | Sequence[tuple[str, str, int]] | None) -> Path | pa.Table | None:
    if rows is None or isinstance(rows, Path):
        return rows
    return pa.table({
        "participant": pa.array([firm for firm, _, _ in rows], pa.string()),
        "limit": pa.array(
            [format_minor(minor, exponent(code)) for _, code, minor in rows], pa.string()
        ),
        "currency": pa.array([code for _, code, _ in rows], pa.string()),
    })


def _quota_table(
    rows: Path | Sequence[tuple[str, str, str, int]] | None
) -> Path | pa.Table | None:
    if rows is None or isinstance(rows, Path):
        return rows
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
    if lists:
        words = (*words, *house.customs.words(unit, cycle))
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

    What was written is read again and checked by the stand-alone verifier, which shares nothing
    with what wrote it. Two people who take the same step at the same instant never write into one
    folder.

    Args:
        house: Whose archive.
        cycle: Of which cycle.
        name: ``preliminary``, ``final``, ``recast-1`` and so on.
        result: What came out.
    """
    with house.database.read() as unit:
        result.standing = standing_of(house, unit, cycle, name)
    versions = {"engine": __version__, "at": house.at}
    tell("archiving")
    with aside((house.folder / "archive" / cycle / name).absolute()) as folder:
        place = folder / name
        write_folder(result, place, format="parquet", run=versions)
        _verify(place)
        manifest = (place / "manifest.json").read_bytes()
        tell("booking")
        yield Archived(
            folder=str(place.relative_to(house.folder.absolute())),
            input_digest=result.input_digest,
            result_digest=result.result_digest,
            manifest_digest=hashlib.sha256(manifest).hexdigest(),
            summary=json.loads(json.dumps(result.summary)),
            parameters=dict(result.parameters),
        )


def _verify(place: Path) -> None:
    """Refuse a run that does not stand the check everybody can make of it."""
    from skontro.verify import verify_folder

    verdict = verify_folder(place)
    if not verdict.ok:
        failed = verdict.failed[0]
        raise CertificateFailed(f"the run does not verify: {failed.name}: {failed.detail}")


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
        obligations: obligation, before_minor, set_off_minor and planned_minor, as arrays.
        nodes: A row per node: participant, settlement currency, pay-in, pay-out, differences.
    """

    obligations: dict[str, NDArray[np.int64]]
    nodes: list[dict[str, Any]]


_NODE_COLUMNS = (
    "participant", "settlement_currency", "pay_in_minor", "pay_out_minor",
    "booked_difference_points",
)  # fmt: skip


def read_archive(house: House, archived: Archived) -> RunTables:
    """Read a run out of the archive, exactly as it was approved.

    Raises:
        InvariantViolation: The archive is not what its digest says.
    """
    place = house.folder / archived.folder
    manifest = (place / "manifest.json").read_bytes()
    if hashlib.sha256(manifest).hexdigest() != archived.manifest_digest:
        raise InvariantViolation(f"{archived.folder}: the archive was changed")
    outputs = json.loads(manifest)["outputs"]
    with workers(2) as pool:
        digests = pool.map(lambda output: _digest_of(place / output["name"]), outputs)
        for output, digest in zip(outputs, digests, strict=True):
            if digest != output["sha256"]:
                raise InvariantViolation(f"{archived.folder}/{output['name']} was changed")
    names = {"obligation": "id", "before_minor": "gross_minor", "set_off_minor": "set_off_minor",
             "planned_minor": "settled_minor"}  # fmt: skip
    table = pq.read_table(place / "obligations.parquet", columns=list(names.values()))
    obligations = {
        name: table.column(column).cast(pa.int64()).to_numpy() for name, column in names.items()
    }
    nodes = pq.read_table(place / "participants.parquet", columns=list(_NODE_COLUMNS))
    return RunTables(obligations, nodes.to_pylist())


def _digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
    said = json.loads(manifest)
    listed = {one["name"]: one["sha256"] for one in (*said["inputs"], *said["outputs"])}
    if _digest_of(place / name) != listed[name]:
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
    said = json.loads(manifest)
    listed = {one["name"]: one["sha256"] for one in (*said["inputs"], *said["outputs"])}
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


