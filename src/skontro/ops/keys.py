# SPDX-License-Identifier: Apache-2.0
"""Signing keys in files, locked with a passphrase."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skontro.core.errors import Conflict, Forbidden, NoSuchFile, UnreadableFile

LEAST_PASSPHRASE = 12


class SigningKey:
    """An Ed25519 key that signs."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes_raw().hex()
        """The public key, hexadecimal."""

    @classmethod
    def new(cls) -> SigningKey:
        """Make a new key, held in memory alone."""
        return cls(Ed25519PrivateKey.generate())

    def sign(self, message: bytes) -> str:
        """Sign a message; the signature is hexadecimal."""
        return self._key.sign(message).hex()

    def save(self, path: Path, passphrase: str) -> None:
        """Write the key, locked, where nothing lies yet; for its owner's eyes only.

        Raises:
            Conflict: Something lies there.
            Forbidden: The passphrase is too short.
        """
        if len(passphrase) < LEAST_PASSPHRASE:
            raise Forbidden(
                f"a passphrase has at least {LEAST_PASSPHRASE} characters",
                code="WeakPassphrase",
                next_step="choose a longer one: a few words will do",
            )
        locked = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Conflict(f"{path} is there already", code="TargetTaken") from None
        with os.fdopen(handle, "wb") as file:
            file.write(locked)
            file.flush()
            os.fsync(file.fileno())

    @classmethod
    def load(cls, path: Path, passphrase: str) -> SigningKey:
        """Open a key file.

        Raises:
            NoSuchFile: There is none.
            Forbidden: The passphrase is wrong.
            UnreadableFile: It holds no signing key.
        """
        try:
            locked = path.read_bytes()
        except OSError:
            raise NoSuchFile(
                f"{path}: no key file there", next_step="make one with: skontro people key"
            ) from None
        try:
            key = serialization.load_pem_private_key(locked, passphrase.encode())
        except (ValueError, TypeError):
            raise Forbidden(
                f"{path}: the passphrase does not open this key", code="WrongPassphrase",
                next_step="see that it is the file of a private key (.pem), and type the "
                "passphrase it was made with",
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise UnreadableFile(f"{path} holds no Ed25519 key")
        return cls(key)
