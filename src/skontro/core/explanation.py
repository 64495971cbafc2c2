# SPDX-License-Identifier: Apache-2.0
"""What a calculation came to for one participant, in sentences.

Every sentence is read off the result: sums are exact, and the reason why something is left is
that of the certificate. The level of a creditor stands at least one above its debtor's wherever
something is left, so what is left can close no circle; and one unit more through an obligation
would take away at least as many units elsewhere as the two levels lie apart.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skontro.core.errors import NoSuchParticipant
from skontro.core.money import exponent
from skontro.core.standing import CALCULATION, Standing

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

SHOWN = 12
CHAIN_SHOWN = 8
NAMES_SEARCHED = 200_000


@dataclass(frozen=True)
class Section:
    """A heading and the sentences under it."""

    title: str
    sentences: list[str]


@dataclass(frozen=True)
class Explanation:
    """What one participant is told.

    Attributes:
        participant: Its id.
        name: Its name, empty where none was given.
        side: Its side, empty where none was given.
        sections: The sentences, in the order in which they are read.
        standing: What the result is.
    """

    participant: str
    name: str
    side: str
    sections: list[Section] = field(default_factory=list)
    standing: Standing = CALCULATION

    def as_text(self) -> str:
        """The explanation as plain text, one sentence a line."""
        about = ", ".join(
            part for part in (self.name, f"side {self.side}" if self.side else "") if part
        )
        lines = [f"{self.participant} ({about})" if about else self.participant]
        for section in self.sections:
            lines += ["", section.title, *(f"  {sentence}" for sentence in section.sentences)]
        return "\n".join([*lines, "", HOUSE_ONLY, self.standing.line])

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain values, for JSON."""
        return {
            **self.standing.as_json(),
            "participant": self.participant,
            "name": self.name,
            "side": self.side,
            "sections": [
                {"title": section.title, "sentences": section.sentences}
                for section in self.sections
            ],
        }


HOUSE_ONLY = "for the house: these sentences name levels and debts of others"


def explain(
    summary: Row, obligations: pa.Table, participants: pa.Table, participant: str
) -> Explanation:
    """Say what was set off for one participant, and why the rest could not be.

    Args:
        summary: The summary of the calculation.
        obligations: Its obligations, as in the result folder.
        participants: Its nodes, as in the result folder.
        participant: Whose part is explained.

    Returns:
        Sections of sentences: for each node what it owes and is owed, what goes against what,
        why the rest stays, and what would be paid.

    Raises:
        NoSuchParticipant: Nobody of that id takes part.
    """
    import pyarrow.compute as pc

    nodes = participants.filter(pc.equal(participants.column("participant"), participant))
    if not nodes.num_rows:
        raise _nobody(participants, participant)
    book = _Book(summary, obligations, participants)
    rows = nodes.to_pylist()
    sections: list[Section] = []
    for row in rows:
        sections += _NodeStory(book, row, several=len(rows) > 1).sections()
    return Explanation(
        participant, str(rows[0].get("name") or ""), str(rows[0].get("side") or ""), sections,
        Standing.from_json(summary),
    )


def _nobody(participants: pa.Table, participant: str) -> NoSuchParticipant:
    next_step = None
    if participants.num_rows <= NAMES_SEARCHED:
        known = sorted(set(participants.column("participant").to_pylist()))
        near = difflib.get_close_matches(participant, known, n=3)
        if near:
            next_step = "did you mean " + " or ".join(near) + "?"
    return NoSuchParticipant(
        f"nobody with the id {participant!r} takes part in this calculation",
        next_step=next_step,
        details={"participant": participant},
    )


def money(minor: int, currency: str) -> str:
    """A sum with its thousands apart and its currency.

    Example:
        >>> money(-135000000, "INR")
        '-1,350,000.00 INR'
    """
    places = exponent(currency)
    whole, part = divmod(abs(minor), 10**places)
    text = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    return f"{'-' if minor < 0 else ''}{text} {currency}"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


