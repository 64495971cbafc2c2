# SPDX-License-Identifier: Apache-2.0
"""Accounts, banks, firms and references: the normal form, or the reason why there is none."""

from __future__ import annotations

import string
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import InvalidIdentifier
from skontro.house.identifiers import (
    BankAccount,
    bank_account,
    check_bban,
    check_bic,
    check_clearing_code,
    check_country,
    check_creditor_reference,
    check_iban,
    check_lei,
    check_tax_number,
    knows_tax_numbers,
    make_creditor_reference,
)

Check = Callable[[str], str]


@pytest.mark.parametrize(
    ("check", "text", "normal"),
    [
        (check_iban, "NL91 ABNA 0417 1643 00", "NL91ABNA0417164300"),
        (check_iban, "ae07 0331 2345 6789 0123 456", "AE070331234567890123456"),
        (check_iban, "DE89\u00a03704 0044 0532 0130 00", "DE89370400440532013000"),
        (check_bban, "12-3456-789", "123456789"),
        (check_bban, "NL91ABNA0417164301", "NL91ABNA0417164301"),
        (check_bic, "HDFCINBB", "HDFCINBB"),
        (check_bic, "hdfcinbbxxx", "HDFCINBB"),
        (check_bic, "HDFCINBBDEL", "HDFCINBBDEL"),
        (check_clearing_code, "USABA: 021000021", "USABA:021000021"),
        (check_clearing_code, "gbdsc:20-00-00", "GBDSC:200000"),
        (check_country, "in", "IN"),
        (check_lei, "213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D15"),
        (check_creditor_reference, "RF18 5390 0754 7034", "RF18539007547034"),
        (make_creditor_reference, "2026-01/A1", "RF14202601A1"),
    ],
)
def test_normal_forms(check: Check, text: str, normal: str) -> None:
    assert check(text) == normal
    if check is not make_creditor_reference:
        assert check(normal) == normal


