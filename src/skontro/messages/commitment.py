# SPDX-License-Identifier: Apache-2.0
"""A result folder read back, and the one root that commits the house to every level and row."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected
from skontro.core.intake import Intake
from skontro.core.network import CONVERTS, Block, build_blocks
from skontro.core.ordering import text_buffers
from skontro.core.standing import Standing
from skontro.messages.merkle import MerkleTree
from skontro.messages.tables import read_intake, read_table

Int64 = NDArray[np.int64]

NO_ROWS = bytes(32)
DISCHARGED = ("set_off_minor", "settled_minor", "set_off_points", "settled_points")
_BATCH_BYTES = 1 << 26


class DamagedResult(Rejected):
    """The folder is no result, or a file in it is not what its manifest says."""

    default_next_step = "run skontro verify on it, and make the result again"


@dataclass(frozen=True)
class Leaf:
    """What one leaf of the tree commits to.

    Attributes:
        name: What the leaf's text begins with: participant and currency, or a house node.
        unit: Unit of the block.
        levels: Level in each stage.
        salt: What hides the level.
        row_salt: What hides the rows; empty for a house node.
        rows: Digest of the rows; noughts for a house node.
    """

    name: tuple[str, ...]
    unit: str
    levels: dict[str, int]
    salt: bytes
    row_salt: bytes
    rows: bytes

    def place(self) -> bytes:
        """Where the leaf lies in the tree: a name has one place."""
        return hashlib.sha256(b"\x02" + canonical_json([self.unit, *self.name])).digest()

    def hash(self) -> bytes:
        """The hash of the leaf."""
        text = canonical_json([*self.name, self.levels])
        return hashlib.sha256(b"\x00" + self.salt + text + self.rows).digest()


@njit(cache=True, nogil=True)
def _rows_by_node(tail: Any, head: Any, nodes: Any) -> Any:
    """For each node the places of its rows, in the order of the rows."""
    start = np.zeros(nodes + 1, np.int64)
    for k in range(tail.shape[0]):
        start[tail[k] + 1] += 1
        start[head[k] + 1] += 1
    for v in range(nodes):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    rows = np.empty(2 * tail.shape[0], np.int64)
    for k in range(tail.shape[0]):
        for v in (tail[k], head[k]):
            rows[fill[v]] = k
            fill[v] += 1
    return start, rows


@njit(cache=True, nogil=True)
def _put_number(out: Any, at: Any, value: Any, width: Any) -> Any:
    for shift in range(width):
        out[at + shift] = np.uint8((value >> (8 * shift)) & 255)
    return at + width


@njit(cache=True, nogil=True)
def _put_text(out: Any, at: Any, start: Any, data: Any, k: Any) -> Any:
    length = start[k + 1] - start[k]
    at = _put_number(out, at, length, 4)
    for i in range(length):
        out[at + i] = data[start[k] + i]
    return at + length


@njit(cache=True, nogil=True)
def _encode_rows(
    rows: Any, ids: Any, id_data: Any, firms: Any, firm_data: Any, codes: Any, code_data: Any,
    debtor: Any, creditor: Any, currency: Any, due_day: Any, numbers: Any, ends: Any, out: Any,
) -> Any:
    """Write the canonical bytes of some rows one after the other; ends says where each ends."""
    at = np.int64(0)
    for i in range(rows.shape[0]):
        k = rows[i]
        at = _put_text(out, at, ids, id_data, k)
        at = _put_text(out, at, firms, firm_data, np.int64(debtor[k]))
        at = _put_text(out, at, firms, firm_data, np.int64(creditor[k]))
        at = _put_text(out, at, codes, code_data, np.int64(currency[k]))
        at = _put_number(out, at, np.int64(due_day[k]), 4)
        for j in range(numbers.shape[0]):
            at = _put_number(out, at, numbers[j, k], 8)
        ends[i] = at


class HouseResult:
    """A result folder, its inputs read again, with the arrays that packages are cut from.

    Attributes:
        root: The folder.
        manifest: Its manifest.
        intake: What was accepted of the inputs.
        blocks: The blocks, built again.
        discharged: Set off and settled of each accepted row, shape (m,) each.
        nodes: The participants table, a row per node.
        certificate: The certificate.
        standing: What the result is.
    """

    def __init__(self, directory: str | Path) -> None:
        self.root = Path(directory)
        self.manifest = self._read_manifest()
        self._check_files()
        self.intake = self._read_intake()
        self.blocks: list[Block] = build_blocks(self.intake)
        self.nodes = self._table("participants")
        self.certificate = self._json("certificate.json")
        self.standing = Standing.from_json(self._json("summary.json"))
        self.discharged = self._read_discharged()

    def _json(self, name: str) -> Any:
        try:
            return json.loads((self.root / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DamagedResult(f"{name} cannot be read: {error}") from None

    def _read_manifest(self) -> dict[str, Any]:
        manifest = self._json("manifest.json")
        if not isinstance(manifest, dict) or manifest.get("format") != "skontro.result/1":
            raise DamagedResult(f"{self.root} is no result folder")
        for part, kind in (("inputs", list), ("outputs", list), ("parameters", dict)):
            if not isinstance(manifest.get(part), kind):
                raise DamagedResult(f"manifest.json says nothing of {part}")
        return manifest

    def _check_files(self) -> None:
        for entry in [*self.manifest["inputs"], *self.manifest["outputs"]]:
            path = self.root / entry["name"]
            if not path.is_file():
                raise DamagedResult(f"{entry['name']} is missing")
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if digest != entry["sha256"]:
                raise DamagedResult(f"{entry['name']} is not what the manifest says")

    def _read_intake(self) -> Intake:
        given = {entry["role"]: self.root / entry["name"] for entry in self.manifest["inputs"]}
        sheet = next(
            entry["sheet"] for entry in self.manifest["inputs"] if entry["role"] == "obligations"
        )
        return read_intake(**given, sheet=sheet, may_be_empty=True)

    def _table(self, stem: str) -> pa.Table:
        for ending in ("parquet", "csv", "xlsx"):
            path = self.root / f"{stem}.{ending}"
            if path.is_file():
                return read_table(stem, path).table
        raise DamagedResult(f"there is no table of {stem}")

    def integers(self, table: pa.Table, name: str) -> Int64:
        """Return a column of integers of a table, whatever kind of file it came from."""
        column = table.column(name)
        if not pa.types.is_int64(column.type):
            column = column.cast(pa.int64())
        return np.asarray(column.to_numpy(), np.int64)

    def _read_discharged(self) -> dict[str, Int64]:
        table = self._table("obligations")
        if not np.array_equal(self.integers(table, "row"), self.intake.obligations.row):
            raise DamagedResult("the obligations are not those of the inputs")
        found = {
            name: self.integers(table, name) for name in DISCHARGED if name in table.column_names
        }
        for name in ("set_off", "settled"):
            found.setdefault(f"{name}_points", found[f"{name}_minor"])
        return found

    @property
    def stages(self) -> dict[str, str]:
        """Each stage and its column of levels, in order."""
        asked = self.manifest["parameters"]
        found = {"combined" if asked["combined"] else "set_off": "level"}
        if asked["prefer"] and not asked["combined"]:
            found["prefer"] = "level_prefer"
        later = ["pay_in", "border"] + (["settled_prefer"] if asked["prefer"] else [])
        if asked["cash"]:
            for stage in later if asked["combined"] else ["settled", *later]:
                found[stage] = f"level_{stage}"
        return found

    def firsts(self) -> list[int]:
        """Return for each block how many nodes stand before it in the participants table."""
        counts = [block.nodes.count for block in self.blocks]
        return [sum(counts[:place]) for place in range(len(counts))]

    @cached_property
    def leaves(self) -> list[Leaf]:
        """Every leaf: block by block its nodes, then its house nodes."""
        return list(self._leaves(bytes.fromhex(self._json("commitment.json")["salt"])))

    @cached_property
    def tree(self) -> MerkleTree:
        """The tree over all leaves."""
        places = [leaf.place() for leaf in self.leaves]
        return MerkleTree(places, [leaf.hash() for leaf in self.leaves])

    def firms(self) -> list[str]:
        """Return the ids of all who have a node, in their order."""
        used = sorted({int(v) for block in self.blocks for v in block.nodes.participant})
        return [self.intake.participants.id[v] for v in used]

    def first_leaf(self, number: int) -> int:
        """Return the place of the first leaf of a block."""
        proofs = self.certificate["blocks"][:number]
        return self.firsts()[number] + sum(len(proof["house_nodes"]) for proof in proofs)

    def _leaves(self, secret: bytes) -> Iterator[Leaf]:
        ids = self.intake.participants.id
        levels = {
            stage: self.integers(self.nodes, column).tolist()
            for stage, column in self.stages.items()
        }
        firsts = self.firsts()
        for number, block in enumerate(self.blocks):
            firms = block.nodes.participant.tolist()
            currencies = block.nodes.currency_index.tolist()
            for v, rows in enumerate(self._row_digests(block, secret)):
                name = (ids[firms[v]], _code(block, currencies[v]))
                own = {stage: level[firsts[number] + v] for stage, level in levels.items()}
                salt = salt_of(secret, "level", *name)
                yield Leaf(name, block.unit, own, salt, salt_of(secret, "rows", *name), rows)
            for node in self.certificate["blocks"][number]["house_nodes"]:
                label = (node["kind"], node["side"], node["currency"])
                salt = salt_of(secret, "house", block.unit, *label)
                yield Leaf(label, block.unit, node["levels"], salt, b"", NO_ROWS)

    def _row_digests(self, block: Block, secret: bytes) -> Iterator[bytes]:
        """The digest of the rows of each node of a block, in node order."""
        order = self.canonical_rows(block)
        ends = self.row_ends(block, order)
        start, places = _rows_by_node(*ends, block.nodes.count)
        ids = self.intake.participants.id
        firms = block.nodes.participant.tolist()
        currencies = block.nodes.currency_index.tolist()
        size = self._largest_row()
        v = 0
        while v < block.nodes.count:
            last = v + 1
            while last < block.nodes.count and (start[last + 1] - start[v]) * size < _BATCH_BYTES:
                last += 1
            data, cuts = self.encode_rows(order[places[start[v] : start[last]]])
            view = data.data
            for node in range(v, last):
                low, high = (
                    0 if place == start[v] else int(cuts[place - start[v] - 1])
                    for place in (start[node], start[node + 1])
                )
                name = (ids[firms[node]], _code(block, currencies[node]))
                salt = salt_of(secret, "rows", *name)
                yield hashlib.sha256(salt + view[low:high]).digest()
            v = last

    def canonical_rows(self, block: Block) -> Int64:
        """Rows of a block by (currency, debtor, creditor, id), as in the digests."""
        if len(block.currencies) == 1:
            return block.rows
        index = self.intake.obligations.currency_index[block.rows]
        ordered: Int64 = block.rows[np.argsort(index, kind="stable")]
        return ordered

    def row_ends(self, block: Block, rows: Int64) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Debtor and creditor node of some rows."""
        obligations = self.intake.obligations
        currency = obligations.currency_index[rows]
        return (
            block.nodes.of(obligations.debtor[rows], currency),
            block.nodes.of(obligations.creditor[rows], currency),
        )

    @cached_property
    def _texts(self) -> list[Any]:
        obligations = self.intake.obligations
        texts = (obligations.id, self.intake.participants.id, list(obligations.currencies))
        return [part for column in texts for part in text_buffers(column)]

    @cached_property
    def _numbers(self) -> Int64:
        columns = [self.intake.obligations.amount_minor, *map(self.discharged.get, DISCHARGED)]
        return np.stack([np.asarray(column, np.int64) for column in columns])

    def _largest_row(self) -> int:
        longest = [int(np.diff(self._texts[place]).max(initial=0)) for place in (0, 2)]
        return 4 * 5 + longest[0] + 2 * longest[1] + 3 + 8 * 5

    def encode_rows(self, rows: Int64) -> tuple[NDArray[np.uint8], Int64]:
        """Return the canonical bytes of some rows, and where each ends."""
        obligations = self.intake.obligations
        ends = np.zeros(rows.shape[0], np.int64)
        out = np.empty(rows.shape[0] * self._largest_row(), np.uint8)
        write: Any = _encode_rows
        write(
            rows, *self._texts, obligations.debtor, obligations.creditor,
            obligations.currency_index, obligations.due_day, self._numbers, ends, out,
        )
        return out, ends


def _code(block: Block, index: int) -> str:
    return "" if index == CONVERTS else block.currencies[index]


def salt_of(secret: bytes, *words: str) -> bytes:
    """Return the salt that a secret gives for some words.

    Example:
        >>> len(salt_of(bytes(32), "level", "A1", ""))
        32
    """
    return hmac.digest(secret, b"\x00".join(word.encode() for word in words), "sha256")
