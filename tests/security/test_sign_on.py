# SPDX-License-Identifier: Apache-2.0
"""Signing on at a provider: who comes in, and what forged, old or foreign answers come to."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwt
from tests.made_provider import KNOWN_AS, SECRET, Provider, new_key
from tests.made_service import GRANTS, PASSWORD, Desk, MadeService, go_by_rules, worked_service

from skontro.core.errors import Forbidden, SkontroError, Unavailable
from skontro.flow.identity import SECRET_FILE
from skontro.house.sign_on import SignOn, check_claims, is_safe_address
from skontro.ops import provider as asked
from skontro.ops.clock import SetClock

BEGIN, BACK = "/console/sign-on", "/console/sign-on/back"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("sign-on") / "house", sign_in_minute=10**6)
    found.admit("O1")
    found.give("O1", GRANTS["O1"])
    found.admit("N2")
    (found.house.folder / SECRET_FILE).write_text(f"{SECRET}\n")
    return found


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def made(house: MadeService, provider: Provider) -> Iterator[MadeService]:
    """The house with this provider, at which O1 is s-1."""
    with_provider(house, provider)
    house.house.access.sign_on.unlink("O1")
    house.house.access.sign_on.link("O1", "s-1", "P1")
    yield house
    house.house.access.sign_on.unlink("O1")


def with_provider(house: MadeService, provider: Provider, **changes: Any) -> None:
    said = SignOn("our provider", provider.issuer, KNOWN_AS, **changes)
    go_by_rules(house.house, sign_on=said)


def begin(made: MadeService) -> tuple[Desk, str]:
    """A new browser that was sent to the provider, and where to."""
    desk = Desk(made.service)
    answer = desk.browser.get(BEGIN, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return desk, answer.headers["location"]


def sign_on(made: MadeService, provider: Provider, **changes: str) -> tuple[Desk, Any]:
    desk, address = begin(made)
    return desk, desk.browser.get(BACK, params=provider.let_in(address, **changes))


def refusals(made: MadeService) -> list[str]:
    entries = made.house.audit.entries(outcome="refused", most=100_000)
    return [one["subject"] for one in entries if one["code"] == "SignOnRefused"]


def is_in(desk: Desk) -> bool:
    return bool(desk.get("/session").status_code == 200)


def test_whoever_is_linked_comes_in(made: MadeService, provider: Provider) -> None:
    """The session is that of the person, with the same cookie as any other; signing out ends it,
    and the page then leads to the provider's own end."""
    shown = made.desk().get("/console/sign-in").text
    assert "our provider" in shown
    desk, answer = sign_on(made, provider)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    me = desk.get("/session").json()
    assert (me["id"], [one["role"] for one in me["roles"]]) == ("O1", ["operator"])
    out = desk.browser.post("/console/sign-out", data={"csrf": me["csrf"]})
    assert f"{provider.issuer}/end?client_id=" in out.text
    assert not is_in(desk)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_each_kind_of_signature(house: MadeService, algorithm: str) -> None:
    provider = Provider(algorithm)
    try:
        with_provider(house, provider, algorithms=(algorithm,), claim="person")
        provider.claims = {"person": "O1"}
        desk, _ = sign_on(house, provider)
        assert desk.get("/session").json()["id"] == "O1"
    finally:
        provider.close()


def test_nobody_is_provided_for(made: MadeService, provider: Provider) -> None:
    """A subject that is not linked, a claim that names nobody or no text: nobody new comes in."""
    before = len(made.house.people.table())
    provider.claims = {"sub": "s-2"}
    desk, answer = sign_on(made, provider)
    assert answer.status_code == 403
    assert not is_in(desk)
    with_provider(made, provider, claim="person")
    for named in ("P9", "", None, ["P1"], {"id": "P1"}, 7):
        provider.claims = {"sub": "s-2", "person": named}
        desk, answer = sign_on(made, provider)
        assert (answer.status_code, is_in(desk)) == (403, False), named
    assert len(made.house.people.table()) == before


