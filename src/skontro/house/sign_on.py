# SPDX-License-Identifier: Apache-2.0
"""Signing on at a provider (OpenID Connect): what a house says of it, and what a token must say.

Pure: who fetches keys and checks signatures is ``ops/provider.py``; here stands whether the claims
of a token whose signature fits are those of somebody who signed on here, for this house, just now.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from skontro.core.errors import Forbidden
from skontro.house.reading import Section, listing, refused, show

ALGORITHMS = ("ES256", "ES384", "EdDSA", "PS256", "RS256")
"""The signatures a house may let a provider use: none that shares a secret, and not ``none``."""
LEEWAY_S = 60
"""How far the provider's clock may be off."""
OLDEST_S = 600
"""A token made longer ago is not that of somebody who signed on just now."""
MOST_SUBJECT = 255
_KEYS = ("name", "issuer", "client_id", "claim", "algorithms", "amr", "acr")


@dataclass(frozen=True)
class SignOn:
    """The provider of a house, as ``[sign_on]`` in its rules says.

    Attributes:
        name: What the button says.
        issuer: Whose tokens count, to the letter.
        known_as: The id under which the provider knows the house.
        claim: What of a token says which person it is; with ``sub`` only who was linked comes in.
        algorithms: Some of :data:`ALGORITHMS`.
        strong: Words of ``amr`` that say it took more than one factor.
        strong_acr: Values of ``acr`` that say so.
    """

    name: str
    issuer: str
    known_as: str
    claim: str = "sub"
    algorithms: tuple[str, ...] = ("ES256", "RS256")
    strong: tuple[str, ...] = ("mfa",)
    strong_acr: tuple[str, ...] = ()


def read_sign_on(top: Section) -> SignOn | None:
    """Read the provider people may sign on at, if there is one.

    Raises:
        InvalidRules: Naming the place and what is wrong there.
    """
    if "sign_on" not in top:
        return None
    section = top.section("sign_on", _KEYS)
    issuer = section.text("issuer")
    if not is_safe_address(issuer) or "?" in issuer:
        raise refused(
            section.at("issuer"), f"{show(issuer)} is not the address of a provider",
            next_step="write it as the provider does: https://id.example",
        )  # fmt: skip
    words = {key: section.words(key) for key in ("algorithms", "amr", "acr") if key in section}
    given = SignOn(section.text("name"), issuer, section.text("client_id"))
    algorithms = tuple(sorted(words.get("algorithms", given.algorithms)))
    for one in algorithms:
        if one not in ALGORITHMS:
            raise refused(
                section.at("algorithms"), f"{show(one)} is no signature that counts",
                next_step=f"some of {listing(ALGORITHMS)}",
            )  # fmt: skip
    return SignOn(
        given.name, issuer, given.known_as, section.text("claim", given.claim), algorithms,
        tuple(sorted(words.get("amr", given.strong))), tuple(sorted(words.get("acr", ()))),
    )  # fmt: skip


def write_sign_on(said: SignOn | None) -> dict[str, object]:
    """Write the provider as :func:`read_sign_on` reads it; nothing where there is none."""
    if said is None:
        return {}
    return {"sign_on": {
        "name": said.name, "issuer": said.issuer, "client_id": said.known_as, "claim": said.claim,
        "algorithms": list(said.algorithms), "amr": list(said.strong),
        **({"acr": list(said.strong_acr)} if said.strong_acr else {}),
    }}  # fmt: skip


def is_safe_address(address: str) -> bool:
    """Whether an address is over TLS, or does not leave this machine.

    Example:
        >>> is_safe_address("https://id.example/keys"), is_safe_address("http://127.0.0.1:9/keys")
        (True, True)
        >>> is_safe_address("http://id.example"), is_safe_address("https://me@id.example")
        (False, False)
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_claims(claims: Mapping[str, Any], rules: SignOn, nonce: str, now_s: int) -> None:
    """Refuse a token that is not of this provider, for this house, for this try, and of now.

    Args:
        claims: What a token says whose signature fits.
        rules: The provider.
        nonce: What the house put into its question.
        now_s: The time, seconds since 1970.

    Raises:
        Forbidden: Saying which claim is not as it must be.

    Example:
        >>> rules = SignOn("us", "https://id.example", "skontro")
        >>> said = {"iss": "https://id.example", "aud": "skontro", "sub": "7", "nonce": "n",
        ...         "iat": 1000, "exp": 1300}
        >>> check_claims(said, rules, "n", 1100)
        >>> check_claims(said | {"aud": "another"}, rules, "n", 1100)
        Traceback (most recent call last):
        skontro.core.errors.Forbidden: the token is not for this house
    """
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    subject = claims.get("sub")
    if claims.get("iss") != rules.issuer:
        raise sign_on_refused("the token is of another issuer")
    if rules.known_as not in audiences or not all(isinstance(one, str) for one in audiences):
        raise sign_on_refused("the token is not for this house")
    if party not in (None, rules.known_as) or (len(audiences) > 1 and party is None):
        raise sign_on_refused("the token was made for somebody else to use")
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_SUBJECT:
        raise sign_on_refused("the token does not say of whom it is")
    ends, made = (_seconds(claims.get(name)) for name in ("exp", "iat"))
    if ends is None or made is None:
        raise sign_on_refused("the token does not say from when until when it is good")
    if ends + LEEWAY_S <= now_s:
        raise sign_on_refused("the token is no longer good")
    begins = claims.get("nbf")
    if made > now_s + LEEWAY_S or (begins is not None and (_seconds(begins) or made)
                                   > now_s + LEEWAY_S):  # fmt: skip
        raise sign_on_refused("the token is of a time to come")
    if made < now_s - OLDEST_S:
        raise sign_on_refused("the token was not made just now")
    if claims.get("nonce") != nonce:
        raise sign_on_refused("the token answers another question")


def is_strong(claims: Mapping[str, Any], rules: SignOn) -> bool:
    """Whether a token says that it took more than one factor.

    Example:
        >>> rules = SignOn("us", "https://id.example", "skontro")
        >>> is_strong({"amr": ["pwd", "mfa"]}, rules), is_strong({"amr": ["pwd"]}, rules)
        (True, False)
    """
    said = claims.get("amr")
    words = [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
    return bool(set(words) & set(rules.strong)) or claims.get("acr") in rules.strong_acr


def sign_on_refused(why: str) -> Forbidden:
    """Return the refusal of somebody whose signing on does not hold."""
    return Forbidden(why, code="SignOnRefused",
                     next_step="begin again, or sign in with a password and a code")  # fmt: skip


def _seconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):  # not money: seconds
        return None
    return int(value) if 0 <= value < 1 << 40 else None
