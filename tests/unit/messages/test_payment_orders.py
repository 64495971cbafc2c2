# SPDX-License-Identifier: Apache-2.0
"""Payment orders as messages: what stands in them, to the last byte."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.made_orders import ACCOUNT, INDIAN, WHERE, order, order_file, request

from skontro.core.errors import InvariantViolation, Rejected, Unbalanced
from skontro.house.addresses import PostalAddress, address_text, read_address, said_address
from skontro.house.identifiers import BankAccount, check_creditor_reference
from skontro.house.rules import PROFILES
from skontro.messages.orders import NO_ACCOUNT, Party, message_id, transfer_reference
from skontro.messages.pacs009 import PACS009, pacs009
from skontro.messages.pacs029 import PACS029, pacs029
from skontro.messages.pain001 import PAIN001, pain001
from skontro.messages.rails import rails
from skontro.messages.schema_check import check_schema


def texts(data: bytes, tag: str) -> list[str]:
    """The texts of all elements of a name, in their order."""
    return [one.text or "" for one in etree.fromstring(data).iter(f"{{*}}{tag}")]


def test_what_stands_in_it() -> None:
    """Two kinds of payment, each with its total; the file with the total of both."""
    file = order_file(
        order("a", 2_000_000, group="settlement"), order("b", 5, group="return"),
        order("c", 1_000_000, group="settlement"),
    )  # fmt: skip
    data = pain001(file)
    assert texts(data, "NbOfTxs") == ["3", "2", "1"]
    assert texts(data, "CtrlSum") == ["30000.05", "30000.00", "0.05"]
    assert texts(data, "EndToEndId") == ["a", "c", "b"]
    assert texts(data, "InstdAmt") == ["20000.00", "10000.00", "0.05"]
    assert texts(data, "PmtInfId") == [f"{file.message_id}-1", f"{file.message_id}-2"]
    assert texts(data, "TwnNm")[0] == WHERE.town
    assert b"DEMONSTRATION" not in data
    assert b"DEMONSTRATION" in pain001(replace(file, is_demonstration=True))


def test_amounts_of_currencies_without_and_with_three_decimals() -> None:
    yen = replace(order_file(order("a", 12_345)), currency="JPY")
    fils = replace(order_file(order("a", 12_345)), currency="KWD")
    assert texts(pain001(yen), "InstdAmt") == ["12345"]
    assert texts(pain001(fils), "InstdAmt") == ["12.345"]


def test_accounts_and_banks() -> None:
    """An IBAN without a bank; a national number with its bank's BIC and clearing code."""
    data = pain001(order_file(
        order("a", account=replace(ACCOUNT, bic="")), order("b", account=INDIAN),
    ))  # fmt: skip
    found = list(etree.fromstring(data).iter("{*}CdtTrfTxInf"))
    shown = [[etree.QName(part).localname for part in one] for one in found]
    assert [("CdtrAgt" in one, "CdtrAcct" in one) for one in shown] == [
        (False, True), (True, True),
    ]  # fmt: skip
    assert texts(data, "MmbId") == ["HDFC0000123"]


def test_who_stands_behind_and_a_reference() -> None:
    reference = "RF18539007547034"
    data = pain001(order_file(order(
        "a", reference=reference, ultimate_debtor=Party("Debtor Ltd"),
        ultimate_creditor=Party("Creditor Ltd"),
    )))  # fmt: skip
    root = etree.fromstring(data)
    assert root.findtext(".//{*}UltmtDbtr/{*}Nm") == "Debtor Ltd"
    assert root.findtext(".//{*}UltmtCdtr/{*}Nm") == "Creditor Ltd"
    said = root.findtext(".//{*}Strd/{*}CdtrRefInf/{*}Ref")
    assert check_creditor_reference(str(said)) == reference
    assert texts(data, "Cd")[-1] == "SCOR"


def test_the_same_payments_are_the_same_bytes() -> None:
    """The id is of the payments alone: a second file of them has the same one."""
    one, other = order_file(order("a"), order("b")), order_file(order("a"), order("b"))
    assert pain001(one) == pain001(other)
    assert message_id("h", "pain.001", ["a"]) != message_id("h", "pain.001", ["b"])
    assert message_id("h", "pain.001", ["a"]) != message_id("h", "pacs.009", ["a"])
    assert len(message_id("x" * 60, "pain.001", ["a"])) <= 31
    assert transfer_reference("m", "a") == transfer_reference("m", "a")


# ---- rails -------------------------------------------------------------------------------------


def broken(profile: str, *orders: Any, **changes: Any) -> list[str]:
    """Which rules a rail says are broken, and by which payment."""
    with pytest.raises(Rejected) as refused:
        pain001(replace(order_file(*orders), **changes), profile)
    details: Any = refused.value.details["breaches"]
    assert all(one["next_step"] for one in details)
    return [f"{one['payment']} {one['rule']}" for one in details]


def test_the_profiles_are_those_the_rules_know() -> None:
    assert sorted(rails()) == sorted(PROFILES)


