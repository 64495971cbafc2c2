# SPDX-License-Identifier: Apache-2.0
"""What the gate judges by, and firms as they are compared with the lists.

A setting is everything a verdict depends on beside its subject: lists, packs, matcher, weights,
threshold, Unicode, rules. Each is a row; the last is in force. Where a list changes, what changed
is compared with every firm, and what it cannot touch keeps its verdict.
"""

from __future__ import annotations

import datetime
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from skontro.core.digest import canonical_json
from skontro.core.errors import Unavailable
from skontro.flow.goods import setting_of, tolerances_of
from skontro.flow.remote import NOT_ASKED, RemoteScreening
from skontro.flow.times import from_text
from skontro.gate.entries import Identifier, ListEntry, Subject
from skontro.gate.lists.force import missing_lists
from skontro.gate.matching import Matcher
from skontro.gate.ownership import RULES_VERSION as OWNERSHIP_VERSION
from skontro.gate.ownership import USUAL, rules_digest
from skontro.gate.pairs import Point
from skontro.gate.parties import FIRM, Alert, Compared, Pair, entry_digest
from skontro.gate.remote import Answer
from skontro.gate.verdicts import RULES_VERSION, Reason, because
from skontro.gate.versions import Comparing, MatcherOf, matcher_content
from skontro.gate.weights import built_in_weights
from skontro.house.firms import Owner, read_owner
from skontro.house.screening_service import ScreeningService
from skontro.store.database import Unit
from skontro.store.faults import COLLISION
from skontro.store.register import commitment_of
from skontro.store.rows import find, insert
from skontro.store.schema import gate_setting
from skontro.store.trades import packs_in_force
from skontro.store.verdicts import Held, Screened, gate_state, lists_in_force

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.house.rules import HouseRules

NAMES = ("name", "owner")
OF_FIRM = ("name", "lei", "tax_number", "account", "founded", "registration_number")
SCREENED = (*OF_FIRM, "owner")
"""Records of a firm that are compared with the lists."""
UNCOMPARED = "CannotCompare"
"""The code of what holds a party whose name cannot be compared as it stands."""


@dataclass(frozen=True)
class Listed:
    """A list in force.

    Attributes:
        id: Number of its import.
        name: Which list.
        dated: The time it is of.
        digest: Of its entries.
        entries: How many entries it has.
    """

    id: int
    name: str
    dated: str
    digest: str
    entries: int


@dataclass(frozen=True)
class InForce:
    """What the gate judges by now.

    Attributes:
        setting: Number of the setting; nought where it is not written down yet, and then nothing
            is released by it.
        holds_since: The earliest setting whose verdicts still hold.
        lists: The lists in force.
        content: The setting as it is written down.
        decided: Number of the last act that decided a case.
        made_at: When the setting was written down; empty where it is not yet.
        blocked: Why everybody is held; empty if nobody is for that.
    """

    setting: int
    holds_since: int
    lists: tuple[Listed, ...]
    content: Mapping[str, Any]
    decided: int
    made_at: str
    blocked: tuple[Reason, ...] = field(default=())


