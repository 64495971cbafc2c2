# SPDX-License-Identifier: Apache-2.0
"""What one participant can check alone, from its own package and the public one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from skontro.verify.amounts import exponents
from skontro.verify.files import STATEMENT_FILE, is_digest, read_json
from skontro.verify.lines import read_csv
from skontro.verify.merkle import NO_ROWS, check_opening
from skontro.verify.outputs import may_be_formula
from skontro.verify.own import OwnRow, OwnView, check_claims, row_bytes
from skontro.verify.publication import check_statement_of, find_statement
from skontro.verify.stages import read_parameters
from skontro.verify.standing import NAMES, read_standing
from skontro.verify.verdict import Verdict, require

PUBLIC_FORMAT = "skontro.public/1"
PARTICIPANT_FORMAT = "skontro.participant/1"
COMMON = ("root", "leaves", "input_digest", "result_digest", "parameters", "fixing")
CANNOT_ALONE = [
    "that the whole total is the greatest there is: that takes the certificate of every node, "
    "which the house package has",
    "that the levels are the least, and that few obligations are partial over all",
    "that all of the participant's obligations are here, and that its pay-in limit is the one "
    "agreed: compare them with your own books",
    "that its counterparties were told the same of their common obligations: compare the rows",
    "what others owe each other, and the totals that are published",
]
CANNOT_WITHOUT_PUBLIC = (
    "that others were shown the same levels: give the public package, whose root everyone sees"
)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def verify_package(
    directory: str | Path,
    public_dir: str | Path | None = None,
    *,
    statement: str | Path | None = None,
    house_keys: Sequence[str] = (),
) -> Verdict:
    """Check what a participant's package, or a public one, can be checked for by itself.

    Args:
        directory: The package.
        public_dir: The public package of the same result.
        statement: The house's statement of publication, if it is given apart; one that lies in
            the package is found.
        house_keys: Keys that are the house's: 64 hexadecimal digits, or files with one a line.

    Returns:
        The verdict, with what cannot be established this way in ``verdict.cannot``.

    Example:
        >>> verify_package("no such folder").ok
        False
    """
    verdict = Verdict()
    root = Path(directory)
    given = find_statement(root, None if statement is None else Path(statement))
    if (root / "public.json").is_file():
        found: list[dict[str, Any]] = []
        if verdict.check("public.form", lambda: _check_public(root, found)):
            _check_statement(verdict, found[0], given, house_keys)
        verdict.cannot.append("any total: a public package only says which result it is of")
        return verdict
    package = _Package(root, verdict)
    package.run(None if public_dir is None else Path(public_dir))
    if hasattr(package, "content"):
        _check_statement(verdict, package.content, given, house_keys)
    return verdict


def _check_statement(
    verdict: Verdict, content: dict[str, Any], path: Path | None, house_keys: Sequence[str]
) -> None:
    """Check the statement of publication, if there is one, against a package's head."""
    verdict.standing = read_standing(content)
    if path is None:
        return
    found = {
        "input": content["input_digest"], "result": content["result_digest"],
        "root": content["root"], "leaves": content["leaves"],
        "parameters": content["parameters"],
    }  # fmt: skip
    check_statement_of(verdict, path, house_keys, found)


def _check_public(root: Path, found: list[dict[str, Any]]) -> str:
    public = _read_public(root)
    found.append(public)
    return f"root {public['root']} over {public['leaves']} leaves"


def _read_public(root: Path) -> dict[str, Any]:
    names = sorted({path.name for path in root.iterdir()} - {STATEMENT_FILE})
    require(names == ["public.json"], "a public package holds public.json and nothing else")
    public = read_json(root / "public.json")
    require(isinstance(public, dict), "public.json is not an object")
    require(public.get("format") == PUBLIC_FORMAT, f"the format is not {PUBLIC_FORMAT}")
    wanted = {*COMMON, "format", *_check_standing(public), "blocks", "withheld"}
    require(set(public) == wanted, f"public.json must have exactly {sorted(wanted)}")
    _check_common(public)
    return dict(public)


def _check_standing(content: dict[str, Any]) -> dict[str, Any]:
    """What a package says of itself; of a house's runs only the final one's levels leave."""
    standing = read_standing(content)
    if standing.run is not None:
        require(standing.run["kind"] == "final", f"levels of the {standing.words} never leave")
    return standing.said()


def _check_common(content: dict[str, Any]) -> None:
    for name in ("root", "input_digest", "result_digest"):
        require(is_digest(content[name]), f"{name} is not a SHA-256")
    require(type(content["leaves"]) is int and content["leaves"] >= 0, "leaves is no count")
    read_parameters(content["parameters"])


