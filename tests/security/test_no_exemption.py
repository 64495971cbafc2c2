# SPDX-License-Identifier: Apache-2.0
"""No release of all, no exemption: whatever could say one is on a list of what there is.

Acts, fields of drafts, keys of the rules, commands, options and routes are closed sets here. Who
adds one adds its word, and sees this page: the gate lets nobody by who is not judged, and lets go
one party on one case at a time. No switch may leave out a check, a participant or a list.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel, TypeAdapter, ValidationError
from tests.unit.cli.test_house_help import commands

from skontro.api import act_bodies
from skontro.api.routes import gate as gate_routes
from skontro.api.routes import gate_files
from skontro.cli.app import app
from skontro.core.errors import InvalidRules
from skontro.house.acts import ACTS
from skontro.house.reading import Section
from skontro.house.roles import ROLES
from skontro.house.rules_file import example_rules, read_rules

OF_THE_GATE = {
    "pack.adopt": {"side", "pack"},
    "licence.enter": {"number", "authority", "side", "holder", "goods", "countries", "value",
                      "currency", "valid_from", "valid_until", "paper"},
    "licence.revoke": {"number"},
    "case.decide": {"case", "decision", "reason"},
    "case.release": {"case", "reason", "order"},
    "order.reverse": {"case", "obligations", "obligation", "amount", "currency", "order",
                      "document", "reason"},
    "list.retire": {"name"},
}  # fmt: skip
"""What two people may do at the gate over the service, and what a draft of it says."""

ALONE = frozenset({"list.smaller", "house.key", "house.resume"})
"""Acts that take a file, and so are drafted at the command line alone."""

OTHERS = frozenset({
    "agency.change", "bank_details.change", "cycle.correct", "cycle.extend", "cycle.pause",
    "doubt.settle", "duplicate.clear", "entry.reverse", "fixing.declare", "house.certificate",
    "limits.change", "obligation.oppose", "participant.admit", "participant.change",
    "participant.default", "participant.estate", "participant.leave", "participant.suspend",
    "payment.release", "person.access", "person.admit", "person.leave", "person.rights",
    "register.erase", "rules.change", "run.final", "run.recast", "suspense.assign",
})  # fmt: skip
"""Acts that have nothing to do with the gate."""

FIELDS = frozenset({
    "accepts_conversion", "account", "accounts", "address", "agent", "agreement", "amount",
    "answer", "as_what", "authority", "back_of_border", "back_of_pay_out", "bban", "bic",
    "call_back", "case", "clearing_code", "countries", "currency", "cut_off_at", "cycle",
    "decision", "document", "ends", "entry", "evidence", "firm", "firms", "founded", "from_day",
    "goods", "holder", "home_currency", "iban", "id", "identity", "known_at", "law", "lei", "limit",
    "line", "missing", "name", "number", "obligation", "obligations", "opened_at", "opinion",
    "order", "other", "owners", "pack", "paid", "paper", "participant", "pay_in", "pay_in_deadline",
    "person", "public_key", "quotas", "rates", "reason", "records", "registration_number", "rights",
    "role", "roles", "rules", "share", "side", "sides", "signatories", "source", "sponsor",
    "subject", "subject_kind", "tax_number", "to", "until_day", "valid_from", "valid_until",
    "value", "version", "window_ends_at",
})  # fmt: skip
"""Every field of a draft of any act."""

KEYS = frozenset({
    "account", "acr", "advance_days", "agreement", "alarm", "algorithms", "amount_above",
    "amount_below", "amount_minor", "amount_share", "amr", "bank_details", "bban", "bears",
    "beyond", "bic", "border", "border_quota", "building", "business_days", "business_hours",
    "calendar", "capital_account", "claim", "clearing", "clearing_code", "client_id", "closed_days",
    "closes", "cooling_off_hours", "correction_window", "country", "creditor_hard",
    "creditor_hard_beyond", "creditor_side", "currencies", "customs", "cut_off", "cycle", "cycles",
    "day", "days", "debtor_hard", "debtor_side", "due_days", "every", "expiry", "founder",
    "fresh_minutes", "gate", "grace_business_days", "holder", "hours", "house", "hub", "iban", "id",
    "identity", "interest", "issuer", "jurisdiction", "key_env", "key_file", "kind", "large_minor",
    "least_cycles", "least_values", "limit", "limitation_days", "list", "list_limit_days",
    "listed_until", "loss", "market", "matching", "missed_pay_in", "most_bytes", "name",
    "obligation", "oldest_days", "on_fault", "open_days", "opens", "opinion", "papers",
    "participant", "pay_in", "pay_in_deadline", "payment", "payment_system", "payments", "person",
    "pool", "postcode", "prefer", "previews", "price_share", "price_spreads", "profile",
    "quantity_share", "quota", "quota_share", "red_flags", "region", "remote", "retention_years",
    "revaluation", "rights", "round_trip_days", "round_trip_share", "screening", "settlement",
    "side", "sign_on", "smaller_share", "split", "sponsor", "step", "street", "subdivision", "text",
    "time", "time_zone", "timeout_seconds", "town", "tranche_table", "unit", "url", "value_share",
    "volume_times", "weekend", "weight_share", "who", "width", "working_balance", "write_off",
    "young_days",
})  # fmt: skip
"""Every key of the rules; names of sides, lists and people are their own."""

OPTIONS = frozenset({
    "accepts-conversion", "account", "address", "after", "agent", "agreement", "all",
    "allow-rejections", "amount", "as", "at", "authority", "back-of-border", "back-of-pay-out",
    "balance", "bank-reference", "bban", "beside", "bic", "border", "border-quotas", "by",
    "call-back", "cash", "charge", "clear", "clearing-code", "column", "combined", "constant",
    "counterparty", "countries", "creditor", "currency", "cut-off", "cycle", "dated", "days", "db",
    "debtor", "decimal", "delimiter", "describe", "difference", "digest", "document",
    "document-date", "done", "dry-run", "due", "encoding", "end", "endpoint", "evidence", "example",
    "exchange", "file", "firms", "first", "fixing", "for", "force", "form", "format", "from",
    "goods", "grouping", "head", "heads", "holder", "home-currency", "host", "house", "house-key",
    "house-package", "house-passphrase-file", "iban", "identity-file", "json", "key", "known",
    "language", "lei", "line", "lines", "missing", "months", "most", "name", "no-progress",
    "no-serve", "number-format", "o", "obligation", "obligations", "opened", "order", "out",
    "owner", "package", "paid", "paper", "participant", "participants", "passphrase-file",
    "password-file", "pay-in", "pay-in-deadline", "pay-in-limits", "payee", "payee-account",
    "payer", "payer-account", "pkcs12", "pkcs12-passphrase-file", "port", "prefer", "progress",
    "public", "public-key", "purpose", "quota", "reason", "recast", "reference", "refused",
    "refuses-conversion", "rejections", "request", "return", "right", "role", "seed", "sender",
    "serve", "sheet", "side", "source", "split", "sponsor", "stage", "state", "statement",
    "tax-number", "text", "threads", "to", "trade", "until", "value", "value-day", "verdict",
    "versions", "window-ends", "without", "workers",
})  # fmt: skip
"""Every option of every command."""

GATE_COMMANDS = {
    "settings", "replay", "counterfactual", "cases list", "cases show", "cases note",
    "cases decide", "cases release", "cases reverse", "cases report", "cases exposure",
    "licences enter", "licences revoke", "licences list", "licences show", "customs import",
    "customs list", "customs held", "flags look", "flags list", "lists import", "lists propose",
    "lists retire", "lists show", "packs adopt", "packs show",
}  # fmt: skip
"""Every command of the gate."""


def fields_of(model: type[BaseModel]) -> Iterator[str]:
    """Every field of a body, those of bodies within it included."""
    for name, field in model.model_fields.items():
        yield name
        waiting: list[Any] = [field.annotation]
        while waiting:
            one = waiting.pop()
            if isinstance(one, type) and issubclass(one, BaseModel):
                yield from fields_of(one)
            waiting += get_args(one)


def drafts() -> dict[str, set[str]]:
    """What a draft of each kind of act says."""
    return {
        kind: {*fields_of(model)} - {"kind"}
        for model in get_args(get_args(act_bodies.DraftBody)[0])
        for kind in get_args(model.model_fields["kind"].annotation)
    }


def test_the_acts_of_the_gate_are_these_and_say_no_more() -> None:
    found = drafts()
    assert {kind: found[kind] for kind in OF_THE_GATE} == OF_THE_GATE
    assert ACTS.keys() == OF_THE_GATE.keys() | ALONE | OTHERS
    assert found.keys() == (ACTS.keys() - ALONE) | {"working_balance.change"}
    assert set().union(*found.values()) == FIELDS


@pytest.mark.parametrize("kind", ["case.decide", "case.release"])
@pytest.mark.parametrize("case", [[1, 2], "all", "*", None, {"after": 0}, 1.5])
def test_a_decision_names_one_case(kind: str, case: object) -> None:
    draft = TypeAdapter[Any](act_bodies.DraftBody)
    said = {"kind": kind, "reason": "x"} | (
        {"decision": "the same"} if kind == "case.decide" else {"order": "O 1"}
    )
    assert draft.validate_python(said | {"case": 1}).case == 1
    with pytest.raises(ValidationError):
        draft.validate_json(TypeAdapter[Any](dict[str, Any]).dump_json(said | {"case": case}))


def test_the_rules_have_no_other_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each table of the rules is opened with the keys it may have: these, with all that may be
    left out, are the known ones; and what the floors are made of cannot be said at all."""
    known = set[str]()
    opened = Section.__init__

    def opening(self: Section, values: object, place: str, keys: Collection[str]) -> None:
        known.update(keys)
        opened(self, values, place, keys)

    monkeypatch.setattr(Section, "__init__", opening)
    rules: dict[str, Any] = tomllib.loads(example_rules())
    read_rules(rules)
    rules["side"]["A"]["list"] = {"eu": {"opinion": "LO-1"}}
    rules["screening"]["remote"] = {
        "name": "watch", "url": "https://screening.example/x", "key_env": "SCREENING_KEY",
    }  # fmt: skip
    rules["sign_on"] = {"name": "Alder", "issuer": "https://id.alder.example", "client_id": "x"}
    read_rules(rules)
    assert {word for word in known if not re.fullmatch("[A-Z]{3}", word)} == KEYS
    for table, key in (("screening", "threshold"), ("screening", "exempt"), ("gate", "off"),
                       ("screening", "enabled"), ("gate", "exempt")):  # fmt: skip
        with pytest.raises(InvalidRules, match="unknown key"):
            read_rules(rules | {table: rules[table] | {key: ["A1"]}})
    for days in (0, 32, 36_500):
        with pytest.raises(InvalidRules):
            read_rules(rules | {"screening": rules["screening"] | {"list_limit_days": days}})