class Screening:
    """The lists in force with their matcher, and the settings."""

    def __init__(self, house: House, made: MatcherOf = Matcher) -> None:
        self.house, self._made = house, made
        self.remote = RemoteScreening(house)
        self._known: tuple[object, InForce] | None = None
        self._matcher: tuple[object, Comparing] | None = None
        self._entries = dict[int, tuple[str, list[ListEntry]]]()

    # ---- settings ----------------------------------------------------------------------------

    def in_force(self, unit: Unit) -> InForce:
        """Return what the gate judges by now; write it down if it changed.

        A reading cannot write: there a change that nobody took in yet holds everything.
        """
        setting, decided, newest_pack = gate_state(unit)
        lists = self.listed(unit)
        rules = self.house.rules
        key = (setting, decided, newest_pack, lists, rules.list_limit_days, rules.required_lists,
               rules.tolerances, rules.screening_service)  # fmt: skip
        if self._known is None or self._known[0] != key:
            found = self._found(unit, setting, decided, lists)
            if found.setting != setting:
                return replace(found, blocked=self._blocked(found))
            self._known = (key, found)
        now = self._known[1]
        self._come_after(unit, now.made_at)
        return replace(now, blocked=self._blocked(now))

    def _come_after(self, unit: Unit, made_at: str) -> None:
        """See that this process's clock is not behind what another one wrote.

        Raises:
            Unavailable: It is, by the machine's clock: a moment later it is not any more.
        """
        if made_at <= self.house.at:
            return
        self.house.take_clock(unit)
        if made_at > self.house.at and not unit.is_reading:
            raise Unavailable(
                f"the clock is behind: the gate's setting is of {made_at}", code=COLLISION,
                next_step="try again: nothing was half done; set the clocks of the machines alike",
            )  # fmt: skip

    def _found(
        self, unit: Unit, setting: int, decided: int, lists: tuple[Listed, ...]
    ) -> InForce:
        content = self.content(unit, lists)
        digest = hashlib.sha256(canonical_json(content)).hexdigest()
        row = find(unit, gate_setting, id=setting) if setting else None
        if row is not None and row.digest == digest:
            return InForce(setting, row.holds_since, lists, content, decided, row.made_at)
        if unit.is_reading:
            return InForce(0, 0, lists, content, decided, "")
        unit.hold("gate setting")
        if gate_state(unit)[0] != setting:
            return self.in_force(unit)
        number = self.write(unit, content, since=setting + 1)
        return InForce(number, number, lists, content, decided, self.house.at)

    def content(self, unit: Unit, lists: Sequence[Listed]) -> dict[str, Any]:
        """Return the setting that holds with some lists, as it is written down."""
        said = setting_content(lists, self.house.rules)
        return said | setting_of(packs_in_force(unit), tolerances_of(self.house.rules))

    def write(self, unit: Unit, content: Mapping[str, Any], *, since: int) -> int:
        """Write a setting down; return its number.

        Args:
            unit: The unit of work.
            content: As :func:`setting_content` gives it.
            since: The earliest setting whose verdicts still hold; a number that no setting has
                yet stands for this one.
        """
        number = gate_state(unit)[0] + 1
        text = canonical_json(dict(content))
        insert(
            unit, gate_setting, id=number, content=text.decode(),
            digest=hashlib.sha256(text).hexdigest(), holds_since=min(since, number),
            made_at=self.house.at,
        )  # fmt: skip
        return number

    def _blocked(self, now: InForce) -> tuple[Reason, ...]:
        return tuple(blocked_by(now.lists, self.house.now, now.content))

    # ---- lists -------------------------------------------------------------------------------

    def listed(self, unit: Unit) -> tuple[Listed, ...]:
        """Return the lists in force."""
        return tuple(Listed(*row) for row in lists_in_force(unit))

    def matcher(self, unit: Unit, lists: Sequence[Listed]) -> Comparing:
        """Return what compares with some lists, made once."""
        key = tuple((one.id, one.digest) for one in lists)
        if self._matcher is None or self._matcher[0] != key:
            entries = {one.id: self.entries(unit, one) for one in lists}
            self._matcher = (key, self._made(entries))
        return self._matcher[1]

    def entries(self, unit: Unit, one: Listed) -> list[ListEntry]:
        """Return what stands on a list, read once."""
        known = self._entries.get(one.id)
        if known is None or known[0] != one.digest:
            known = (one.digest, self.house.lists.entries(unit, one.id))
            self._entries[one.id] = known
        return known[1]

    def forget_lists(self, kept: Iterable[int]) -> None:
        """Let go what is remembered of lists that are not in force any more."""
        keep = set(kept)
        self._entries = {number: one for number, one in self._entries.items() if number in keep}

    def screen(
        self,
        unit: Unit,
        lists: Sequence[Listed],
        compared: Sequence[Compared],
        answers: Answers | None = None,
    ) -> list[Found]:
        """Compare with lists; return what was found of each who is compared.

        Args:
            unit: The unit of work.
            lists: Which.
            compared: Who.
            answers: What a service elsewhere said of each, by the digest of their records; what it
                is remembered to have said if not given.
        """
        matcher = self.matcher(unit, lists)
        if answers is None:
            answers = Answers(self.house.rules.screening_service, self.remote.answers(compared))
        named = {one.id: one for one in lists}
        screened = matcher.screen_many([one.subject for one in compared])
        found = []
        for one, result in zip(compared, screened, strict=True):
            evidence = []
            for match in result.matches:
                listed = named[match.list_id]
                entry = self.entries(unit, listed)[match.position - 1]
                pair = Pair(one.about, one.digest, listed.name, entry.reference,
                            entry_digest(entry))  # fmt: skip
                alert = Alert(pair, match.score, plain_points(match.points))
                evidence.append(Evidence(alert, one.subject, listed, entry, match.points))
            faults = [
                because(UNCOMPARED, f"{one.about}: {text}", about=one.about)
                for text in (*one.faults, *result.faults)
            ]
            said = answers.by_digest.get(one.digest)
            if said is not None and answers.service is not None:
                evidence += answers.evidence(one, said)
                faults += answers.faults(one, said)
            found.append(Found(evidence, faults, said))
        return found


