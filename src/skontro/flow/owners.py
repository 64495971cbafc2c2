# SPDX-License-Identifier: Apache-2.0
"""Who owns whom among the participants, and what the house knows of those above a firm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from skontro.core.digest import canonical_json
from skontro.flow.screening import SCREENED, compared_of, owners_of
from skontro.gate.layers import Above, KnownFirm, by_name, links_of, reached_from
from skontro.gate.parties import Compared, standing_of
from skontro.gate.verdicts import Reason
from skontro.house.firms import Owner, read_owner
from skontro.store.database import Unit
from skontro.store.register import current_records
from skontro.store.verdicts import Screened, participant_rows, record_contents, screened_records

if TYPE_CHECKING:
    from skontro.flow.cases import Decided
    from skontro.flow.gate import Gate
    from skontro.flow.screening import Found

OfFirm = tuple[list[Compared], list[Reason]]
"""A firm and its owners as they are compared, and what is wrong with their records."""


@dataclass
class Layers:
    """The participants above some firms.

    Attributes:
        records: Of each participant that is above one of them and not among them.
        of_firm: As each of these is compared.
        links: Which participants owners are.
        next_of: The participants that own a part of each, directly.
    """

    records: dict[int, Sequence[Screened]]
    of_firm: dict[int, OfFirm]
    links: dict[str, list[int]]
    next_of: dict[int, list[int]]

    def numbers_above(self, number: int) -> list[int]:
        """Return the participants above a firm, through all layers; not the firm itself."""
        return [one for one in reached_from([number], self.next_of) if one != number]


def layers_of(gate: Gate, unit: Unit, firms: Mapping[int, OfFirm]) -> Layers:
    """Return the participants above some firms, as the register has them now.

    Args:
        gate: The gate.
        unit: The unit of work.
        firms: As each is compared.
    """
    layers = Layers({}, {}, {}, {})
    asked = {number: owners_of(compared) for number, (compared, _) in firms.items()}
    if not any(_may_be_participants(own) for own in asked.values()):
        return layers
    named, by_id = _known_firms(gate, unit)
    firm_of = {number: firm for firm, number in by_id.items()}
    while asked:
        for number, own in asked.items():
            links = links_of(own, named, by_id)
            layers.links |= links
            layers.next_of[number] = sorted({one for found in links.values() for one in found})
        reached = {one for number in asked for one in layers.next_of[number]}
        new = sorted(reached - layers.next_of.keys() - firms.keys())
        records = screened_records(unit, [firm_of[number] for number in new], SCREENED)
        own_of = {number: records.get(firm_of[number], []) for number in new}
        contents = record_contents(unit, [one.id for own in own_of.values() for one in own])
        countries = gate.countries(unit, new) if new else {}
        found = {
            number: compared_of(own, contents, countries.get(number, ""))
            for number, own in own_of.items()
        }
        layers.records |= own_of
        layers.of_firm |= found
        asked = {number: owners_of(compared) for number, (compared, _) in found.items()}
    return layers


def above(
    number: int,
    layers: Layers,
    of_firm: Mapping[int, OfFirm],
    found: Mapping[int, Sequence[Found]],
    decided: Decided,
) -> tuple[Above | None, list[tuple[int, str]]]:
    """Return what is known of the participants above a firm, and the cases that say so.

    Args:
        number: The firm.
        layers: Of this firm and others.
        of_firm: As each of them is compared.
        found: What comparing each of them found.
        decided: What was decided on them.
    """
    numbers = layers.numbers_above(number)
    if not any(layers.next_of.get(one) for one in (number, *numbers)):
        return None, []
    firms, cases = {}, set[tuple[int, str]]()
    for one in numbers:
        compared, faults = of_firm[one]
        alerts = [each.alert for result in found[one] for each in result.evidence]
        every = [*faults, *(fault for result in found[one] for fault in result.faults)]
        firms[one], said = standing_of(
            alerts, every, decided.pairs, decided.confirmed.get(("participant", one), ()),
            owners_of(compared),
        )  # fmt: skip
        cases.update(said)
    return Above(number, layers.links, firms), sorted(cases)


def below(gate: Gate, unit: Unit, numbers: Iterable[int]) -> list[int]:
    """Return the firms that participants own a part of, directly or through others; not
    themselves.

    Args:
        gate: The gate.
        unit: The unit of work.
        numbers: The participants.
    """
    start = set(numbers)
    owned = {
        firm: [(f"owner {number}", read_owner(text)) for number, text in said]
        for firm, said in current_records(unit, "participant", "owner").items()
    }
    owned = {firm: own for firm, own in owned.items() if _may_be_participants(own)}
    if not start or not owned:
        return []
    named, by_id = _known_firms(gate, unit)
    next_of = dict[int, list[int]]()
    for firm, own in owned.items():
        for found in links_of(own, named, by_id).values():
            for one in found:
                next_of.setdefault(one, []).append(by_id[firm])
    return [one for one in reached_from(start, next_of) if one not in start]


def _may_be_participants(owners: Iterable[tuple[str, Owner]]) -> bool:
    return any(owner.participant or owner.kind != "person" for _, owner in owners)


def _known_firms(
    gate: Gate, unit: Unit
) -> tuple[dict[str, list[KnownFirm]], dict[str, int]]:
    """Return every participant by its name, and their numbers by id."""
    by_id = {firm: number for number, firm in participant_rows(unit, None)}
    names = current_records(unit, "participant", "name")
    countries = gate.countries(unit, list(by_id.values()))
    firms = (
        KnownFirm(by_id[firm], text, countries.get(by_id[firm], ""))
        for firm, said in names.items() if firm in by_id for _, text in said
    )  # fmt: skip
    return by_name(firms), by_id


# ---- what a verdict keeps of them --------------------------------------------------------------


class Inputs(NamedTuple):
    """What a verdict on a party rests on.

    Attributes:
        records: Numbers of its records.
        above: Those of each participant above it.
        cases: The cases that speak of these, each with what it says.
        remote: What a screening service said, by the digest of what was compared.
    """

    records: Sequence[int] = ()
    above: Mapping[int, Sequence[int]] = {}
    cases: Sequence[tuple[int, str]] = ()
    remote: Mapping[str, Any] = {}

    def text(self) -> str:
        """It as a verdict keeps it: numbers of records, and more only where there is more.

        Example:
            >>> Inputs([4, 5]).text(), Inputs([4], {2: [1]}).text()
            ('[4,5]', '{"above":{"2":[1]},"cases":[],"records":[4]}')
        """
        if not self.above and not self.remote:
            return canonical_json(list(self.records)).decode()
        said: dict[str, Any] = {"records": list(self.records)}
        if self.above:
            said["cases"] = [list(one) for one in self.cases]
            said["above"] = {str(one): list(ids) for one, ids in sorted(self.above.items())}
        if self.remote:
            said["remote"] = dict(self.remote)
        return canonical_json(said).decode()

    @classmethod
    def read(cls, text: str | None) -> Inputs:
        """Return what a verdict kept.

        Example:
            >>> Inputs.read('{"above":{"2":[1]},"cases":[],"records":[4]}').above
            {2: [1]}
        """
        said = json.loads(text or "[]")
        if isinstance(said, list):
            return cls(said)
        above = {int(number): records for number, records in said.get("above", {}).items()}
        cases = [(case, state) for case, state in said.get("cases", ())]
        return cls(said.get("records", ()), above, cases, said.get("remote", {}))
