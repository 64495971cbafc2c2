# SPDX-License-Identifier: Apache-2.0
"""An example of everything that a route takes and answers, put together from its description.

A field's example stands beside it; what means the same wherever it stands has one here, by its
name. A test sees that none is missing and that each is as its own description says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

JSON = "application/json"
GOOD = ("200", "201", "202")
"""Statuses whose answers have an example."""

_AT, _LATER = "2026-01-30T15:00:00.000000Z", "2026-02-05T11:00:00.000000Z"
_DIGEST = "2f1c6a0b9d7e4853a1c2d3e4f5061728394a5b6c7d8e9f00112233445566778a"

OF_NAMES: dict[str, Any] = {
    # who and where
    "by": "A1", "firm": "A1", "participant": "A1", "debtor": "A1", "creditor": "B1",
    "sender": "B1", "agent": "B2", "holder": "B1", "subject": "A1",
    "person": "P1", "maker": "P1", "checker": "P2", "made_by": "P1", "asked_by": "P1",
    "caller": "P1", "side": "A", "other": "B", "jurisdiction": "NL", "country": "IN",
    "role": "participant_clerk", "roles": "operator", "permissions": "obligations.read",
    "rights": "cycle.pause",
    # when
    "at": _AT, "made_at": _AT, "asked_at": _AT, "began_at": _AT, "seen_at": _AT, "since": _AT,
    "opened_at": "2026-01-02T09:00:00.000000Z", "cut_off_at": _AT, "ran_at": _AT,
    "window_ends_at": "2026-02-03T15:00:00.000000Z", "pay_in_deadline": _LATER,
    "deadline": _LATER, "ends_at": _LATER, "due_at": _LATER, "ended_at": "", "paused_at": "",
    "failing_since": "", "registered_at": _AT, "confirmed_at": _AT, "approved_at": _AT,
    "written_at": _LATER, "checked_at": _LATER, "filed_at": _AT, "known_at": _AT,
    "business_day": "2026-01-30", "due_date": "2026-01-10", "document_date": "",
    "value_day": "", "from_day": "2026-01-01", "until_day": "", "due": "2026-01-10",
    "valid_from": "2026-01-01", "valid_until": "2026-12-31", "after": "2026-01-30",
    "new": 4, "then": 3, "now": 4,
    # how much
    "amount": "100000.00", "open": "100000.00", "currency": "EUR", "home_currency": "EUR",
    "unit": "EUR", "currencies": "EUR", "limit": "15000.00", "value": "100000.00",
    "entered": "425000.00", "set_off": "320000.00", "left": "105000.00", "share": "0.7529",
    "net": "20000.00", "tax": "0.00", "payable": "20000.00", "sells": "EUR", "buys": "INR",
    # what
    "cycle": "2026-01", "against": "2025-12", "state": "done", "kind": "final",
    "document": "invoice o1", "reference": "o1", "said_by": "both", "why_not": "",
    "why": "", "reason": "the bank is closed", "text": "asked the firm", "event": "confirm",
    "events": "obligation.confirmed", "outcome": "done", "what": "cycles.work", "code": "",
    "message": "", "stage": "done", "does": "take a step of a cycle",
    "name": "Alder Pharma", "label": "our books", "identity": "passport NL X123",
    "url": "https://books.example/skontro", "uri": "otpauth://totp/Skontro:P1?secret=JBSWY3DP",
    "place": "line 12", "rule": "BR-CO-10", "broken": "BR-CO-10", "next_step": "ask the sender",
    "field": "amount", "seller": "A1", "buyer": "B1", "title": "a cycle is paused",
    "step": "cut_off", "version": "1", "engine_version": "1", "status": "ok",
    "format": "skontro.paper/1", "detail": "the proof checks", "effect": "set-off is final",
    "cannot": "whether what was registered is true", "words": "names/2",
    # ids, digests, secrets
    "digest": _DIGEST, "frozen_digest": _DIGEST, "input_digest": _DIGEST,
    "result_digest": _DIGEST, "manifest_digest": _DIGEST, "original_digest": _DIGEST,
    "content_digest": _DIGEST, "hash": _DIGEST, "public_key": _DIGEST, "root": _DIGEST,
    "leaf": _DIGEST, "rows": _DIGEST, "path": _DIGEST, "signature": _DIGEST * 2,
    "message_id": "SK-2026-01-A-EUR", "next": "AAAAAAAAAGQ0b3JhMnN0YW1w",
    "csrf": "b1946ac92492d2347c6235b4d2611184", "secret": "whsec_c2VjcmV0IG9mIGFuIGV4YW1wbGU=",
    "key": "skontro_0f1e2d3c4b5a_c2VjcmV0IG9mIGFuIGV4YW1wbGU",
    "invitation": "c2VjcmV0IG9mIGFuIGV4YW1wbGU", "password": "a few words will do",
    "issuer": "https://id.alder.example",
}
"""Examples of fields that mean the same wherever they stand, by name; of a list, one in it."""


class Examples:
    """Examples made from the schemas of one description.

    Args:
        schemas: Its schemas by name.

    Attributes:
        missing: Fields for which there is none.
    """

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self.schemas = schemas
        self.missing: list[str] = []

    def of(self, schema: Schema, name: str = "", *, whole: bool = True) -> Any:
        """Return an example of a schema.

        Args:
            schema: Which.
            name: Of the field it is of.
            whole: Whether it has every field; else those it must have, and those with an example
                of their own.

        Example:
            >>> made = Examples({"Sum": {"properties": {"currency": {"type": "string"}}}})
            >>> made.of({"type": "array", "items": {"$ref": "#/components/schemas/Sum"}})
            [{'currency': 'EUR'}]
        """
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            return self.of(self.schemas[schema["$ref"].rpartition("/")[2]], name, whole=whole)
        if "const" in schema:
            return schema["const"]
        for some in ("anyOf", "oneOf"):
            if some in schema:
                return self.of(schema[some][0], name, whole=whole)
        if "enum" in schema:
            found = OF_NAMES.get(name)
            return found if found in schema["enum"] else schema["enum"][0]
        if "properties" in schema:
            return self._object(schema, whole=whole)
        return self._plain(schema, name, whole=whole)

    def _object(self, schema: Schema, *, whole: bool) -> dict[str, Any]:
        must = schema.get("required", ())
        return {
            name: self.of(one, name, whole=whole) for name, one in schema["properties"].items()
            if whole or name in must or "examples" in one
        }

    def _plain(self, schema: Schema, name: str, *, whole: bool) -> Any:
        kind = schema.get("type")
        if kind == "array":
            return [self.of(schema["items"], name, whole=whole)]
        if kind in ("integer", "number"):
            found = OF_NAMES.get(name)
            return found if isinstance(found, int) else 1
        if kind == "boolean":
            return schema.get("default", False)
        if kind == "string" and isinstance(OF_NAMES.get(name), str):
            return OF_NAMES[name]
        self.missing.append(name)
        return {} if kind == "object" else ""


def add_examples(text: dict[str, Any]) -> list[str]:
    """Give every body and every good answer of a description an example, where it has none.

    Returns:
        For which fields there is none.
    """
    made = Examples(text["components"]["schemas"])
    for path in text["paths"].values():
        for route in path.values():
            bodies = [(route.get("requestBody", {}), False)]
            answers = [(route["responses"].get(status, {}), True) for status in GOOD]
            for holder, whole in bodies + answers:
                media = holder.get("content", {}).get(JSON)
                if media and "example" not in media:
                    _add(made, media, whole=whole)
    return made.missing


def _add(made: Examples, media: dict[str, Any], *, whole: bool) -> None:
    schema = media["schema"]
    kinds = schema.get("discriminator", {}).get("mapping")
    if kinds is None:
        media["example"] = made.of(schema, whole=whole)
        return
    media["examples"] = {
        kind: {"value": made.of({"$ref": place}, whole=whole) | {"kind": kind}}
        for kind, place in sorted(kinds.items())
    }
