# SPDX-License-Identifier: Apache-2.0
"""What a report to the authority says of obligations, of parties, and of who else pays or is paid.

Everything is read as it stands in the tables; what is said is bounded, and says where it ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.money import exponents, format_minor
from skontro.flow.asked import CUSTOMS_PAPER, numbers_of_paper
from skontro.flow.cases import firms_named
from skontro.flow.obligation_lists import show_obligation
from skontro.flow.times import day_text
from skontro.gate.verdicts import read_reasons_text
from skontro.house.trade import NUMBERS_BETWEEN
from skontro.store.authorities import declarations_of, entries_of_obligations, licences_known
from skontro.store.books import postings_of
from skontro.store.database import Unit
from skontro.store.documents import documents_of
from skontro.store.papers import AT_ONCE
from skontro.store.rows import find, find_all
from skontro.store.schema import (
    bank_line,
    customs_file,
    customs_use,
    journal_entry,
    money_line,
    obligation,
    obligation_line,
    obligation_trade,
    participant,
    pay_in,
    pay_out,
    register,
    trade_terms,
    verdict,
)
from skontro.store.trail import discharges_of, entries_touching, memberships

if TYPE_CHECKING:
    from skontro.flow.house import House

MOST_OBLIGATIONS = 100
"""How many obligations of a participant a report says everything of: the newest."""

MOST_LINES = 1000
"""How many bank lines, and how many journal entries, a report has at most."""


def party_facts(unit: Unit, firm: Any) -> dict[str, Any]:
    """Return what the house knows of a participant: every record, those of old too."""
    records = find_all(unit, register, order=["id"], subject_kind="participant", subject=firm.id)
    return {
        "id": firm.id, "side": firm.side, "state": firm.state, "since": firm.since,
        "records": [record_facts(one) for one in records],
    }  # fmt: skip


def record_facts(row: Any) -> dict[str, Any]:
    """Return a record of the register as it is; what was erased says nothing."""
    return {
        "record": row.id, "what": row.what, "says": row.content, "since": row.since,
        "in_force": bool(row.in_force), "replaced": row.replaced_by is not None,
    }  # fmt: skip


def verdict_facts(unit: Unit, kind: str, subjects: Sequence[int]) -> list[dict[str, Any]]:
    """Return every verdict on some, with its reasons in words; parties by their ids."""
    firms = _firms(unit)
    rows = find_all(unit, verdict, order=["id"], subject_kind=kind, subject=list(subjects))
    return [
        {"verdict": one.id, "of": [kind, one.subject], "outcome": one.outcome,
         "reasons": [_reason(why, firms) for why in read_reasons_text(one.reasons)],
         "setting": one.setting, "judged_at": one.judged_at}
        for one in rows
    ]  # fmt: skip


def _reason(why: Mapping[str, Any], firms: Mapping[int, str]) -> dict[str, Any]:
    """Return a reason with the ids of parties where it has their numbers."""
    said = dict(why) | {"text": firms_named(str(why.get("text", "")), firms)}
    return said | ({"party": firms.get(why["party"], why["party"])} if "party" in why else {})


def _firms(unit: Unit) -> dict[int, str]:
    return {one.number: one.id for one in find_all(unit, participant)}


def obligation_facts(house: House, unit: Unit, number: int) -> dict[str, Any]:
    """Return all that the house knows of an obligation.

    Args:
        house: The house.
        unit: A reading.
        number: The obligation.

    Returns:
        Terms, what its parties said, what it is for with lines of goods and papers, documents,
        declarations and licences, verdicts with their reasons, cycles, runs, payments, bank lines
        and journal entries.

    Raises:
        NoSuchFile: There is none of that number.
    """
    shown = show_obligation(house, number)
    row = find(unit, obligation, number=number)
    trade = _trade(unit, number, row.currency)
    cycles = memberships(unit, number)
    pays = _payments(unit, row, [one.cycle for one in cycles])
    return {
        "obligation": number,
        **{name: shown[name] for name in (
            "debtor", "creditor", "currency", "amount_minor", "open_minor", "state", "document",
            "registered_at", "confirmed_at", "joined_to", "opposite_of", "content_digest",
        )},
        "amount": _amount(row.amount_minor, row.currency),
        "flags": shown["flag_names"], "due_date": _day(row.due_day),
        "document_date": _day(row.document_day),
        "registrations": shown["registrations"],
        "events": [{name: one[name] for name in ("event", "person", "act_id", "amount_minor",
                                                 "detail", "at")} for one in shown["events"]],
        **trade,
        "documents": [
            {"document": one.id, "kind": one.kind, "number": one.number, "syntax": one.syntax,
             "original_digest": one.original_digest, "filed_at": one.filed_at}
            for one in documents_of(unit, [number]).get(number, [])
        ],
        "licences": _licences(unit, number),
        "verdicts": verdict_facts(unit, "obligation", [number]),
        "cycles": [
            {"cycle": one.cycle, "state": one.state, "business_day": one.business_day,
             "open_minor": one.open_minor, "left_why": one.left_why}
            for one in cycles
        ],
        "runs": [
            {"cycle": one.cycle, "run": one.kind, "ran_at": one.ran_at,
             "result_digest": one.result_digest, "before_minor": one.before_minor,
             "set_off_minor": one.set_off_minor, "planned_minor": one.planned_minor}
            for one in discharges_of(unit, number)
        ],
        **pays,
        "entries": _entries_of(unit, shown, cycles, pays["bank_lines"]),
    }  # fmt: skip


def _amount(minor: int, currency: str) -> str:
    return format_minor(minor, exponents().get(currency, 0))


def _day(number: int | None) -> str | None:
    return None if number is None else day_text(number)


# ---- what it is for ----------------------------------------------------------------------------


def _trade(unit: Unit, number: int, currency: str) -> dict[str, Any]:
    """Return goods, lines, papers, and the declarations that its papers name."""
    row = find(unit, obligation_trade, obligation=number)
    if row is None:
        return {"trade": None, "lines": [], "papers": [], "declarations": []}
    lines = find_all(unit, obligation_line, order=["line"], obligation=number)
    wanted = sorted({row.terms, *(one.terms for one in lines)})
    texts = {one.id: one.content for one in find_all(unit, trade_terms, id=wanted)}
    terms = texts.get(row.terms, "")
    said = _plain_terms(terms)
    kinds, numbers = said.pop("papers", []), row.numbers.split(NUMBERS_BETWEEN)
    papers = [
        {"kind": kind, "number": numbers[place] if place < len(numbers) else ""}
        for place, kind in enumerate(kinds)
    ]
    return {
        "trade": said | {
            "quantity_milli": row.quantity_milli, "weight_g": row.weight_g,
            "paper_date": _day(row.paper_day), "issuer": row.issuer, "originals": row.originals,
        },
        "lines": [
            {"line": one.line} | _plain_terms(texts.get(one.terms, ""))
            | {"quantity_milli": one.quantity_milli, "weight_g": one.weight_g,
               "value_minor": one.value_minor, "value": _amount(one.value_minor, currency)}
            for one in lines
        ],
        "papers": papers,
        "declarations": _declarations(
            unit, number, numbers_of_paper(terms, row.numbers, CUSTOMS_PAPER)
        ),
    }  # fmt: skip


def _plain_terms(text: str) -> dict[str, Any]:
    """Return what terms say; of what is none that the house wrote, the text as it is."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else {"text": text}


