# SPDX-License-Identifier: Apache-2.0
"""How somebody is known before a session begins: with a password here, or signed on elsewhere.

Both give a person's id and whether it took more than one factor; what comes after that is the same:
a code where it did not, a session, its ends, the audit log.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.access import at_the_door
from skontro.flow.times import as_text
from skontro.house.roles import Actor
from skontro.house.sign_on import (
    MOST_SUBJECT,
    SignOn,
    check_claims,
    is_safe_address,
    is_strong,
    sign_on_refused,
)
from skontro.store.rows import find, find_all, insert, insert_rows, remove
from skontro.store.schema import login, person, request_done, sign_on_link

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.ops.provider import Provider
    from skontro.store.database import Unit

TRY_LASTS = datetime.timedelta(minutes=10)
CODE_LASTS = datetime.timedelta(minutes=5)
SECRET_VARIABLE, SECRET_FILE = "SKONTRO_SIGN_ON_SECRET", "keys/sign-on.txt"
"""Where the secret lies that the provider gave the house, if it gave one."""
USED = "sign on"
"""In whose name tries that were used are written down: no person and no key is called so."""


class Known(NamedTuple):
    """Whom somebody was found to be.

    Attributes:
        person: Id of the person.
        is_strong: Whether it took more than one factor; else a code is asked for.
        how: ``password`` or ``sign-on``.
    """

    person: str
    is_strong: bool
    how: str


class Identity(Protocol):
    """A way to be known."""

    def who(self, said: Mapping[str, str]) -> Known:
        """Return whom it is.

        Args:
            said: What the way needs: a name and a password, or what the provider sent back.

        Raises:
            Forbidden: It is nobody who is known, which is written down.
        """


class LocalAccounts:
    """People who have a login in the house; ``who`` takes ``person`` and ``password``."""

    def __init__(self, house: House) -> None:
        self.house = house

    def who(self, said: Mapping[str, str]) -> Known:
        """Return whose password it is; it takes as long where nobody is."""
        who = said["person"]
        at_the_door = self.house.database.widened("coming in")
        with at_the_door, self.house.database.read() as unit:
            row = find(unit, login, person=who)
        fits = self.house.access.fits_password(row, said["password"])
        if not fits or self.house.access.is_closed(row):
            raise self.house.access.failed(who)
        return Known(who, False, "password")


class Begun(NamedTuple):
    """A try to sign on.

    Attributes:
        address: Where the browser is sent.
        kept: What it keeps meanwhile: the try is good in this browser alone.
    """

    address: str
    kept: str


class SigningOn:
    """People who sign on at the house's provider; ``who`` takes what it sent the browser back
    with, ``kept`` and ``back``."""

    def __init__(self, house: House) -> None:
        self.house = house

    @property
    def rules(self) -> SignOn | None:
        """What the house's rules say of its provider; None if it has none."""
        return self.house.rules.sign_on

    def _rules(self) -> SignOn:
        if self.rules is None:
            raise Rejected("this house has no provider to sign on at", code="NoSuchSignOn",
                           next_step="sign in with a password and a code")  # fmt: skip
        return self.rules

    @cached_property
    def _providers(self) -> dict[str, Provider]:
        return {}

    def provider(self) -> Provider:
        """Return the house's provider, as it was asked last."""
        from skontro.ops.provider import Provider

        issuer = self._rules().issuer
        if issuer not in self._providers:
            self._providers.clear()
            self._providers[issuer] = Provider(issuer, is_safe_address)
        return self._providers[issuer]

    def _secret(self) -> str:
        given = os.environ.get(SECRET_VARIABLE, "")
        path = self.house.folder / SECRET_FILE
        return given or (path.read_text("utf-8").strip() if path.is_file() else "")

    # ---- there and back ----------------------------------------------------------------------

    def begin(self, back: str) -> Begun:
        """Begin a try: where the browser goes, and what it keeps.

        Args:
            back: Where the provider sends the browser back to.

        Raises:
            Rejected: The house has no provider.
            Unavailable: It does not answer.
        """
        from urllib.parse import urlencode

        rules, places = self._rules(), self.provider().places()
        state = secrets.token_urlsafe(32)
        asked = urlencode({
            "response_type": "code", "client_id": rules.known_as, "redirect_uri": back,
            "scope": "openid", "state": state, "nonce": self._made("nonce", state),
            "code_challenge": _challenge(self._made("verifier", state)),
            "code_challenge_method": "S256",
        })  # fmt: skip
        join = "&" if "?" in places.signs_on else "?"
        ends = as_text(self.house.wall.now() + TRY_LASTS)
        return Begun(f"{places.signs_on}{join}{asked}",
                     self._sealed("try", rules.issuer, state, ends))  # fmt: skip

    @at_the_door
    def who(self, said: Mapping[str, str]) -> Known:
        """Return who signed on; a try serves once, in the browser that began it."""
        with self.house.database.widened("coming in"):
            try:
                return self._who(said)
            except Forbidden as error:
                what = f"sign on: {error.message}"
                self.house.audit.refused(Actor(""), "session", what, error.code)
                raise

    def _who(self, said: Mapping[str, str]) -> Known:
        rules, provider = self._rules(), self.provider()
        issuer, state = self._opened("try", said.get("kept", ""))
        given = said.get("state", "")
        if not state or issuer != rules.issuer or not hmac.compare_digest(
            given.encode(), state.encode()
        ):
            raise sign_on_refused("this is no answer to a question of this browser")
        self._use(f"try {state}")
        named = said.get("iss")
        if named != rules.issuer and (named is not None or provider.places().says_issuer):
            raise sign_on_refused("the answer is of another provider")
        code = said.get("code", "")
        if not code:
            raise sign_on_refused("the provider did not let them in")
        got = provider.change(code, self._made("verifier", state), said["back"], rules.known_as,
                              self._secret())  # fmt: skip
        token = got.get("id_token")
        if not isinstance(token, str):
            raise sign_on_refused("the provider gave no token")
        claims = provider.read(token, rules.algorithms)
        now_s = int(self.house.wall.now().timestamp())
        check_claims(claims, rules, self._made("nonce", state), now_s)
        return self._known(claims, rules)

    def _known(self, claims: Mapping[str, Any], rules: SignOn) -> Known:
        """Return which person claims are of: one who was linked, or whom a claim names."""
        with self.house.database.read() as unit:
            linked = find(unit, sign_on_link, issuer=rules.issuer, subject=claims["sub"])
            named = claims.get(rules.claim) if rules.claim != "sub" else None
            who = linked.person if linked is not None else named
            row = find(unit, person, id=who) if isinstance(who, str) else None
            has_login = row is not None and find(unit, login, person=row.id) is not None
        if row is None or row.state != "active":
            raise sign_on_refused("whoever signed on does not work here")
        known = Known(row.id, is_strong(claims, rules), "sign-on")
        if not known.is_strong and not has_login:
            raise sign_on_refused("signing on took one factor, and there is no login for codes")
        return known

    def ends(self, back: str) -> str:
        """Return where one signs out at the provider as well; empty if nowhere."""
        from urllib.parse import urlencode

        rules, places = self._rules(), self.provider().places()
        asked = urlencode({"client_id": rules.known_as, "post_logout_redirect_uri": back})
        return f"{places.ends}{'&' if '?' in places.ends else '?'}{asked}" if places.ends else ""

    # ---- between signing on and the code -----------------------------------------------------

    def keep(self, known: Known) -> str:
        """Return what a browser keeps of somebody who is known while it asks for their code."""
        ends = as_text(self.house.wall.now() + CODE_LASTS)
        return self._sealed("known", known.person, secrets.token_urlsafe(16), ends)

    def kept(self, text: str) -> Known:
        """Return who was known a moment ago; it serves for one session.

        Raises:
            Forbidden: Nobody, or too long ago.
        """
        who, _ = self._opened("known", text)
        if not who:
            raise sign_on_refused("nobody signed on here just now")
        return Known(who, False, "sign-on")

    def use_kept(self, unit: Unit, text: str) -> None:
        """Let what a browser kept serve no more: as :meth:`kept`, in the session's own unit."""
        _, number = self._opened("known", text)
        self._note_used(unit, f"known {number}")

    # ---- whom the provider's subjects are ----------------------------------------------------

    def link(self, who: str, subject: str, maker: str) -> None:
        """Say which subject of the provider a person is.

        Raises:
            Rejected: There is no provider or no such person, or the subject is none.
            Conflict: It is somebody's already.
        """
        issuer = self._rules().issuer
        if not subject or len(subject) > MOST_SUBJECT or not subject.isprintable():
            raise Rejected("a subject has 1 to 255 visible characters", code="InvalidRequest")
        with self.house.database.unit("sign_on.link", exclusive=True) as unit:
            row = find(unit, person, id=who)
            if row is None or row.state != "active":
                raise Rejected(f"{who} does not work here", code="UnknownPerson")
            known = find(unit, sign_on_link, issuer=issuer, subject=subject)
            if known is not None:
                raise Conflict("this subject is somebody's already", code="SubjectTaken",
                               next_step="end that link first")  # fmt: skip
            insert(unit, sign_on_link, issuer=issuer, subject=subject, person=who, made_by=maker,
                   made_at=as_text(self.house.wall.now()))  # fmt: skip

    def unlink(self, who: str) -> int:
        """End all links of a person, and their sessions; return how many links there were."""
        with self.house.database.unit("sign_on.unlink", exclusive=True) as unit:
            gone = remove(unit, sign_on_link, person=who)
            self.house.access.end_sessions(unit, who)
        return gone

    def links(self, who: str) -> list[dict[str, Any]]:
        """Return the links of a person."""
        with self.house.database.read() as unit:
            rows = find_all(unit, sign_on_link, order=["issuer", "subject"], person=who)
        return [dict(row._mapping) for row in rows]

    # ---- what browsers keep ------------------------------------------------------------------

    def _made(self, purpose: str, state: str) -> str:
        return self.house.access.derive(f"sign-on {purpose}", state).hex()

    def _sealed(self, purpose: str, first: str, second: str, ends: str) -> str:
        mark = self.house.access.derive(f"sign-on kept {purpose}", first, second, ends).hex()
        text = "\n".join((first, second, ends, mark))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _opened(self, purpose: str, text: str) -> tuple[str, str]:
        """Return what was sealed for a purpose; empty texts where it was not, or is too old."""
        try:
            lines = base64.urlsafe_b64decode((text + "=" * (-len(text) % 4)).encode()).decode()
            first, second, ends, mark = lines.split("\n")
        except ValueError:
            return "", ""
        made = self.house.access.derive(f"sign-on kept {purpose}", first, second, ends).hex()
        is_good = hmac.compare_digest(made.encode(), mark.encode())
        is_over = ends < as_text(self.house.wall.now())
        return (first, second) if is_good and not is_over else ("", "")

    def _use(self, what: str) -> None:
        with self.house.database.unit("sign_on.used", exclusive=True) as unit:
            self._note_used(unit, what)

    def _note_used(self, unit: Unit, what: str) -> None:
        """Write down that something served, which it does once."""
        digest = hashlib.sha256(what.encode()).hexdigest()
        if find(unit, request_done, caller=USED, request=digest) is not None:
            raise sign_on_refused("this answer was used before")
        insert_rows(unit, (request_done, {
            "caller": USED, "request": digest, "digest": digest, "status": 200, "answer": "",
            "at": as_text(self.house.wall.now()),
        }))  # fmt: skip


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
