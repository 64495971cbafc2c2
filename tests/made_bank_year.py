# SPDX-License-Identifier: Apache-2.0
"""A year of a bank's files about given payments, and the ways in which it may arrive.

The year has everything that makes banks hard: notices before statements, sums opened by notices,
pending lines, amended statements, a rejection, a return, a payment in another amount, money of
strangers, ids used again in the next year, and a statement that never comes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.made_bank import Booked, Paid, Sheet, paged, write_return, write_sheets, write_status


@dataclass(frozen=True)
class Call:
    """A pay-in: its reference, amount and payer."""

    reference: str
    amount: int
    name: str
    account: str = ""


@dataclass(frozen=True)
class Order:
    """A pay-out: its id, amount and payee."""

    end_to_end: str
    amount: int
    name: str = "whoever"


@dataclass(frozen=True)
class Year:
    """All sheets and other files of a year."""

    sheets: tuple[Sheet, ...]
    others: tuple[bytes, ...]


def day_of(month: int, day: int, year: int = 2026) -> str:
    return f"{year}-{month:02d}-{day:02d}"


def made_year(account: str, currency: str, calls: Sequence[Call], orders: Sequence[Order]) -> Year:
    """Write a year in which the calls are paid and the orders sent, each in its own way."""
    months: dict[int, list[Booked]] = {month: [] for month in range(1, 13)}
    for n, call in enumerate(calls):
        month, ref = 1 + n % 10, f"IN{n}"
        payer = {"name": call.name, "account": call.account}
        named = Paid(reference=call.reference, **payer)
        day = day_of(month, 3 + n % 20)
        part = call.amount // 3
        if n % 4 == 0:
            months[month].append(Booked(call.amount, day, ref, (named,)))
        elif n % 4 == 1:  # two parts by reference, in two months
            months[month].append(Booked(part, day, ref, (named,)))
            months[month + 1].append(
                Booked(call.amount - part, day_of(month + 1, 5), f"{ref}b",
                       (Paid(text=f"our ref {call.reference} thanks", **payer),))
            )  # fmt: skip
        elif n % 4 == 2:  # more than was called
            months[month].append(Booked(call.amount + 700, day, ref, (named,)))
        else:  # by somebody else, then by amount and party alone
            stranger = Paid(reference=call.reference, name="A Stranger")
            months[month].append(Booked(call.amount, day, ref, (stranger,)))
            months[month].append(Booked(call.amount, day, f"{ref}b", (Paid(**payer),)))
    for n, order in enumerate(orders):
        month, ref = 2 + n % 9, f"OUT{n}"
        day = day_of(month, 8 + n % 15)
        sent = Booked(-order.amount, day, ref, (Paid(end_to_end=order.end_to_end,
                                                     name=order.name),))  # fmt: skip
        if n % 5 == 1:  # comes back later
            months[month].append(sent)
            back = Paid(end_to_end=order.end_to_end, reason="AC04", name=order.name)
            months[month + 1].append(Booked(order.amount, day_of(month + 1, 2), f"{ref}r",
                                            (back,)))  # fmt: skip
        elif n % 5 == 2:  # too much
            months[month].append(replace(sent, amount=sent.amount - 300))
        elif n % 5 != 3:  # the fourth is rejected, and never booked
            months[month].append(sent)
    months[6].append(Booked(-190, day_of(6, 30), "FEE6", text="charges"))
    months[7].append(Booked(4242, day_of(7, 7), "GIFT", (Paid(name="Mr Unknown", text="hello"),)))
    months[8].append(Booked(55, day_of(8, 8), "", (Paid(name="Nobody", text="a"),)))
    months[8].append(Booked(55, day_of(8, 8), "", (Paid(name="Nobody", text="a"),)))
    others = [
        write_return(f"R{n}", order.end_to_end, order.amount, currency, day_of(4, 1))
        for n, order in enumerate(orders) if n % 5 == 1
    ]  # fmt: skip
    others.append(write_status("PS1", [
        (order.end_to_end, "RJCT" if n % 5 == 3 else "ACSC", "AC01" if n % 5 == 3 else "")
        for n, order in enumerate(orders)
    ]))  # fmt: skip
    return Year(tuple(_sheets(account, currency, months)), tuple(others))


def _sheets(account: str, currency: str, months: dict[int, list[Booked]]) -> list[Sheet]:
    found, balance = list[Sheet](), 0
    for month, entries in months.items():
        ordered = tuple(sorted(entries, key=lambda one: one.day))
        sheet = Sheet(account, currency, f"ST{month}", day_of(month, 28), ordered,
                      opening=balance, number=month)  # fmt: skip
        balance += sum(one.amount for one in ordered)
        if month != 11:  # never comes
            found.append(sheet)
        if ordered and month % 2:
            for n, one in enumerate(ordered):
                if one.ref:
                    found.append(Sheet(account, currency, f"N{month}-{n}", one.day, (one,),
                                       kind="camt.054"))  # fmt: skip
        if ordered and month % 3 == 0:
            pending = tuple(replace(one, state="PDNG") for one in ordered if one.ref)
            found.append(Sheet(account, currency, f"R{month}", day_of(month, 27), pending,
                               kind="camt.052"))  # fmt: skip
        if month == 5:  # an earlier version with a line that never was
            wrong = replace(ordered[0], ref="WRONG", amount=1, paid=(Paid(name="Error"),))
            found.append(replace(sheet, entries=(*ordered, wrong),
                                 created=f"{day_of(month, 28)}T20:00:00Z"))  # fmt: skip
    again = Booked(777, day_of(1, 5, 2027), "IN0", (Paid(name="X", text="same id, next year"),))
    found.append(Sheet(account, currency, "ST1", day_of(1, 28, 2027), (again,), opening=balance,
                       number=1))  # fmt: skip
    batch = (Paid(30, "B-1", name="X"), Paid(47, "B-2", name="Y"))
    total = Booked(-77, day_of(2, 5, 2027), "SUM", batch="P-9", count=2)
    found.append(Sheet(account, currency, "ST2", day_of(2, 28, 2027), (total,),
                       opening=balance + 777, number=2))  # fmt: skip
    found.append(Sheet(account, currency, "NS", day_of(2, 5, 2027), (replace(total, paid=batch),),
                       kind="camt.054"))  # fmt: skip
    return found


def arrivals(year: Year, seed: int) -> list[bytes]:
    """Return the year's files in one way in which they may arrive: cut, repeated, in any order."""
    rng = random.Random(seed)
    files = list(year.others)
    loose = list[Sheet]()
    for sheet in year.sheets:
        many = len(sheet.entries)
        amended = sheet.id == "ST5"
        if sheet.kind == "camt.053" and many > 1 and not amended and rng.random() < 0.4:
            cuts = sorted(rng.sample(range(1, many), rng.randint(1, min(3, many - 1))))
            pieces = paged(sheet, cuts)
        elif sheet.kind != "camt.053" and many > 1 and rng.random() < 0.5:
            cut = rng.randint(1, many - 1)
            pieces = [replace(sheet, entries=sheet.entries[:cut]),
                      replace(sheet, id=f"{sheet.id}x", entries=sheet.entries[cut:])]  # fmt: skip
        else:
            pieces = [sheet]
        if rng.random() < 0.3 and len(pieces) == 1 and pieces[0].page == 0:
            mixed = list(pieces[0].entries)
            rng.shuffle(mixed)
            pieces = [replace(pieces[0], entries=tuple(mixed))]
        loose += pieces
        if rng.random() < 0.3:
            copied = [replace(one, copy=True) for one in pieces]
            loose += copied
    rng.shuffle(loose)
    while loose:  # some in one file, of one kind
        first = loose.pop()
        group = [first]
        while loose and loose[-1].kind == first.kind and rng.random() < 0.3:
            group.append(loose.pop())
        files.append(write_sheets(group, message=f"M{len(files)}"))
    files += [one for one in files if rng.random() < 0.25]
    rng.shuffle(files)
    return files