class _Book:
    """The tables of a result, asked for the rows of one node at a time."""

    def __init__(self, summary: Row, obligations: pa.Table, participants: pa.Table) -> None:
        self.parameters: Row = summary["parameters"]
        self.has_fixing = "gross_points" in obligations.column_names
        self.combined = bool(self.parameters.get("combined"))
        self.cash = self.parameters.get("cash")
        self.obligations = obligations
        self.participants = participants
        self._open: pa.Table | None = None

    def rows_of(self, role: str, node: Row) -> list[dict[str, Any]]:
        """The obligations in which the node is ``debtor`` or ``creditor``, largest left first."""
        found: list[dict[str, Any]] = self._rows(self.obligations, role, node).to_pylist()
        found.sort(key=self.worth_left, reverse=True)
        return found

    def _rows(self, table: pa.Table, role: str, node: Row) -> pa.Table:
        import pyarrow.compute as pc

        wanted = pc.equal(table.column(role), node["participant"])
        if node["currency"]:
            wanted = pc.and_(wanted, pc.equal(table.column("currency"), node["currency"]))
        return table.filter(wanted)

    def worth(self, row: Row) -> int:
        """What an obligation weighs beside others, in points where there are several currencies."""
        return int(row["gross_points"] if self.has_fixing else row["gross_minor"])

    def worth_left(self, row: Row) -> tuple[int, int]:
        """The same of what is left of it; of equals the earlier row comes first."""
        left = int(row["gross_minor"]) - self.gone(row)
        return self.worth(row) * left // int(row["gross_minor"]), -int(row["row"])

    def node_of(self, participant: str, currency: str) -> dict[str, Any]:
        """The node of a participant that has the obligations in this currency."""
        import pyarrow.compute as pc

        table = self.participants
        found = table.filter(pc.equal(table.column("participant"), participant)).to_pylist()
        for row in found:
            if row["currency"] in ("", None, currency):
                return dict(row)
        return {"participant": participant, "currency": currency, "level": None}

    def largest_open(self, node: Row) -> dict[str, Any] | None:
        """The largest obligation that this node still owes, if it owes anything."""
        import pyarrow.compute as pc

        if self._open is None:
            gone = "settled_minor" if self.combined else "set_off_minor"
            table = self.obligations
            left = pc.less(table.column(gone), table.column("gross_minor"))
            self._open = table.filter(left)
        rows: list[dict[str, Any]] = self._rows(self._open, "debtor", node).to_pylist()
        return max(rows, key=lambda row: self.worth_left(row)) if rows else None

    def gone(self, row: Row) -> int:
        """What the stage whose levels are shown discharged of an obligation, in minor units."""
        return int(row["settled_minor"] if self.combined else row["set_off_minor"])


