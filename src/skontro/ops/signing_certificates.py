# SPDX-License-Identifier: Apache-2.0
"""The house's signing certificate: key and X.509 certificate of its electronic signature in PDF.

It lies in a PKCS#12 file, locked with the passphrase of the house's own key: issued by the house
itself, or brought from an authority that others trust already.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from skontro.core.errors import Conflict, Forbidden, NoSuchFile, UnreadableFile

KEY_BITS = 3072
VALID_YEARS = 10
_MOST_NAME = 64


class SigningCertificate:
    """An RSA key with its certificate, and those that issued it.

    RSA with PKCS#1 v1.5 signs the same bytes the same way each time.
    """

    def __init__(
        self, key: rsa.RSAPrivateKey, certificate: x509.Certificate,
        issuers: tuple[x509.Certificate, ...] = (),
    ) -> None:  # fmt: skip
        self._key = key
        self._certificate = certificate
        self._issuers = issuers

    @classmethod
    def new(cls, house: str, name: str, at: datetime.datetime) -> SigningCertificate:
        """Make a key and a certificate that the house issues to itself.

        Args:
            house: Id of the house.
            name: Its name.
            at: From when on it is valid, for ten years.
        """
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        subject = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, (name or house)[:_MOST_NAME]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Papers of {house}"[:_MOST_NAME]),
        ])
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=True, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        begins = at.replace(microsecond=0)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + datetime.timedelta(days=365 * VALID_YEARS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, made)

    @classmethod
    def load(cls, path: Path, passphrase: str) -> SigningCertificate:
        """Open a PKCS#12 file.

        Raises:
            NoSuchFile: There is none.
            Forbidden: The passphrase is wrong.
            UnreadableFile: It holds no RSA key with its certificate.
        """
        try:
            locked = path.read_bytes()
        except OSError:
            raise NoSuchFile(f"{path}: no signing certificate there") from None
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(
                locked, passphrase.encode()
            )
        except ValueError:
            raise Forbidden(f"{path}: the passphrase does not open this signing certificate",
                            code="WrongPassphrase") from None  # fmt: skip
        if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
            raise UnreadableFile(
                f"{path} holds no RSA key with its certificate",
                next_step="bring a PKCS#12 file with both",
            )
        return cls(key, certificate, tuple(others))

    def save(self, path: Path, passphrase: str) -> None:
        """Write key and certificate, locked, where nothing lies yet; for its owner's eyes only.

        Raises:
            Conflict: Something lies there.
        """
        locked = pkcs12.serialize_key_and_certificates(
            b"papers", self._key, self._certificate, self._issuers or None,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Conflict(f"{path} is there already", code="TargetTaken") from None
        with os.fdopen(handle, "wb") as file:
            file.write(locked)
            file.flush()
            os.fsync(file.fileno())

    def sign(self, message: bytes) -> bytes:
        """Sign a message: RSA, PKCS#1 v1.5, SHA-256."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    @property
    def signature_bytes(self) -> int:
        """How long a signature is."""
        return (self._key.key_size + 7) // 8

    @property
    def certificates(self) -> list[bytes]:
        """The certificate, and those that issued it, as DER."""
        return [
            one.public_bytes(serialization.Encoding.DER)
            for one in (self._certificate, *self._issuers)
        ]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal."""
        return hashlib.sha256(self.certificates[0]).hexdigest()

    @property
    def subject(self) -> str:
        """Whose it is, by RFC 4514."""
        return self._certificate.subject.rfc4514_string()

    @property
    def pem(self) -> str:
        """The certificate as PEM, to hand out."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def is_valid_at(self, at: datetime.datetime) -> bool:
        """Whether it is valid at an instant."""
        begins, ends = (
            self._certificate.not_valid_before_utc, self._certificate.not_valid_after_utc,
        )  # fmt: skip
        return begins <= at.replace(microsecond=0) <= ends