def test_sepa() -> None:
    """Euro, IBAN, Latin letters, an address part by part or none."""
    good = order("good", payee=Party("Müller & Søn, Åbo", WHERE), account=ACCOUNT)
    data = pain001(order_file(good), "sepa")
    assert texts(data, "Nm")[-1] == "Muller + Son, Abo"
    assert texts(data, "ChrgBr") == ["SLEV"]
    assert broken("sepa", order("x", account=INDIAN)) == ["x sepa.account"]
    assert broken("sepa", order("x"), currency="USD") == ["the file sepa.currencies"]
    assert broken("sepa", order("x", 100_000_000_000)) == ["x sepa.most"]
    assert broken("sepa", order("x"), account=INDIAN) == ["the file sepa.payer_iban"]
    assert broken("sepa", order("x", payee=Party("n" * 71))) == ["x sepa.name"]
    # An address that was never taken apart does not go with it: none is needed.
    loose = order("x", payee=Party("Firm", PostalAddress(lines=("1 Trade Street",))))
    assert b"AdrLine" not in pain001(order_file(loose), "sepa")


def test_across_borders() -> None:
    """Town and country, at most two lines not taken apart, a bank for every account."""
    data = pain001(order_file(order("a")), "cbpr-2026")
    assert len(texts(data, "UETR")) == 1
    hybrid = PostalAddress(town="Pune", country="IN", lines=("Gate 4", "Phase II"))
    assert texts(
        pain001(order_file(order("a", payee=Party("Firm", hybrid))), "cbpr-2026"), "AdrLine"
    ) == ["Gate 4", "Phase II"]
    three = replace(hybrid, lines=("a", "b", "c"))
    loose = PostalAddress(lines=("1 Trade Street",))
    assert broken("cbpr-2026", order("x", payee=Party("F", three))) == [
        "x cbpr-2026.address_lines"
    ]
    assert broken("cbpr-2026", order("x", payee=Party("F", loose))) == ["x cbpr-2026.town"]
    assert broken("cbpr-2026", order("x", payee=Party("F"))) == ["x cbpr-2026.address"]
    assert broken("cbpr-2026", order("x", account=BankAccount(iban=ACCOUNT.iban))) == [
        "x cbpr-2026.bank"
    ]


def test_every_payment_that_breaks_a_rule_is_named() -> None:
    """One good payment of three: nothing is written, and both others are named."""
    assert broken("plain", order("a"), order("b", 0), order("a"), order("//c")) == [
        "b plain.amount", "a plain.once", "//c plain.id",
    ]  # fmt: skip
    assert broken("plain", order("x", account=NO_ACCOUNT)) == ["x plain.account"]
    assert broken("plain", order("x", payee=Party("a\nb"))) == ["x plain.characters"]
    assert broken("plain", order("x", payee=Party("F", replace(WHERE, town="t" * 36)))) == [
        "x plain.size"
    ]


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=150)


@settings(max_examples=60, deadline=None)
@given(NAMES, NAMES, st.integers(1, 10**13), st.sampled_from(PROFILES))
def test_whatever_a_firm_is_called(name: str, town: str, amount: int, profile: str) -> None:
    """Any name in any script is either refused by the rail or valid by the schema."""
    payee = Party(name, PostalAddress(town=town, country="NL"))
    with suppress(Rejected):
        check_schema(pain001(order_file(order("a", amount, payee=payee)), profile), PAIN001)


# ---- banks and payment systems -----------------------------------------------------------------


def test_between_banks() -> None:
    data = pacs009(order_file(order("RF18539007547034", account=ACCOUNT)), "TGT", "ABNANL2A")
    root = etree.fromstring(data)
    assert root.findtext(".//{*}ClrSys/{*}Cd") == "TGT"
    assert root.findtext(".//{*}Dbtr//{*}BICFI") == "ABNANL2A"
    check_schema(data, PACS009)


def test_several_movements_at_once() -> None:
    """Whom to debit and whom to credit; both come to the same, or nothing is written."""
    data = pacs029(request(-30_00, 20_00, 10_00))
    assert texts(data, "CdtDbt") == ["DBIT", "CRDT", "CRDT"]
    assert texts(data, "CtrlSum") == ["30.00"]
    assert texts(data, "NbOfMvmntRcrds") == ["3"]
    check_schema(data, PACS029)
    with pytest.raises(Unbalanced):
        pacs029(request(-30_00, 20_00))


def test_what_is_not_valid_does_not_leave() -> None:
    """A place and a reason; a message is never checked against another's schema."""
    data = pain001(order_file(order("a")))
    check_schema(data, PAIN001)
    with pytest.raises(InvariantViolation, match=r"pain\.001\.001\.09, line \d+: .*Ctry"):
        check_schema(data.replace(b"<Ctry>NL</Ctry>", b"<Ctry>Holland</Ctry>"), PAIN001)
    with pytest.raises(InvariantViolation):
        check_schema(data, PACS009)
    with pytest.raises(InvariantViolation):
        check_schema(data[:-20], PAIN001)


# ---- addresses ---------------------------------------------------------------------------------


def test_addresses_part_by_part() -> None:
    said = "street=Kade, building=1, town=Utrecht, country=NL"
    kept = address_text(said)
    assert read_address(kept) == said_address(said) == PostalAddress("Kade", "1", "", "Utrecht",
                                                                     "", "NL")  # fmt: skip
    assert kept.startswith("Kade 1, Utrecht, NL\n")
    assert read_address(address_text("1 Trade Street, Utrecht")).lines == (
        "1 Trade Street, Utrecht",
    )
    with pytest.raises(Rejected, match="no country"):
        address_text("town=Utrecht, country=Holland")
