# SPDX-License-Identifier: Apache-2.0
"""A result folder, checked claim by claim from its inputs on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.verify.certificate import GREATEST_LEVEL, NO_LIMIT
from skontro.verify.digests import input_digest, result_digest
from skontro.verify.files import Folder, file_digest, is_digest, parse_json, read_json
from skontro.verify.house import build_house
from skontro.verify.inputs import read_inputs
from skontro.verify.lines import read_csv
from skontro.verify.network import Block, Inputs, Rows, build_blocks, canonical_order, to_points
from skontro.verify.nodes import NodeTable
from skontro.verify.outputs import Discharged, Output, check_carried, check_columns
from skontro.verify.publication import check_statement_of, find_statement
from skontro.verify.stages import (
    BlockFlows,
    Parameters,
    check_balance,
    check_forests,
    check_group,
    check_rounding,
    check_rows_within,
    check_splits,
    read_parameters,
)
from skontro.verify.standing import read_standing
from skontro.verify.tables import Table
from skontro.verify.text import take
from skontro.verify.totals import certificate, summary
from skontro.verify.verdict import ClaimFailed, Verdict, require

Int64 = NDArray[np.int64]
NO_CLAIMS = (
    "that the inputs are true: that these obligations exist and were confirmed",
    "what report.html shows beyond the summary in it, the wording in rejections.csv, run.json: "
    "they are for reading",
)
_EMBEDDED = re.compile(
    rb'<script type="application/json" id="summary">(.*?)</script>', re.DOTALL
)


def verify_folder(
    directory: str | Path,
    progress: Callable[[str], object] | None = None,
    *,
    statement: str | Path | None = None,
    house_keys: Sequence[str] = (),
) -> Verdict:
    """Check every claim of a result folder and say claim by claim what holds.

    Everything is derived again from the inputs in the folder; nothing is believed because a
    digest fits. A folder that cannot be read fails, it never raises.

    Args:
        directory: The result folder.
        progress: Told the claim that is looked at now.
        statement: The house's statement of publication, if it is given apart; one that lies in
            the folder is found.
        house_keys: Keys that are the house's: 64 hexadecimal digits, or files with one a line.

    Returns:
        The verdict; ``verdict.ok`` if every claim holds. Of a house's run it says ``set-off``
        only with the statement of publication of this very run.

    Example:
        >>> verify_folder("no such folder").ok
        False
    """
    verdict = Verdict(cannot=list(NO_CLAIMS), progress=progress)
    folder = Folder(Path(directory))
    check = _Check(folder, verdict)
    check.statement = find_statement(folder.root, None if statement is None else Path(statement))
    check.keys = house_keys
    try:
        check.run()
    finally:
        folder.close()
        check.beside.shutdown(cancel_futures=True)
    return verdict


class _Check:
    """One check of one folder; what a claim reads, later claims use."""

    folder: Folder
    asked: Parameters
    inputs: Inputs
    table: Table
    rows: Rows
    blocks: list[Block]
    output: Output
    discharged: Discharged
    nodes: NodeTable
    proof: dict[str, Any]
    flows: list[BlockFlows]

    frozen: Future[str]
    digest: Future[str]
    statement: Path | None
    keys: Sequence[str]

    def __init__(self, folder: Folder, verdict: Verdict) -> None:
        self.folder = folder
        self.verdict = verdict
        self.flows = []
        self.beside = ThreadPoolExecutor(1)

    def run(self) -> None:
        """Check claim by claim; stop where nothing further could be looked at."""
        check, folder = self.verdict.check, self.folder
        if not check("manifest.files", folder.find_files):
            return
        if not check("manifest.form", folder.read_manifest):
            return
        if check("standing", self._check_standing) and self.statement is not None:
            self._check_statement(self.statement)
        listed = check("manifest.listing", folder.check_listing)
        if listed and check("inputs", self._read_inputs):
            if check("parameters", self._check_parameters):
                self._check_result()
            check("input_digest", self._check_input_digest)
        check("commitment", self._check_commitment)
        check("manifest.digests", folder.check_digests)

    def _check_standing(self) -> str:
        found = read_json(self.folder.root / "summary.json")
        require(isinstance(found, dict), "summary.json is not an object")
        self.verdict.standing = read_standing(found)
        run = self.verdict.standing.run
        return "a calculation" if run is None else f"the {self.verdict.standing.words}"

    def _check_statement(self, path: Path) -> None:
        manifest = self.folder.manifest
        found = {
            "manifest": file_digest(self.folder.root / "manifest.json"),
            "input": manifest["input_digest"],
            "result": manifest["result_digest"],
            "parameters": manifest["parameters"],
        }
        check_statement_of(self.verdict, path, self.keys, found)
        self.verdict.cannot.append(
            "that the root in the statement is the one of these levels and rows: the packages "
            "open under it"
        )

    def _check_result(self) -> None:
        check = self.verdict.check
        check("rejections", self._check_rejections)
        if not check("obligations.columns", self._open_obligations):
            return
        check("obligations.carried", lambda: check_carried(self.output, self.inputs, self.table))
        if not check("obligations.discharged", self._read_discharged):
            return
        check("obligations.amounts", self.discharged.check)
        if not check("network", self._build_network):
            return
        if not check("participants.columns", self._open_participants):
            return
        check("participants.nodes", lambda: self.nodes.check_nodes(self.inputs, self.blocks))
        if not check("certificate.readable", self._read_certificate):
            return
        manifest = self.folder.manifest
        self.digest = self.beside.submit(
            result_digest, manifest["input_digest"], manifest["parameters"], self.asked,
            self.rows, self.flows,
        )
        proved = [self._check_block(one) for one in self.flows]
        check("participants.limits", lambda: self.nodes.check_limits(self.flows))
        check(
            "participants.amounts", lambda: self.nodes.check_amounts(self.inputs, self.flows)
        )
        if all(proved):
            check("certificate.json", self._check_certificate)
        check("result_digest", self._check_result_digest)
        check("summary", self._check_summary)
        check("report", self._check_report)

    def _read_inputs(self) -> str:
        claimed = pa.array([], pa.large_string())
        try:
            claimed = Output(self.folder.table_path("participants")).text("participant")
        except Exception:  # only a hint: what is wrong with the table is another claim's matter
            claimed = pa.array([], pa.large_string())
        self.inputs, self.table = read_inputs(self.folder, claimed)
        self.rows = canonical_order(self.inputs)
        self.frozen = self.beside.submit(input_digest, self.inputs, self.rows)
        rows = len(self.inputs.id)
        return f"{rows} rows accepted, {len(self.inputs.rejections)} refused"

    def _check_parameters(self) -> str:
        self.asked = read_parameters(self.folder.manifest["parameters"])
        given = self.inputs.limits is not None or self.inputs.quotas is not None
        cash = self.asked.cash
        require(cash == "unlimited" or given == (cash == "limits"),
                "cash does not go with the limits and quotas that were given")
        return ", ".join(f"{key} {value}" for key, value in vars(self.asked).items())

    def _check_rejections(self) -> str:
        table, _, refused = read_csv(self.folder.root / "rejections.csv")
        require(not refused, "rejections.csv has a row that cannot be read")
        names = ["row", "field", "value", "code", "message"]
        require(table.column_names == names, f"the columns are not {', '.join(names)}")
        output = Output(self.folder.root / "rejections.csv")
        wanted = self.inputs.rejections
        require(
            table.num_rows == len(wanted),
            f"{table.num_rows} rows are listed, but {len(wanted)} must be refused",
        )
        output.check_integers("row", np.array([row for row, *_ in wanted], np.int64))
        for place, name in enumerate(names[1:4], 1):
            values = [str(row[place]) for row in wanted]
            output.check_text(name, pa.array(values, pa.large_string()))
        return f"{len(wanted)} refused rows, each for its reason"

    def _open_obligations(self) -> str:
        self.output = Output(self.folder.table_path("obligations"))
        return check_columns(self.output, self.inputs)

    def _read_discharged(self) -> str:
        self.discharged = Discharged(self.output, self.inputs)
        return "readable"

    def _build_network(self) -> str:
        self.blocks = build_blocks(self.inputs, self.rows)
        if self.inputs.fixing:
            points = np.zeros(len(self.inputs.id), np.int64)
            for block in self.blocks:
                points[block.rows.order] = block.points
            self.output.check_integers("gross_points", points)
        pairs = sum(len(block.tail) for block in self.blocks)
        nodes = sum(block.nodes for block in self.blocks)
        return f"{len(self.blocks)} blocks, {nodes} nodes, {pairs} pairs"

    def _open_participants(self) -> str:
        output = Output(self.folder.table_path("participants"))
        self.nodes = NodeTable(output, self.asked, self.blocks)
        return f"{output.rows} rows, {len(output.names)} columns"

    def _read_certificate(self) -> str:
        self.proof = read_json(self.folder.root / "certificate.json")
        require(isinstance(self.proof, dict), "certificate.json is not an object")
        proofs = self.proof.get("blocks")
        require(
            isinstance(proofs, list) and len(proofs) == len(self.blocks),
            f"there must be {len(self.blocks)} blocks",
        )
        first = 0
        for block, proof in zip(self.blocks, proofs or [], strict=True):
            self.flows.append(self._block_flows(block, proof, first))
            first += block.nodes
        return f"{len(self.flows)} blocks"

    def _block_flows(self, block: Block, proof: Any, first: int) -> BlockFlows:
        inputs, found, rows = self.inputs, self.discharged, block.rows.order
        mine = slice(first, first + block.nodes)
        set_off = take(found.set_off_minor, rows)
        settled = take(found.settled_minor, rows)
        residual = block.rows.amount_minor - set_off
        require(int(residual.min()) >= 0, "more is set off than was owed")
        if block.kind != "minor":
            set_off_points, settled_points = found.set_off_points[rows], found.settled_points[rows]
            currency = block.rows.currency_index
            residual = to_points(residual, currency, inputs.currencies, block.worth)
        else:
            set_off_points, settled_points = set_off, settled
        flows = BlockFlows(
            block=block,
            set_off_minor=set_off,
            set_off_points=set_off_points,
            settled_minor=settled,
            settled_points=settled_points,
            residual_points=residual,
            levels={stage: level[mine] for stage, level in self.nodes.levels.items()},
        )
        if self.asked.cash is not None:
            self._add_house(flows, proof, mine)
        return flows

    def _add_house(self, flows: BlockFlows, proof: Any, mine: slice) -> None:
        house = build_house(self.inputs, flows.block, self.asked.cash == "unlimited")
        listed, arcs = proof["house_nodes"], proof["border_arcs"]
        require(len(listed) == len(house.labels), f"there are {len(house.labels)} house nodes")
        require(len(arcs) == len(house.border), f"there are {len(house.border)} border arcs")
        stages = [stage for group, names in self.asked.groups() for stage in names
                  if group != "set-off"]
        for stage in stages:
            flows.house_levels[stage] = np.array(
                [_small_integer(node["levels"][stage]) for node in listed], np.int64
            )
        border = [_flow_text(arc["flow_points"]) for arc in arcs]
        pay_in, pay_out = self.nodes.pay_in[mine], self.nodes.pay_out[mine]
        idle = np.ones(flows.block.nodes, np.bool_)
        idle[house.paying] = False
        require(not pay_in[idle].any(), "a node pays in that has no limit to do so")
        flows.house = house
        flows.house_flow = np.concatenate(
            [pay_in[house.paying], pay_out, np.array(border, np.int64)]
        )

    def _check_block(self, flows: BlockFlows) -> bool:
        check, asked = self.verdict.check, self.asked
        proved = True
        for group, stages in asked.groups():
            name = f"{flows.block.unit}.{group}"
            if not check(f"{name}.within", partial(_within, flows, group)):
                return False
            if not check(f"{name}.balance", partial(check_balance, flows, group)):
                return False
            proof = partial(check_group, flows, group, stages, asked.prefer)
            proved &= check(f"{name}.certificate", proof)
            check(f"{name}.forest", partial(check_forests, flows, group, asked.prefer))
            check(f"{name}.split", partial(check_splits, flows, group, asked, self.inputs.id))
            check(f"{name}.rounding", partial(check_rounding, flows, group))
        check(f"{flows.block.unit}.groups", lambda: _unused_groups(flows, asked))
        return proved

    def _check_certificate(self) -> str:
        wanted = certificate(self.flows, self.asked)
        _compare("certificate.json", self.proof, wanted)
        return f"{sum(len(one.proofs) for one in self.flows)} stages"

    def _check_summary(self) -> str:
        found = read_json(self.folder.root / "summary.json")
        wanted = summary(
            self.inputs, self.flows, self.folder.manifest, self.asked, self.verdict.standing
        )
        _compare("summary.json", found, wanted)
        return f"{len(wanted)} entries, {len(wanted['blocks'])} blocks, rebuilt"

    def _check_report(self) -> str:
        page = (self.folder.root / "report.html").read_bytes()
        found = _EMBEDDED.findall(page)
        require(len(found) == 1, "report.html does not hold one summary")
        inside = parse_json(found[0], "the summary in report.html")
        _compare("report.html", inside, read_json(self.folder.root / "summary.json"))
        return "the summary in it is summary.json"

    def _check_commitment(self) -> str:
        found = read_json(self.folder.root / "commitment.json")
        require(
            isinstance(found, dict)
            and set(found) == {"format", "salt"}
            and found["format"] == "skontro.commitment/1"
            and is_digest(found["salt"]),
            "it must hold its format and a salt of 32 bytes",
        )
        return "a salt of 32 bytes"

    def _check_input_digest(self) -> str:
        digest = self.frozen.result()
        require(digest == self.folder.manifest["input_digest"], f"the inputs come to {digest}")
        return digest

    def _check_result_digest(self) -> str:
        digest = self.digest.result()
        wanted = self.folder.manifest["result_digest"]
        require(digest == wanted, f"the result comes to {digest}")
        return digest


def _within(flows: BlockFlows, group: str) -> str:
    check_rows_within(flows, group)
    return f"{flows.block.points.shape[0]} rows between nought and what is owed"


def _unused_groups(flows: BlockFlows, asked: Parameters) -> str:
    """What no group discharges is nought."""
    names = [group for group, _ in asked.groups()]
    used: Any = False
    if "set-off" not in names:
        used = flows.set_off_minor.any() or flows.set_off_points.any()
        require(not used, "combined leaves the set-off columns nought")
    if names == ["set-off"]:
        used = flows.settled_minor.any() or flows.settled_points.any()
        require(not used, "something is settled without a cash group")
    return ", ".join(names)


def _small_integer(value: Any) -> int:
    require(type(value) is int and 0 <= value <= GREATEST_LEVEL, "a level is out of range")
    return int(value)


def _flow_text(value: Any) -> int:
    good = isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,18}", value, re.ASCII)
    require(good and int(value) < NO_LIMIT, "a flow of the border is no such number")
    return int(value)


def _compare(name: str, found: Any, wanted: Any, path: str = "") -> None:
    """Refuse the first place where two JSON values differ, types included."""
    if type(found) is not type(wanted):
        raise ClaimFailed(f"{name}{path}: {found!r}, but it is {wanted!r}")
    if isinstance(wanted, dict):
        odd = sorted(set(found) ^ set(wanted))
        require(not odd, f"{name}{path}: {', '.join(odd)} is missing or too many")
        for key in wanted:
            _compare(name, found[key], wanted[key], f"{path}.{key}")
    elif isinstance(wanted, list):
        require(len(found) == len(wanted), f"{name}{path}: {len(found)} entries")
        for k, (a, b) in enumerate(zip(found, wanted, strict=True)):
            _compare(name, a, b, f"{path}[{k}]")
    else:
        require(found == wanted, f"{name}{path}: {found!r}, but it is {wanted!r}")