def test_a_code_is_asked_for_where_it_took_one_factor(
    made: MadeService, provider: Provider
) -> None:
    """Without a word of more factors the code of the app is asked for; it serves once, and five
    wrong ones close the login. Whoever has no login for codes is not let in."""
    made.house.access.set_login("O1", PASSWORD)
    for said in ({"amr": ["pwd"]}, {"amr": None}, {"amr": "mfa"}, {"acr": "mfa", "amr": None}):
        provider.claims = said
        desk, answer = sign_on(made, provider)
        assert answer.status_code == 200
        assert not is_in(desk), said
    wrong = desk.browser.post(f"{BEGIN}/code", data={"code": "000000"})
    assert wrong.status_code == 403
    kept = dict(desk.browser.cookies.items())
    code = made.house.access.code_now("O1")
    assert desk.browser.post(f"{BEGIN}/code", data={"code": code}).status_code == 200
    assert is_in(desk)
    other = Desk(made.service)
    other.browser.cookies.update(kept)
    assert other.browser.post(f"{BEGIN}/code", data={"code": code}).status_code == 403
    desk, _ = sign_on(made, provider)
    for _ in range(6):
        last = desk.browser.post(f"{BEGIN}/code", data={"code": "000000"})
    assert last.status_code == 403
    entries = made.house.audit.entries(caller="O1", outcome="refused", most=1000)
    assert entries[-1]["code"] == "TooManyTries"
    with_provider(made, provider, claim="person")
    provider.claims = {"sub": "s-2", "person": "N2", "amr": ["pwd"]}
    _, answer = sign_on(made, provider)
    assert "no login for codes" in answer.text


def test_acr_says_so_as_well(made: MadeService, provider: Provider) -> None:
    with_provider(made, provider, strong_acr=("urn:strong",))
    provider.claims = {"amr": None, "acr": "urn:strong"}
    desk, _ = sign_on(made, provider)
    assert is_in(desk)


NOW = int(time.time())
BAD_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"aud": "another"}, "not for this house"),
    ({"aud": []}, "not for this house"),
    ({"aud": None}, "not for this house"),
    ({"aud": [KNOWN_AS, "another"]}, "somebody else to use"),
    ({"aud": [KNOWN_AS, "another"], "azp": "another"}, "somebody else to use"),
    ({"azp": "another"}, "somebody else to use"),
    ({"iss": "http://127.0.0.1:1"}, "another issuer"),
    ({"iss": None}, "another issuer"),
    ({"exp": NOW - 120, "iat": NOW - 300}, "no longer good"),
    ({"exp": None}, "from when until when"),
    ({"exp": "tomorrow"}, "from when until when"),
    ({"exp": True}, "from when until when"),
    ({"iat": None}, "from when until when"),
    ({"iat": NOW + 4000, "exp": NOW + 5000}, "time to come"),
    ({"nbf": NOW + 4000}, "time to come"),
    ({"iat": NOW - 4000}, "not made just now"),
    ({"nonce": "another"}, "another question"),
    ({"nonce": None}, "another question"),
    ({"sub": None}, "of whom it is"),
    ({"sub": 7}, "of whom it is"),
    ({"sub": "s" * 256}, "of whom it is"),
]


@pytest.mark.parametrize(("claims", "why"), BAD_CLAIMS)
def test_what_a_token_must_say(
    made: MadeService, provider: Provider, claims: dict[str, Any], why: str
) -> None:
    provider.claims = claims
    before = len(refusals(made))
    desk, answer = sign_on(made, provider)
    assert (answer.status_code, is_in(desk)) == (403, False)
    assert why in answer.text
    assert why in refusals(made)[before]


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


Forger = Callable[[Provider, dict[str, Any], dict[str, Any]], str]