def _declarations(unit: Unit, number: int, named: Sequence[str]) -> list[dict[str, Any]]:
    """Return what customs know under the numbers an obligation names, and what it used of it."""
    uses = find_all(unit, customs_use, order=["id"], obligation=number)
    references = sorted({*named, *(one.reference for one in uses)})
    if not references:
        return []
    found = {row[0]: row for row in declarations_of(unit, references)}
    files = {one.id: one for one in find_all(unit, customs_file)} if found else {}
    said = list[dict[str, Any]]()
    for reference in references:
        one: dict[str, Any] = {"reference": reference, "known_to_customs": reference in found}
        if reference in found:
            _, file, _, exporter, importer, currency, day, cancelled, lines, side = found[reference]
            one |= {
                "side": side, "file": file, "source": files[file].source,
                "dated": files[file].dated, "exporter": exporter, "importer": importer,
                "currency": currency, "accepted": _day(day), "cancelled": bool(cancelled),
                "lines": json.loads(lines),
            }  # fmt: skip
        one["used"] = [
            {"kind": use.kind, "code": use.code, "unit": use.unit, "value_minor": use.value_minor,
             "quantity_milli": use.quantity_milli, "cycle": use.cycle, "at": use.at}
            for use in uses if use.reference == reference
        ]  # fmt: skip
        said.append(one)
    return said