@pytest.mark.parametrize(
    ("check", "text", "reason"),
    [
        (check_iban, "", "it is empty"),
        (check_iban, "bad iban!!", "only letters A to Z and digits"),
        (check_iban, "NL91ABNA0417164301", "no valid IBAN"),
        (check_iban, "NL91ABNA041716430", "no valid IBAN"),
        (check_iban, "IN91ABNA0417164300", "no valid IBAN"),
        (check_iban, "1234567890123456", "an IBAN is a country"),
        (check_iban, "NL91ABNA04171643\uff10\uff10", "only letters A to Z and digits"),
        (check_bban, "A" * 35, "at most 34 characters"),
        (check_bban, "NL91 ABNA 0417 1643 00", "this is an IBAN"),
        (check_bic, "HDFCXYBB", "no valid BIC"),
        (check_bic, "HDFCINB", "no valid BIC"),
        (check_clearing_code, "HDFC0000123", "write one of"),
        (check_clearing_code, "INFSC:HDFC1000123", "a number of INFSC looks like"),
        (check_clearing_code, "USABA:021000022", "the check digit does not fit"),
        (check_country, "XX", "not a country of ISO 3166"),
        (check_country, "\u0131n", "only letters A to Z"),
        (check_lei, "213800KUD8LAJWSQ9D16", "the check digits do not fit"),
        (check_lei, "213800KUD8LAJWSQ9D1", "an LEI has 18 characters"),
        (check_creditor_reference, "RF17 5390 0754 7034", "the check digits do not fit"),
        (check_creditor_reference, "RF18", "not RF, two check digits"),
        (check_creditor_reference, "stra\u00dfe", "only letters A to Z"),
        (make_creditor_reference, "A" * 22, "at most 21 characters"),
        (make_creditor_reference, " - ", "it is empty"),
    ],
)
def test_refused(check: Check, text: str, reason: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        check(text)
    assert reason in str(refusal.value)
    assert reason in str(refusal.value.details["reason"])
    assert refusal.value.details["value"] == text
    assert str(refusal.value).startswith(f"{refusal.value.details['field']}: ")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({}, "neither an IBAN nor a national number"),
        ({"bic": "HDFCINBB"}, "neither an IBAN nor a national number"),
        ({"iban": "NL91ABNA0417164300", "bban": "1"}, "give one of the two"),
        ({"bban": "123"}, "a national number needs the bank"),
        ({"bban": "123", "bic": "X"}, "account: bic: 'X': no valid BIC"),
    ],
)
def test_accounts_refused(parts: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        bank_account(**parts)
    assert reason in str(refusal.value)


def test_accounts() -> None:
    dutch = bank_account(iban="NL91 ABNA 0417 1643 00", bic="ABNANL2AXXX")
    assert dutch == BankAccount(iban="NL91ABNA0417164300", bic="ABNANL2A")
    assert dutch.number == "NL91ABNA0417164300"
    indian = bank_account(bban="5010 0012 3456 78", clearing_code="INFSC:HDFC0000123")
    assert indian.number == "50100012345678"
    assert bank_account(**indian.as_json()) == indian


@pytest.mark.parametrize(
    ("text", "country", "normal"),
    [
        ("DE 136.695 976", "DE", "136695976"),
        ("NL004495445B01", "NL", "004495445B01"),
        ("27AAPFU0939F1ZV", "IN", "27AAPFU0939F1ZV"),
        ("ACUPA7085R", "IN", "ACUPA7085R"),
        ("100-1234-5678-9012", "AE", "100123456789012"),
        ("300000000000003", "SA", "300000000000003"),
        ("91-1144442", "US", "911144442"),
        ("qa 12345", "QA", "QA12345"),
    ],
)
def test_tax_numbers(text: str, country: str, normal: str) -> None:
    assert check_tax_number(text, country) == normal


@pytest.mark.parametrize(
    ("text", "country", "reason"),
    [
        ("DE136695977", "DE", "not a tax number of DE"),
        ("27AAPFU0939F1ZW", "IN", "not a tax number of IN"),
        ("123", "AE", "not a tax number of AE"),
        ("400000000000003", "SA", "not a tax number of SA"),
        ("1", "QA", "not a tax number of QA"),
        ("1", "XX", "not a country of ISO 3166"),
    ],
)
def test_tax_numbers_refused(text: str, country: str, reason: str) -> None:
    with pytest.raises(InvalidIdentifier, match=reason):
        check_tax_number(text, country)


def test_where_tax_numbers_are_checked() -> None:
    known = ["DE", "IN", "US", "AE", "SA", "CH", "TR", "RU", "GB", "EG", "KE", "IS"]
    assert [country for country in known if not knows_tax_numbers(country)] == []
    assert not knows_tax_numbers("QA")


LETTERS = string.ascii_uppercase + string.digits


@given(st.text(LETTERS, min_size=1, max_size=21))
def test_a_reference_that_was_made_is_known_again(body: str) -> None:
    reference = make_creditor_reference(body)
    assert reference[4:] == body
    assert check_creditor_reference(reference) == reference
    spaced = " ".join(reference[place : place + 4] for place in range(0, len(reference), 4))
    assert check_creditor_reference(spaced.lower()) == reference


@given(st.text(LETTERS, min_size=1, max_size=21), st.data())
def test_one_wrong_digit_or_letter_is_noticed(body: str, data: st.DataObject) -> None:
    reference = make_creditor_reference(body)
    place = data.draw(st.integers(2, len(reference) - 1))
    kind = string.digits if reference[place].isdigit() else string.ascii_uppercase
    other = data.draw(st.sampled_from(kind).filter(lambda one: one != reference[place]))
    with pytest.raises(InvalidIdentifier):
        check_creditor_reference(reference[:place] + other + reference[place + 1 :])


@given(st.text(max_size=40), st.sampled_from(
    [check_iban, check_bban, check_bic, check_clearing_code, check_country, check_lei,
     check_creditor_reference, lambda text: check_tax_number(text, "IN"),
     lambda text: check_tax_number(text, "DE"), lambda text: check_tax_number(text, "QA")]
))  # fmt: skip
def test_any_text_is_taken_or_refused(text: str, check: Check) -> None:
    try:
        normal = check(text)
    except InvalidIdentifier:
        return
    assert normal
    assert check(normal) == normal


def test_libraries_are_loaded_only_when_asked() -> None:
    code = (
        "import sys, skontro.house.identifiers, skontro.house.rules_file, skontro.house.calendar;"
        "print([m for m in ('schwifty', 'stdnum', 'holidays', 'pycountry') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
