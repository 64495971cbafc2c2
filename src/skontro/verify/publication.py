# SPDX-License-Identifier: Apache-2.0
"""The statement of publication: what two people signed, and of which run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skontro.verify.files import STATEMENT_FILE, canonical_json, is_digest
from skontro.verify.papers import (
    PUBLICATION,
    Paper,
    check_signatures,
    check_whose,
    is_signed,
    only,
    read_paper,
)
from skontro.verify.stages import read_parameters
from skontro.verify.standing import Standing, read_standing
from skontro.verify.verdict import ClaimFailed, Verdict, require

ACT_FORMAT = "skontro.act/1"
EFFECTS = {"final": "set-off", "recast": "settlement"}
"""What is published, by an act named after it, and what that brings about."""
_KEYS = {
    "number", "house", "house_name", "demonstration", "effect", "screened", "run", "digests",
    "root", "leaves", "act", "maker", "checker", "value_date", "published_at", "journal",
}  # fmt: skip
_DIGESTS = {"set", "input", "result", "manifest"}


@dataclass(frozen=True)
class Publication:
    """A statement of publication whose own claims hold.

    Attributes:
        paper: The paper.
    """

    paper: Paper

    @property
    def content(self) -> dict[str, Any]:
        """What it says."""
        return self.paper.content

    def check_run(self, standing: Standing, found: dict[str, Any]) -> str:
        """It is of this very run.

        Args:
            standing: What the result says it is.
            found: Digests and other entries of the result, by the statement's names.
        """
        require(standing.run is not None, "a calculation is never published: it stays one")
        require(self.content["run"] == standing.run, "the statement is of another run")
        said = {**self.content["digests"], "root": self.content["root"],
                "leaves": self.content["leaves"],
                "parameters": self.content["act"]["content"]["parameters"]}  # fmt: skip
        for name, value in found.items():
            require(said[name] == value, f"the statement is of another {name}")
        return f"{standing.words}, published {self.content['published_at']}"


def find_statement(folder: Path, given: Path | None) -> Path | None:
    """The statement of publication given, or the one that lies in a folder or package."""
    inside = folder / STATEMENT_FILE
    return given if given is not None else inside if inside.is_file() else None


def check_publication(
    verdict: Verdict, path: Path, house_keys: Sequence[str]
) -> Publication | None:
    """Check a statement of publication by itself, claim by claim.

    Args:
        verdict: Where the claims are recorded.
        path: The statement.
        house_keys: Keys that are the house's, as a person gave them; a warning is noted where
            there are none.

    Returns:
        The statement, or nothing where a claim of it does not hold.
    """
    read: list[Paper] = []

    def form() -> str:
        paper = read_paper(path)
        require(paper.kind == PUBLICATION, f"this is a paper of another kind: {paper.kind}")
        _check_form(paper)
        read.append(paper)
        return f"number {paper.content['number']}"

    if not verdict.check("publication.form", form):
        return None
    paper = read[0]
    holds = verdict.check("publication.signature", lambda: check_signatures(paper))
    holds &= check_whose(verdict, "publication.key", paper, house_keys)
    holds &= verdict.check("publication.approval", lambda: _check_approval(paper.content))
    return Publication(paper) if holds else None


def check_statement_of(
    verdict: Verdict,
    path: Path,
    house_keys: Sequence[str],
    found: dict[str, Any],
) -> None:
    """Check a statement of publication and that it is of this result; note its key if so.

    Args:
        verdict: Where the claims are recorded; its standing is what the result says it is.
        path: The statement.
        house_keys: Keys that are the house's, as a person gave them.
        found: Digests and other entries of the result, by the statement's names.
    """
    standing = verdict.standing
    statement = check_publication(verdict, path, house_keys)
    if statement is not None and verdict.check(
        "publication.run", lambda: statement.check_run(standing, found)
    ):
        standing.key = statement.paper.key_id


def _check_form(paper: Paper) -> None:
    content = only(paper.content, _KEYS, "the statement")
    require(not paper.names, "a statement of publication names nobody")
    run, digests = head_of_run(content, kinds=tuple(EFFECTS)), content["digests"]
    require(content["effect"] == EFFECTS[run["kind"]] and content["screened"] is True, "the effect")
    which = "publication" if run["kind"] == "final" else f"recast/{run['number']}"
    number = f"{content['house']}/{run['cycle']}/{which}"
    require(content["number"] == number, f"its number is {number}")
    require(is_digest(content["root"]), "the root is no SHA-256")
    require(type(content["leaves"]) is int and content["leaves"] >= 0, "leaves is no count")
    act = only(content["act"], {"number", "kind", "digest", "content"}, "the act")
    require(act["kind"] == f"run.{run['kind']}", f"the act is not run.{run['kind']}")
    said = act["content"]
    wanted = {"cycle", "parameters", *_DIGESTS}
    require(isinstance(said, dict) and wanted <= set(said), f"an act names {sorted(wanted)}")
    read_parameters(said["parameters"])
    require(said["cycle"] == run["cycle"], "the act is of another cycle")
    for name in _DIGESTS:
        require(said[name] == digests[name], f"the act is of another {name}")
    only(content["maker"], {"person", "public_key", "signature"}, "the maker")
    only(content["checker"], {"person", "public_key", "signature"}, "the checker")


def head_of_run(
    content: dict[str, Any], *, kinds: Sequence[str] = ("final",)
) -> dict[str, Any]:
    """Check what every paper of a run begins with, and return the run.

    Args:
        content: The content of the paper.
        kinds: Which kinds of runs such a paper may be of.
    """
    run = read_standing({**_said(content["run"]), "run": content["run"]}).run or {}
    require(run["kind"] in kinds, f"a paper of a run that is none of {', '.join(kinds)}")
    for name in ("house", "demonstration"):
        require(content[name] == run[name], "house and run do not go together")
    digests = only(content["digests"], _DIGESTS, "the digests")
    require(all(map(is_digest, digests.values())), "a digest is no SHA-256")
    journal = only(content["journal"], {"entry", "hash"}, "the journal's head")
    require(type(journal["entry"]) is int and is_digest(journal["hash"]), "the journal's head")
    return run


def _said(run: Any) -> dict[str, Any]:
    """What a file of this run would say of itself."""
    if not isinstance(run, dict) or "demonstration" not in run:
        raise ClaimFailed("the statement names no run")
    return {name: value for name, value in Standing(run).said().items() if name != "run"}


def _check_approval(content: dict[str, Any]) -> str:
    """Two different people signed the digest of exactly this act."""
    act, maker, checker = content["act"], content["maker"], content["checker"]
    body = {
        "format": ACT_FORMAT, "house": content["house"], "number": act["number"],
        "kind": act["kind"], "content": act["content"],
    }  # fmt: skip
    digest = hashlib.sha256(canonical_json(body)).hexdigest()
    require(digest == act["digest"], f"the act comes to {digest}")
    require(maker["person"] != checker["person"], "maker and checker are one person")
    require(maker["public_key"] != checker["public_key"], "maker and checker share a key")
    for role, one in (("maker", maker), ("checker", checker)):
        text = f"{ACT_FORMAT} {role} {digest}".encode("ascii")
        require(
            is_signed(one["public_key"], text, one["signature"]),
            f"the {role}'s signature does not hold",
        )
    return f"act {act['number']}: made by {maker['person']}, checked by {checker['person']}"
