# SPDX-License-Identifier: Apache-2.0
"""The people of the house: their keys, their rights, and the acts two of them sign."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, NoSuchFile, Rejected
from skontro.house.acts import (
    ACTS,
    RIGHTS,
    Act,
    Draft,
    Signer,
    check_public_key,
    is_signed,
    signed_text,
)
from skontro.house.roles import Actor
from skontro.store.database import Unit
from skontro.store.register import commit_record, current_records, put_in_force
from skontro.store.rows import change, find, find_all, insert, next_numbers, remove
from skontro.store.schema import act, approval, person, person_right

if TYPE_CHECKING:
    from skontro.flow.house import House

Handler = Callable[["House", Unit, int, dict[str, Any]], dict[str, Any]]
"""Does what an approved act says, in the approval's own unit of work: house, unit, number of the
act, content; returns what came of it."""

ACT_STATES = ("drafted", "proposed", "done", "withdrawn", "refused")
"""States of an act."""

SEES_GATE = ("case.decide", "gate.read")
"""Rights of those who see what the gate holds, and why: compliance and the authority."""

HANDLERS: dict[str, Handler] = {}
"""Who does what each kind of act says; each flow module puts its own in."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Mark the function that does what acts of a kind say."""
    if kind not in ACTS:
        raise KeyError(kind)

    def mark(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return mark


class People:
    """Who works in the house, and what they sign."""

    def __init__(self, house: House) -> None:
        self.house = house

    def propose(self, kind: str, content: Mapping[str, Any], maker: str, signer: Signer) -> int:
        """Propose a sensitive act, signed by its maker; nothing happens yet.

        Args:
            kind: One of ``ACTS``.
            content: Exactly what is to happen: plain values, ids only.
            maker: Id of the person.
            signer: Their key.

        Returns:
            The number of the act, for the checker.

        Raises:
            Forbidden: They may not, or the key is not theirs.
        """
        with self.house.database.unit(f"{kind}.propose", exclusive=True) as unit:
            return self.propose_in(unit, kind, content, maker, signer)

    def propose_in(
        self, unit: Unit, kind: str, content: Mapping[str, Any], maker: str, signer: Signer
    ) -> int:
        """Propose an act within a unit of work that does more: see :meth:`propose`.

        Where the signer is a :class:`~skontro.house.acts.Draft` its content is fixed, and it waits
        for the maker's own signature: see :meth:`sign_draft`.
        """
        if kind != "house.resume":
            self.house.check_writable(unit)
        key = self._may(unit, maker, kind)
        if key != signer.public_key:
            raise _wrong_key(maker)
        number = next_numbers(unit, act)[0]
        proposed = Act(self.house.id, number, kind, json.loads(canonical_json(dict(content))))
        is_draft = isinstance(signer, Draft)
        insert(
            unit, act, id=number, kind=kind, digest=proposed.digest, maker=maker,
            content=canonical_json(dict(proposed.content)).decode(), made_at=self.house.at,
            signature="" if is_draft else signer.sign(signed_text(proposed.digest, "maker")),
            state="drafted" if is_draft else "proposed",
        )  # fmt: skip
        if not is_draft:
            self.house.events.note(unit, "act.waiting", act=number)
        return number

    def check_right(self, who: str, kind: str) -> None:
        """Refuse a person without the right to acts of a kind, before anything is looked up for it.

        Raises:
            Forbidden: They have none: whatever the act would be about is not told.
        """
        with self.house.database.read() as unit:
            self._may(unit, who, kind)

    def sign_draft(self, number: int, maker: str, signer: Signer) -> None:
        """Sign what was drafted: from then on it is proposed, and a second person may approve it.

        Args:
            number: The act.
            maker: Id of who drafted it.
            signer: Their key.

        Raises:
            Forbidden: They may not, somebody else drafted it, or the signature is not of their key.
            Conflict: It is signed already, withdrawn or changed.
        """
        with self.house.database.unit("act.sign", exclusive=True) as unit:
            row = find(unit, act, id=number, lock=True)
            if row is None:
                raise no_such_act(number)
            if row.maker != maker:
                raise Forbidden(f"act {number} is not {maker}'s", code="NotPermitted",
                                next_step="whoever drafted it signs it")  # fmt: skip
            if row.kind != "house.resume":
                self.house.check_writable(unit)
            if row.state != "drafted":
                raise Conflict(f"act {number} is {row.state}", code="StaleApproval",
                               next_step="draft it anew if it is still wanted")  # fmt: skip
            key = self._may(unit, maker, row.kind)
            if key != signer.public_key:
                raise Forbidden(f"this key is not {maker}'s", code="WrongKey")
            content = json.loads(row.content)
            if Act(self.house.id, number, row.kind, content).digest != row.digest:
                raise Conflict(f"act {number} was changed after it was drafted", code="ActChanged")
            change(
                unit, act, {"id": number}, state="proposed", made_at=self.house.at,
                signature=signer.sign(signed_text(row.digest, "maker")),
            )  # fmt: skip
            self.house.events.note(unit, "act.waiting", act=number)

    def approve(
        self, number: int, checker: str, signer: Signer, *, digest: str | None = None
    ) -> dict[str, Any]:
        """Approve an act: the second signature, and with it what the act says is done.

        Args:
            number: The act.
            checker: Id of the person; never its maker.
            signer: Their key.
            digest: What they saw, if they say so; any other act is refused.

        Returns:
            What came of it.

        Raises:
            Forbidden: They may not, made it themselves, or the key is not theirs.
            Conflict: It was done, withdrawn or changed meanwhile, or a record of the register that
                it refers to was.
        """
        self.house.gate.ask_ahead()
        with self._refusals_are_written_down(number, checker):
            return self._approve(number, checker, signer, digest)

    @contextmanager
    def _refusals_are_written_down(self, number: int, checker: str) -> Iterator[None]:
        """Write a refused approval into the audit log, also where no seat does it."""
        try:
            yield
        except (Forbidden, Conflict) as error:
            if not self.house.database.is_whole:
                self.house.audit.refused(Actor(checker[:64]), "acts.check", f"act {number}",
                                         error.code)  # fmt: skip
            raise

    def _approve(
        self, number: int, checker: str, signer: Signer, digest: str | None
    ) -> dict[str, Any]:
        """Approve an act, as :meth:`approve` says."""
        from skontro.flow.register import read_references

        load_handlers()
        kind = self.find_act(number)["kind"]
        with self.house.database.unit(f"{kind}.approve", exclusive=True) as unit:
            if kind != "house.resume":
                self.house.check_writable(unit)
            row = find(unit, act, id=number, lock=True)
            proposed, signature = self._checked_approval(unit, row, checker, signer, digest)
            insert(
                unit, approval, act_id=number, kind=kind, digest=row.digest, maker=row.maker,
                checker=checker, approved_at=self.house.at, signature=signature,
            )  # fmt: skip
            content = dict(proposed.content)
            read_references(unit, content)
            outcome = HANDLERS[kind](self.house, unit, number, content)
            change(unit, act, {"id": number}, state="done",
                   outcome=canonical_json(outcome).decode())  # fmt: skip
        self.house.forget()
        return outcome

    def check_approval(
        self, number: int, checker: str, signer: Signer, *, digest: str | None = None
    ) -> None:
        """Refuse at once an approval that is to be done later: person, key, signature, digest.

        Nothing is done and nothing kept; :meth:`approve` looks at all of it again.

        Raises:
            Forbidden, Conflict: As :meth:`approve`.
        """
        self.find_act(number)
        with (
            self._refusals_are_written_down(number, checker),
            self.house.database.read() as unit,
        ):
            self._checked_approval(unit, find(unit, act, id=number), checker, signer, digest)

    def _checked_approval(
        self, unit: Unit, row: Any, checker: str, signer: Signer, digest: str | None
    ) -> tuple[Act, str]:
        """Return an act that this person may approve now, and their signature over it."""
        number = row.id
        if row.state == "drafted" and row.maker != checker:
            raise Forbidden(f"there is nothing for {checker} to approve under {number}",
                            code="NotPermitted", next_step="see which acts wait")  # fmt: skip
        if row.state != "proposed":
            raise Conflict(
                f"act {number} is {row.state}", code="StaleApproval",
                next_step="propose it anew if it is still wanted",
            )  # fmt: skip
        proposed = self.checked_act(unit, row)
        if digest is not None and digest != proposed.digest:
            raise Conflict(
                f"act {number} is not what was shown: its digest is {proposed.digest}",
                code="StaleApproval", next_step="look at it again before signing",
            )  # fmt: skip
        if checker == row.maker:
            raise Forbidden(
                f"{checker} made act {number}: another person must check it",
                code="SecondApproverRequired",
            )
        if self._may(unit, checker, row.kind) != signer.public_key:
            raise _wrong_key(checker)
        return proposed, signer.sign(signed_text(row.digest, "checker"))

    def propose_person(
        self,
        person_id: str,
        name: str,
        identity: str,
        public_key: str,
        rights: Sequence[str],
        maker: str,
        signer: Signer,
    ) -> int:
        """Propose to admit a person, with a key and rights.

        Args:
            person_id: Id the house gives them.
            name: Their name, for the register.
            identity: Their identity paper; a second account of the same person is refused.
            public_key: Their Ed25519 key, hexadecimal.
            rights: Acts they may make and check.
            maker: Who proposes it.
            signer: The maker's key.

        Raises:
            Rejected: A right or the key is none.
            Conflict: The id, the key or the person is there already.
        """
        house = self.house
        _check_rights(rights)
        check_public_key(public_key)
        digest = house.identity_digest(identity)
        with house.database.unit("person.admit.propose", exclusive=True) as unit:
            for row in find_all(unit, person):
                if person_id == row.id or public_key == row.public_key:
                    what = "id" if person_id == row.id else "key"
                    raise Conflict(f"this {what} is that of a person of the house",
                                   code="DuplicatePerson")  # fmt: skip
                if digest == row.identity_digest:
                    raise Conflict(
                        f"this identity paper is that of {row.id}", code="DuplicatePerson",
                        next_step="one person has one account",
                    )  # fmt: skip
            record = commit_record(
                unit, "person", person_id, "name", name, purpose="who signs", at=house.at,
                retain_until=house.keep_until("person"), in_force=False,
            )  # fmt: skip
            content = {
                "id": person_id, "name": record.as_json(), "identity_digest": digest,
                "public_key": public_key, "rights": sorted(set(rights)),
            }  # fmt: skip
            return self.propose_in(unit, "person.admit", content, maker, signer)

    def propose_rights(
        self, person_id: str, rights: Sequence[str], maker: str, signer: Signer
    ) -> int:
        """Propose what a person may do from now on: all their rights, not the change alone."""
        _check_rights(rights)
        content = {"id": person_id, "rights": sorted(set(rights))}
        return self.propose("person.rights", content, maker, signer)

    def propose_leave(self, person_id: str, maker: str, signer: Signer) -> int:
        """Propose to end a person's work in the house."""
        return self.propose("person.leave", {"id": person_id}, maker, signer)

    def table(self) -> list[dict[str, Any]]:
        """Return the people of the house with their rights, names as the register has them."""
        with self.house.database.read() as unit:
            rights = dict[str, list[str]]()
            for row in find_all(unit, person_right, order=["person", "right"]):
                rights.setdefault(row.person, []).append(row.right)
            names = current_records(unit, "person", "name")
            rows = find_all(unit, person, order=["id"])
        return [
            {"id": row.id, "name": names.get(row.id, [(0, "")])[-1][1], "state": row.state,
             "public_key": row.public_key, "since": row.since, "rights": rights.get(row.id, [])}
            for row in rows
        ]  # fmt: skip

    def identify(self, who: str, signer: Signer) -> str:
        """Return the id of a person who works here, provided that the key is theirs.

        Args:
            who: The id they say is theirs.
            signer: Their key.

        Raises:
            Forbidden: They do not work here, or the key is another's.
        """
        with self.house.database.read() as unit:
            row = find(unit, person, id=who)
        if row is None or row.state != "active":
            raise Forbidden(f"{who} does not work here", code="NotPermitted",
                            next_step="list who does with: skontro people list")  # fmt: skip
        if row.public_key != signer.public_key:
            raise _wrong_key(who)
        return who

    def withdraw(self, number: int, maker: str) -> None:
        """Take back an act that was proposed and not yet approved.

        Raises:
            Forbidden: Somebody else made it.
            Conflict: It is done or withdrawn already.
        """
        with self.house.database.unit("act.withdraw", exclusive=True) as unit:
            row = find(unit, act, id=number, lock=True)
            if row is None or row.maker != maker:
                raise Forbidden(f"act {number} is not {maker}'s", code="NotPermitted")
            if row.state not in ("drafted", "proposed"):
                raise Conflict(f"act {number} is {row.state}", code="StaleApproval")
            change(unit, act, {"id": number}, state="withdrawn")

    def find_act(self, number: int) -> dict[str, Any]:
        """Return an act: kind, content, digest, maker, state, and what it would do.

        Raises:
            NoSuchFile: There is none of that number.
        """
        with self.house.database.read() as unit:
            row = find(unit, act, id=number)
            given = find(unit, approval, act_id=number)
        if row is None:
            raise no_such_act(number)
        return dict(row._mapping) | {
            "content": json.loads(row.content),
            "does": ACTS[row.kind],
            "checker": None if given is None else given.checker,
            "approved_at": None if given is None else given.approved_at,
        }

    def waiting(self) -> list[dict[str, Any]]:
        """Return the acts that wait for a checker, oldest first."""
        return self.acts(["proposed"])

    def acts(self, states: Sequence[str] = ACT_STATES) -> list[dict[str, Any]]:
        """Return acts, oldest first: what each says, who made it, who approved it, and when.

        Args:
            states: Some of :data:`ACT_STATES`.
        """
        with self.house.database.read() as unit:
            rows = find_all(unit, act, order=["id"], state=list(states))
            given = {row.act_id: row for row in find_all(unit, approval)}
        return [
            dict(row._mapping) | {
                "content": json.loads(row.content),
                "checker": given[row.id].checker if row.id in given else None,
                "approved_at": given[row.id].approved_at if row.id in given else None,
            }
            for row in rows
        ]  # fmt: skip

    def checked_act(self, unit: Unit, row: Any) -> Act:
        """Return an act whose digest and maker's signature are what they must be.

        Raises:
            Conflict: They are not: somebody changed the row.
        """
        found = Act(self.house.id, row.id, row.kind, json.loads(row.content))
        maker = find(unit, person, id=row.maker)
        if found.digest != row.digest or not is_signed(
            maker.public_key, signed_text(found.digest, "maker"), row.signature
        ):
            raise Conflict(f"act {row.id} was changed after it was signed", code="ActChanged")
        return found

    def approved(self, unit: Unit, number: int, kind: str) -> dict[str, Any]:
        """Return the content of an act that two people signed, both signatures checked anew.

        Raises:
            Forbidden: There is no such approval.
        """
        row, given = find(unit, act, id=number, kind=kind), find(unit, approval, act_id=number)
        if row is None or given is None:
            raise Forbidden(f"act {number} is not approved", code="SecondApproverRequired")
        found = self.checked_act(unit, row)
        checker = find(unit, person, id=given.checker)
        if (
            given.digest != found.digest
            or given.checker == row.maker
            or not is_signed(
                checker.public_key, signed_text(found.digest, "checker"), given.signature
            )
        ):
            raise Forbidden(f"the approval of act {number} does not check",
                            code="SecondApproverRequired")  # fmt: skip
        return dict(found.content)

    def may_see(self, unit: Unit, who: str, signer: Signer) -> str:
        """Return the id of a person who may see what the gate holds, and why.

        Raises:
            Forbidden: They do not work here, the key is another's, or they may not.
        """
        row = find(unit, person, id=who)
        rights = find_all(unit, person_right, person=who, right=list(SEES_GATE))
        if row is None or row.state != "active" or not rights:
            raise Forbidden(
                "what the gate holds is for compliance and the authority to see",
                code="NotPermitted", next_step="ask a compliance officer of the house",
            )  # fmt: skip
        if row.public_key != signer.public_key:
            raise _wrong_key(who)
        return who

    def has_right(self, who: str, right: str) -> bool:
        """Return whether somebody who works here has a right."""
        with self.house.database.read() as unit:
            row = find(unit, person, id=who)
            return (row is not None and row.state == "active"
                    and find(unit, person_right, person=who, right=right) is not None)  # fmt: skip

    def _may(self, unit: Unit, who: str, kind: str) -> str:
        """Return the key of a person who may make or check acts of a kind."""
        if kind not in ACTS:
            raise Forbidden(f"there is no act {kind!r}", code="NotPermitted")
        row = find(unit, person, id=who)
        if row is None or row.state != "active":
            raise Forbidden(f"{who} does not work here", code="NotPermitted")
        if find(unit, person_right, person=who, right=kind) is None:
            raise Forbidden(f"{who} has no right {kind!r}", code="NotPermitted")
        return str(row.public_key)


def no_such_act(number: int) -> NoSuchFile:
    """Return the refusal of a number that no act has."""
    return NoSuchFile(f"there is no act {number}", code="NoSuchAct",
                      next_step="list them with: skontro people acts --all")  # fmt: skip


def _check_rights(rights: Sequence[str]) -> None:
    unknown = sorted(set(rights) - set(RIGHTS))
    if unknown:
        raise Rejected(f"there is no right {unknown[0]!r}", code="UnknownRight",
                       next_step=f"rights are: {', '.join(RIGHTS)}")  # fmt: skip


def _check_held_by_two(unit: Unit) -> None:
    """Refuse a change after which a right is held by fewer than two people at work."""
    active = {row.id for row in find_all(unit, person, state="active")}
    held = dict.fromkeys(ACTS, 0)
    for row in find_all(unit, person_right):
        if row.right in held:
            held[row.right] += row.person in active
    alone = [right for right, many in held.items() if many < 2]
    if alone:
        raise Conflict(
            f"fewer than two people would hold the right {alone[0]!r}",
            code="TooFewPeople",
            next_step="give it to another person first",
        )


def _wrong_key(who: str) -> Forbidden:
    return Forbidden(f"this key is not {who}'s", code="WrongKey",
                     next_step=f"give the key file of {who} with --key")  # fmt: skip


@handles("person.admit")
def _admit(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Admit a person."""
    insert(
        unit, person, id=content["id"], public_key=content["public_key"],
        identity_digest=content["identity_digest"], state="active", act_id=act_id,
        since=house.at,
    )  # fmt: skip
    put_in_force(unit, [content["name"][0]])
    for right in content["rights"]:
        insert(unit, person_right, person=content["id"], right=right, act_id=act_id)
    house.note(unit, "person.change", {"admitted": content}, act_id=act_id)
    return {"admitted": content["id"]}


def _active(unit: Unit, person_id: str) -> Any:
    row = find(unit, person, id=person_id)
    if row is None or row.state != "active":
        raise Conflict(f"{person_id} does not work here", code="UnknownPerson")
    return row


@handles("person.rights")
def _rights(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Change what a person may do."""
    _active(unit, content["id"])
    remove(unit, person_right, person=content["id"])
    for right in content["rights"]:
        insert(unit, person_right, person=content["id"], right=right, act_id=act_id)
    _check_held_by_two(unit)
    house.note(unit, "person.change", {"rights": content}, act_id=act_id)
    return content


@handles("person.leave")
def _leave(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """End a person's work; what they signed stays signed."""
    _active(unit, content["id"])
    change(unit, person, {"id": content["id"]}, state="gone")
    _check_held_by_two(unit)
    house.note(unit, "person.change", {"left": content["id"]}, act_id=act_id)
    return content


def load_handlers() -> None:
    """See that every flow module has put in what does its acts."""
    from skontro.flow import (  # noqa: F401
        access,
        backup,
        case_orders,
        cases,
        corrections,
        cycles,
        defaults,
        goods,
        licences,
        lists,
        participants,
        register,
        rules,
        settlement,
        statements,
    )
