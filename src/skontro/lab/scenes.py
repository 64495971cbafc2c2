# SPDX-License-Identifier: Apache-2.0
"""Four scenes of the demonstration's year in which the gate holds, and what becomes of them.

An alert that two people clear; one that they confirm before a cut-off, and what the freeze did to
the cycle; a good that needs a licence; an invoice that customs know for a tenth of what it says.
Each is played once, and found again in the house: nothing of it is remembered elsewhere.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from skontro.flow.counterfactual import counterfactual
from skontro.gate.customs_files import customs_text
from skontro.gate.parties import FIRM
from skontro.house.firms import Firm
from skontro.lab.goods import FICTITIOUS_MONTH, LICENSED_CODE
from skontro.lab.trade import Invoice
from skontro.store.papers import obligations_of
from skontro.store.rows import find_all
from skontro.store.schema import cycle_member, obligation, verdict

if TYPE_CHECKING:
    from skontro.lab.year import DemonstrationYear

YEAR = 2026
CLEARED_MONTH, LICENCE_MONTH, FROZEN_MONTH = 2, 4, 9
LISTED = (("Blackthorn Shadow Trading", ""), ("Nightshade Holdings", "9999"))
"""Names on the invented screening list; no firm of the demonstration bears one."""

COLUMNS = ("name", "identifier", "reference", "kind", "countries", "text")
LICENCE_MINOR = 100_000_000
"""What each licence is good for, minor units."""


@dataclass(frozen=True)
class Scene:
    """What happened, for the reader.

    Attributes:
        title: In a few words.
        told: In plain sentences.
        look: Commands of the house that show it, without the program's name and whose key.
    """

    title: str
    told: str
    look: tuple[str, ...]


class Scenes:
    """The scenes of a year.

    Args:
        year: The year they are played in.
    """

    def __init__(self, year: DemonstrationYear) -> None:
        self.year = year

    # ---- what the authorities say ----------------------------------------------------------------

    def list_text(self) -> str:
        """Return the list of the day: once a cycle is open, names of two firms are on it.

        The one is a firm of the same name elsewhere; the other is the firm itself.
        """
        rows = [(name, identifier, "", "", "", "") for name, identifier in LISTED]
        opened = len(self.year.cycles())
        if opened >= CLEARED_MONTH:
            rows.append((self.namesake.name, "", "X-1", "organisation", "SG",
                         "a firm in Singapore; invented"))  # fmt: skip
        if opened >= FROZEN_MONTH:
            rows.append((self.frozen.name, self.frozen.registration_number, "X-2", "organisation",
                         "", "invented"))  # fmt: skip
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
        return text.getvalue()

    @cached_property
    def namesake(self) -> Firm:
        """The firm that another one, elsewhere, has the name of: the busiest at home."""
        return self._busy(CLEARED_MONTH, 0, set())

    @cached_property
    def frozen(self) -> Firm:
        """The firm that turns up on the list: one of middling size."""
        with self.year.house.database.read() as unit:
            table = self.year.house.participants.table(unit)
        return self._busy(FROZEN_MONTH, 2, {one.id for one in table if one.state != "admitted"})

    def _busy(self, month: int, quarter: int, gone: Collection[str]) -> Firm:
        """Return a firm that both owes and is owed in a month.

        Args:
            month: 1 to 12.
            quarter: How many quarters of the firms are busier.
            gone: Ids of firms that take part no more.
        """
        owes, owed = Counter[str](), Counter[str]()
        for one in self.year.trade.month(YEAR, month):
            owes[one.debtor] += 1
            owed[one.creditor] += 1
        others = {*gone, *(one.holder for one in self.year.goods.licences(1))}
        both = sorted((firm for firm in owes.keys() & owed.keys() if firm not in others),
                      key=lambda firm: (-owes[firm] - owed[firm], firm))  # fmt: skip
        chosen = both[len(both) * quarter // 4]
        return next(firm for firm in self.year.trade.firms if firm.id == chosen)

    # ---- played ----------------------------------------------------------------------------------

    def before_filing(self, month: int, invoices: Sequence[Invoice]) -> None:
        """Take in what the authorities sent before a month's invoices are handed in.

        Args:
            month: 1 to 12.
            invoices: The month's.
        """
        house, goods = self.year.house, self.year.goods
        maker, signer = self.year.maker
        for side in house.rules.sides:
            own = [one for one in invoices if goods.side(one.creditor) == side.id]
            declared = goods.declarations(own)
            if declared:
                house.customs.import_file(
                    customs_text(declared), side.id, maker, signer,
                    source=f"invented customs of {side.id}",
                )  # fmt: skip
        if month != LICENCE_MONTH:
            return
        known = {one["licence"] for one in house.licences.table()}
        for licence in goods.licences(LICENCE_MINOR):
            if licence.id not in known:
                self.year.both(
                    "licence.enter",
                    lambda one=licence: house.licences.propose(  # type: ignore[misc]
                        one, maker, signer, paper="invented paper"
                    ),
                )

    def before_cut_off(self, month: int) -> None:
        """Let two people decide the alert of the month."""
        if month == CLEARED_MONTH:
            self._decide(self.namesake, "not the same",
                         "another firm of that name, elsewhere, by both registers")  # fmt: skip
        if month == FROZEN_MONTH:
            self._decide(self.frozen, "the same", "the same registration number")

    def _decide(self, firm: Firm, decision: str, reason: str) -> None:
        """Decide each open case of a firm: that of this one as given; whoever else it may be is
        somebody else, as its owner who has its name is. What a flag holds stays held."""
        year = self.year
        for case in year.house.cases.work_list(*year.maker):
            if case["subject_kind"] != "participant":
                continue
            own = (case["whom"], case["about"]) == (firm.id, FIRM)
            said = decision if own else "not the same"
            why = reason if own else "somebody else, by the register"
            year.both(
                "case.decide",
                lambda case=case, said=said, why=why:  # type: ignore[misc]
                    year.house.cases.propose_decision(case["case"], said, why, *year.maker),
            )  # fmt: skip

    def _case(self, firm: Firm) -> dict[str, Any] | None:
        states = ["open", "cleared", "confirmed"]
        found = self.year.house.cases.work_list(*self.year.maker, states=states)
        wanted = (firm.id, FIRM)
        return next((one for one in found if (one["whom"], one["about"]) == wanted), None)

    # ---- told ------------------------------------------------------------------------------------

    def told(self, cycles: Sequence[str]) -> list[Scene]:
        """Return the scenes that were played so far.

        Args:
            cycles: The cycles that are final, in their order.
        """
        found = list[Scene]()
        if len(cycles) >= CLEARED_MONTH:
            found.append(self._cleared(cycles[CLEARED_MONTH - 1]))
        if len(cycles) >= LICENCE_MONTH and self.year.goods.licences(1):
            found.append(self._licensed(cycles[LICENCE_MONTH - 1]))
        if len(cycles) >= FICTITIOUS_MONTH and self.year.goods.fictitious:
            found.append(self._fictitious())
        if len(cycles) >= FROZEN_MONTH:
            found.append(self._frozen(cycles[FROZEN_MONTH - 1]))
        return found

    def _cleared(self, cycle: str) -> Scene:
        firm, case = self.namesake, self._case(self.namesake)
        number = 0 if case is None else case["case"]
        return Scene(
            "an alert, cleared by two people",
            f"In {cycle} a firm in Singapore called {firm.name} came onto the list. {firm.id} has "
            f"that name, so everything it was a party to was held. Two people compared the two, "
            f"point by point, and signed that it is another firm; the pair does not alert again "
            f"until either side changes, and {self._entered(cycle, firm)} of its obligations were "
            "entered in that very cycle.",
            (f"gate cases show {number}",),
        )

    def _entered(self, cycle: str, firm: Firm) -> int:
        """How many obligations of a firm a cycle entered and kept."""
        with self.year.house.database.read() as unit:
            own = obligations_of(unit, self.year.house.participants.row(unit, firm.id).number)
            members = find_all(unit, cycle_member, cycle=cycle, left_why=None)
        return sum(one.obligation in own for one in members)

    def _frozen(self, cycle: str) -> Scene:
        firm, case = self.frozen, self._case(self.frozen)
        seen = counterfactual(self.year.house, cycle, firm.id, *self.year.maker)
        proof, published, with_it = seen["proof"], seen["published"], seen["with_it"]
        lost = (int(with_it["set_off_minor"]) - int(published["set_off_minor"])) // 100
        return Scene(
            "an alert, confirmed, and a party frozen before the cut-off",
            f"In {cycle} {firm.id} itself came onto the list. Two people confirmed it before the "
            f"cut-off: {len(seen['kept_out'])} obligations of it stayed out, {proof['in_run']} are "
            f"in the published run, {proof['pay_outs']} payments went to it. Had it been let in, "
            f"{lost:,} {published['unit']} more would have been set off; "
            f"{len({one['participant'] for one in seen['lost']})} other firms lost or gained by "
            "that.",
            (f"gate counterfactual {cycle} --without {firm.id}",
             f"gate cases show {0 if case is None else case['case']}",
             f"gate cases exposure {firm.id}"),
        )  # fmt: skip

    def _licensed(self, cycle: str) -> Scene:
        house = self.year.house
        rows = house.licences.table()
        held = self._held_before(cycle)
        first = rows[0]["licence"] if rows else ""
        used, code = max(((one["used_minor"] // 100, one["currency"]) for one in rows),
                         default=(0, ""))  # fmt: skip
        return Scene(
            "a good that needs a licence",
            f"Goods of code {LICENSED_CODE} need a licence by both sides' packs: until {cycle} "
            f"{held} invoices for them were held. Then two people entered the two licences, of the "
            f"seller's side and of the buyer's; what was held was judged anew, and what cleared "
            f"since has used up {used:,} {code} of each.",
            ("gate licences list", f"gate licences show {first}"),
        )

    def _held_before(self, cycle: str) -> int:
        """How many obligations were held for want of a licence at first."""
        with self.year.house.database.read() as unit:
            rows = find_all(unit, verdict, subject_kind="obligation", outcome="held")
        return len({row.subject for row in rows if '"NeedsLicence"' in row.reasons})

    def _fictitious(self) -> Scene:
        document = self.year.goods.fictitious
        number, amount, code = self._obligation(document)
        return Scene(
            "a fictitious invoice",
            f"Invoice {document} over {amount // 100:,} {code} was confirmed by both parties, with "
            f"all its papers. Customs know its goods for a tenth of that: the gate holds it, and "
            "what it holds it for shows to compliance alone; to its parties it reads \"not in this "
            "cycle: house review\".",
            (f"obligations show {number}", "gate customs held"),
        )  # fmt: skip

    def _obligation(self, document: str) -> tuple[int, int, str]:
        with self.year.house.database.read() as unit:
            row = find_all(unit, obligation, order=["number"], document=document)[0]
        return row.number, row.amount_minor, row.currency

