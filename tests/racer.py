# SPDX-License-Identifier: Apache-2.0
"""An operator at a console of their own: a process that takes one step when it is told to.

``python -m tests.racer`` reads an order a line, as JSON: the house's folder, the keys, the action
and what it is given. It opens the house, says that it is ready, waits for the instant it is told
and says what came of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.made_house import DATES

from skontro.core.errors import SkontroError
from skontro.flow.house import House
from skontro.flow.obligations import Registration
from skontro.ops.keys import SigningKey

HEADSTART_S = 0.01

Keys = dict[str, SigningKey]

ACTIONS: dict[str, Callable[..., Any]] = {
    "approve": lambda house, keys, act, who: house.people.approve(act, who, keys[who]),
    "register": lambda house, keys, **said: house.obligations.register(Registration(**said)),
    "confirm": lambda house, keys, number, by, request=None: house.obligations.confirm(
        number, by, request=request
    ),
    "open": lambda house, keys: house.cycles.open(DATES),
    "cut_off": lambda house, keys, cycle=DATES.id: house.cycles.cut_off(cycle),
    "credit": lambda house, keys, **said: house.obligations.credit(**said),
    "preliminary": lambda house, keys: house.cycles.preliminary(DATES.id)["set_off_minor"],
    "irrevocable": lambda house, keys: house.cycles.irrevocable(DATES.id),
    "propose_final": lambda house, keys, who: house.cycles.propose_final(DATES.id, who, keys[who]),
    "instruct": lambda house, keys: house.settlement.instruct(DATES.id),
    "receive": lambda house, keys, side, currency, amount_minor, **said: house.settlement.receive(
        side, currency, amount_minor, **said
    ),
    "propose_recast": lambda house, keys, who: house.settlement.propose_recast(
        DATES.id, who, keys[who]
    ),
    "plan": lambda house, keys: house.settlement.plan(DATES.id),
    "settle": lambda house, keys: house.settlement.settle(DATES.id),
    "propose_release": lambda house, keys, who: house.settlement.propose_release(
        DATES.id, "A", "EUR", who, keys[who]
    ),
    "sent": lambda house, keys, pay_out, reference: house.settlement.sent(
        "A", "EUR", pay_out, bank_reference=reference
    ),
    "close": lambda house, keys: house.cycles.close(DATES.id),
}  # fmt: skip
"""What an operator may be told to do."""


def taken(house: House, keys: Keys, action: str, given: dict[str, Any]) -> dict[str, Any]:
    """Take a step and say what came of it."""
    try:
        return {"done": json.loads(json.dumps(ACTIONS[action](house, keys, **given)))}
    except SkontroError as error:
        return {"refused": error.code, "said": error.message, "next": error.next_step}
    except Exception:
        return {"failed": traceback.format_exc()[-2000:]}


def main() -> None:
    """Do as told until nobody tells any more."""
    for line in sys.stdin:
        order = json.loads(line)
        keys = {
            name: SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text)))
            for name, text in order["keys"].items()
        }
        with House.open(order["folder"]) as house:
            with house.database.read():
                say("ready")
            at = float(sys.stdin.readline())
            while time.monotonic() < at:
                pass
            outcome = taken(house, keys, order["action"], order["given"])
        say(json.dumps(outcome))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Operator:
    """A process that takes steps, as the test sees it."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.racer"], cwd=root, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def _tell(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the operator's process died"
        return line.strip()

    def get_ready(
        self, folder: Path, keys: dict[str, str], step: tuple[str, dict[str, Any]]
    ) -> None:
        """Open the house and wait."""
        order = {"folder": str(folder), "keys": keys, "action": step[0], "given": step[1]}
        self._tell(json.dumps(order))
        assert self._hear() == "ready"

    def go(self, at: float) -> None:
        """Take the step at an instant of the machine's clock."""
        self._tell(str(at))

    def outcome(self) -> dict[str, Any]:
        """What came of it."""
        found: dict[str, Any] = json.loads(self._hear())
        return found

    def leave(self) -> None:
        """Go home."""
        self._process.communicate(timeout=60)


def at_the_same_instant(operators: list[Operator]) -> list[dict[str, Any]]:
    """Let operators who are ready go; what came of it for each."""
    at = time.monotonic() + HEADSTART_S
    for one in operators:
        one.go(at)
    return [one.outcome() for one in operators]


if __name__ == "__main__":
    main()