def _licences(unit: Unit, number: int) -> list[dict[str, Any]]:
    """Return the licences an obligation took of, each version, and what it took and gave back."""
    taken = entries_of_obligations(unit, [number])
    names = sorted({one.licence for one in taken})
    firms = _firms(unit)
    return [
        {"licence": one.licence, "side": one.side, "holder": firms[one.holder],
         "goods": one.goods, "countries": one.countries, "currency": one.currency,
         "value_minor": one.value_minor, "valid_from": one.valid_from,
         "valid_until": one.valid_until, "revoked": bool(one.revoked), "since": one.since,
         "taken": [{"kind": each.kind, "value_minor": each.value_minor, "cycle": each.cycle,
                    "at": each.at} for each in taken if each.licence == one.licence]}
        for one in (licences_known(unit, names) if names else ())
    ]  # fmt: skip


# ---- money -------------------------------------------------------------------------------------


def _payments(unit: Unit, row: Any, cycles: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return what the parties of an obligation paid and were paid in its cycles and currency."""
    wanted: dict[str, Any] = {"cycle": list(cycles), "participant": [row.debtor, row.creditor]}
    ins = find_all(unit, pay_in, order=["id"], **wanted) if cycles else ()
    outs = find_all(unit, pay_out, order=["id"], **wanted) if cycles else ()
    return payments_facts(unit, ins, outs, lines_of(unit, ins, outs))


def lines_of(unit: Unit, ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
    """Return the bank lines of some payments, by number, the first of them if there are many."""
    found = dict[int, Any]()
    for name, rows in (("pay_in", ins), ("pay_out", outs)):
        for start in range(0, len(rows), AT_ONCE):
            wanted: dict[str, Any] = {name: [one.id for one in rows[start : start + AT_ONCE]]}
            own = find_all(unit, money_line, order=["id"], limit=MOST_LINES, **wanted)
            found |= {one.id: one for one in own}
    return [found[number] for number in sorted(found)][:MOST_LINES]


def payments_facts(
    unit: Unit, ins: Sequence[Any], outs: Sequence[Any], lines: Sequence[Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return payments and bank lines as plain values, with who paid and who is paid."""
    firms = _firms(unit)
    return {
        "pay_ins": [
            {"pay_in": one.id, "cycle": one.cycle, "participant": firms[one.participant],
             "currency": one.currency, "due_minor": one.due_minor,
             "arrived_minor": one.arrived_minor, "reference": one.reference, "state": one.state}
            for one in ins
        ],
        "pay_outs": [
            {"pay_out": one.id, "cycle": one.cycle, "side": one.side, "currency": one.currency,
             "amount_minor": one.amount_minor, "purpose": one.purpose, "state": one.state,
             "participant": firms.get(one.participant), "payee": _says(unit, one.payee),
             "account": _says(unit, one.account), "end_to_end": one.end_to_end}
            for one in outs
        ],
        "bank_lines": [line_facts(unit, one) for one in lines],
    }  # fmt: skip


def line_facts(unit: Unit, row: Any) -> dict[str, Any]:
    """Return a line of a bank: all it said, who the other party is, and what became of it."""
    told = find(unit, bank_line, side=row.side, currency=row.currency, name=row.bank_reference)
    return {
        "line": row.id, "side": row.side, "currency": row.currency,
        "bank_reference": row.bank_reference, "amount_minor": row.amount_minor,
        "value_day": row.value_day, "payer": _says(unit, row.payer), "reference": row.reference,
        "state": row.state, "matched_minor": row.matched_minor, "pay_in": row.pay_in,
        "pay_out": row.pay_out, "noted_at": row.noted_at, "entry": row.entry,
        "reversed_by": row.reversed_by or None,
        "told": None if told is None else _says(unit, told.telling),
    }  # fmt: skip


def _says(unit: Unit, record: int | None) -> str | None:
    row = None if record is None else find(unit, register, id=record)
    return None if row is None or row.content is None else str(row.content)


# ---- the journal -------------------------------------------------------------------------------


def _entries_of(
    unit: Unit, shown: Mapping[str, Any], cycles: Sequence[Any], lines: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the entries that concern an obligation: on its accounts, of its acts and bank lines.

    Of an entry that has a line for each firm those of the two parties are said.
    """
    firms = (shown["debtor"], shown["creditor"])
    unit_of = shown["currency"]
    codes = [f"payable:{firms[0]}:{unit_of}", f"receivable:{firms[1]}:{unit_of}"]
    rows = list(entries_touching(unit, [one.cycle for one in cycles], codes, ("", "")))
    acts = sorted({one["act_id"] for one in shown["events"] if one["act_id"] is not None})
    rows += find_all(unit, journal_entry, act_id=acts) if acts else ()
    return entries_facts(unit, rows, [one["entry"] for one in lines], firms)


def entries_facts(
    unit: Unit, rows: Iterable[Any], booked: Iterable[int], firms: Iterable[str]
) -> list[dict[str, Any]]:
    """Return entries of the journal with the lines that concern some firms.

    Args:
        unit: A reading.
        rows: Entries.
        booked: Numbers of more, which are said whole: those that booked bank lines.
        firms: Ids of firms.
    """
    known, whole, own = {one.number: one for one in rows}, set(booked), set(firms)
    more = sorted(whole - known.keys())
    known |= {one.number: one for one in find_all(unit, journal_entry, number=more)} if more else {}
    numbers = sorted(known)[:MOST_LINES]
    lines = postings_of(unit, numbers) if numbers else {}
    return [
        {"entry": number, "kind": known[number].kind, "cycle": known[number].cycle,
         "act": known[number].act_id, "business_day": known[number].business_day,
         "at": known[number].at, "hash": known[number].hash,
         "content": json.loads(known[number].content),
         "postings": [
             {"account": code, "currency": currency, "amount_minor": minor}
             for code, currency, minor in lines[number]
             if number in whole or own & {*code.split(":")}
         ]}
        for number in numbers
    ]  # fmt: skip


# ---- who is no participant ---------------------------------------------------------------------


def other_facts(unit: Unit, kind: str, record: int) -> dict[str, Any]:
    """Return what the house knows of an applicant, a payer or a payee by their record.

    Args:
        unit: A reading.
        kind: ``applicant``, ``payer`` or ``payee``.
        record: The number of their record in the register.

    Returns:
        ``record`` and, of an applicant, all ``records`` under the id they applied with; of payer
        and payee the bank lines and payments that name them, with the verdicts and entries.
    """
    row = find(unit, register, id=record)
    found: dict[str, Any] = {"kind": kind, "record": None if row is None else record_facts(row)}
    if kind == "applicant":
        own = () if row is None else find_all(unit, register, order=["id"], subject=row.subject,
                                              subject_kind=row.subject_kind)  # fmt: skip
        firm = None if row is None else find(unit, participant, id=row.subject)
        return found | {
            "id": None if row is None else row.subject,
            "records": [record_facts(one) for one in own],
            "verdicts": [] if firm is None else verdict_facts(unit, "participant", [firm.number]),
        }  # fmt: skip
    outs = find_all(unit, pay_out, order=["id"], limit=MOST_LINES, payee=record)
    lines = {one.id: one for one in find_all(unit, money_line, order=["id"], limit=MOST_LINES,
                                             payer=record)}  # fmt: skip
    returned = sorted({one.line for one in outs if one.line is not None} - lines.keys())
    for part in (find_all(unit, money_line, id=returned) if returned else (),
                 lines_of(unit, (), outs)):
        lines |= {one.id: one for one in part}
    rows = [lines[number] for number in sorted(lines)]
    ins = find_all(unit, pay_in, order=["id"],
                   id=sorted({one.pay_in for one in rows if one.pay_in is not None}))  # fmt: skip
    return found | {
        **payments_facts(unit, ins, outs, rows),
        "verdicts": [
            *(verdict_facts(unit, "payer", sorted(lines)) if lines else ()),
            *(verdict_facts(unit, "pay_out", [one.id for one in outs]) if outs else ()),
        ],
        "entries": entries_facts(unit, (), [one.entry for one in rows], ()),
    }  # fmt: skip
