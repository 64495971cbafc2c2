# SPDX-License-Identifier: Apache-2.0
"""Elements of bank files into plain values: texts, exact amounts, days, parties, reasons."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from skontro.core.errors import XmlRefused
from skontro.core.money import AMOUNT_REASONS, amount_fault, exponents, shorten
from skontro.house.bank import Party, Reason
from skontro.messages.xml_reading import Element, refuse_xml

MOST_TEXT = 4_000
"""Characters of one text that a bank file may have; longer ones are refused."""

MOST_NAME = 140
"""Characters of one id or reference."""
NOBODY = Party()

MOST_DAYS = 1_000
"""Days a message may have before they are looked at anew each time."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ZONE = re.compile(r"(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)


class Values:
    """What elements of one message say.

    Args:
        name: The file, for messages.
        space: Namespace of the message.
    """

    def __init__(self, name: str, space: str) -> None:
        self.file = name
        self.space = space
        self._tags = dict[str, str]()
        self._days = set[str]()

    def tag(self, local: str) -> str:
        """Return a name in the namespace of the message."""
        found = self._tags.get(local)
        if found is None:
            found = self._tags[local] = f"{{{self.space}}}{local}"
        return found

    def refuse(self, element: Element, reason: str, *, code: str = "BankFileInvalid",
               next_step: str = "") -> XmlRefused:  # fmt: skip
        """Return the refusal of a file for what stands at an element."""
        return refuse_xml(
            code, self.file, reason, element.sourceline or 0,
            next_step=next_step or "ask the bank for the file anew; nothing of it was taken",
        )  # fmt: skip

    # ---- finding -----------------------------------------------------------------------------

    def first(self, element: Element | None, *path: str) -> Element | None:
        """Return the first element below another by a path of names, or None."""
        for local in path:
            if element is None:
                return None
            element = next(element.iterchildren(self.tag(local)), None)
        return element

    def all(self, element: Element | None, local: str) -> Iterator[Element]:
        """Yield the elements of a name right below another."""
        if element is not None:
            yield from element.iterchildren(self.tag(local))

    def text(self, element: Element | None, *path: str) -> str:
        """Return the text of the first element by a path, without white space around it."""
        found = element
        for local in path:
            if found is None:
                return ""
            found = next(found.iterchildren(self._tags.get(local) or self.tag(local)), None)
        text = None if found is None else found.text
        if text is None:
            return ""
        if len(text) > MOST_TEXT:
            raise self.refuse(found, f"a text of more than {MOST_TEXT:,} characters")
        return str(text).strip()

    def name(self, element: Element | None, *path: str) -> str:
        """Return an id or a reference: a text of no more characters than one may have."""
        text = self.text(element, *path)
        if len(text) > MOST_NAME and element is not None:
            raise self.refuse(element, f"an id of more than {MOST_NAME} characters")
        return text

    def choice(self, element: Element | None, *path: str) -> str:
        """Return a code, or a proprietary word where there is no code, or the text itself."""
        found = self.first(element, *path)
        return (self.text(found, "Cd") or self.text(found, "Prtry") or self.text(found)
                if found is not None else "")  # fmt: skip

    # ---- reading -----------------------------------------------------------------------------

    def amount(self, element: Element | None, place: Element) -> tuple[int, str]:
        """Return an amount in minor units, not negative, and its currency.

        Args:
            element: What holds it.
            place: Where it is missed if there is none.

        Raises:
            XmlRefused: It is missing, no exact amount, or of a currency without minor unit.
        """
        if element is None:
            raise self.refuse(place, "there is no amount")
        currency = str(element.get("Ccy") or "")
        decimals = exponents().get(currency)
        if decimals is None:
            raise self.refuse(element, f"{shorten(currency, 10)!r} is no currency with a minor "
                              "unit (ISO 4217)", code="UnknownCurrency")  # fmt: skip
        text = (element.text or "").strip().removeprefix("+")
        whole, point, fraction = text.partition(".")
        if point and len(fraction) > decimals:
            rest = fraction[decimals:]
            if not rest.strip("0"):
                fraction = fraction[:decimals]
                text = f"{whole}.{fraction}" if fraction else whole
        if text.startswith(".") or text.endswith("."):
            text = f"{whole or '0'}.{fraction or '0'}" if whole or fraction else text
        fault = amount_fault(text, decimals)
        if fault:
            raise self.refuse(element, f"amount {shorten(text, 40)!r}: {AMOUNT_REASONS[fault]}",
                              code=fault)  # fmt: skip
        whole, _, fraction = text.partition(".")
        return int(whole + fraction.ljust(decimals, "0")), currency

    def signed(self, element: Element, amount: Element | None) -> tuple[int, str]:
        """Return an amount with the sign of the credit or debit mark beside it."""
        minor, currency = self.amount(amount, element)
        mark = self.text(element, "CdtDbtInd")
        if mark not in ("CRDT", "DBIT"):
            raise self.refuse(element, f"{shorten(mark, 10)!r} is neither CRDT nor DBIT")
        return (minor if mark == "CRDT" else -minor), currency

    def day(self, element: Element | None, *path: str) -> str:
        """Return a day, given as one or as a time; empty if there is none."""
        found = self.first(element, *path)
        if found is None:
            return ""
        text = self.text(found, "Dt") or self.text(found, "DtTm") or self.text(found)
        if not text:
            return ""
        if text in self._days:
            return text
        day, rest = text[:10], text[10:]
        valid = _DAY.fullmatch(day) is not None and (rest.startswith("T") or bool(
            _ZONE.fullmatch(rest)))  # fmt: skip
        if valid:
            try:
                datetime.date.fromisoformat(day)
            except ValueError:
                valid = False
        if not valid:
            raise self.refuse(found, f"{shorten(text, 40)!r} is no day")
        if not rest and len(self._days) < MOST_DAYS:
            self._days.add(day)
        return day

    def number(self, element: Element | None, *path: str) -> int:
        """Return a count; nought if there is none or it is none."""
        text = self.text(element, *path)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0

    def yes(self, element: Element | None, *path: str) -> bool:
        """Whether something is said to be so."""
        return self.text(element, *path) in ("true", "1")

    def account(self, element: Element | None) -> str:
        """Return the number of an account: the IBAN, else the bank's own."""
        if element is None:
            return ""
        ident = self.first(element, "Id")
        number = self.text(ident, "IBAN") or self.text(ident, "Othr", "Id")
        return "".join(number.split()).upper()

    def party(self, element: Element | None, account: Element | None, agent: Element | None = None
              ) -> Party:  # fmt: skip
        """Return who a party is; since version 8 its name stands one step deeper."""
        if element is None and account is None:
            return NOBODY
        name = bank = ""
        if element is not None:
            name = self.text(element, "Nm") or self.text(element, "Pty", "Nm")
        if agent is not None:
            ident = self.first(agent, "FinInstnId")
            bank = self.text(ident, "BICFI") or self.text(ident, "BIC")
        return Party(name, self.account(account), bank)

    def reasons(self, element: Element | None, local: str) -> tuple[Reason, ...]:
        """Return the reasons given below an element."""
        found = []
        for one in self.all(element, local):
            code = self.choice(one, "Rsn") or self.choice(one, "RtrRsn")
            text = " ".join(filter(None, (self.text(part) for part in self.all(one, "AddtlInf"))))
            found.append(Reason(code, text))
        return tuple(found)

    def references(self, remittance: Element | None) -> tuple[str, str]:
        """Return the structured references of a remittance, and what the payer wrote."""
        if remittance is None:
            return "", ""
        known = list[str]()
        for one in self.all(remittance, "Strd"):
            reference = self.text(one, "CdtrRefInf", "Ref")
            if reference:
                known.append("".join(reference.split()))
        texts = [self.text(one) for one in self.all(remittance, "Ustrd")]
        texts += [self.text(part) for one in self.all(remittance, "Strd")
                  for part in self.all(one, "AddtlRmtInf")]  # fmt: skip
        return " ".join(dict.fromkeys(known)), " ".join(filter(None, texts))