class _NodeStory:
    """The sentences about one node."""

    def __init__(self, book: _Book, node: Row, *, several: bool) -> None:
        self.book = book
        self.node = node
        self.who = str(node["participant"])
        self.unit = str(node["unit"])
        self.payables = book.rows_of("debtor", node)
        self.receivables = book.rows_of("creditor", node)
        self.suffix = f" ({node['currency']})" if several and node["currency"] else ""
        self.verb = "discharged" if book.combined else "set off"

    def sections(self) -> list[Section]:
        """All sections, those without a sentence left out."""
        found = [
            Section("What is owed", self.position()),
            Section("What goes against what", self.set_off()),
            Section("Why the rest cannot be " + self.verb, self.reasons()),
            Section("Money", self.money()),
        ]
        return [
            Section(section.title + self.suffix, section.sentences)
            for section in found
            if section.sentences
        ]

    def _sum(self, name: str) -> str:
        return money(int(self.node[name]), self.unit)

    def position(self) -> list[str]:
        """Gross sums and the net position, which no set-off changes."""
        net = int(self.node["net_position_minor"])
        counted = " (counted in " + self.unit + " at the fixing)" if self.book.has_fixing else ""
        sentences = [
            f"{self.who} owes {self._sum('owed_minor')} in "
            f"{_count(len(self.payables), 'obligation')} and is owed {self._sum('due_minor')} in "
            f"{_count(len(self.receivables), 'obligation')}{counted}."
        ]
        if net < 0:
            state = f"it owes {money(-net, self.unit)} more than it is owed"
        elif net > 0:
            state = f"it is owed {money(net, self.unit)} more than it owes"
        else:
            state = "it owes as much as it is owed"
        sentences.append(f"Net position {money(net, self.unit)}: {state}. No set-off changes this.")
        return sentences

    def set_off(self) -> list[str]:
        """What was discharged, obligation by obligation."""
        gone_out = [row for row in self.payables if self.book.gone(row)]
        gone_in = [row for row in self.receivables if self.book.gone(row)]
        if not gone_out and not gone_in:
            return [f"Nothing: no circle of debt runs through {self.who}."] * (
                not self.book.combined
            )
        if self.book.combined:
            sentences = ["Set-off and cash are placed together; which is which cannot be told."]
        else:
            sums = self._sum("set_off_minor")
            sentences = [f"{sums} of what it owes goes against {sums} of what it is owed."]
        sentences += self._gone("to", "creditor", gone_out)
        sentences += self._gone("by", "debtor", gone_in)
        return sentences + self._difference()

    def _gone(self, word: str, other: str, rows: Sequence[Row]) -> list[str]:
        """A line for each obligation that goes, the largest first, the others counted."""
        ordered = sorted(rows, key=self.book.worth, reverse=True)
        lines = [
            f"{row['id']}, owed {word} {row[other]}: {self._part(row)} goes."
            for row in ordered[:SHOWN]
        ]
        if len(ordered) > SHOWN:
            lines.append(f"... and {_count(len(ordered) - SHOWN, 'obligation')} more like these.")
        return lines

    def _part(self, row: Row) -> str:
        """The part of an obligation that goes, in its own currency."""
        currency, gross, gone = str(row["currency"]), int(row["gross_minor"]), self.book.gone(row)
        if gone == gross:
            return f"all {money(gross, currency)}"
        return f"{money(gone, currency)} of {money(gross, currency)}"

    def _difference(self) -> list[str]:
        points = int(self.node.get("booked_difference_points") or 0)
        if not points:
            return []
        minor = int(self.node.get("booked_difference_minor") or 0)
        sum_text = money(minor, self.unit) if minor else f"less than a minor unit of {self.unit}"
        return [f"Rounding to whole minor units leaves a booked difference of {sum_text}."]

    def reasons(self) -> list[str]:
        """Why what is left could not go, in the words of the certificate."""
        left_out = [row for row in self.payables if self._left(row)]
        left_in = [row for row in self.receivables if self._left(row)]
        if not left_out and not left_in:
            return []
        sentences = self._general(bool(left_out), bool(left_in))
        sentences += self._each("debtor", "creditor", left_out)
        sentences += self._each("creditor", "debtor", left_in)
        if left_out:
            sentences += self._chain(left_out[0])
        return sentences

    def _left(self, row: Row) -> int:
        """What the stage whose levels are shown left of an obligation, in minor units."""
        return int(row["gross_minor"]) - self.book.gone(row)

    def _general(self, owes: bool, owed: bool) -> list[str]:
        who, all_gone = self.who, "has gone already"
        if not owed and not self.receivables:
            return [f"Nobody owes {who} anything: there is nothing to set its debts off against."]
        if not owes and not self.payables:
            return [f"{who} owes nobody anything, so its claims have no debt to go against."]
        if not owed:
            short = -int(self.node["net_position_minor"])
            return [f"All that {who} is owed {all_gone}: nothing is left to set its debts off "
                    f"against. It is short by {money(short, self.unit)}."]  # fmt: skip
        if not owes:
            return [f"All that {who} owes {all_gone}: its other claims have no debt of its own to "
                    "go against. They wait for somebody who is short."]  # fmt: skip
        return [f"{who} still owes and is still owed, but the two do not meet in a circle."]

    def _each(self, own: str, other: str, rows: Sequence[Row]) -> list[str]:
        """For each obligation that is left the reason its levels give."""
        lines = []
        for row in rows[:SHOWN]:
            debtor = self._level(row, "debtor")
            creditor = self._level(row, "creditor")
            word = f"to {row[other]}" if own == "debtor" else f"from {row[other]}"
            lines.append(
                f"{row['id']} {word}: {money(self._left(row), str(row['currency']))} of "
                f"{money(int(row['gross_minor']), str(row['currency']))} stays. "
                + self._price(row, debtor, creditor)
            )
        if len(rows) > SHOWN:
            lines.append(f"... and {_count(len(rows) - SHOWN, 'obligation')} more like these.")
        return lines

    def _level(self, row: Row, role: str) -> int | None:
        if str(row[role]) == self.who:
            return int(self.node["level"])
        level = self.book.node_of(str(row[role]), str(row["currency"]))["level"]
        return None if level is None else int(level)

    def _price(self, row: Row, debtor: int | None, creditor: int | None) -> str:
        """What one unit more would cost elsewhere."""
        if debtor is None or creditor is None:
            return ""
        price = creditor - debtor
        levels = f"{row['debtor']} stands at level {debtor}, {row['creditor']} at {creditor}: "
        if price < 1:
            return levels + "only rounding to whole minor units keeps it open."
        least = "one" if price == 1 else str(price)
        act = "discharge" if self.book.combined else "set off"
        return f"{levels}any way to {act} one unit more here takes at least {least} away elsewhere."

    def _chain(self, row: Row) -> list[str]:
        """Follow the largest debts that are left, from one creditor to the next."""
        if self.book.combined:
            return []
        path, end = [self.who], ""
        node = self.book.node_of(str(row["creditor"]), str(row["currency"]))
        while True:
            path.append(str(node["participant"]))
            following = self.book.largest_open(node)
            if following is None:
                end = f"{path[-1]} owes nobody any more"
                break
            if len(path) > CHAIN_SHOWN:
                end = "and so on, each time to a higher level"
                break
            node = self.book.node_of(str(following["creditor"]), str(following["currency"]))
        return [
            f"Following the largest debts that are left: {path[0]} owes "
            f"{', which owes '.join(path[1:])}; {end}. Each step leads to a higher level, so none "
            f"comes back to {self.who}."
        ]

    def money(self) -> list[str]:
        """What is paid in and paid out, or would be."""
        node, book = self.node, self.book
        currency = str(node.get("settlement_currency") or self.unit)
        pay_in, pay_out = int(node["pay_in_minor"] or 0), int(node["pay_out_minor"] or 0)
        if book.cash is None:
            if pay_in:
                return [f"To settle all that is left, {self.who} would pay in "
                        f"{money(pay_in, currency)}, one net sum."]  # fmt: skip
            if pay_out:
                return [f"If all that is left were settled, {self.who} would be paid "
                        f"{money(pay_out, currency)}, one net sum."]  # fmt: skip
            return [f"{self.who} would neither pay nor be paid anything."]
        sentences = []
        if pay_in:
            sentences.append(f"{self.who} pays in {money(pay_in, currency)}{self._limit_words()}.")
        elif self._points("pay_in_limit_points"):
            sentences.append(f"{self.who} could pay in, but its money would discharge nothing.")
        elif book.cash == "limits" and int(node["net_position_points"]) < 0:
            sentences.append(f"{self.who} has no pay-in limit, so it pays in nothing.")
        if pay_out:
            sentences.append(f"{self.who} is paid {money(pay_out, currency)}.")
        return sentences + self._still_open()

    def _points(self, name: str) -> int:
        return int(self.node.get(name) or 0)

    def _limit_words(self) -> str:
        if self.node.get("pay_in_limit_points") is None:
            return ""
        if self._points("pay_in_points") == self._points("pay_in_limit_points"):
            return ", all that its pay-in limit allows"
        return ", less than its pay-in limit allows"

    def _still_open(self) -> list[str]:
        """What cash discharged of the rest, and what stays all the same."""
        sentences = []
        for rows, words in ((self.payables, "it owes"), (self.receivables, "it is owed")):
            touched = [row for row in rows if int(row["settled_minor"]) and not self.book.combined]
            stays = [row for row in rows if int(row["residual_minor"])]
            for row in touched[:SHOWN]:
                sentences.append(
                    f"Cash settles {money(int(row['settled_minor']), str(row['currency']))} of "
                    f"{row['id']}, which {words}."
                )
            if len(touched) > SHOWN:
                sentences.append(f"... and {_count(len(touched) - SHOWN, 'obligation')} more.")
            for row in stays[:SHOWN]:
                sentences.append(
                    f"{money(int(row['residual_minor']), str(row['currency']))} of {row['id']}, "
                    f"which {words}, stays open after all."
                )
        return sentences
