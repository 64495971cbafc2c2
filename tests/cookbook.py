# SPDX-License-Identifier: Apache-2.0
"""The cookbook of requests, asked of a real service; ``python -m tests.cookbook`` writes it anew.

A block ``request`` of docs/cookbook.md has a line ``WHO METHOD PATH``, headers if it sends some,
and, if it brings one, a body; the block ``answer`` after it has the status and what came back, or
with ``only=a,b`` these fields of it. In both ``$name`` stands for what an earlier answer had, and
``$sign(WHO, ROLE)`` for a signature over the last act. A block ``meanwhile`` says what happens
elsewhere: time passes, a worker works, a webhook arrives.
"""

from __future__ import annotations

import base64
import datetime
import io
import json
import re
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tests.made_bank import Booked, Paid, Sheet
from tests.made_house import PASSPHRASE, MadeHouse
from tests.made_invoices import Made, admit_invoice_firms, make_ubl, party_of
from tests.made_service import GRANTS, Desk, MadeService

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "cookbook.md"
BLOCK = re.compile(
    r"```(request|meanwhile)(?: only=([\w,]+))?\n(.*?)```\n\n```(answer|came)\n(.*?)```", re.DOTALL
)
VARYING = re.compile(
    r"\b[0-9a-f]{12,128}\b|skontro_[0-9a-f]{12}_[\w-]+|AAAAAA[\w=-]+|whsec_[\w+/=]+|"
    r'(?<="at": ")[^"]+|(?<="time": ")[^"]+|bakul-[0-9A-F]{16}'
    r'|(?<="began_at": ")[^"]+|(?<="ended_at": ")[^"]+|(?<="asked_at": ")[^"]+'
)
"""Digests, keys, cursors, ports and times of the machine are other ones each time."""
KEPT = ("number", "digest", "key", "next", "secret")
SHOWN = ("ETag", "Location", "Preference-Applied")
CHECK = re.compile(r"```python\n(import base64\n.*?)```", re.DOTALL)
"""What docs/service.md has receivers of webhooks do."""


def kitchen_house(folder: Path) -> MadeService:
    """The worked example's service; its firms have the tax numbers that invoices name."""
    made = MadeHouse(folder)
    made.import_list()
    admit_invoice_firms(made)
    made.register_all()
    made.open_cycle()
    made.fund_b()
    found = MadeService(made)
    for who in ("P1", "P2"):
        found.give(who, GRANTS[who])
    found.admit("M1", "case.decide", "gate.read")
    found.give("M1", GRANTS["M1"])
    made.house.statements.unlock(PASSPHRASE)
    return found


