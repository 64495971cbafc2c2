# SPDX-License-Identifier: Apache-2.0
"""Payment orders for tests."""

from __future__ import annotations

from typing import Any

from skontro.house.addresses import PostalAddress
from skontro.house.identifiers import bank_account
from skontro.messages.orders import OrderFile, Party, PaymentOrder, message_id
from skontro.messages.pacs029 import Movement, SettlementRequest

ACCOUNT = bank_account(iban="NL91ABNA0417164300", bic="ABNANL2A")
INDIAN = bank_account(
    bban="50100012345678", bic="HDFCINBB", clearing_code="INFSC:HDFC0000123"
)
WHERE = PostalAddress("Kade", "1", "1011 AB", "Amsterdam", "", "NL")


def order(end_to_end: str, amount_minor: int = 100_00, **said: Any) -> PaymentOrder:
    """A payment to a firm in Amsterdam."""
    said = {"payee": Party("Aster Foods", WHERE), "account": ACCOUNT,
            "remittance": "2026-01 settlement"} | said  # fmt: skip
    return PaymentOrder(end_to_end, amount_minor, **said)


def order_file(*orders: PaymentOrder) -> OrderFile:
    """A file in euro of some payments."""
    return OrderFile(
        message_id("house", "pain.001", [one.end_to_end for one in orders]),
        "2026-02-05T11:00:00Z", "2026-02-05", "Alder and Bakul", Party("Alder and Bakul", WHERE),
        ACCOUNT, "EUR", orders,
    )  # fmt: skip


def request(*movements: int) -> SettlementRequest:
    """Movements in euro, each of a side of its own."""
    return SettlementRequest(
        "house-1", "2026-02-05T11:00:00Z", "2026-01", "TGT", "EUR",
        [Movement(minor, f"Side {number}", "ABNANL2A", ACCOUNT, f"ref {number}")
         for number, minor in enumerate(movements)],
    )  # fmt: skip
