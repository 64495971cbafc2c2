# SPDX-License-Identifier: Apache-2.0
"""Signed papers as bytes: one form, amounts as text, names apart so that they can be erased.

A paper has two parts, each under the house's signature: its content, with ids and amounts, and the
names that the register has for those ids. Once a name is erased the paper says so, and content and
signature are what they were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skontro.core.digest import canonical_json
from skontro.core.errors import NoSuchFile, Rejected
from skontro.house.acts import Signer, is_signed, key_id_of

PAPER_FORMAT = "skontro.paper/1"
NAMES_FORMAT = "skontro.names/1"
PUBLICATION = "publication"
STATEMENT_FILE = "publication.json"
"""Name of the statement of publication in a folder or package."""


@dataclass(frozen=True)
class Paper:
    """A signed paper.

    Attributes:
        kind: ``publication``, ``set-off notice`` and so on.
        content: What it says; ids and amounts, never a name.
        names: The names of participants by id; None where one was erased.
        signatures: Key id, public key and signature, of the content and of the names.
    """

    kind: str
    content: dict[str, Any]
    names: dict[str, str | None]
    signatures: dict[str, dict[str, str]]

    @property
    def key_id(self) -> str:
        """Id of the key it is signed with."""
        return self.signatures["content"]["key_id"]

    def as_json(self) -> dict[str, Any]:
        """The paper as plain values."""
        return {
            "format": PAPER_FORMAT, "kind": self.kind, "content": self.content,
            "names": self.names, "signatures": self.signatures,
        }  # fmt: skip

    def as_bytes(self) -> bytes:
        """The paper in the one form in which it is written."""
        text = json.dumps(self.as_json(), sort_keys=True, indent=2, ensure_ascii=False)
        return (text + "\n").encode()

    def as_text(self) -> str:
        """The paper as a person reads it."""
        from skontro.messages.notices import paper_text

        return paper_text(self)

    def save(self, path: str | Path) -> None:
        """Write the paper to a file."""
        Path(path).write_bytes(self.as_bytes())


def signed_bytes(
    kind: str, content: Mapping[str, Any], names: Mapping[str, str | None]
) -> dict[str, bytes]:
    """Return the bytes that are signed, of the content and of the names."""
    first = canonical_json({"format": PAPER_FORMAT, "kind": kind, "content": dict(content)})
    digest = hashlib.sha256(first).hexdigest()
    second = canonical_json({"format": NAMES_FORMAT, "content": digest, "names": dict(names)})
    return {"content": first, "names": second}


def sign_paper(
    kind: str, content: Mapping[str, Any], names: Mapping[str, str | None], signer: Signer
) -> Paper:
    """Sign a paper.

    Args:
        kind: ``publication``, ``set-off notice`` and so on.
        content: What it says: plain values, whole numbers as text.
        names: Names by id.
        signer: The house's key.
    """
    key_id = key_id_of(signer.public_key)
    signatures = {
        part: {
            "key_id": key_id, "public_key": signer.public_key, "signature": signer.sign(message),
        }
        for part, message in signed_bytes(kind, content, names).items()
    }  # fmt: skip
    return Paper(kind, dict(content), dict(names), signatures)


def read_paper(path: str | Path, kind: str | None = None) -> Paper:
    """Read a paper back and check its signatures; whose key it is stays to be seen.

    Args:
        path: The file.
        kind: What it must be, if anything.

    Raises:
        NoSuchFile: There is none.
        Rejected: It is no such paper, or a signature under it does not hold.
    """
    place = Path(path)
    try:
        data = place.read_bytes()
    except OSError:
        raise NoSuchFile(f"{place}: no paper there") from None
    try:
        value = json.loads(data)
        paper = Paper(value["kind"], value["content"], value["names"], value["signatures"])
        messages = signed_bytes(paper.kind, paper.content, paper.names)
        holds = value["format"] == PAPER_FORMAT and data == paper.as_bytes() and all(
            is_signed(one["public_key"], messages[part], one["signature"])
            for part, one in paper.signatures.items()
        )
        holds = holds and set(paper.signatures) == set(messages)
    except (ValueError, KeyError, TypeError, AttributeError):
        holds = False
    if not holds or kind not in (None, value["kind"]):
        raise Rejected(
            f"{place} is not a signed paper of a house" + (f": no {kind}" if kind else ""),
            code="NotAPaper", next_step="check it with: skontro verify",
        )  # fmt: skip
    return paper
