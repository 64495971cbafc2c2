# SPDX-License-Identifier: Apache-2.0
"""A small provider of sign-on on loopback, with keys of its own, that can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

KNOWN_AS, SECRET = "skontro", "a secret of the provider and the house"
KINDS = {"ES256": ECKey, "EdDSA": OKPKey, "RS256": RSAKey}


def new_key(algorithm: str, kid: str) -> Any:
    size: Any = {"ES256": "P-256", "EdDSA": "Ed25519", "RS256": 2048}[algorithm]
    return KINDS[algorithm].generate_key(size, {"kid": kid, "use": "sig"})


class Provider:
    """A provider that answers as it must, unless told otherwise.

    Attributes:
        claims: What its tokens say besides, or instead.
        header: What their headers say besides.
        asked: How often each path was asked.
        about: What it says of itself, besides or instead.
        signs: Makes a token out of header and claims; set it to forge.
    """

    def __init__(self, algorithm: str = "ES256", host: str = "127.0.0.1") -> None:
        self.algorithm = algorithm
        self.keys = [new_key(algorithm, "k1")]
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.asked: dict[str, int] = {}
        self.bodies: dict[str, bytes] = {}
        self.signs = self._sign
        self.code = ""
        self._question: dict[str, str] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, b"")

            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", "0"))
                provider.answer(self, self.rfile.read(size))

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://{host}:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def rotate(self) -> None:
        """Sign with a new key; the old one is gone."""
        self.keys = [new_key(self.algorithm, f"k{len(self.asked) + time.monotonic_ns()}")]

    # ---- in the browser ----------------------------------------------------------------------

    def let_in(self, address: str, **changes: str) -> dict[str, str]:
        """Let somebody in whom the house sent; return what the browser brings back."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == KNOWN_AS
        assert "openid" in asked["scope"].split()
        self._question = asked
        self.code = hashlib.sha256(address.encode()).hexdigest()
        return {"state": asked["state"], "code": self.code, "iss": self.issuer} | changes

    # ---- for the house -----------------------------------------------------------------------

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = urlsplit(handler.path).path
        self.asked[path] = self.asked.get(path, 0) + 1
        if path in self.bodies:
            self._send(handler, 200, self.bodies[path])
        elif path.endswith("openid-configuration"):
            self._send(handler, 200, json.dumps({
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/end",
                "authorization_response_iss_parameter_supported": True,
            } | self.about).encode())  # fmt: skip
        elif path == "/keys":
            said = KeySet(self.keys).as_dict(private=False)
            self._send(handler, 200, json.dumps(said).encode())
        elif path == "/token":
            self._send(handler, *self._token(handler.headers.get("authorization", ""), body))
        elif path == "/authorize":
            said = self.let_in(f"{self.issuer}{handler.path}")
            handler.send_response(302)
            handler.send_header("Location", f"{self._question['redirect_uri']}?{urlencode(said)}")
            handler.end_headers()
        else:
            self._send(handler, 404, b"")

    def _token(self, login: str, body: bytes) -> tuple[int, bytes]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        wanted = base64.b64encode(f"{KNOWN_AS}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{KNOWN_AS}:{SECRET}".encode()).decode()
        is_good = (
            login in (f"Basic {wanted}", f"Basic {plain}") and form["code"] == self.code
            and challenge == self._question["code_challenge"]
            and form["redirect_uri"] == self._question["redirect_uri"]
        )  # fmt: skip
        self.code = ""
        if not is_good:
            return 400, b'{"error": "invalid_grant"}'
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": KNOWN_AS, "sub": "s-1", "nonce": self._question["nonce"],
            "iat": now, "exp": now + 300, "amr": ["pwd", "mfa"],
        } | self.claims  # fmt: skip
        header = {"alg": self.algorithm, "kid": self.keys[0].kid} | self.header
        token = self.signs(header, {name: one for name, one in claims.items() if one is not None})
        return 200, json.dumps({"id_token": token, "token_type": "Bearer"}).encode()

    def _sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, self.keys[0], algorithms=[self.algorithm])

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
