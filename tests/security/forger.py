# SPDX-License-Identifier: Apache-2.0
"""A liar with the files: something written is altered, and the manifest made anew."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.security.bases import Base, plain_report

from skontro.core.clearing import clear_intake
from skontro.core.errors import SkontroError
from skontro.core.result import ClearingResult
from skontro.messages.tables import read_intake, read_table, write_table

Forgery = Callable[[random.Random, Path], bool]
UNCLAIMED = {"message"}


def write_json(path: Path, value: object) -> None:
    """Write JSON the one way it is written."""
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def seal(folder: Path) -> None:
    """Make the manifest anew: every file there is, with its digest and size."""
    manifest = read_json(folder / "manifest.json")
    roles = {entry["name"]: entry for entry in manifest["inputs"]}
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in ("manifest.json", "run.json"):
            continue
        data = path.read_bytes()
        entry = {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        if name in roles:
            roles[name] |= entry
        elif not name.startswith("inputs/"):
            found.append(entry)
    there = [entry for name, entry in roles.items() if (folder / name).is_file()]
    write_json(folder / "manifest.json", manifest | {"outputs": found, "inputs": there})


def _leaves(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value that holds no further places."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    found = []
    for key, inner in pairs:
        if isinstance(inner, dict | list) and inner:
            found += _leaves(inner)
        else:
            found.append((value, key))
    return found


def another(rng: random.Random, value: Any) -> Any:
    """Something else of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([-1, 1, 100])
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return str(int(value) + rng.choice([-1, 1, 100]))
    if isinstance(value, str):
        return rng.choice([value + "0", value[:-1], "x" + value]) if value else "x"
    return "x" if value is None else None


def altered_summary(rng: random.Random, folder: Path) -> bool:
    """A figure of the summary, and of the report with it."""
    summary = read_json(folder / "summary.json")
    holder, key = rng.choice(_leaves(summary))
    holder[key] = another(rng, holder[key])
    write_json(folder / "summary.json", summary)
    (folder / "report.html").write_text(plain_report(summary), encoding="utf-8")
    return True


def altered_certificate(rng: random.Random, folder: Path) -> bool:
    """A figure of the certificate."""
    proof = read_json(folder / "certificate.json")
    holder, key = rng.choice(_leaves(proof))
    holder[key] = another(rng, holder[key])
    write_json(folder / "certificate.json", proof)
    return True


def altered_manifest(rng: random.Random, folder: Path) -> bool:
    """A parameter, a digest or the format."""
    manifest = read_json(folder / "manifest.json")
    places = [(manifest, key) for key in ("format", "input_digest", "result_digest")]
    holder, key = rng.choice(places + _leaves(manifest["parameters"]))
    holder[key] = another(rng, holder[key])
    write_json(folder / "manifest.json", manifest)
    return True


def altered_report(rng: random.Random, folder: Path) -> bool:
    """The summary in the report only."""
    summary = read_json(folder / "summary.json")
    holder, key = rng.choice(_leaves(summary))
    holder[key] = another(rng, holder[key])
    (folder / "report.html").write_text(plain_report(summary), encoding="utf-8")
    return True


def _table(rng: random.Random, folder: Path) -> tuple[Path, pa.Table]:
    stem = rng.choice(["obligations", "participants"])
    (path,) = folder.glob(f"{stem}.*")
    return path, read_table(stem, path).table


def altered_cell(rng: random.Random, folder: Path) -> bool:
    """A cell of a table."""
    path, table = _table(rng, folder)
    return alter_column(rng, path, table, rng.randrange(table.num_columns))


def alter_column(rng: random.Random, path: Path, table: pa.Table, place: int) -> bool:
    """Alter a cell of one column."""
    values = table.column(place).to_pylist()
    k = rng.randrange(len(values))
    before = values[k]
    values[k] = another(rng, before)
    if before is None and pa.types.is_integer(table.schema.types[place]):
        values[k] = 1
    if values[k] is None or str(values[k]).lstrip("'") == str(before).lstrip("'"):
        return False
    kind = table.schema.types[place]
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    column = pa.array(values, pa.int64() if pa.types.is_null(kind) else kind)
    write_table(table.set_column(place, table.column_names[place], column), path)
    return True


def altered_rows(rng: random.Random, folder: Path) -> bool:
    """A row left out, doubled, or two changed about."""
    path, table = _table(rng, folder)
    order = list(range(table.num_rows))
    k = rng.randrange(len(order))
    way = rng.randrange(3)
    if way == 0:
        order.pop(k)
    elif way == 1:
        order.insert(k, k)
    else:
        j = (k + 1) % len(order)
        order[k], order[j] = order[j], order[k]
        if j == k:
            return False
    write_table(table.take(order), path)
    return True


def altered_columns(rng: random.Random, folder: Path) -> bool:
    """A column left out, added, renamed, or two changed about."""
    path, table = _table(rng, folder)
    names = list(table.column_names)
    k = rng.randrange(len(names))
    way = rng.randrange(4)
    if way == 0:
        table = table.remove_column(k)
    elif way == 1:
        table = table.append_column("more", pa.array(["x"] * table.num_rows))
    elif way == 2:
        names[k] += "x"
        table = table.rename_columns(names)
    else:
        order = list(range(len(names)))
        order[k], order[k - 1] = order[k - 1], order[k]
        table = table.select(order)
    write_table(table, path)
    return True


