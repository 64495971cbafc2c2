# SPDX-License-Identifier: Apache-2.0
"""Who comes in over the network: logins, sessions, roles, keys of programs.

Passwords are kept as argon2id. No other secret stands in the database: what codes, cookies and
invitations are made with follows from one file in the house's folder. All of this goes by the
machine's own clock, also in a demo house, whose clock stands still.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from skontro.core.errors import Forbidden, NoSuchFile, Rejected
from skontro.flow.people import handles
from skontro.flow.times import as_text, from_text
from skontro.house.passwords import MOST, why_weak
from skontro.house.roles import ROLES, Actor, Grant, check_grants
from skontro.ops.clock import SystemClock
from skontro.ops.common_passwords import is_common
from skontro.store.access import key_row, session_rows
from skontro.store.database import Unit
from skontro.store.obligations import find_firms
from skontro.store.rows import change, find, find_all, insert, remove
from skontro.store.schema import login, person, person_role, program_key, session

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.flow.identity import Known, LocalAccounts, SigningOn
    from skontro.house.acts import Signer

SERVICE_SECRET = "keys/service.txt"
"""Where the secret lies from which codes, cursors and invitations follow."""
IDLE = datetime.timedelta(minutes=30)
LONGEST = datetime.timedelta(hours=12)
INVITED = datetime.timedelta(hours=72)
KEY_LONGEST = datetime.timedelta(days=400)
STEP_S = 30
"""How long a code is good, in seconds: the one before and the one after are not taken."""
FRESH = datetime.timedelta(minutes=5)
"""Who has no password here shows who they are by a session that began no longer ago."""
TRIES = 5
"""Wrong tries in a row until a login is closed for a while, each time for longer."""
PROGRAM_ROLES = ("operator", "treasurer", "participant_clerk", "auditor")
"""Roles a program can have: none in which somebody signs or lets others in."""
FRESH_S = 1
"""How long what is known of a key is taken to be so: a key taken back ends within that."""
MOST_KEPT = 10_000
_KEY_MARK = "skontro"
Method = TypeVar("Method", bound=Callable[..., Any])


def at_the_door(method: Method) -> Method:
    """Let a method of something of a house's find out who comes in: see store/walls.py."""

    @wraps(method)
    def widened(self: Any, *values: Any, **named: Any) -> Any:
        with self.house.database.widened("coming in"):
            return method(self, *values, **named)

    return cast("Method", widened)


