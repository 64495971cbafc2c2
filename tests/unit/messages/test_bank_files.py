# SPDX-License-Identifier: Apache-2.0
"""Bank files are read without loss of what the house uses, whatever their version; or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.made_bank import Booked, Paid, Sheet, paged, write_return, write_sheets, write_status

from skontro.core.errors import XmlRefused
from skontro.house.bank import Balance, BankDetail, BankEntry, Party, Reason
from skontro.messages.bank_files import read_bank_file

IBAN = "NL91ABNA0417164300"
SAMPLES = ROOT / "../shared/data/iso20022-samples"
PAID = Paid(6000, "2026-01/A2/EUR/1", "RF18X1", "for goods", "Elm & Co", "NL20INGB0001234567",
            "AC04", "D1")  # fmt: skip
ENTRY = Booked(-6000, "2026-02-04", "S2", (PAID,), entry_ref="E7", text="out", reversal=True)
BATCH = Booked(9_001, "2026-02-04", "S3", (Paid(1, "a"), Paid(9_000, "b")), batch="P-1", count=2)
SHEET = Sheet(IBAN, "EUR", "ST1", "2026-02-05", (ENTRY, BATCH), opening=-5, number=17)


def one_of(data: bytes):  # type: ignore[no-untyped-def]
    (statement,) = read_bank_file(data, name="f.xml").statements
    return statement


@pytest.mark.parametrize("version", ["02", "04", "06", "08", "12", "13"])
@pytest.mark.parametrize("kind", ["camt.052", "camt.053", "camt.054"])
def test_every_field(kind: str, version: str) -> None:
    """What the house uses comes out, the same from old and new versions."""
    statement = one_of(replace(SHEET, kind=kind, version=version).bytes())
    assert (statement.kind, statement.id, statement.account, statement.currency) == (
        kind, "ST1", IBAN, "EUR",
    )  # fmt: skip
    assert (statement.number, statement.page, statement.is_last) == ("17", 1, True)
    assert statement.balances == (
        Balance("OPBD", -5, "EUR", "2026-02-05"), Balance("CLBD", 2_996, "EUR", "2026-02-05"),
    )  # fmt: skip
    elm = Party("Elm & Co", "NL20INGB0001234567")
    assert statement.entries[0] == BankEntry(
        -6000, "EUR", "BOOK", "2026-02-04", "2026-02-04", "S2", "E7", True, "TRF", text="out",
        details=(BankDetail(6000, "2026-01/A2/EUR/1", "RF18X1", "for goods", creditor=elm,
                            bank_reference="D1", reason=Reason("AC04")),),
    )  # fmt: skip
    batch = statement.entries[1]
    assert (batch.batch, batch.payments) == ("P-1", 2)
    assert [(one.amount_minor, one.end_to_end) for one in batch.details] == [(1, "a"), (9_000, "b")]


@pytest.mark.parametrize("state", ["BOOK", "PDNG", "INFO", "FUTR"])
@pytest.mark.parametrize("version", ["02", "08"])
def test_states(state: str, version: str) -> None:
    """Booked, pending or else: as the bank says it, in the old form and the new."""
    sheet = replace(SHEET, version=version, entries=(replace(ENTRY, state=state),))
    assert one_of(sheet.bytes()).entries[0].state == state


def test_pages() -> None:
    first, last = (one_of(one.bytes()) for one in paged(SHEET, [1]))
    assert (first.page, first.is_last, last.page, last.is_last) == (1, False, 2, True)
    assert first.balance(("CLBD",)) is None
    assert last.balance(("CLBD",)).amount_minor == 2_996


def test_answers() -> None:
    """Statuses of payments with their reasons; those of a whole order and of a group as well."""
    data = write_status("X1", [("a", "RJCT", "AC04"), ("b", "ACSC", "")])
    (report,) = read_bank_file(data).reports
    assert [(one.end_to_end, one.status, one.batch, one.message) for one in report.statuses] == [
        ("a", "RJCT", "P-1", "O-1"), ("b", "ACSC", "P-1", "O-1"),
    ]  # fmt: skip
    assert report.statuses[0].reasons == (Reason("AC04"),)
    whole = data.replace(b"</OrgnlMsgNmId>", b"</OrgnlMsgNmId><GrpSts>RJCT</GrpSts><StsRsnInf><Rsn>"
                         b"<Cd>FF01</Cd></Rsn><AddtlInf>no</AddtlInf></StsRsnInf>")  # fmt: skip
    group = whole.replace(b"</OrgnlPmtInfId>", b"</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts>")
    (report,) = read_bank_file(group).reports
    assert [(one.status, one.batch, one.end_to_end) for one in report.statuses] == [
        ("RJCT", "", ""), ("PART", "P-1", ""), ("RJCT", "P-1", "a"), ("ACSC", "P-1", "b"),
    ]  # fmt: skip
    assert report.statuses[0].reasons == (Reason("FF01", "no"),)


def test_returns() -> None:
    (one,) = read_bank_file(write_return("R1", "a", 6000, "EUR", "2026-02-06")).returns
    assert (one.end_to_end, one.amount_minor, one.currency, one.day) == (
        "a", 6000, "EUR", "2026-02-06",
    )  # fmt: skip
    assert one.reasons == (Reason("AC04"),)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("camt.052.min.xml", ("statements", "account", "GB78789A45678956789012")),
        ("camt.054.min.xml", ("statements", "account", "GB57TUVW67890178901234")),
        ("pacs.002.min.xml", ("reports", "id", "EXMsgId")),
        ("pacs.004.min.xml", ("returns", "amount_minor", 100_000)),
    ],
)
def test_shared_samples(name: str, wanted: tuple[str, str, object]) -> None:
    """The smallest samples of the cross-border rules, each in an envelope with its header."""
    if not (SAMPLES / name).is_file():
        pytest.skip("the samples do not lie beside this repository")
    (found,) = getattr(read_bank_file(SAMPLES / name), wanted[0])
    assert getattr(found, wanted[1]) == wanted[2]
    if name.startswith("camt.054"):
        assert found.entries == (
            BankEntry(100_000, "EUR", "EXCd", entry_reference="EXNtryRef"),
        )  # fmt: skip
    if name.startswith("pacs.002"):
        (status,) = found.statuses
        assert (status.end_to_end, status.status, status.message, status.payment) == (
            "EXOrgnlEndToEndId", "EXTx", "EXOrgnlMsgId", "00000000-0000-4000-b221-320f10bbfde1",
        )  # fmt: skip
    if name.startswith("pacs.004"):
        assert (found.id, found.end_to_end, found.day, found.currency, found.reasons) == (
            "EXRtrId", "EXOrgnlEndToEndId", "2026-01-01", "EUR", (Reason("EXCd"),),
        )  # fmt: skip


def test_others_are_refused() -> None:
    """Orders are no bank files, and say so."""
    path = SAMPLES / "pain.001.min.xml"
    if not path.is_file():
        pytest.skip("the samples do not lie beside this repository")
    with pytest.raises(XmlRefused, match="is no message of a bank that is read"):
        read_bank_file(path)


def test_in_an_envelope() -> None:
    """The home-made twin of the samples: an envelope with a business header around a message."""
    inner = SHEET.bytes().split(b"\n", 1)[1]
    header = b'<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><Id>x</Id></AppHdr>'
    data = b"<Envelope>" + header + inner + b"</Envelope>"
    assert one_of(data) == one_of(SHEET.bytes())


DOCUMENT = SHEET.bytes().split(b"\n", 1)[1]
WRONG: dict[str, tuple[bytes, bytes, str]] = {
    "more decimals": (b">60.00<", b">60.001<", "TooManyDecimals"),
    "an exponent": (b">60.00<", b">6e1<", "ExponentNotation"),
    "a comma": (b">60.00<", b">60,00<", "ThousandsSeparator"),
    "below nought": (b">60.00<", b">-60.00<", "NegativeAmount"),
    "too large": (b">60.00<", b">99999999999999999999<", "AmountTooLarge"),
    "no amount": (b'<Amt Ccy="EUR">60.00</Amt>', b"", "BankFileInvalid"),
    "no direction": (b"<CdtDbtInd>DBIT</CdtDbtInd>", b"", "BankFileInvalid"),
    "no such currency": (b'<Amt Ccy="EUR">60', b'<Amt Ccy="EUX">60', "UnknownCurrency"),
    "gold": (b'<Amt Ccy="EUR">60', b'<Amt Ccy="XAU">60', "UnknownCurrency"),
    "another currency": (b'<Amt Ccy="EUR">60', b'<Amt Ccy="USD">60', "CurrencyDiffers"),
    "another in a balance": (b'<Amt Ccy="EUR">0.05', b'<Amt Ccy="USD">0.05', "CurrencyDiffers"),
    "no day": (b"<Dt>2026-02-04</Dt>", b"<Dt>2026-02-30</Dt>", "BankFileInvalid"),
    "no account": (b"<IBAN>NL91ABNA0417164300</IBAN>", b"", "NoAccount"),
    "an entry in an entry": (b"<NtryRef>E7</NtryRef>", b"<Ntry><NtryRef>E7</NtryRef></Ntry>",
                             "BankFileInvalid"),
    "a text too long": (b"for goods", b"x" * 4_001, "BankFileInvalid"),
    "an id too long": (b"<AcctSvcrRef>S2", b"<AcctSvcrRef>" + b"x" * 141, "BankFileInvalid"),
    "too much together": (b">60.00<", b">46116860184273879.00<", "AmountTooLarge"),
    "a wrong namespace": (b"xsd:camt.053.001.08", b"xsd:camt.099.001.08", "XmlNamespace"),
    "another message inside": (b"BkToCstmrStmt>", b"BkToCstmrAcctRpt>", "BankFileInvalid"),
    "two statements of messages": (b"</BkToCstmrStmt>", b"</BkToCstmrStmt><BkToCstmrStmt/>",
                                   "XmlNamespace"),
    "cut off": (b"</Document>", b"", "XmlCutOff"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong(wrong: str) -> None:
    """Refused with file, place, code and what to do."""
    before, after, code = WRONG[wrong]
    assert before in DOCUMENT
    with pytest.raises(XmlRefused) as caught:
        read_bank_file(DOCUMENT.replace(before, after, 10), name="f.xml")
    assert caught.value.code == code
    assert str(caught.value).startswith("f.xml, line ")
    assert "the bank" in caught.value.next_step or caught.value.next_step.startswith(
        ("fetch", "look", "one of")
    )


def test_wrapped() -> None:
    """A second message, before or after or around the first, is not what is read: it is refused."""
    other = replace(SHEET, id="FALSE").bytes().split(b"\n", 1)[1]
    for data in (
        b"<Envelope>" + DOCUMENT + other + b"</Envelope>",
        DOCUMENT.replace(b"<GrpHdr>", other + b"<GrpHdr>"),
        b"<a><b>" + DOCUMENT + b"</b></a>",
    ):
        with pytest.raises(XmlRefused):
            read_bank_file(data)


def test_currencies() -> None:
    """Without minor units, with three, and with noughts behind what the currency has."""
    yen = Sheet(IBAN, "JPY", "S", "2026-02-05", (Booked(100, "2026-02-05", "x"),), opening=0)
    assert one_of(yen.bytes()).entries[0].amount_minor == 100
    assert one_of(yen.bytes().replace(b">100<", b">100.00<")).entries[0].amount_minor == 100
    dinar = Sheet(IBAN, "KWD", "S", "2026-02-05", (Booked(1234, "2026-02-05", "x"),), opening=0)
    assert one_of(dinar.bytes()).entries[0].amount_minor == 1234


def test_a_large_batch_needs_little_memory(tmp_path: Path) -> None:
    """One entry of 5,000 payments is read payment by payment: no record of it grows too large."""
    many = tuple(Paid(5, f"e{n}", name="x" * 100) for n in range(5_000))
    sheet = Sheet(IBAN, "EUR", "S", "2026-02-05", (Booked(25_000, "2026-02-05", "x", many),))
    path = tmp_path / "batch.xml"
    path.write_bytes(write_sheets([sheet]))
    (entry,) = one_of(path.read_bytes()).entries
    assert len(entry.details) == 5_000
    assert sum(one.amount_minor for one in entry.details) == 25_000
