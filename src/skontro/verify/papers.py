# SPDX-License-Identifier: Apache-2.0
"""Signed papers of a house: their one form, their signatures, and whose key it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skontro.verify.files import canonical_json, is_digest, parse_json, written_json
from skontro.verify.verdict import ClaimFailed, Verdict, require

PAPER_FORMAT = "skontro.paper/1"
NAMES_FORMAT = "skontro.names/1"
PUBLICATION = "publication"
SET_OFF_NOTICE = "set-off notice"
ACCOUNT_STATEMENT = "account statement"
DEFAULT_NOTICE = "default notice"
HOUSE_REPORT = "house report"
HOUSE_KEYS = "house keys"
AUTHORITY_REPORT = "report to the authority"
TRADE_REPORT = "trade report"
KINDS = (
    PUBLICATION, SET_OFF_NOTICE, ACCOUNT_STATEMENT, DEFAULT_NOTICE, HOUSE_REPORT, HOUSE_KEYS,
    AUTHORITY_REPORT, TRADE_REPORT,
)  # fmt: skip
KEY_ID_DIGITS = 16
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True)
class Paper:
    """A signed paper in its one form.

    Attributes:
        kind: One of :data:`KINDS`.
        content: What it says; ids and amounts, never a name.
        names: Names by id, as the register had them; none once erased.
        signatures: Under the content and under the names.
    """

    kind: str
    content: dict[str, Any]
    names: dict[str, Any]
    signatures: dict[str, Any]

    @property
    def key_id(self) -> str:
        """Id of the key under the content."""
        return str(self.signatures["content"]["key_id"])

    @property
    def public_key(self) -> str:
        """The key under the content, hexadecimal."""
        return str(self.signatures["content"]["public_key"])

    def signed(self, part: str) -> bytes:
        """The bytes that are signed.

        Args:
            part: ``content`` or ``names``.
        """
        content = canonical_json(
            {"format": PAPER_FORMAT, "kind": self.kind, "content": self.content}
        )
        if part == "content":
            return content
        digest = hashlib.sha256(content).hexdigest()
        return canonical_json({"format": NAMES_FORMAT, "content": digest, "names": self.names})


def key_id_of(public_key: str) -> str:
    """The id of a key: the first digits of its SHA-256.

    Example:
        >>> key_id_of("00" * 32)
        '66687aadf862bd77'
    """
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:KEY_ID_DIGITS]


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Whether a signature over a message is that of an Ed25519 key; both hexadecimal."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_paper(path: Path) -> Paper:
    """Read a paper and require the one form in which it may be written."""
    return parse_paper(path.read_bytes(), path.name)


def parse_paper(data: bytes, name: str) -> Paper:
    """Understand a paper and require the one form in which it may be written.

    Args:
        data: The paper.
        name: What it is called, for messages.
    """
    value = parse_json(data, name)
    require(isinstance(value, dict), f"{name} is not an object")
    keys = {"format", "kind", "content", "names", "signatures"}
    require(set(value) == keys, f"a paper must have exactly {sorted(keys)}")
    require(value["format"] == PAPER_FORMAT, f"the format is not {PAPER_FORMAT}")
    require(value["kind"] in KINDS, f"no such paper: {value['kind']!r}")
    require(written_json(value) == data, f"{name} is not in its one written form")
    content, names, signatures = value["content"], value["names"], value["signatures"]
    require(isinstance(content, dict), "the content is not an object")
    require(
        isinstance(names, dict)
        and all(one is None or isinstance(one, str) for one in names.values()),
        "names are texts by id, or nothing where they were erased",
    )
    require(
        isinstance(signatures, dict) and set(signatures) == {"content", "names"},
        "there is one signature under the content and one under the names",
    )
    for one in signatures.values():
        good = isinstance(one, dict) and set(one) == {"key_id", "public_key", "signature"}
        require(good and is_digest(one["public_key"]), "a key has 64 hexadecimal digits")
        written = isinstance(one["signature"], str) and _SIGNATURE.fullmatch(one["signature"])
        require(written, "a signature has 128 hexadecimal digits")
        require(one["key_id"] == key_id_of(one["public_key"]), "the key id is not the key's")
    return Paper(str(value["kind"]), content, names, signatures)


def check_signatures(paper: Paper) -> str:
    """Both signatures are those of the key that stands beside them, and it is one key."""
    for part, one in paper.signatures.items():
        require(
            is_signed(one["public_key"], paper.signed(part), one["signature"]),
            f"the signature under the {part} does not hold",
        )
    keys = {one["public_key"] for one in paper.signatures.values()}
    require(len(keys) == 1, "content and names are signed with different keys")
    return f"content and names are signed with key {paper.key_id}"


def read_house_keys(given: Sequence[str]) -> dict[str, str]:
    """Understand the keys that a person says are the house's.

    Args:
        given: Keys of 64 hexadecimal digits, or files that hold some, one a line.

    Returns:
        The keys by their ids.

    Raises:
        ClaimFailed: One is neither.
    """
    found: dict[str, str] = {}
    for each in given:
        texts = [each]
        if not is_digest(each):
            path = Path(each)
            require(path.is_file(), f"{each!r} is neither a key nor a file with one")
            texts = path.read_text("utf-8").split()
        for text in texts:
            require(is_digest(text), f"{text[:80]!r} is no key of 64 hexadecimal digits")
            found[key_id_of(text)] = text
    require(found or not given, "there is no key in it")
    return found


def check_whose(verdict: Verdict, claim: str, paper: Paper, given: Sequence[str]) -> bool:
    """Check that the key under a paper is the house's, or say that nobody has told us so.

    Args:
        verdict: Where the claim, or the warning, is recorded.
        claim: Name of the claim.
        paper: The paper.
        given: Keys that are the house's, as a person gave them.
    """
    if not given:
        verdict.cannot.append(
            f"that key {paper.key_id} ({paper.public_key}) is the house's: compare it with the "
            "one the house gave you, or give that one with --house-key"
        )
        return True

    def is_given() -> str:
        keys = read_house_keys(given)
        require(
            paper.public_key in keys.values(),
            f"it is signed with key {paper.key_id}, which is not {' or '.join(sorted(keys))}",
        )
        return f"key {paper.key_id} is the one given"

    verdict.standing.compared = verdict.check(claim, is_given)
    return verdict.standing.compared


def whole(value: Any, name: str, *, negative: bool = False) -> int:
    """An amount written as text, in its one form.

    Args:
        value: The text.
        name: What it is, for the message.
        negative: Whether it may be below nought.

    Example:
        >>> whole("-5", "x", negative=True), whole("0", "x")
        (-5, 0)
    """
    pattern = r"0|-?[1-9][0-9]{0,39}" if negative else r"0|[1-9][0-9]{0,39}"
    if not (isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII)):
        raise ClaimFailed(f"{name}: {value!r} is no whole number as text")
    return int(value)


def only(value: Any, keys: set[str], what: str) -> dict[str, Any]:
    """An object with exactly these entries."""
    require(isinstance(value, dict), f"{what} is not an object")
    odd = sorted(set(value) ^ keys)
    require(not odd, f"{what}: {', '.join(odd)} is missing or too many")
    return dict(value)