class Access:
    """Logins, sessions and keys of a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._keys: dict[str, tuple[float, Any]] = {}  # not money: seconds

    # ---- secrets -----------------------------------------------------------------------------

    @cached_property
    def _secret(self) -> bytes:
        path = self.house.folder / SERVICE_SECRET
        if not path.is_file():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)  # where another process was quicker, its secret is everybody's
            aside.unlink()
        return bytes.fromhex(path.read_text("utf-8").strip())

    def derive(self, purpose: str, *parts: object) -> bytes:
        """Return a secret that follows from the house's own and a purpose: 32 bytes."""
        text = "\n".join([purpose, *(str(one) for one in parts)])
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()

    @cached_property
    def _hasher(self) -> Any:
        from argon2 import PasswordHasher

        return PasswordHasher()

    @cached_property
    def _nobodys(self) -> str:
        """A password's hash that is checked where there is no login: it takes as long."""
        return str(self._hasher.hash(secrets.token_hex(16)))

    # ---- logins ------------------------------------------------------------------------------

    def invite(self, who: str) -> str:
        """Return an invitation with which a person sets up their login, once, in three days.

        Raises:
            Rejected: They do not work here.
        """
        with self.house.database.read() as unit:
            row, known = find(unit, person, id=who), find(unit, login, person=who)
        if row is None or row.state != "active":
            raise Rejected(f"{who} does not work here", code="UnknownPerson")
        number = 1 if known is None else known.enrolment + 1
        ends = as_text(self.house.wall.now() + INVITED)
        mark = self.derive("invitation", who, number, ends).hex()[:40]
        return _packed(f"{who}\n{number}\n{ends}\n{mark}")

    @at_the_door
    def accept(self, invitation: str, password: str) -> dict[str, str]:
        """Set up the login of whoever holds an invitation.

        Returns:
            ``person``, and ``secret`` and ``uri`` for the app that shows the codes; shown once.

        Raises:
            Forbidden: The invitation is none, too old or used.
            Rejected: The password is too short, too long, or tried first.
        """
        who, number, ends, mark = _unpacked(invitation)
        made = self.derive("invitation", who, number, ends).hex()[:40]
        if not hmac.compare_digest(made, mark) or ends < as_text(self.house.wall.now()):
            raise Forbidden("this invitation is not good, or no longer", code="BadInvitation",
                            next_step="ask for another one")  # fmt: skip
        return self.set_login(who, password, enrolment=int(number))

    @at_the_door
    def set_login(
        self, who: str, password: str, *, enrolment: int | None = None
    ) -> dict[str, str]:
        """Set a person's password, and set up their codes anew; their sessions end.

        Args:
            who: Id of the person.
            password: At least 12 characters.
            enrolment: The number an invitation is for; it serves once.

        Returns:
            As :meth:`accept`.
        """
        self._check_password(who, password)
        now = as_text(self.house.wall.now())
        kept = str(self._hasher.hash(password))
        with self.house.database.unit("login.set", exclusive=True) as unit:
            row = find(unit, person, id=who)
            if row is None or row.state != "active":
                raise Rejected(f"{who} does not work here", code="UnknownPerson")
            known = find(unit, login, person=who)
            number = 1 if known is None else known.enrolment + 1
            if enrolment is not None and enrolment != number:
                raise Forbidden("this invitation was used", code="BadInvitation",
                                next_step="ask for another one")  # fmt: skip
            if known is None:
                insert(unit, login, person=who, password=kept, enrolment=1, since=now)
            else:
                change(unit, login, {"person": who}, password=kept, enrolment=number,
                       code_step=0, failed=0, locked_until="", since=now)  # fmt: skip
            self.end_sessions(unit, who)
        secret = self._code_secret(who, number)
        name = f"{self.house.id}:{who}"
        return {
            "person": who, "secret": secret,
            "uri": f"otpauth://totp/{name}?secret={secret}&issuer={self.house.id}",
        }  # fmt: skip

    def _check_password(self, who: str, password: str) -> None:
        """Refuse a password that is guessed easily: words of the house and the person count."""
        names = [one["name"] for one in self.house.people.table() if one["id"] == who]
        words = [self.house.id, self.house.name, *names, who, "skontro"]
        why = "it holds one's own id" if who in password else why_weak(password, words)
        if not why and is_common(password):
            why = "it is one of those that many people have"
        if why:
            raise Rejected(f"another password, please: {why}", code="WeakPassword",
                           next_step="choose another one: a few words will do")  # fmt: skip

    @at_the_door
    def change_password(self, token: str, password: str, code: str, new: str) -> None:
        """Change one's own password; all other sessions of theirs end, and codes stay as they are.

        Args:
            token: Of the session it is done in, which goes on.
            password: The one so far.
            code: Of the app: a new one, as for a session.
            new: The one to come.

        Raises:
            Forbidden: The session, the password or the code is none, or too many wrong tries.
            Rejected: The new one is too short, too long, or tried first.
        """
        actor = self.of_session(token)
        if actor is None:
            raise _not_known()
        who = self.local.who({"person": actor.person, "password": password}).person
        self._check_password(who, new)
        with self.house.database.read() as unit:
            step = self._fitting_step(find(unit, login, person=who), code)
        if not step:
            raise self.failed(who)
        now, kept = as_text(self.house.wall.now()), str(self._hasher.hash(new))
        with self.house.database.unit("login.change", exclusive=True) as unit:
            if find(unit, login, person=who).code_step >= step:
                raise _not_known()
            change(unit, login, {"person": who}, password=kept, code_step=step, failed=0,
                   since=now)  # fmt: skip
            for row in find_all(unit, session, person=who, ended_at=""):
                if row.token != _digest(token):
                    change(unit, session, {"token": row.token}, ended_at=now)
            self.house.audit.note(unit, actor, "session", "change password")

    @at_the_door
    def sessions(self, token: str) -> list[dict[str, Any]]:
        """Return the sessions of whoever has one that are not over: id, began, last seen, ends."""
        actor = self.of_session(token)
        if actor is None:
            return []
        return [
            {"id": _session_id(row), "began_at": row.began_at, "seen_at": row.seen_at,
             "ends_at": row.ends_at, "is_this": row.token == _digest(token)}
            for row in self._live_sessions(actor.person)
        ]  # fmt: skip

    def _live_sessions(self, who: str) -> list[Any]:
        now = as_text(self.house.wall.now())
        idle = as_text(self.house.wall.now() - IDLE)
        with self.house.database.read() as unit:
            rows = find_all(unit, session, order=["began_at"], person=who, ended_at="")
        return [row for row in rows if row.ends_at > now and row.seen_at >= idle]

    @at_the_door
    def end_own(self, token: str, password: str, which: str = "") -> int:
        """End one session of one's own or all of them, once one has shown again who one is.

        Args:
            token: Of the session it is done in.
            password: One's own. Who has none here, for they sign on at a provider, does it in a
                session that has just begun.
            which: Id of one session; empty: all, this one as well.

        Returns:
            How many ended.

        Raises:
            Forbidden: The session or the password is none, or the session did not begin just now.
            NoSuchFile: One has no such session.
        """
        actor = self.of_session(token)
        if actor is None:
            raise _not_known()
        with self.house.database.read() as unit:
            has_login = find(unit, login, person=actor.person) is not None
        mine = self._live_sessions(actor.person)
        if has_login:
            self.local.who({"person": actor.person, "password": password})
        else:
            begun = [one.began_at for one in mine if one.token == _digest(token)]
            if not begun or begun[0] < as_text(self.house.wall.now() - FRESH):
                raise Forbidden("this session did not begin just now", code="NotSignedIn",
                                next_step="sign out, sign on again, and end them then")  # fmt: skip
        ended = [one for one in mine if which in ("", _session_id(one))]
        if which and not ended:
            raise NoSuchFile("one has no such session", code="NoSuchSession",
                             next_step="see which there are")  # fmt: skip
        with self.house.database.unit("session.end_own") as unit:
            if not which:
                self.end_sessions(unit, actor.person)
            for one in ended if which else ():
                change(unit, session, {"token": one.token, "ended_at": ""}, or_none=True,
                       ended_at=as_text(self.house.wall.now()))  # fmt: skip
            self.house.audit.note(unit, actor, "session", "end one" if which else "end all")
        return len(ended)

    def _code_secret(self, who: str, enrolment: int) -> str:
        return base64.b32encode(self.derive("codes", who, enrolment)[:20]).decode()

    @at_the_door
    def code_now(self, who: str, *, least_s: int = 3) -> str:
        """Return the code that is good now: for demonstrations and tests, where a demo house is.

        Args:
            who: Id of the person.
            least_s: For how long it is good at least, in seconds: else the next one is waited for.

        Raises:
            Forbidden: The house is no demo.
        """
        if self.house.kind != "demo":
            raise Forbidden("only a demo house tells codes", code="LiveHouse")
        with self.house.database.read() as unit:
            row = find(unit, login, person=who)
        if row is None:
            raise Rejected(f"{who} has no login", code="UnknownPerson",
                           next_step="set one with: skontro people login")  # fmt: skip
        left = STEP_S - self.house.wall.now().timestamp() % STEP_S
        if left < least_s and isinstance(self.house.wall, SystemClock):
            time.sleep(left)
        return self._code(self._code_secret(who, row.enrolment), self._step())

    def _step(self) -> int:
        return int(self.house.wall.now().timestamp()) // STEP_S

    @staticmethod
    def _code(secret: str, step: int) -> str:
        import pyotp

        return str(pyotp.TOTP(secret).at(step * STEP_S))

    # ---- sessions ----------------------------------------------------------------------------

    @cached_property
    def local(self) -> LocalAccounts:
        """People with a login in the house."""
        from skontro.flow.identity import LocalAccounts

        return LocalAccounts(self.house)

    @cached_property
    def sign_on(self) -> SigningOn:
        """People who sign on at the house's provider."""
        from skontro.flow.identity import SigningOn

        return SigningOn(self.house)

    @at_the_door
    def sign_in(self, who: str, password: str, code: str) -> str:
        """Begin a session; return its token, which is kept nowhere.

        Raises:
            Forbidden: Name, password and code do not belong together, or too many wrong tries.
        """
        return self.begin(self.local.who({"person": who, "password": password}), code)

    @at_the_door
    def begin(self, known: Known, code: str = "", *, kept: str = "") -> str:
        """Begin a session of somebody who is known; return its token.

        Args:
            known: Whom they were found to be, and whether that took more than one factor.
            code: Of their app, where it did not.
            kept: What their browser kept of signing on; it serves once.

        Raises:
            Forbidden: The code does not fit or was used, or too many wrong tries.
        """
        who, now = known.person, self.house.wall.now()
        with self.house.database.read() as unit:
            row, theirs = find(unit, login, person=who), find(unit, person, id=who)
        step = 0 if row is None or known.is_strong else self._fitting_step(row, code)
        is_let_in = known.is_strong or (step and not self.is_closed(row))
        if not is_let_in or theirs is None or theirs.state != "active":
            raise self.failed(who)
        token = secrets.token_urlsafe(32)
        with self.house.database.unit("session.begin") as unit:
            unit.hold("login", who)
            if step:
                if find(unit, login, person=who).code_step >= step:
                    raise _not_known()
                change(unit, login, {"person": who}, failed=0, locked_until="", code_step=step)
            if kept:
                self.sign_on.use_kept(unit, kept)
            insert(
                unit, session, token=_digest(token), person=who, began_at=as_text(now),
                seen_at=as_text(now), ends_at=as_text(now + LONGEST),
            )  # fmt: skip
            self.house.audit.note(unit, Actor(who), "session", f"begin by {known.how}")
        return token

    def fits_password(self, row: Any, password: str) -> bool:
        """Whether a password is that of a login; it takes as long where there is none."""
        from argon2.exceptions import Argon2Error

        kept = self._nobodys if row is None else row.password
        try:
            return bool(self._hasher.verify(kept, password[: MOST + 1])) and (
                row is not None
            )
        except Argon2Error:
            return False

    def is_closed(self, row: Any) -> bool:
        """Whether a login is closed for a while after wrong tries."""
        return row is not None and row.locked_until > as_text(self.house.wall.now())

    def _fitting_step(self, row: Any, code: str) -> int:
        """Return which step a code is of: the one that is now, if it was not used; else 0."""
        step, given = self._step(), code.replace(" ", "").encode()
        secret = self._code_secret(row.person, row.enrolment)
        is_it = hmac.compare_digest(self._code(secret, step).encode(), given)
        return step if is_it and step > row.code_step else 0

    @at_the_door
    def failed(self, who: str) -> Forbidden:
        """Write down a wrong try, and return its refusal.

        The fifth in a row closes the login, each further five for longer. The refusal is the same
        for a login that is closed, or that is not there: else six tries would say who has one. The
        audit log says which it was.
        """
        now = self.house.wall.now()
        with self.house.database.unit("session.refused") as unit:
            unit.hold("login", who)
            row = find(unit, login, person=who)
            is_closed = self.is_closed(row)
            code = "TooManyTries" if is_closed else "NotSignedIn"
            self.house.audit.note(unit, Actor(who[:64]), "session", "begin", outcome="refused",
                                  code=code)  # fmt: skip
            if row is not None and not is_closed:
                failed, closed = row.failed + 1, row.locked_until
                if failed % TRIES == 0:
                    minutes = min(60, 2 ** (failed // TRIES - 1))
                    closed = as_text(now + datetime.timedelta(minutes=minutes))
                change(unit, login, {"person": who}, failed=failed, locked_until=closed)
        return _not_known()

    def end_sessions(self, unit: Unit, who: str) -> None:
        """End all sessions of a person, whoever asks for it: sessions are written at the door."""
        with self.house.database.widened("coming in", unit):
            change(unit, session, {"person": who, "ended_at": ""}, or_none=True,
                   ended_at=as_text(self.house.wall.now()))  # fmt: skip

    @at_the_door
    def of_session(self, token: str) -> Actor | None:
        """Return who a session is of, or None where it is none, has ended or was left idle."""
        now, kept = self.house.wall.now(), _digest(token)
        with self.house.database.read() as unit:
            rows = session_rows(unit, kept)
        if not rows:
            return None
        first = rows[0]
        idle_since = from_text(first.seen_at)
        is_over = (
            first.ended_at or first.state != "active" or first.ends_at <= as_text(now)
            or now - idle_since > IDLE
        )  # fmt: skip
        if is_over:
            return None
        if now - idle_since > datetime.timedelta(minutes=1):
            with self.house.database.unit("session.seen") as unit:
                change(unit, session, {"token": kept, "ended_at": ""}, seen_at=as_text(now),
                       or_none=True)  # it may have ended since
        grants = tuple(_grant(row) for row in rows if row.role is not None)
        return Actor(first.person, grants, person=first.person, public_key=first.public_key)

    @at_the_door
    def sign_out(self, token: str) -> None:
        """End a session; harmless where it has ended."""
        with self.house.database.unit("session.end") as unit:
            change(unit, session, {"token": _digest(token), "ended_at": ""}, or_none=True,
                   ended_at=as_text(self.house.wall.now()))  # fmt: skip

    def forgery_mark(self, token: str) -> str:
        """Return what a page of a session must send back with everything it changes."""
        return self.derive("form", _digest(token)).hex()[:40]

    # ---- roles -------------------------------------------------------------------------------

    def propose_roles(
        self, who: str, grants: Sequence[Grant], maker: str, signer: Signer
    ) -> int:
        """Propose in which roles a person comes in: all of them, not the change alone.

        Raises:
            Rejected: A role, a firm or a side is none, or two cannot go together.
        """
        check_grants(grants, [side.id for side in self.house.rules.sides])
        with self.house.database.unit("person.access.propose", exclusive=True) as unit:
            row = find(unit, person, id=who)
            if row is None or row.state != "active":
                raise Rejected(f"{who} does not work here", code="UnknownPerson")
            firms = {one.firm for one in grants if one.firm}
            for name in sorted(firms - find_firms(unit, firms).keys()):
                raise Rejected(f"{name!r} is not a participant", code="UnknownParticipant")
            content = {"id": who, "roles": [
                {"role": one.role, "firm": one.firm, "sides": sorted(one.sides),
                 "from": one.from_day, "until": one.until_day}
                for one in grants
            ]}  # fmt: skip
            return self.house.people.propose_in(unit, "person.access", content, maker, signer)

    def grants_of(self, who: str) -> list[Grant]:
        """Return the roles of a person."""
        with self.house.database.read() as unit:
            return [_grant(row) for row in
                    find_all(unit, person_role, order=["role"], person=who)]  # fmt: skip

    def roles(self) -> dict[str, list[Grant]]:
        """Return the roles of everybody who has one."""
        found = dict[str, list[Grant]]()
        with self.house.database.read() as unit:
            for row in find_all(unit, person_role, order=["person", "role"]):
                found.setdefault(row.person, []).append(_grant(row))
        return found

    # ---- keys of programs --------------------------------------------------------------------

    def make_key(
        self, maker: str, label: str, role: str, firm: str, ends_at: datetime.datetime
    ) -> dict[str, str]:
        """Make a key for a program; it is shown once.

        Args:
            maker: Id of the person who makes it.
            label: What it is for.
            role: One of :data:`PROGRAM_ROLES`.
            firm: Id of the participant, with a role of participants.
            ends_at: When it ends by itself; in 400 days at the latest.

        Returns:
            ``id`` and ``key``.
        """
        now = self.house.wall.now()
        if role not in PROGRAM_ROLES:
            raise Rejected(f"a program cannot be {role!r}", code="UnknownRole",
                           next_step=f"one of: {', '.join(PROGRAM_ROLES)}")  # fmt: skip
        check_grants([Grant(role, firm)], ())
        if not now < ends_at <= now + KEY_LONGEST or not label.strip() or len(label) > 100:
            raise Rejected("a key has a label, and an end within 400 days", code="InvalidKey")
        number, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with self.house.database.unit("key.make") as unit:
            self.house.check_writable(unit)
            if firm and not find_firms(unit, [firm]):
                raise Rejected(f"{firm!r} is not a participant", code="UnknownParticipant")
            insert(
                unit, program_key, id=number, secret=_digest(secret), label=label, role=role,
                firm=firm, made_by=maker, made_at=as_text(now), ends_at=as_text(ends_at),
            )  # fmt: skip
        return {"id": number, "key": f"{_KEY_MARK}_{number}_{secret}"}

    def end_key(self, key: str) -> None:
        """Take a key back; harmless where it has ended."""
        with self.house.database.unit("key.end") as unit:
            unit.after.append(self._keys.clear)
            change(unit, program_key, {"id": key, "ended_at": ""}, or_none=True,
                   ended_at=as_text(self.house.wall.now()))  # fmt: skip

    def keys(self, firms: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return the keys there are, of some firms or of all, without their secrets."""
        wanted: dict[str, Any] = {} if firms is None else {"firm": list(firms)}
        with self.house.database.read() as unit:
            rows = find_all(unit, program_key, order=["made_at", "id"], **wanted)
        return [{name: value for name, value in row._mapping.items() if name != "secret"}
                for row in rows]  # fmt: skip

    def _key_row(self, number: str) -> Any:
        """Return a key's row, looked up at most once a second: programs ask often."""
        now = time.monotonic()
        kept, row = self._keys.get(number, (now - FRESH_S, None))
        if now - kept < FRESH_S:
            return row
        with self.house.database.read() as unit:
            row = key_row(unit, number)
        if len(self._keys) > MOST_KEPT:
            self._keys.clear()
        if row is not None:
            self._keys[number] = (now, row)
        return row

    @at_the_door
    def of_key(self, text: str) -> Actor | None:
        """Return the program whose key this is, or None."""
        mark, _, rest = text.partition("_")
        number, _, secret = rest.partition("_")
        if mark != _KEY_MARK or not secret:
            return None
        row = self._key_row(number)
        if row is None or not hmac.compare_digest(row.secret, _digest(secret)):
            return None
        if row.ended_at or row.ends_at <= as_text(self.house.wall.now()) or row.state == "left":
            return None
        return Actor(f"key {row.id}", (Grant(row.role, row.firm),), is_program=True)


def _not_known() -> Forbidden:
    return Forbidden("name, password and code do not belong together", code="NotSignedIn",
                     next_step="try again with the next code; after five wrong tries in a row a "
                     "login is closed for a minute, and then for longer")  # fmt: skip


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _session_id(row: Any) -> str:
    """What a session is called: neither its token nor what is kept of it."""
    return _digest(row.token)[:16]


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpacked(text: str) -> list[str]:
    """Return the four lines of an invitation; empty ones where it is none."""
    try:
        padded = text + "=" * (-len(text) % 4)
        lines = base64.urlsafe_b64decode(padded.encode()).decode().split("\n")
    except ValueError:
        lines = []
    return lines if len(lines) == 4 and lines[1].isdecimal() else ["", "0", "", ""]


def _grant(row: Any) -> Grant:
    sides = tuple(row.sides.split(",")) if row.sides else ()
    return Grant(row.role, row.firm, sides, row.from_day, row.until_day)


@handles("person.access")
def _give_roles(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Give a person the roles an act names, and no others; their sessions go on in these."""
    row = find(unit, person, id=content["id"])
    if row is None or row.state != "active":
        raise Rejected(f"{content['id']} does not work here", code="UnknownPerson")
    remove(unit, person_role, person=content["id"])
    for one in content["roles"]:
        if one["role"] not in ROLES:
            raise Rejected(f"there is no role {one['role']!r}", code="UnknownRole")
        insert(
            unit, person_role, person=content["id"], role=one["role"], firm=one["firm"],
            sides=",".join(one["sides"]), from_day=one["from"], until_day=one["until"],
            role_act=act_id, role_act_kind="person.access",
        )  # fmt: skip
    house.note(unit, "person.change", {"access": content}, act_id=act_id)
    return {"id": content["id"], "roles": [one["role"] for one in content["roles"]]}