class Evidence(NamedTuple):
    """An alert, and what was compared with what.

    Attributes:
        alert: The alert.
        subject: Who was compared.
        listed: With which list.
        entry: With which entry.
        points: What counted for and against.
    """

    alert: Alert
    subject: Subject
    listed: Listed
    entry: ListEntry
    points: Sequence[Point]


@dataclass(frozen=True)
class Found:
    """What comparing somebody with the lists came to.

    Attributes:
        evidence: The alerts.
        faults: What could not be compared.
    """

    evidence: list[Evidence]
    faults: list[dict[str, Any]]
    said: Answer | None = None


class Answers(NamedTuple):
    """What a screening service elsewhere says, added to what the house's own matcher finds.

    Attributes:
        service: The rules on it.
        by_digest: Its answer on each party, by the digest of their records.
    """

    service: ScreeningService | None
    by_digest: Mapping[str, Answer]

    def evidence(self, one: Compared, said: Answer) -> list[Evidence]:
        """Return its alerts on a party."""
        name = "" if self.service is None else f"remote:{self.service.name}"
        listed = Listed(0, name, "", "", 0)
        return [
            Evidence(
                Alert(Pair(one.about, one.digest, name, match.entry.reference, match.digest),
                      match.score, (["said by a screening service", match.score],)),
                one.subject, listed, match.entry, (),
            )
            for match in said.found
        ]  # fmt: skip

    def faults(self, one: Compared, said: Answer) -> list[dict[str, Any]]:
        """Return that it did not answer, where that is doubt."""
        if not said.fault or self.service is None:
            return []
        if self.service.on_fault != "hold" and said.fault != NOT_ASKED:
            return []
        text = f"{one.about}: the screening service gave no answer ({said.fault})"
        return [because("RemoteFault", text, about=one.about, fault=said.fault)]


def not_asked(found: Iterable[Found]) -> bool:
    """Tell whether a service was not asked yet about somebody."""
    return any(one.said is not None and one.said.fault == NOT_ASKED for one in found)


def answers_text(found: Iterable[tuple[Compared, Found]]) -> dict[str, Any]:
    """Return what a service said of parties, as verdicts keep it; nothing if none was asked."""
    return {one.digest: each.said.as_json() for one, each in found if each.said is not None}


def setting_content(lists: Sequence[Listed], rules: HouseRules) -> dict[str, Any]:
    """Return a setting as it is written down: versions and digests of all that verdicts rest on."""
    said = rules.screening_service
    return ({} if said is None else {"remote": said.as_mapping()}) | {
        "rules": RULES_VERSION,
        "matcher": matcher_content(built_in_weights()),
        "unicode": unicodedata.unidata_version,
        "ownership": [OWNERSHIP_VERSION, rules_digest(USUAL)],
        "list_limit_days": rules.list_limit_days,
        "required": list(rules.required_lists),
        "lists": [[one.id, one.name, one.digest, one.dated] for one in lists],
    }


def setting_words(content: Mapping[str, Any]) -> list[str]:
    """Return what a setting is besides its lists, a word or two each, for reports."""
    words = [
        str(content["rules"]), *(f"{name} {said}" for name, said in content["matcher"].items()),
        f"Unicode {content['unicode']}", f"lists at most {content['list_limit_days']} days old",
        f"never without {' and '.join(content['required'])}",
    ]  # fmt: skip
    if "remote" in content:
        remote = content["remote"]
        words.append(f"besides, service {remote['name']} (no answer: {remote['on_fault']})")
    words += [
        f"{table} {', '.join(f'{key} {value}' for key, value in sorted(said.items()))}"
        for table, said in sorted(content.get("tolerances", {}).items())
    ]  # fmt: skip
    return words + [
        f"pack {side} {name}/{version} {digest[:16]}"
        for side, name, version, digest in content.get("packs", ())
    ]  # fmt: skip


