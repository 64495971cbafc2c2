# SPDX-License-Identifier: Apache-2.0
"""A screening service on loopback that says what a test wants, well or badly."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from skontro.gate.remote import FORMAT


class MadeService:
    """A service that takes parties of some names for somebody.

    Attributes:
        listed: Names, each with whom it is taken for: list, reference and score.
        mode: ``well``, or how it fails: ``status``, ``slow``, ``long``, ``torn``, ``few``,
            ``redirect``, ``drip``.
        asked: What it was asked, question by question.
        keys: The ``Authorization`` of each question.
    """

    def __init__(self) -> None:
        self.listed = dict[str, tuple[str, str, int]]()
        self.mode = "well"
        self.asked = list[list[dict[str, Any]]]()
        self.keys = list[str | None]()
        made = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                made.keys.append(self.headers.get("Authorization"))
                subjects = json.loads(body)["subjects"]
                made.asked.append(subjects)
                made.answer(self, subjects)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/screen"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, to: BaseHTTPRequestHandler, subjects: list[dict[str, Any]]) -> None:
        results = [
            {"matches": [
                {"list": self.listed[name][0], "reference": self.listed[name][1], "name": name,
                 "score": self.listed[name][2]}
                for name in one["names"] if name in self.listed
            ]}
            for one in subjects
        ]  # fmt: skip
        body = json.dumps({"format": FORMAT, "results": results}).encode()
        if self.mode == "few":
            body = json.dumps({"format": FORMAT, "results": results[1:]}).encode()
        if self.mode == "torn":
            body = body[:-5]
        if self.mode == "long":
            body += b" " * (5 << 20)
        if self.mode == "slow":
            time.sleep(1.5)
        if self.mode in ("status", "redirect"):
            to.send_response(500 if self.mode == "status" else 307)
            to.send_header("Location", "/clear")
            to.end_headers()
            return
        to.send_response(200)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        try:
            for start in range(0, len(body), 20 if self.mode == "drip" else len(body)):
                to.wfile.write(body[start : start + (20 if self.mode == "drip" else len(body))])
                time.sleep(0.6 if self.mode == "drip" else 0)
        except OSError:
            pass


def remote_rules(url: str | int, **more: str | int) -> dict[str, str]:
    """Return a change of the example's rules that names a service, given time on a busy machine."""
    said = {"name": "watch", "url": url, "timeout_seconds": 30} | more
    rows = "\n".join(f"{key} = {json.dumps(value)}" for key, value in said.items())
    return {"# [side.A.list.eu]\n": f"[screening.remote]\n{rows}\n\n# [side.A.list.eu]\n"}