class Kitchen:
    """A service, who asks it, and what happens meanwhile.

    Args:
        made: The service.
    """

    def __init__(self, made: MadeService) -> None:
        self.made = made
        self.act: dict[str, Any] = {}
        self.kept: dict[str, str] = {}
        self.desks: dict[str, Desk] = {}
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.hook = self._receiver()

    def block(self, kind: str, only: str, text: str) -> str:
        """Return what a block comes to, as the page has it."""
        if kind == "meanwhile":
            word, _, rest = text.strip().partition(" ")
            return f"{getattr(self, f'_{word}')(rest)}\n"
        return self.ask(text, only)

    def ask(self, block: str, only: str = "") -> str:
        """Ask what a block says; return the answer as the page has it."""
        head, _, rest = block.strip().partition("\n")
        headers = dict[str, str]()
        while found := re.match(r"([A-Z][\w-]+): (.*)\n?", rest):
            headers[found[1]], rest = self._filled(found[2]), rest[found.end() :]
        who, method, path = head.split(" ", 2)
        desk, body = self._desk(who), self._filled(rest)
        if "Content-Type" in headers:
            headers |= desk.headers | {"Idempotency-Key": "a-file"}
            answer = desk.browser.request(method, self._filled(path), content=f"{body}\n",
                                          headers=headers)  # fmt: skip
        else:
            answer = desk.send(method, self._filled(path), json.loads(body) if body else None,
                               **headers)  # fmt: skip
        said = "".join(f"{name}: {answer.headers[name]}\n" for name in SHOWN
                       if name in answer.headers)  # fmt: skip
        self.kept["etag"] = answer.headers.get("ETag", self.kept.get("etag", ""))
        return VARYING.sub("...", f"{answer.status_code}\n{said}{self._text(answer, only)}\n")

    def _text(self, answer: Any, only: str) -> str:
        kind = answer.headers["content-type"].partition(";")[0]
        if kind == "application/zip":
            names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
            return "\n".join(["Content-Type: application/zip", "", *sorted(names)])
        if not kind.endswith("json"):
            return f"Content-Type: {kind}\n\n{answer.text.strip()}"
        found = answer.json()
        self._keep(found)
        if only:
            found = {name: found[name] for name in only.split(",")}
        return json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True)

    def _keep(self, found: dict[str, Any]) -> None:
        if "to_sign" in found:
            self.act = found
        for name in KEPT:
            if found.get(name):
                self.kept[name] = str(found[name])
        for one in found.get("pay_ins", []):
            self.kept["reference"] = one["reference"]

    def _desk(self, who: str) -> Desk:
        if who == "program":
            if who not in self.desks:
                self.desks[who] = Desk(self.made.service, key=self.kept["key"])
            return self.desks[who]
        return self.made.desk("" if who == "nobody" else who)

    # ---- what a request brings ---------------------------------------------------------------

    def _filled(self, text: str) -> str:
        def made(found: re.Match[str]) -> str:
            given = [one.strip() for one in self._filled(found[2]).split(",")]
            return str(getattr(self, f"_make_{found[1]}")(*given))

        text = re.sub(r"\$(sign|invoice|statement)\(([^)]*)\)", made, text)
        return re.sub(r"\$(\w+)", lambda found: self.kept[found[1]], text)

    def _make_sign(self, who: str, role: str) -> str:
        return self.made.sign(who, self.act["to_sign"][role])

    def _make_invoice(self, number: str, seller: str, buyer: str) -> str:
        one = Made(number=number, seller=party_of(seller), buyer=party_of(buyer))
        return base64.b64encode(make_ubl(one)).decode()

    def _make_statement(
        self, side: str, currency: str, amount: str, reference: str, payer: str
    ) -> str:
        minor, day = int(amount.replace(".", "")), str(self.made.house.now.date())
        account = self.made.house.rules.side(side).account(currency)
        assert account is not None
        there = self.made.house.journal.balances().get(f"bank:{side}:{currency}", 0)
        entry = Booked(minor, day, f"IN {side}", (Paid(name=payer, reference=reference),))
        sheet = Sheet(account.number, currency, f"ST {side}", day, (entry,), there, 1)
        return base64.b64encode(sheet.bytes()).decode()

    # ---- what happens meanwhile --------------------------------------------------------------

    def _clock(self, at: str) -> str:
        self.made.made.until(datetime.datetime.fromisoformat(at))
        return f"it is {at}"

    def _worker(self, _: str) -> str:
        while self.made.house.jobs.work_next("w"):
            pass
        return "nothing waits"

    def _list(self, name: str) -> str:
        self.made.made.import_list([(name, "")])
        return f"{self._worker('')}; a list names {name}"

    def _webhook(self, _: str) -> str:
        while self.made.house.webhooks.spread():
            pass
        while self.made.house.webhooks.deliver("w"):
            pass
        headers, body = self.came[-1]
        place = dict[str, Any]()
        code = CHECK.search((DOCS / "service.md").read_text("utf-8"))
        assert code, "docs/service.md says how a receiver checks"
        exec(code[1], place)
        good = place["is_of_the_house"](self.kept["secret"], headers, body)
        changed = place["is_of_the_house"](self.kept["secret"], headers, body + b" ")
        text = json.dumps(json.loads(body), indent=2, sort_keys=True)
        return VARYING.sub("...", f"is_of_the_house: {good}, with a byte more: {changed}\n{text}")

    def _receiver(self) -> HTTPServer:
        came = self.came

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.kept["hook"] = f"http://127.0.0.1:{server.server_port}/hook"
        return server


def cooked(folder: Path) -> tuple[str, str]:
    """Return the page as it is, and as it would be with the answers of today."""
    kitchen = Kitchen(kitchen_house(folder / "house"))

    def again(found: re.Match[str]) -> str:
        kind, only, text, what, _ = found.groups()
        said = f" only={only}" if only else ""
        came = kitchen.block(kind, only or "", text)
        return f"```{kind}{said}\n{text}```\n\n```{what}\n{came}```"

    page = PAGE.read_text("utf-8")
    try:
        return page, BLOCK.sub(again, page)
    finally:
        kitchen.hook.shutdown()
        kitchen.hook.server_close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        PAGE.write_text(cooked(Path(name))[1], "utf-8")
    sys.exit(0)
