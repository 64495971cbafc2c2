# SPDX-License-Identifier: Apache-2.0
"""A provider of sign-on (OpenID Connect), asked over HTTPS: its places, its keys, its tokens.

What it says of itself and its keys are kept for an hour; where a token names a key that is not
among them they are fetched again, at most twice a minute. No answer is read beyond 256 KiB, none
for longer than ten seconds, and no redirect is followed. The issuer's own place is the one the
house chose, and may be in its own network; another that it names is asked only if it is outside.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

from skontro.core.errors import Forbidden, Rejected, Unavailable
from skontro.ops.asking import Bounds, Unreached, ask
from skontro.ops.outgoing import check_outside

KEPT_S = 3600
AGAIN_S = 30
MOST_BYTES = 256 * 1024
MOST_KEYS = 32
WAIT_S = 10
PAUSE_S = 5
"""For so long one that answered too late is not asked again: who signs on meanwhile is told so."""
LEAST_RSA_BITS = 2048
ABOUT = "/.well-known/openid-configuration"


class Places(NamedTuple):
    """Where a provider is asked what.

    Attributes:
        signs_on: Where browsers are sent.
        tokens: Where a code is changed for a token.
        keys: Where its public keys are.
        ends: Where browsers are sent to sign out; empty if nowhere.
        says_issuer: Whether its answers name the issuer.
        takes_basic: Whether the house's secret goes in a header, else in the form.
    """

    signs_on: str
    tokens: str
    keys: str
    ends: str
    says_issuer: bool
    takes_basic: bool


class Provider:
    """A provider.

    Args:
        issuer: Its name, which is the address it is found at.
        is_safe: Says whether an address may be asked.
        seconds: Tells the time; only differences count.
    """

    def __init__(
        self,
        issuer: str,
        is_safe: Callable[[str], bool],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._is_safe = is_safe
        self._seconds = seconds
        self._lock = threading.Lock()
        self._places: tuple[float, Places] | None = None  # not money: seconds
        self._keys: tuple[float, list[Any]] | None = None  # not money: seconds
        self._late: float | None = None  # not money: seconds

    def places(self) -> Places:
        """Return where it is asked what.

        Raises:
            Unavailable: It does not answer, or what it says of itself does not hold.
        """
        with self._lock:
            if self._places is None or self._seconds() - self._places[0] >= KEPT_S:
                self._places = self._seconds(), self._read_places()
            return self._places[1]

    def _read_places(self) -> Places:
        said = self._ask("GET", self.issuer.rstrip("/") + ABOUT)
        if said.get("issuer") != self.issuer:
            raise _down("the provider says it is another")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        places: list[Any] = [said.get(name) for name in names]
        ends = said.get("end_session_endpoint") or ""
        for one in [*places, *([ends] if ends else [])]:
            if not isinstance(one, str) or not self._is_safe(one):
                raise _down("the provider names an address that is not safe")
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Places(
            places[0], places[1], places[2], ends,
            said.get("authorization_response_iss_parameter_supported") is True,
            isinstance(methods, list) and "client_secret_basic" in methods,
        )  # fmt: skip

    def change(
        self, code: str, verifier: str, back: str, known_as: str, secret: str
    ) -> dict[str, Any]:
        """Change a code for tokens; return what the provider answers.

        Args:
            code: What the browser brought.
            verifier: Of this try (PKCE).
            back: Where the browser was sent back to.
            known_as: The id under which the provider knows the house.
            secret: The house's; empty if it has none.

        Raises:
            Forbidden: The provider refuses the code.
            Unavailable: It does not answer.
        """
        places = self.places()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back,
                "code_verifier": verifier}  # fmt: skip
        if secret and places.takes_basic:
            return self._ask("POST", places.tokens, form, (known_as, secret))
        form["client_id"] = known_as
        return self._ask("POST", places.tokens, form | ({"client_secret": secret} if secret
                                                        else {}))  # fmt: skip

    def read(self, token: str, algorithms: Collection[str]) -> dict[str, Any]:
        """Return what a token says, once its signature fits one of the provider's keys.

        Args:
            token: As the provider gave it.
            algorithms: The signatures that count.

        Raises:
            Forbidden: The signature does not fit, or is of a kind that does not count.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jws import JWSRegistry

        try:
            header = _header(token)
            if header.get("alg") not in algorithms:
                raise _unsigned("the token is signed in a way that does not count here")
            key = self._key(header)
            registry = JWSRegistry(algorithms=list(algorithms))
            found = jwt.decode(token, key, algorithms=list(algorithms), registry=registry)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _unsigned("the token's signature does not fit") from error
        return dict(found.claims)

    def _key(self, header: Mapping[str, Any]) -> Any:
        """Return the key a token names; the keys are fetched again where it is a new one."""
        for is_fresh in (False, True):
            keys = self._known_keys(again=is_fresh)
            fitting = [one for one in keys if "kid" not in header or one.kid == header["kid"]]
            if len(fitting) == 1:
                return fitting[0]
        raise _unsigned("the token is signed with a key that is none of the provider's")

    def _known_keys(self, *, again: bool) -> list[Any]:
        with self._lock:
            kept = self._keys
            age = KEPT_S if kept is None else self._seconds() - kept[0]
            if kept is not None and age < (AGAIN_S if again else KEPT_S):
                return kept[1]
        where = self.places().keys
        keys = _public_keys(self._ask("GET", where).get("keys"))
        with self._lock:
            self._keys = self._seconds(), keys
        return keys

    def _ask(
        self, method: str, address: str, form: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        if not self._is_safe(address):
            raise _down("the provider's address is neither https nor this machine's")
        if self._late is not None and self._seconds() - self._late < PAUSE_S:
            raise _down("the provider did not answer in time just now")
        headers, body = {"Accept": "application/json"}, b""
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form).encode()
        if login is not None:
            pair = base64.b64encode(":".join(quote_plus(one) for one in login).encode())
            headers["Authorization"] = f"Basic {pair.decode()}"
        is_issuers = urlsplit(address).netloc == urlsplit(self.issuer).netloc
        try:
            status, data, is_whole = ask(
                method, address, Bounds(WAIT_S, MOST_BYTES), body=body, headers=headers,
                check=None if is_issuers else check_outside,
            )  # fmt: skip
        except Unreached as error:
            self._late = self._seconds() if error.is_late else None
            raise _down("the provider does not answer") from error
        except Rejected as error:
            raise _down("the provider cannot be reached where it says it is") from error
        if not is_whole:
            raise _down("the provider's answer is too long")
        if form is not None and status in (400, 401):
            raise _unsigned("the provider refuses the code")
        try:
            said = json.loads(data)
        except ValueError:
            said = None
        if status != 200 or not isinstance(said, dict):
            raise _down("the provider's answer cannot be read")
        return said


def _header(token: str) -> dict[str, Any]:
    text = token.partition(".")[0]
    found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(found, dict):
        raise TypeError("no header")
    return found


def _public_keys(said: Any) -> list[Any]:
    """Return the keys that can check signatures; those of no known kind are left out."""
    from joserfc import jwk
    from joserfc.errors import JoseError

    found = []
    for one in said[:MOST_KEYS] if isinstance(said, list) else []:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig":
            continue
        if one.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        try:
            key = jwk.import_key(one)
            public: Any = key.public_key
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if one["kty"] != "RSA" or public.key_size >= LEAST_RSA_BITS:
            found.append(key)
    if not found:
        raise _down("the provider has no key that can be used")
    return found


def _down(why: str) -> Unavailable:
    return Unavailable(why, code="SignOnDown",
                       next_step="try again later, or sign in with a password")  # fmt: skip


def _unsigned(why: str) -> Forbidden:
    return Forbidden(why, code="SignOnRefused", next_step="begin again")