def test_no_command_has_another_option() -> None:
    root: Any = typer.main.get_command(app)
    found = dict(commands()) | {
        name: one for name, one in root.commands.items() if not hasattr(one, "commands")
    }
    options = {
        option.lstrip("-")
        for one in found.values() for each in one.params
        for option in (*each.opts, *each.secondary_opts) if option.startswith("-")
    }  # fmt: skip
    assert options == OPTIONS
    gate = {name.removeprefix("gate "): one for name, one in found.items() if name[:5] == "gate "}
    assert gate.keys() == GATE_COMMANDS
    for name in ("cases decide", "cases release", "cases reverse"):
        (case, *_) = (one for one in gate[name].params if one.name == "case")
        assert case.nargs == 1
        assert "CASE" in str(case.metavar)


def test_the_service_changes_nothing_at_the_gate_but_by_acts() -> None:
    """Whoever works there writes notes and takes files of authorities in; all else takes two."""
    routes: list[Any] = [*gate_routes.routes.routes, *gate_files.routes.routes]
    writing = {
        (method, str(route.path)) for route in routes for method in route.methods - {"GET", "HEAD"}
    }
    assert writing == {
        ("POST", "/gate/cases/{number}/notes"), ("POST", "/gate/lists"),
        ("POST", "/gate/lists/smaller"), ("POST", "/gate/customs"),
    }  # fmt: skip
    rights = {right for may in ROLES.values() for right in may if right.startswith("gate.")}
    assert rights == {"gate.read", "gate.work"}