class _Package:
    """A participant's package under check."""

    content: dict[str, Any]
    view: OwnView

    def __init__(self, root: Path, verdict: Verdict) -> None:
        self.root = root
        self.verdict = verdict

    def run(self, public: Path | None) -> None:
        """Check claim by claim."""
        check = self.verdict.check
        self.verdict.cannot += CANNOT_ALONE
        if public is None:
            self.verdict.cannot.append(CANNOT_WITHOUT_PUBLIC)
        if not check("package.form", self._read):
            return
        if public is not None:
            check("public", lambda: self._check_against(public))
        check("levels.own", self._open_own)
        check("levels.counterparties", self._open_others)
        check("levels.house", self._open_house)
        check("obligations.csv", self._check_table)
        if not check("obligations.amounts", self.view.check_rows):
            return
        check("balance", self.view.check_balance)
        check("certificate", self.view.check_certificate)
        check("split", self.view.check_split)
        check("rounding", self.view.check_rounding)
        check("claims", lambda: check_claims(self.view, read_json(self.root / "claims.json")))

    def _read(self) -> str:
        names = sorted({path.name for path in self.root.iterdir()} - {STATEMENT_FILE})
        wanted = ["claims.json", "obligations.csv", "participant.json"]
        require(names == wanted, f"a package holds {', '.join(wanted)} and nothing else")
        content = read_json(self.root / "participant.json")
        require(isinstance(content, dict), "participant.json is not an object")
        require(content.get("format") == PARTICIPANT_FORMAT, f"format is not {PARTICIPANT_FORMAT}")
        keys = {*COMMON, "format", *_check_standing(content), "participant", "blocks",
                "nodes", "counterparties", "house_nodes", "rows"}
        require(set(content) == keys, f"participant.json must have exactly {sorted(keys)}")
        _check_common(content)
        self.content = dict(content)
        rows = [_read_row(row) for row in content["rows"]]
        claims = read_json(self.root / "claims.json")
        self.view = OwnView(self.content, rows, read_parameters(content["parameters"]), claims)
        return f"{len(rows)} rows, {len(content['counterparties'])} counterparties"

    def _check_against(self, directory: Path) -> str:
        public = _read_public(directory)
        for name in (*COMMON, *NAMES):
            same = public.get(name) == self.content.get(name)
            require(same, f"the public package has another {name}")
        terms = {block["unit"]: block for block in public["blocks"]}
        for block in self.content["blocks"]:
            shown = terms.get(block["unit"], {})
            odd = [name for name in block if shown.get(name) != block[name]]
            require(not odd, f"the public package has another {', '.join(odd)}")
        return f"the same root {public['root']} as everyone sees"

    def _open_own(self) -> str:
        own = self.content["nodes"]
        for node in own:
            require(node["participant"] == self.content["participant"], "a node of another")
            require(is_digest(node["row_salt"]), "a salt has 32 bytes")
            rows = b"".join(row_bytes(row) for row in self.view.rows_of(node))
            digest = hashlib.sha256(bytes.fromhex(node["row_salt"]) + rows).digest()
            name = [node["participant"], node["currency"]]
            check_opening(node, name, digest, self.content["root"])
        return f"{len(own)} own nodes, levels and rows, open under the root"

    def _open_others(self) -> str:
        others = self.content["counterparties"]
        for node in others:
            require(is_digest(node["rows"]), "the digest of rows is not a SHA-256")
            name = [node["participant"], node["currency"]]
            rows = bytes.fromhex(node["rows"])
            check_opening(node, name, rows, self.content["root"])
        return f"{len(others)} counterparties' levels open under the root"

    def _open_house(self) -> str:
        house = self.content["house_nodes"]
        for node in house:
            name = [node["kind"], node["side"], node["currency"]]
            check_opening(node, name, NO_ROWS, self.content["root"])
        return f"{len(house)} house nodes open under the root"

    def _check_table(self) -> str:
        table, _, refused = read_csv(self.root / "obligations.csv")
        require(not refused, "obligations.csv has a row that cannot be read")
        found = [list(row.values()) for row in table.to_pylist()]
        names = ["id", "debtor", "creditor", "counterparty", "currency", "due_date",
                 "gross_minor", "set_off_minor", "settled_minor", "residual_minor",
                 "set_off_points", "settled_points"]
        require(table.column_names == names, f"the columns are not {', '.join(names)}")
        me = self.content["participant"]
        wanted = [_table_row(row, me) for row in self.view.rows]
        require(found == wanted, "obligations.csv does not say what participant.json says")
        return f"{len(found)} rows as in participant.json"


def _read_row(row: Any) -> OwnRow:
    require(isinstance(row, list) and len(row) == 10, "a row has ten entries")
    texts, due, numbers = row[:4], row[4], row[5:]
    require(all(isinstance(text, str) for text in texts), "a row begins with four texts")
    require(
        all(isinstance(text, str) and _NUMBER.fullmatch(text) for text in numbers),
        "a row ends with five numbers",
    )
    require(due is None or isinstance(due, str), "a due date is text or nothing")
    name, debtor, creditor, currency = texts
    require(currency in exponents(), f"no such currency: {currency}")
    amount, set_off, settled, set_off_points, settled_points = map(int, numbers)
    return OwnRow(
        name, debtor, creditor, currency, due, amount, set_off, settled, set_off_points,
        settled_points,
    )


def _table_row(row: OwnRow, me: str) -> list[str]:
    texts = [row.id, row.debtor, row.creditor, row.creditor if row.debtor == me else row.debtor]
    marked = [f"'{text}" if may_be_formula(text) else text for text in texts]
    residual = row.amount_minor - row.set_off_minor - row.settled_minor
    numbers = [row.amount_minor, row.set_off_minor, row.settled_minor, residual,
               row.set_off_points, row.settled_points]
    return [*marked, row.currency, row.due or "", *map(str, numbers)]