def unsigned(_: Provider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{packed(header | {'alg': 'none'})}.{packed(claims)}."


def stripped(provider: Provider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, provider.keys[0]).rpartition(".")[0] + "."


def confused(provider: Provider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Signed with the public key as if it were a shared secret."""
    secret = provider.keys[0].as_pem(private=False)
    signed = f"{packed(header | {'alg': 'HS256'})}.{packed(claims)}"
    mark = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def with_another(provider: Provider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, new_key("ES256", provider.keys[0].kid))


def with_its_own(_: Provider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Signed with a key that the token brings along."""
    key = new_key("ES256", "mine")
    brought = header | {"kid": "mine", "jwk": key.as_dict(private=False)}
    return jwt.encode(brought, claims, key)


def not_allowed(_: Provider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    key = new_key("EdDSA", "k1")
    return jwt.encode(header | {"alg": "EdDSA"}, claims, key, algorithms=["EdDSA"])


def changed(provider: Provider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    first, _, last = jwt.encode(header, claims, provider.keys[0]).split(".")
    return f"{first}.{packed(claims | {'sub': 's-9'})}.{last}"


def nothing(*_: Any) -> str:
    return "no.token"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "forge",
    [unsigned, stripped, confused, with_another, with_its_own, not_allowed, changed, nothing],
)
def test_forged_tokens_are_refused(made: MadeService, provider: Provider, forge: Forger) -> None:
    with_provider(made, provider, algorithms=("ES256", "RS256"))
    provider.signs = lambda header, claims: forge(provider, header, claims)
    before = len(refusals(made))
    desk, answer = sign_on(made, provider)
    assert (answer.status_code, is_in(desk)) == (403, False)
    assert len(refusals(made)) == before + 1


def test_an_answer_serves_once_and_in_its_browser(made: MadeService, provider: Provider) -> None:
    """The same answer again, with the same cookie; and in another browser: refused before the
    provider is asked."""
    desk, address = begin(made)
    kept = dict(desk.browser.cookies.items())
    answer = provider.let_in(address)
    stranger, _ = begin(made)
    assert stranger.browser.get(BACK, params=answer).status_code == 403
    assert Desk(made.service).browser.get(BACK, params=answer).status_code == 403
    assert provider.asked.get("/token", 0) == 0
    assert desk.browser.get(BACK, params=answer).status_code == 200
    assert is_in(desk)
    replay = Desk(made.service)
    replay.browser.cookies.update(kept)
    provider.code = answer["code"]
    assert replay.browser.get(BACK, params=answer).status_code == 403
    assert not is_in(replay)
    assert provider.asked["/token"] == 1
    assert "used before" in refusals(made)[-1]


def test_a_try_that_is_too_old(made: MadeService, provider: Provider) -> None:
    desk, address = begin(made)
    wall = made.house.wall
    moved = SetClock(wall.now())
    moved.move(minutes=11)
    made.house.wall = moved
    try:
        assert desk.browser.get(BACK, params=provider.let_in(address)).status_code == 403
    finally:
        made.house.wall = wall
    assert not is_in(desk)


def test_an_answer_of_another_provider(made: MadeService, provider: Provider) -> None:
    """Mixed up: the answer names another issuer, or none although the provider names itself; and a
    try begun at one provider is not ended at the next one of the house."""
    desk, answer = sign_on(made, provider, iss="https://evil.example")
    assert (answer.status_code, is_in(desk)) == (403, False)
    desk, address = begin(made)
    said = provider.let_in(address)
    del said["iss"]
    assert desk.browser.get(BACK, params=said).status_code == 403
    assert provider.asked.get("/token", 0) == 0
    other = Provider()
    try:
        desk, address = begin(made)
        with_provider(made, other)
        assert desk.browser.get(BACK, params=other.let_in(address)).status_code == 403
        assert other.asked.get("/token", 0) == 0
    finally:
        other.close()


def test_a_page_elsewhere_begins_nothing(made: MadeService, provider: Provider) -> None:
    answer = Desk(made.service).browser.get(BEGIN, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert provider.asked == {}


def test_the_provider_refuses_the_code(made: MadeService, provider: Provider) -> None:
    desk, answer = sign_on(made, provider, code="another")
    assert (answer.status_code, is_in(desk)) == (403, False)
    desk, address = begin(made)
    params = {"state": provider.let_in(address)["state"], "error": "access_denied",
              "iss": provider.issuer}  # fmt: skip
    assert "did not let them in" in desk.browser.get(BACK, params=params).text


def test_new_keys_are_fetched_and_not_for_ever(
    made: MadeService, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys are kept; a key that is new is looked for once, within half a minute not again: names
    of keys that are made up do not make the house ask for ever. A key taken back no longer counts
    once the others were fetched."""
    assert is_in(sign_on(made, provider)[0])
    assert is_in(sign_on(made, provider)[0])
    assert provider.asked["/keys"] == 1
    provider.rotate()
    assert not is_in(sign_on(made, provider)[0])
    monkeypatch.setattr(asked, "AGAIN_S", 0)
    old = provider.keys
    assert is_in(sign_on(made, provider)[0])
    assert provider.asked["/keys"] == 2
    monkeypatch.undo()
    provider.header = {"kid": "made up"}
    for _ in range(3):
        assert not is_in(sign_on(made, provider)[0])
    assert provider.asked["/keys"] == 2
    provider.header = {}
    provider.rotate()
    monkeypatch.setattr(asked, "AGAIN_S", 0)
    assert is_in(sign_on(made, provider)[0])
    provider.keys = old
    said = {"keys": [new_key("ES256", "k9").as_dict(private=False)]}
    provider.bodies["/keys"] = json.dumps(said).encode()
    assert not is_in(sign_on(made, provider)[0])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/.well-known/openid-configuration", b"x" * (asked.MOST_BYTES + 1)),
        ("/.well-known/openid-configuration", b"[]"),
        ("/.well-known/openid-configuration", b"{}"),
        ("/keys", b'{"keys": []}'),
        ("/keys", b'{"keys": [{"kty": "oct", "k": "AAAA"}, {"kty": "EC"}, 7]}'),
        ("/token", b"no JSON"),
        ("/token", b'{"id_token": 7}'),
    ],
)
def test_a_provider_that_answers_nonsense(
    made: MadeService, provider: Provider, path: str, body: bytes
) -> None:
    """It is said that it does not work; never a fault of ours, and nobody comes in."""
    provider.bodies[path] = body
    desk = Desk(made.service)
    answer = desk.browser.get(BEGIN, follow_redirects=False)
    if answer.status_code == 303:
        answer = desk.browser.get(BACK, params=provider.let_in(answer.headers["location"]))
    assert answer.status_code in (403, 503)
    assert not is_in(desk)


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://clearing.example/token"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "http://clearing.example/end"},
        {"jwks_uri": None},
    ],
)
def test_what_a_provider_may_not_say_of_itself(
    made: MadeService, provider: Provider, about: dict[str, Any]
) -> None:
    provider.about = about
    answer = Desk(made.service).browser.get(BEGIN, follow_redirects=False)
    assert answer.status_code == 503
    assert provider.asked.keys() == {"/.well-known/openid-configuration"}


@pytest.mark.parametrize(
    "place",
    ["https://169.254.169.254/keys", "https://10.0.0.7/keys", "http://127.0.0.1:9/keys",
     "https://[fd00::1]/keys", "http://localhost:9/keys"],
)
def test_a_provider_leads_nobody_into_the_house(
    provider: Provider, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place of the issuer itself is the house's choice; another one is asked only outside."""
    connected = list[Any]()
    connect = socket.create_connection

    def watched(address: Any, *given: Any, **named: Any) -> Any:
        connected.append(address[1])
        return connect(address, *given, **named)

    monkeypatch.setattr(socket, "create_connection", watched)
    provider.about = {"jwks_uri": place}
    found = asked.Provider(provider.issuer, is_safe_address)
    token = jwt.encode({"alg": "ES256", "kid": "k1"}, {"sub": "s"}, provider.keys[0])
    with pytest.raises(Unavailable, match="cannot be reached where it says"):
        found.read(token, ["ES256"])
    assert connected == [provider.server.server_port]


def test_a_provider_that_answers_byte_by_byte_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Headers that never end are waited for as long as anything, and not again by the next."""
    monkeypatch.setattr(asked, "WAIT_S", 1)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as one, contextlib.suppress(OSError):
            one.recv(65536)
            one.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                one.sendall(b"X: y\r\n")
                time.sleep(0.1)

    threading.Thread(target=serve, daemon=True).start()
    found = asked.Provider(f"http://127.0.0.1:{listening.getsockname()[1]}", is_safe_address)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="does not answer"):
        found.places()
    assert time.monotonic() - began < 4
    began = time.monotonic()
    with pytest.raises(Unavailable, match="in time just now"):
        found.places()
    assert time.monotonic() - began < 0.5


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_weak_key_does_not_count(provider: Provider) -> None:
    from joserfc.jwk import RSAKey

    weak = RSAKey.generate_key(1024, {"kid": "weak", "use": "sig"})
    provider.keys = [weak]
    found = asked.Provider(provider.issuer, is_safe_address)
    token = jwt.encode({"alg": "RS256", "kid": "weak"}, {"sub": "s"}, weak)
    with pytest.raises(Unavailable, match="no key that can be used"):
        found.read(token, ["RS256"])


def test_without_a_provider_there_is_none_to_sign_on_at(house: MadeService) -> None:
    go_by_rules(house.house, sign_on=None)
    answer = Desk(house.service).browser.get(BEGIN, follow_redirects=False)
    assert answer.status_code in (404, 422)
    with pytest.raises(SkontroError, match="no provider"):
        house.house.access.sign_on.link("O1", "s-1", "P1")


def test_links_are_made_by_another_person(made: MadeService, provider: Provider) -> None:
    """Who lets people in links them, not themselves; a subject is one person's; the end of a link
    ends the sessions; each is written down."""
    boss = made.desk("P1")
    assert boss.post("/people/P1/links", {"subject": "s-7"}).json()["code"] == "NotPermitted"
    assert boss.post("/people/P2/links", {"subject": "s-1"}).json()["code"] == "SubjectTaken"
    assert boss.post("/people/nobody/links", {"subject": "s-8"}).json()["code"] == "UnknownPerson"
    made_link = boss.post("/people/P2/links", {"subject": "s-7"})
    assert made_link.status_code == 201
    assert boss.get("/people/P2/links").json()["items"][0]["subject"] == "s-7"
    desk, _ = sign_on(made, provider)
    assert is_in(desk)
    assert boss.send("DELETE", "/people/O1/links").status_code == 200
    assert not is_in(desk)
    assert not is_in(sign_on(made, provider)[0])
    boss.send("DELETE", "/people/P2/links")
    entries = made.house.audit.entries(most=100_000, caller="P1")
    assert {"linked": "s-7"} in [json.loads(one["after"]) for one in entries if one["after"]]
    clerk, _ = begin(made)
    assert clerk.post("/people/O1/links", {"subject": "s-1"}).status_code == 401


def test_a_claim_checker_that_lets_all_through_is_noticed() -> None:
    """The canary: the list above has something of every claim that is looked at."""
    rules = SignOn("us", "https://id.example", KNOWN_AS)
    good = {"iss": rules.issuer, "aud": KNOWN_AS, "sub": "7", "nonce": "n", "iat": 1000,
            "exp": 1300}  # fmt: skip
    check_claims(good, rules, "n", 1100)
    for name in good:
        with pytest.raises(Forbidden):
            check_claims({key: one for key, one in good.items() if key != name}, rules, "n", 1100)