def blocked_by(
    lists: Sequence[Listed], now: datetime.datetime, content: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return why the lists hold everybody.

    Args:
        lists: Those in force.
        now: The time.
        content: The setting's: how old a list may be, and which must be in force.
    """
    if not lists:
        return [because("NoList", "no list is in force")]
    limit = datetime.timedelta(days=content["list_limit_days"])
    missing = [
        because("ListMissing", f"list {name} is not in force", list=name)
        for name in missing_lists([one.name for one in lists], content["required"])
    ]
    empty = [
        because("ListEmpty", f"list {one.id} is empty", list=one.id)
        for one in lists if not one.entries
    ]  # fmt: skip
    stale = [
        because("ListStale", f"list {one.id} is older than the house's limit", list=one.id)
        for one in lists if now - from_text(one.dated) > limit
    ]  # fmt: skip
    return missing + empty + stale


# ---- who is compared ---------------------------------------------------------------------------


def compared_of(
    records: Sequence[Screened], contents: Mapping[int, tuple[str, str]], country: str
) -> tuple[list[Compared], list[Reason]]:
    """Return a firm and its owners as they are compared, and what is wrong with their records.

    Args:
        records: The firm's records.
        contents: Salt and content of each by its number.
        country: Of the firm's side.
    """
    faults = list[Reason]()
    texts = dict[str, list[str]]()
    owners = list[Compared]()
    for record in records:
        salt, text = contents.get(record.id, ("", ""))
        if commitment_of(salt, text) != record.commitment:
            faults.append(
                because("RecordChanged", "a record is not what was committed to", record=record.id)
            )
            continue
        if record.what == "owner":
            owners.append(_owner(record, text))
        else:
            texts.setdefault(record.what, []).append(text)
    own = [record.commitment for record in records if record.what != "owner"]
    return [Compared(FIRM, _digest(own), _subject_of(texts, country)), *owners], faults


def subjects_of(records: Iterable[Held], country: str) -> list[Subject] | None:
    """Return whom a firm is compared as, itself and its owners: what :func:`compared_of` says,
    without digests; None if something is wrong with its records.

    Args:
        records: The firm's records.
        country: Of the firm's side.
    """
    texts, owners = dict[str, list[str]](), list[Subject]()
    for _, _, commitment, what, salt, content in records:
        if commitment_of(salt, content) != commitment:
            return None
        if what == "owner":
            owners.append(_subject_of_owner(read_owner(content)))
        else:
            texts.setdefault(what, []).append(content)
    return [_subject_of(texts, country), *owners]


def _subject_of(texts: Mapping[str, Sequence[str]], country: str) -> Subject:
    return Subject(
        kind="organisation", names=tuple(texts.get("name", ())),
        identifiers=tuple(_identifiers(texts, country)), dates=tuple(texts.get("founded", ())),
        countries=(country,) if country else (),
    )  # fmt: skip


def _subject_of_owner(owner: Owner) -> Subject:
    return Subject(
        kind=owner.kind, names=(owner.name,), dates=(owner.born,) if owner.born else (),
        countries=(owner.country,) if owner.country else (),
    )  # fmt: skip


def _owner(record: Screened, text: str) -> Compared:
    owner = read_owner(text)
    about = f"owner {record.id}"
    return Compared(about, _digest([record.commitment]), _subject_of_owner(owner), owner=owner)


def owners_of(compared: Sequence[Compared]) -> list[tuple[str, Owner]]:
    """Return the owners among those a firm is compared by, each with what alerts call it."""
    return [(one.about, one.owner) for one in compared if one.owner is not None]


def _identifiers(texts: Mapping[str, Sequence[str]], country: str) -> Iterable[Identifier]:
    for what in ("lei", "tax_number", "registration_number"):
        for text in texts.get(what, ()):
            yield Identifier(what, text, "" if what == "lei" else country)
    for text in texts.get("account", ()):
        yield from account_identifiers(text)


def account_identifiers(text: str) -> list[Identifier]:
    """Return what identifies an account and its bank, as the register keeps them."""
    number, *rest = text.split()
    found = [Identifier("account", number)]
    found += [Identifier("bic", code) for code in rest if len(code) in (8, 11)]
    return found


def compared_payee(name: str, account: str, digest: str) -> Compared:
    """Return somebody who is no participant as they are compared.

    Args:
        name: By the bank's word, or as an agreement says.
        account: Where they pay from or are paid, or empty.
        digest: Of the record.
    """
    identifiers = tuple(account_identifiers(account)) if account.strip() else ()
    names = (name,) if name.strip() else ()
    return Compared(FIRM, digest, Subject("unknown", names, identifiers))


def _digest(commitments: Sequence[str]) -> str:
    return hashlib.sha256(canonical_json(list(commitments))).hexdigest()


def plain_points(points: Sequence[Point]) -> tuple[Any, ...]:
    """Return what counted and how much; what stood on either side is evidence of a case alone."""
    return tuple([point.what, point.points] for point in points)
