# SPDX-License-Identifier: Apache-2.0
"""The application: a house, its routes, and what surrounds them."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from skontro.api import problems
from skontro.api.bodies import Problem
from skontro.api.caller import REQUEST_KEY
from skontro.api.desk import Desk
from skontro.api.examples import add_examples
from skontro.api.metrics import Metrics
from skontro.api.rates import Rates
from skontro.api.routes import (
    acts,
    bank,
    books,
    bulk,
    cycles,
    documents,
    gate,
    gate_files,
    house,
    jobs,
    money,
    obligations,
    office,
    paper_files,
    participants,
    trails,
    webhooks,
)
from skontro.api.shield import Shield
from skontro.flow.house import House
from skontro.flow.worker import Worker
from skontro.house.reach import NOTHING
from skontro.messages.registration_rows import read_registrations
from skontro.messages.table_forms import PLAIN, read_formed
from skontro.ops.logs import log
from skontro.ops.parents import end_with_parent
from skontro.ops.settings import Settings

ABOUT = (
    "The REST API of a clearing house. Amounts are decimal text, times are UTC. Every write but "
    "signing in and out takes an Idempotency-Key: the same request again has no further effect. "
    "What is beyond what a caller may see is not there for them: 404."
)
HOUSE_VARIABLE, HOUSE_PASSPHRASE = "SKONTRO_HOUSE", "SKONTRO_HOUSE_PASSPHRASE"
MODULES = (
    house, participants, bulk, obligations, cycles, books, paper_files, bank, acts, gate,
    gate_files, office, jobs, money, trails, webhooks, documents,
)  # fmt: skip


class Service:
    """The service of a house, as a server runs it.

    Args:
        house: The house.
        settings: How it is run.
        parts: Each adds routes of its own: the console is one.
    """

    def __init__(
        self,
        house: House,
        settings: Settings | None = None,
        parts: tuple[Callable[[FastAPI], None], ...] = (),
    ) -> None:
        self.house = house
        self.settings = settings or Settings()
        self.api = make_api(house, self.settings)
        for part in parts:
            part(self.api)
        self._shield = Shield(self.api, self.settings, self.api.state.metrics.measure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI has it; nothing is seen before it is known who asks."""
        with self.house.database.reaching(NOTHING):
            await self._shield(scope, receive, send)


def make_api(house: House, settings: Settings) -> FastAPI:
    """Return the API of a house, without what surrounds it."""
    api = FastAPI(
        title="Skontro", version="1", description=ABOUT, docs_url=None, redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    api.state.house, api.state.settings, api.state.rates = house, settings, Rates()
    api.state.metrics = Metrics(house)
    api.state.has_worker = False
    api.state.desk = Desk(house, obligations.registered_text)
    problems.install(api)
    for module in MODULES:
        api.include_router(module.routes)
    described = api.openapi

    def describe() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(described())
        return api.openapi_schema

    api.openapi = describe  # type: ignore[method-assign]
    return api


def _described(text: dict[str, Any]) -> dict[str, Any]:
    """Say in the description what all routes have in common."""
    text["components"].setdefault("securitySchemes", {}).update({
        "key": {"type": "http", "scheme": "bearer", "description": "A key for a program."},
        "session": {"type": "apiKey", "in": "cookie", "name": "skontro",
                    "description": "A session of a person; writes take X-CSRF-Token as well."},
    })  # fmt: skip
    for schema in ("HTTPValidationError", "ValidationError"):
        text["components"]["schemas"].pop(schema, None)
    content = {problems.PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    text["components"]["schemas"].setdefault("Problem", Problem.model_json_schema())
    for path in text["paths"].values():
        for method, route in path.items():
            for status, answer in route["responses"].items():
                if status.isdecimal() and int(status) >= 400:
                    answer["content"] = content
            if route.get("x-permission") == "-":
                continue
            route["security"] = [{"key": []}, {"session": []}]
            if method != "get" and route["tags"] != ["house"]:
                route.setdefault("parameters", []).append({
                    "name": REQUEST_KEY, "in": "header", "required": True,
                    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
                    "description": "An id you choose; the same again has no further effect.",
                })  # fmt: skip
    add_examples(text)
    return text


def from_environment(parts: tuple[Callable[[FastAPI], None], ...] = ()) -> Service:
    """Return the service of the house that the environment names: for servers that start it.

    Args:
        parts: As :class:`Service` has them.
    """
    end_with_parent()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    house = House.open(
        os.environ[HOUSE_VARIABLE], waits=lambda error: log.warning("waits", code=error.code)
    )
    passphrase = os.environ.pop(HOUSE_PASSPHRASE, "")
    if passphrase:
        house.statements.unlock(passphrase)
    if house.kind == "demo":
        threading.Thread(target=_follow, args=(house,), name="clock", daemon=True).start()
    settings = Settings.read()
    if settings.worker:
        Worker(
            house, tell_work, calendar=bool(settings.calendar), lease_s=settings.lease_s
        ).start()
    house.database.standing = NOTHING  # what works for the house says so
    made = Service(house, settings, parts)
    made.api.state.has_worker = True  # here, or beside: long steps are left to it
    return made


def _warm_up() -> None:
    """Load what reading a large file takes before the first one comes, two thirds of a second.

    What is there then is there for good: the collector of cycles need not look at it again.
    """
    with tempfile.TemporaryDirectory(prefix="skontro-warm-up-") as folder:
        path = Path(folder) / "rows.csv"
        path.write_text("sender,reference,debtor,creditor,currency,amount\nA,1,A,B,EUR,1.00\n")
        read_registrations(read_formed("registrations", path, PLAIN))
    gc.collect()
    gc.freeze()


def tell_work(what: str, said: dict[str, Any]) -> None:
    """Write what a worker did into the log."""
    log.info(what, **said)


def _follow(house: House) -> None:
    """Go by the clock of a demo house while another process sets it: a year that is lived through.

    It looks once a second, and not within a unit of work, which keeps one time.
    """
    while True:
        time.sleep(1)
        try:
            house.take_clock()
        except Exception as error:  # a busy database; the next second it is asked again
            log.warning("clock", error=type(error).__name__)
