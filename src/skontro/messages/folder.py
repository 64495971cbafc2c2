# SPDX-License-Identifier: Apache-2.0
"""The result folder: written aside, made durable, then renamed; never half there."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from skontro.core.digest import RESULT_FORMAT
from skontro.core.errors import Conflict, UnknownFormat
from skontro.core.result import ClearingResult
from skontro.core.workers import workers
from skontro.messages.aside import aside, exchange, sync
from skontro.messages.report import render_report, report_data
from skontro.messages.tables import write_table

if TYPE_CHECKING:
    from skontro.core.intake import InputFile

COMMITMENT_FORMAT = "skontro.commitment/1"
RUN_FORMAT = "skontro.run/1"
FORMATS = ("csv", "parquet", "xlsx")
MANIFEST = "manifest.json"
RUN = "run.json"
INPUTS = "inputs"

_CHUNK = 1 << 22


def check_target(directory: str | Path, *, force: bool = False) -> None:
    """Refuse a place where a result folder may not go, before any work is done.

    A new name and an empty folder will do; an earlier result is replaced only with ``force``;
    anything else is left alone, whatever is said.

    Raises:
        Conflict: There is something there.
    """
    target = Path(directory)
    if not os.path.lexists(target):
        return
    if not target.is_dir() or target.is_symlink():
        raise Conflict(
            f"{target} is there and is no folder",
            code="TargetTaken",
            next_step="give another name",
        )
    if not any(target.iterdir()):
        return
    if not _is_result(target):
        raise Conflict(
            f"{target} is a folder with something else in it",
            code="TargetTaken",
            next_step="give another name; a result never replaces what is not a result",
        )
    if not force:
        raise Conflict(
            f"{target} holds an earlier result",
            code="TargetTaken",
            next_step="give another name, or --force to replace it",
        )


def _is_result(target: Path) -> bool:
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(manifest, dict) or manifest.get("format") != RESULT_FORMAT:
        return False
    try:
        listed = {entry["name"] for entry in [*manifest["inputs"], *manifest["outputs"]]}
    except (KeyError, TypeError):
        return False
    found = {str(path.relative_to(target)) for path in target.rglob("*") if not path.is_dir()}
    return found <= listed | {MANIFEST, RUN}


def write_folder(
    result: ClearingResult,
    directory: str | Path,
    format: str = "csv",  # noqa: A002
    *,
    force: bool = False,
    curve: Sequence[Mapping[str, Any]] | None = None,
    run: Mapping[str, Any] | None = None,
) -> None:
    """Write a result folder, all of it or nothing.

    Args:
        result: What was cleared.
        directory: Where to; its parent folders are made.
        format: Kind of the tables: ``csv``, ``parquet`` or ``xlsx``.
        force: Replace an earlier result.
        curve: Discharged share against cash, for the report.
        run: Times, memory and versions, for ``run.json``; no claim is made of them.

    Raises:
        Conflict: There is something else in that place, or an input has changed since it was
            read.
        SheetTooLong: A table does not fit on a sheet.
    """
    if format not in FORMATS:
        raise UnknownFormat(f"{format!r} is neither csv, parquet nor xlsx")
    target = Path(directory)
    check_target(target, force=force)
    target = target.absolute()
    with aside(target) as folder:
        _fill(result, folder, format, curve, run or {})
        _put_in_place(folder, target, force=force)


def _put_in_place(folder: Path, target: Path, *, force: bool) -> None:
    """Rename the finished folder onto its name; an earlier result takes the name aside.

    Both names change in one step where the system can; else the earlier result steps aside first.
    """
    check_target(target, force=force)
    sync(folder)
    if not target.exists() or not any(target.iterdir()):
        os.rename(folder, target)
        sync(target.parent)
        return
    if exchange(folder, target):
        sync(target.parent)
        return
    earlier = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
    os.rename(target, earlier / "result")
    try:
        os.rename(folder, target)
    except BaseException:
        os.rename(earlier / "result", target)
        earlier.rmdir()
        raise
    sync(target.parent)
    shutil.rmtree(earlier, ignore_errors=True)


def _fill(
    result: ClearingResult,
    folder: Path,
    kind: str,
    curve: Sequence[Mapping[str, Any]] | None,
    run: Mapping[str, Any],
) -> None:
    """Write every file and make it durable; the manifest comes last."""
    with workers(2) as pool:
        inputs = pool.submit(_write_inputs, result.intake.inputs, folder)
        pending = []

        def written(name: str, write: Callable[[Path], object]) -> None:
            write(folder / name)
            pending.append((name, pool.submit(_seal, folder / name)))

        written("summary.json", lambda path: _write_json(path, result.summary))
        written("certificate.json", lambda path: _write_json(path, result.certificate))
        written("commitment.json", _write_commitment)
        written("rejections.csv", lambda path: write_table(result.rejections, path))
        written(f"participants.{kind}", lambda path: write_table(result.participants, path))
        written(f"obligations.{kind}", lambda path: write_table(result.obligations, path))
        page = render_report(result.summary, report_data(result), curve=curve)
        written("report.html", lambda path: path.write_text(page, encoding="utf-8"))
        outputs = [{"name": name, **sealed.result()} for name, sealed in pending]
        manifest = {
            "format": RESULT_FORMAT,
            "inputs": inputs.result(),
            "outputs": sorted(outputs, key=lambda output: output["name"].encode()),
            "parameters": result.parameters,
            "input_digest": result.input_digest,
            "result_digest": result.result_digest,
        }
    _write_json(folder / RUN, {"format": RUN_FORMAT, **run})
    _write_json(folder / MANIFEST, manifest)
    _seal(folder / RUN)
    _seal(folder / MANIFEST)


def _write_commitment(path: Path) -> None:
    """Write the secret from which the salts of all packages come, for the owner's eyes only."""
    path.touch(mode=0o600)
    _write_json(path, {"format": COMMITMENT_FORMAT, "salt": secrets.token_bytes(32).hex()})


def _write_inputs(inputs: Sequence[InputFile], folder: Path) -> list[dict[str, Any]]:
    """Keep the inputs byte for byte, those given in memory as Parquet."""
    (folder / INPUTS).mkdir()
    kept = []
    for one in inputs:
        suffix = ".parquet" if one.path is None else one.path.suffix.lower()
        name = f"{INPUTS}/{one.name}{suffix}"
        if one.path is None:
            pq.write_table(one.table, folder / name)
            sealed = _seal(folder / name)
        else:
            sealed = _copy(one, folder / name)
        kept.append({"role": one.name, "name": name, "sheet": one.sheet, **sealed})
    sync(folder / INPUTS)
    return kept


def _copy(one: InputFile, copy: Path) -> dict[str, Any]:
    """Copy a file that must be what was read, and make the copy durable."""
    assumed = (one.size, one.changed_ns)
    path = Path(str(one.path))
    shutil.copyfile(path, copy)
    state = path.stat()
    if (state.st_size, state.st_mtime_ns) != assumed or copy.stat().st_size != one.size:
        raise Conflict(
            f"{path} has changed since it was read",
            code="InputChanged",
            next_step="run the calculation again",
        )
    return _seal(copy)


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _seal(path: Path) -> dict[str, Any]:
    """Make a file durable; return its SHA-256 and size."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        os.fsync(file.fileno())
    return {"sha256": digest.hexdigest(), "bytes": size}
