# SPDX-License-Identifier: Apache-2.0
"""A house's paper as PDF: the signed paper inside it, and the signature over the whole file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skontro.verify.papers import Paper, is_signed
from skontro.verify.verdict import ClaimFailed, require

ATTACHMENT = "paper.json"
CERTIFICATE_FORMAT = "skontro.certificate/1"
MOST_BYTES = 1 << 28


def is_pdf(path: Path) -> bool:
    """Whether a file begins as a PDF does."""
    with path.open("rb") as file:
        return file.read(5) == b"%PDF-"


@dataclass(frozen=True)
class OpenedPdf:
    """A PDF with what a house put into it.

    Attributes:
        data: The whole file.
        paper: The signed paper inside, byte for byte.
        certificate: The certificate of who signed the file, DER.
        fingerprints: SHA-256 of that and of every other certificate in the signature, in order.
        endorsement: The signature of the house's own key under that certificate, hexadecimal.
        reader: The file as pyhanko reads it.
    """

    data: bytes
    paper: bytes
    certificate: bytes
    fingerprints: tuple[str, ...]
    endorsement: str
    reader: Any


def open_pdf(path: Path) -> OpenedPdf:
    """Take the paper and the signature out of a PDF.

    Raises:
        ClaimFailed: There is not exactly one of each, or it is no PDF.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    require(path.stat().st_size <= MOST_BYTES, f"{path.name} is larger than any paper")
    data = path.read_bytes()
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=True)
        files = reader.root["/AF"]
        require(len(files) == 1, "there is not exactly one attachment")
        named = files[0]
        require(str(named["/UF"]) == ATTACHMENT, f"the attachment is not {ATTACHMENT}")
        paper = bytes(named["/EF"]["/F"].data)
        signatures = reader.embedded_signatures
        require(len(signatures) == 1, "there is not exactly one signature over the file")
        signature = signatures[0]
        certificates = [one.chosen.dump() for one in signature.signed_data["certificates"]]
        return OpenedPdf(
            data, paper, signature.signer_cert.dump(), fingerprints_of(certificates),
            str(signature.sig_object.get("/ContactInfo", "")), reader,
        )  # fmt: skip
    except ClaimFailed:
        raise
    except Exception as error:  # whatever a damaged or hostile file makes a reader of PDFs say
        raise ClaimFailed(f"{path.name} cannot be read as a PDF of a house: {error}") from None


def check_pdf_signature(opened: OpenedPdf) -> str:
    """The signature covers every byte of the file and holds; nothing was added after it."""
    from asn1crypto import x509
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    signature = opened.reader.embedded_signatures[0]
    try:
        at = signature.self_reported_timestamp
        require(at is not None, "the signature says no time")
        status = validate_pdf_signature(signature, ValidationContext(
            trust_roots=[x509.Certificate.load(opened.certificate)], allow_fetching=False,
            moment=at,
        ))  # fmt: skip
        _check_container(opened)
    except ClaimFailed:
        raise
    except Exception as error:  # whatever a damaged signature makes pyhanko say
        raise ClaimFailed(f"the signature cannot be checked: {error}") from None
    require(status.intact and status.valid, "the file was changed after it was signed")
    whole = status.coverage is not None and status.coverage.name == "ENTIRE_FILE"
    require(whole, "the signature does not cover the whole file")
    return f"every byte is covered, signed {at:%Y-%m-%d %H:%M:%S} UTC"


def _check_container(opened: OpenedPdf) -> None:
    """The place the signature itself stands in holds it in its one form, and nothing else."""
    signature = opened.reader.embedded_signatures[0]
    first, length, second, rest = (int(one) for one in signature.byte_range)
    require(first == 0 and second + rest == len(opened.data), "the signature leaves bytes out")
    info = signed_one(signature.signed_data)
    written = _rebuilt(signature.signed_data, info).hex().upper().encode()
    (said,) = [one["values"][0]["certs"][0]["cert_hash"].native for one in info["signed_attrs"]
               if one["type"].native == "signing_certificate_v2"]  # fmt: skip
    require(hashlib.sha256(opened.certificate).digest() == said, "another certificate was meant")
    place = opened.data[length:second]
    wanted = b"<" + written.ljust(len(place) - 2, b"0") + b">"
    require(place == wanted, "the signature is not in its one form")


def fingerprints_of(certificates: Iterable[bytes]) -> tuple[str, ...]:
    """SHA-256 of some certificates, hexadecimal, in order."""
    return tuple(sorted(hashlib.sha256(one).hexdigest() for one in certificates))


def signed_one(signed: Any) -> Any:
    """The one signer of a signature."""
    require(len(signed["signer_infos"]) == 1, "there is not exactly one signer")
    return signed["signer_infos"][0]


def _rebuilt(signed: Any, info: Any) -> bytes:
    """The signature as it must be written, from what of it was checked."""
    from asn1crypto import cms

    sha256 = {"algorithm": "sha256"}
    certificates = [one.chosen for one in signed["certificates"]]
    issued = info["sid"].chosen
    body = cms.SignedData({
        "version": "v1",
        "digest_algorithms": cms.DigestAlgorithms([cms.DigestAlgorithm(sha256)]),
        "encap_content_info": {"content_type": "data"},
        "certificates": certificates,
        "signer_infos": [cms.SignerInfo({
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": issued}),
            "digest_algorithm": cms.DigestAlgorithm(sha256),
            "signature_algorithm": cms.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
            "signature": info["signature"].native,
            "signed_attrs": info["signed_attrs"],
        })],
    })  # fmt: skip
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": body}).dump())


def check_endorsement(opened: OpenedPdf, paper: Paper) -> str:
    """The certificate that signed the file is the house's: the key under the paper says so."""
    printed = hashlib.sha256(opened.certificate).hexdigest()
    text = f"{CERTIFICATE_FORMAT} {paper.content.get('house')} {' '.join(opened.fingerprints)}"
    require(
        is_signed(paper.public_key, text.encode(), opened.endorsement),
        f"the key under the paper does not endorse certificate {printed}",
    )
    return f"key {paper.key_id} endorses certificate {printed}"
