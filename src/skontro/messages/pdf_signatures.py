# SPDX-License-Identifier: Apache-2.0
"""The house's electronic signature over a whole PDF: PAdES, made with pyhanko."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import io
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

FIELD = "House"
CERTIFICATE_FORMAT = "skontro.certificate/1"
"""What the house's key signs of a signing certificate: this, the house and the fingerprints."""


class Certified(Protocol):
    """Whoever signs PDFs: an RSA key with its certificate."""

    @property
    def certificates(self) -> list[bytes]:
        """Its certificate, and those that issued it, as DER."""

    @property
    def signature_bytes(self) -> int:
        """How long a signature is."""

    def sign(self, message: bytes) -> bytes:
        """Sign a message: RSA, PKCS#1 v1.5, SHA-256."""

    def __hash__(self) -> int:
        """Which one it is."""


def endorsed_bytes(house: str, certificates: Iterable[bytes]) -> bytes:
    """Return what the house's own key signs of its signing certificate.

    Args:
        house: Id of the house.
        certificates: The certificate and those that issued it, DER.

    Example:
        >>> endorsed_bytes("h", [b""])[:26]
        b'skontro.certificate/1 h e3'
    """
    printed = sorted(hashlib.sha256(one).hexdigest() for one in certificates)
    return f"{CERTIFICATE_FORMAT} {house} {' '.join(printed)}".encode()


def sign_pdf(
    data: bytes, signer: Certified, at: datetime.datetime, *, reason: str, endorsement: str
) -> bytes:
    """Sign a PDF, from its first byte to its last.

    The same file, certificate and instant give the same bytes.

    Args:
        data: The file.
        signer: The house's signing certificate.
        at: When it is signed.
        reason: Why; stands in the signature.
        endorsement: The house's own key's signature of the certificate, hexadecimal.
    """
    from pyhanko.pdf_utils import generic
    from pyhanko.sign import fields, signers
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    out = _writer()(io.BytesIO(data))
    # pyhanko draws the second half of the file's id at random; the same input gives the same
    out._document_id[1] = generic.ByteStringObject(hashlib.sha256(data).digest()[:16])
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason, contact_info=endorsement,
    )  # fmt: skip
    session = signers.PdfSigner(meta, _signer(signer)).init_signing_session(out)
    session.system_time = at.replace(microsecond=0)
    reserved = 2 * (sum(map(len, signer.certificates)) + signer.signature_bytes + 3000)
    document = session.prepare_tbs_document(
        validation_info=None, bytes_reserved=reserved, appearance_text_params=None
    )
    written = io.BytesIO()
    digest, _ = document.digest_tbs_document(output=written)
    attributes = PdfCMSSignedAttributes(signing_time=session.system_time)
    asyncio.run(document.perform_signature(digest.document_digest, attributes))
    return bytes(written.getvalue())


@cache
def _writer() -> Any:
    """Return a writer of pyhanko's that lets the file's own dates stand."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Writer(IncrementalPdfFileWriter):
        """Adds to a file and says nothing of when: the signature says that."""

        def _update_meta(self) -> None:
            """Leave dates and producer as they are."""

    return Writer


@cache
def _signer(certified: Certified) -> Any:
    """Return a signer of pyhanko's that lets the house's key sign."""
    from asn1crypto import x509
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    certificates = [x509.Certificate.load(one) for one in certified.certificates]
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(certificates[1:])

    class HouseSigner(signers.Signer):
        """Signs with a key that pyhanko does not see."""

        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            """Sign attributes, or say how long a signature is."""
            return bytes(certified.signature_bytes) if dry_run else certified.sign(data)

    return HouseSigner(signing_cert=certificates[0], cert_registry=store, prefer_pss=False)
