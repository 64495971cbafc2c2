# SPDX-License-Identifier: Apache-2.0
"""The sensitive acts: what two different people must sign before it happens.

An act is proposed by a maker and approved by a checker. Both sign the same digest, which covers
the house, the act's number, its kind and its content: exactly what happens, and nothing else.
The maker's signature cannot stand in for the checker's: each is made under its own heading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from skontro.core.digest import canonical_json
from skontro.core.errors import Forbidden, Rejected

ACT_FORMAT = "skontro.act/1"

ACTS: dict[str, str] = {
    "person.admit": "admit a person, with a key and rights",
    "person.rights": "change what a person may do",
    "person.access": "say in which roles a person comes in over the network",
    "person.leave": "end a person's work in the house",
    "participant.admit": "admit a firm",
    "participant.change": "change a firm's side, currency, agreement or consent",
    "participant.suspend": "suspend a firm, or end the suspension",
    "participant.leave": "let a firm leave",
    "participant.default": "declare a default or insolvency",
    "participant.estate": "let the estate of a firm in default be paid",
    "agency.change": "let an agent file for a firm, or end it",
    "bank_details.change": "change where a firm is paid",
    "limits.change": "change pay-in limits, border quotas or working balances",
    "rules.change": "change the house's rules or calendar",
    "fixing.declare": "declare the exchange rates of a cycle",
    "cycle.extend": "move a cycle's cut-off, or the end of its correction window",
    "cycle.pause": "pause a cycle, or let it go on",
    "cycle.correct": "take an obligation out in the correction window",
    "duplicate.clear": "let a suspected duplicate go on",
    "obligation.oppose": "make good a fraud after finality by an opposite obligation",
    "run.final": "publish the final run: set-off is final",
    "run.recast": "publish a recast: money goes by it, set-off stays",
    "payment.release": "let payments leave",
    "suspense.assign": "say whose money in suspense is, or return it",
    "doubt.settle": "say which of a bank's answers is right: it paid, or it refused",
    "house.certificate": "take a new certificate for signing papers into use",
    "entry.reverse": "undo a journal entry by a new one",
    "pack.adopt": "put a side's rule pack for goods into force",
    "licence.enter": "enter a licence an authority gave, or change it",
    "licence.revoke": "end a licence that the authority took back",
    "case.decide": "decide whether a party is who stands on a list",
    "case.release": "let go a party that was confirmed, on an authority's word",
    "order.reverse": "make good what was final by opposite obligations, on an authority's order",
    "list.smaller": "let a list in that lost more than the house's share",
    "list.retire": "retire a list of the house's own",
    "register.erase": "erase a person's data",
    "house.key": "take a new signing key into use",
    "house.resume": "let a restored house write again",
}
"""Every sensitive act and what it does. To make or to check one takes the right of its name."""


READS: dict[str, str] = {
    "gate.read": "see what the gate holds, suspects and reports: compliance and the authority",
}
"""Rights that let somebody look and do nothing."""

RIGHTS = ACTS | READS
"""Every right a person can have."""


class Signer(Protocol):
    """Whoever can sign: holds a private key."""

    @property
    def public_key(self) -> str:
        """The Ed25519 public key, hexadecimal."""

    def sign(self, message: bytes) -> str:
        """Sign a message; the signature is hexadecimal."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A signer who is not there yet: what it stands under is drafted, and signed later.

    Attributes:
        public_key: The key that will sign, hexadecimal.
    """

    public_key: str

    def sign(self, message: bytes) -> str:
        """Refuse: nothing but an act can be drafted.

        Raises:
            Forbidden: Always.
        """
        raise Forbidden("this takes a signature, and none was given", code="WrongKey",
                        next_step="sign it with your own key")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """A signature that was made elsewhere, where the private key is.

    Attributes:
        public_key: Whose it must be, hexadecimal.
        signature: Hexadecimal.

    Example:
        >>> Given("11" * 32, "00" * 64).sign(b"text")
        Traceback (most recent call last):
        skontro.core.errors.Forbidden: the signature is not of this key over this text
    """

    public_key: str
    signature: str

    def sign(self, message: bytes) -> str:
        """Return the signature, provided that it is of this key and over this message.

        Raises:
            Forbidden: It is not.
        """
        if not is_signed(self.public_key, message, self.signature):
            raise Forbidden("the signature is not of this key over this text", code="WrongKey",
                            next_step="sign exactly the text that was shown")  # fmt: skip
        return self.signature


@dataclass(frozen=True, slots=True)
class Act:
    """A sensitive act as it was proposed.

    Attributes:
        house: Id of the house.
        number: Number of the act.
        kind: One of :data:`ACTS`.
        content: Exactly what happens: plain values.
    """

    house: str
    number: int
    kind: str
    content: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the act, hexadecimal: what both people sign.

        Example:
            >>> Act("h", 1, "run.final", {}).digest == Act("h", 2, "run.final", {}).digest
            False
        """
        body = {
            "format": ACT_FORMAT, "house": self.house, "number": self.number,
            "kind": self.kind, "content": dict(self.content),
        }  # fmt: skip
        return hashlib.sha256(canonical_json(body)).hexdigest()


def signed_text(digest: str, role: str) -> bytes:
    """Return what a maker or a checker signs.

    Args:
        digest: Digest of the act, hexadecimal.
        role: ``maker`` or ``checker``.
    """
    return f"{ACT_FORMAT} {role} {digest}".encode("ascii")


WEAK_KEYS = frozenset({
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
})  # fmt: skip
"""Keys of small order, without the bit of the sign: anybody can sign for them."""


def check_public_key(public_key: str) -> None:
    """Refuse what is no Ed25519 key, or one that anybody can sign for.

    Raises:
        Rejected: It is not 64 hexadecimal digits of such a key.

    Example:
        >>> check_public_key("00" * 31)
        Traceback (most recent call last):
        skontro.core.errors.Rejected: a public key is 64 hexadecimal digits
    """
    try:
        raw = bytes.fromhex(public_key)
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise Rejected("a public key is 64 hexadecimal digits", code="InvalidKey") from None
    if (raw[:31] + bytes([raw[31] & 0x7F])).hex() in WEAK_KEYS:
        raise Rejected("this public key is one that anybody can sign for", code="InvalidKey")


def key_id_of(public_key: str) -> str:
    """Return the id of a key: the first 16 digits of its SHA-256.

    Args:
        public_key: Ed25519, hexadecimal.

    Example:
        >>> key_id_of("00" * 32)
        '66687aadf862bd77'
    """
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Whether a signature over a message is that of a key.

    Args:
        public_key: Ed25519, hexadecimal.
        message: The bytes signed.
        signature: Hexadecimal.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
