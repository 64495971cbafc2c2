# SPDX-License-Identifier: Apache-2.0
"""A desk with the files of the worked example, and two people who type commands at it."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import OBLIGATIONS, lawful, make_firms

from skontro.cli import main
from skontro.house.firms import Firm

HOUSE_SECRET = "the house's own passphrase"
SECRETS = {"P1": "the passphrase of P1, a long one", "P2": "another one that P2 chose"}
COLUMNS = (
    "id,name,side,home_currency,iban,bban,bic,agreement,version,law,opinion,signatories,from"
)
FIXING = "currency,rate\nEUR,1\nINR,1/90\nAED,1/4\n"
LIST = "name,identifier\nNobody At All,\n"


def row_of(firm: Firm) -> str:
    """A firm as a row of a file."""
    account, signed = firm.accounts[firm.home_currency], firm.agreement
    return ",".join([
        firm.id, firm.name, firm.side, firm.home_currency, account.iban, account.bban, account.bic,
        signed.id, signed.version, signed.law, signed.opinion, signed.signatories,
        signed.from_day,
    ])  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a command came to: its exit code, what it printed, what it remarked."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """A folder with files, and whoever types there.

    Attributes:
        folder: The folder; it is the current one.
        house: The house's folder in it, as it is typed.
        last_act: Number of the act proposed last.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.house, self.last_act = folder, "h", 0
        self._capsys = capsys
        for name, secret in {**SECRETS, "house": HOUSE_SECRET}.items():
            path = folder / f"{name}.secret"
            path.write_text(secret + "\n", "utf-8")
            path.chmod(0o600)
        self.write("firms.csv", "\n".join([COLUMNS, *map(row_of, make_firms()), ""]))
        self.write("fixing.csv", FIXING)
        self.write("list.csv", LIST)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def type(self, *arguments: object) -> Answer:
        """Type a command as it is."""
        self._capsys.readouterr()
        code = main([str(one) for one in arguments])
        printed = self._capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    def at(self, *arguments: object) -> Answer:
        """Type a command about the house; it must be done."""
        answer = self.type(*arguments, "--house", self.house)
        assert answer.code == 0, answer.err
        return answer

    def ask(self, *arguments: object) -> Any:
        """Type a command about the house and read its JSON."""
        return self.at(*arguments, "--json").json

    def signed(self, who: str) -> list[str]:
        """How a person signs a command."""
        return ["--as", who, "--key", f"keys/{who}.pem", "--passphrase-file", f"{who}.secret"]

    def both(self, *arguments: object) -> Any:
        """P1 proposes, P2 looks and approves; what came of it."""
        self.last_act = self.ask(*arguments, *self.signed("P1"))["act"]
        shown = self.ask("people", "show", self.last_act, *self.signed("P2"))["act"]
        return self.ask("people", "approve", self.last_act, "--digest", shown["digest"],
                        *self.signed("P2"))["outcome"]  # fmt: skip

    def make_keys(self) -> None:
        for who in SECRETS:
            answer = self.type("people", "key", "--out", f"keys/{who}.pem",
                               "--passphrase-file", f"{who}.secret")  # fmt: skip
            assert answer.code == 0, answer.err

    def public_keys(self) -> list[str]:
        return [(self.folder / f"keys/{who}.pub").read_text("utf-8").strip() for who in SECRETS]

    def init(self, *more: str) -> Answer:
        return self.type(
            "init", "house.toml", "--house", self.house, "--key", "P1=keys/P1.pem", "--key",
            "P2=keys/P2.pem", "--house-passphrase-file", "house.secret",
            "--at", "2026-01-02T09:00Z", *more,
        )  # fmt: skip

    def open(self, *more: str) -> None:
        """From nothing to an open house."""
        self.write("house.toml", self.type("init", "--example").out)
        self.make_keys()
        answer = self.init(*more)
        assert answer.code == 0, answer.err

    def until(self, at: str) -> None:
        """Let time pass, and take in the list of the day."""
        self.at("house", "clock", at)
        self.import_list(at[:10])

    def import_list(self, dated: str = "2026-01-02") -> None:
        self.at("gate", "lists", "import", "list.csv", "--source", "a test", "--dated", dated)

    def register_all(self) -> dict[str, int]:
        """Register the example's obligations by their creditors; the debtors confirm."""
        self.adopt_packs()
        number = {}
        for row in csv.DictReader(OBLIGATIONS.splitlines()):
            said = self.ask(
                "obligations", "register", "--by", row["creditor"], "--reference", row["id"],
                "--debtor", row["debtor"], "--creditor", row["creditor"],
                "--amount", row["amount"], "--currency", row["currency"],
                "--due", row["due_date"], "--document", f"invoice {row['id']}",
                *self.traded(row),
            )  # fmt: skip
            assert said["state"] == "registered"
            number[row["id"]] = said["obligation"]
            confirmed = self.ask("obligations", "confirm", said["obligation"], "--by",
                                 row["debtor"])  # fmt: skip
            assert confirmed["state"] == "confirmed"
        return number

    @staticmethod
    def traded(row: dict[str, str]) -> list[str]:
        """What an obligation of the example is for, as options."""
        one = lawful(row["debtor"][0], row["creditor"][0], row["id"])
        said = {each.name: getattr(one, each.name) for each in fields(one)} | dict(one.papers)
        del said["papers"]
        return [
            word for name, text in said.items() if text for word in ("--trade", f"{name}={text}")
        ]

    def adopt_packs(self) -> None:
        for side in ("A", "B"):
            self.both("gate", "packs", "adopt", side, "starter")

    def open_cycle(self) -> None:
        assert self.ask("cycle", "open")["cycle"]["id"] == "2026-01"
        self.both("cycle", "fixing", "2026-01", "fixing.csv", "--source", "the example")

    def fund_b(self) -> None:
        """Side B's sponsor leaves the working balance that the rules name."""
        self.at("settlement", "fund", "B", "INR", "1350000.00", "--bank-reference", "sponsor",
                "--payer", "Banyan Development Bank")  # fmt: skip

    def run_to_final(self) -> None:
        self.until("2026-01-30T15:00Z")
        self.at("cycle", "cut-off", "2026-01", *self.signed("P1"))
        self.at("cycle", "preliminary", "2026-01")
        self.until("2026-02-03T15:00Z")
        self.at("cycle", "irrevocable", "2026-01")
        self.both("cycle", "final", "2026-01")