def altered_rejections(rng: random.Random, folder: Path) -> bool:
    """A refused row more, or one of another reason."""
    path = folder / "rejections.csv"
    table = read_table("rejections", path).table
    rows = table.to_pylist()
    if rows and rng.random() < 0.7:
        row = rng.choice(rows)
        name = rng.choice([name for name in row if name not in UNCLAIMED])
        row[name] = another(rng, row[name])
        if row[name] is None:
            return False
    else:
        rows.append({"row": "9999", "field": "amount", "value": "x", "code": "NotANumber",
                     "message": "no"})
    names = ["row", "field", "value", "code", "message"]
    columns = {name: [str(row[name]) for row in rows] for name in names}
    write_table(pa.table(columns), path)
    return True


def altered_files(rng: random.Random, folder: Path) -> bool:
    """A file too many, one too few, or one that is none."""
    way = rng.randrange(5)
    outputs = [path for path in sorted(folder.iterdir()) if path.is_file()]
    outputs = [path for path in outputs if path.name not in ("manifest.json", "run.json")]
    if way == 0:
        (folder / rng.choice(["extra.txt", "inputs/extra.csv"])).write_text("x")
    elif way == 1:
        rng.choice(outputs).unlink()
    elif way == 2:
        (folder / "more").mkdir()
        (folder / "more" / "x").write_text("x")
    elif way == 3:
        path = rng.choice(outputs)
        path.rename(folder / "run.json.bak")
        path.symlink_to("run.json.bak")
    else:
        (folder / "commitment.json").write_text('{"salt": "00"}\n')
    return True


def altered_form(rng: random.Random, folder: Path) -> bool:
    """JSON that says the same in another form."""
    path = folder / rng.choice(["summary.json", "certificate.json", "commitment.json"])
    text = path.read_text(encoding="utf-8")
    ways = [text + "\n", text.replace("  ", " ", 1), text.rstrip("\n"), text.replace(": ", ":", 1)]
    path.write_text(rng.choice(ways), encoding="utf-8")
    return True


def altered_input(rng: random.Random, folder: Path) -> bool:
    """Another input than the one that was cleared, with its digest in the manifest."""
    path = rng.choice(sorted((folder / "inputs").iterdir()))
    lines = path.read_text(encoding="utf-8").splitlines()
    k = rng.randrange(1, len(lines))
    lines[k] = rng.choice(_other_lines(lines[k], path.stem))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return True


def _other_lines(line: str, role: str) -> list[str]:
    fields = line.split(",")
    found = []
    places = {"obligations": (0, 1, 3), "participants": (0, 2), "fixing": (2,),
              "pay_in_limits": (1,), "border_quotas": (2,)}[role]  # fmt: skip
    for place in places:
        other = [*fields]
        other[place] = f"1{fields[place]}"
        found.append(",".join(other))
    return found


FORGERIES: list[Forgery] = [
    altered_summary, altered_summary, altered_certificate, altered_manifest, altered_report,
    altered_cell, altered_cell, altered_cell, altered_rows, altered_columns, altered_rejections,
    altered_files, altered_form, altered_input,
]  # fmt: skip
"""What may be altered in a folder; what is there more than once is tried more often."""


def forge(rng: random.Random, honest: Path, target: Path) -> str | None:
    """Copy an honest folder, alter one thing, make the manifest anew; what was altered."""
    shutil.copytree(honest, target)
    forgery = rng.choice(FORGERIES)
    if not forgery(rng, target):
        return None
    if forgery is not altered_manifest:
        seal(target)
    return forgery.__name__


def change_a_byte(rng: random.Random, honest: Path, target: Path) -> str | None:
    """Copy an honest folder and change a byte of any file but run.json; the manifest is kept."""
    shutil.copytree(honest, target)
    files = [path for path in sorted(target.rglob("*")) if path.is_file()]
    path = rng.choice([path for path in files if path.name != "run.json"])
    data = bytearray(path.read_bytes())
    if not data:
        return None
    at = rng.randrange(len(data))
    way = rng.randrange(3)
    if way == 0:
        data[at] ^= 1 << rng.randrange(8)
    elif way == 1:
        del data[at]
    else:
        data.insert(at, rng.randrange(256))
    path.write_bytes(bytes(data))
    return f"{path.name} byte {at}"


def clear_other_inputs(
    rng: random.Random, base: Base, files: dict[str, Path], folder: Path
) -> ClearingResult | None:
    """An honest result of other inputs, passed off as one of these."""
    folder.mkdir()
    role = rng.choice(sorted(files))
    given = {name: folder / path.name for name, path in files.items()}
    for name, path in files.items():
        shutil.copyfile(path, given[name])
    lines = given[role].read_text(encoding="utf-8").splitlines()
    k = rng.randrange(1, len(lines))
    if rng.random() < 0.3 and role != "fixing":
        lines.pop(k)
    else:
        lines[k] = rng.choice(_other_lines(lines[k], role))
    given[role].write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        honest = read_intake(**files)
        other = read_intake(**given)
        if len(lines) < 2:
            return None
        result = clear_intake(other, **dict(base.options))
    except SkontroError:
        return None
    return replace(result, intake=replace(result.intake, inputs=honest.inputs))
