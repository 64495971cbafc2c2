# SPDX-License-Identifier: Apache-2.0
"""A screening service elsewhere: what it is asked, and what is taken from its answer.

It stands beside the house's own matcher and never instead of it. What it finds is an alert like any
other; that it finds nothing clears nothing. An answer that cannot be read whole is no answer. What
counted is kept with the verdict, so that a verdict is derived again without asking anybody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected
from skontro.gate.entries import ListedName, ListEntry, Subject

FORMAT = "skontro-screening/1"
MOST_ASKED = 200
"""How many parties stand in one question."""

_MOST_FOUND = 50
_TEXTS = {"list": 64, "reference": 128, "name": 400}


class RemoteMatch(NamedTuple):
    """Somebody whom a service takes a party for.

    Attributes:
        list_name: On which list, as the service calls it.
        reference: The id of the entry.
        name: Its name.
        score: How alike, in thousandths.
    """

    list_name: str
    reference: str
    name: str
    score: int

    @property
    def entry(self) -> ListEntry:
        """It as an entry of a list."""
        reference = f"{self.list_name}/{self.reference}"
        return ListEntry(reference, "unknown", (ListedName(self.name),))

    @property
    def digest(self) -> str:
        """Of what it says, but for the score, hexadecimal."""
        said = [self.list_name, self.reference, self.name]
        return hashlib.sha256(canonical_json(said)).hexdigest()


class Answer(NamedTuple):
    """What a service said of one party.

    Attributes:
        found: Whom it may be.
        fault: Why there is no answer, a word; empty if there is one.
    """

    found: tuple[RemoteMatch, ...] = ()
    fault: str = ""

    def as_json(self) -> Any:
        """It as verdicts keep it."""
        return self.fault or [list(one) for one in self.found]

    @classmethod
    def from_json(cls, said: Any) -> Answer:
        """Return what a verdict kept."""
        if isinstance(said, str):
            return cls((), said)
        return cls(tuple(RemoteMatch(*one) for one in said))


def question(subjects: Sequence[Subject]) -> bytes:
    """Return what a service is asked of some parties, as JSON.

    Example:
        >>> question([Subject("person", ("Ada Alder",))])[:50]
        b'{"format":"skontro-screening/1","subjects":[{"coun'
    """
    asked = [asdict(one) for one in subjects]
    return canonical_json(json.loads(json.dumps({"format": FORMAT, "subjects": asked})))


def read_answer(body: bytes, count: int) -> list[Answer]:
    """Read an answer to a question on some parties: one result for each, in their order.

    Args:
        body: ``{"format": ..., "results": [{"matches": [{"list", "reference", "name",
            "score"}]}]}``; scores are whole thousandths.
        count: How many parties.

    Raises:
        Rejected: It is not just that.

    Example:
        >>> read_answer(b'{"format":"skontro-screening/1","results":[{"matches":[]}]}', 1)
        [Answer(found=(), fault='')]
    """
    try:
        said = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_refuse)
        results = said["results"]
        if said["format"] != FORMAT or not isinstance(results, list) or len(results) != count:
            raise ValueError("not one result for each")
        return [Answer(_matches(one)) for one in results]
    except (ValueError, KeyError, TypeError, RecursionError) as why:
        raise Rejected(f"an answer that is none: {why}", code="RemoteAnswer") from None


def _refuse(text: str) -> Any:
    raise ValueError("scores are whole thousandths")


def _matches(result: Mapping[str, Any]) -> tuple[RemoteMatch, ...]:
    rows = result["matches"]
    if not isinstance(rows, list) or len(rows) > _MOST_FOUND:
        raise ValueError("too many matches")
    found = []
    for row in rows:
        texts = [str(row[name]) if isinstance(row[name], str) else "" for name in _TEXTS]
        for text, most in zip(texts, _TEXTS.values(), strict=True):
            if not 0 < len(text) <= most or not text.isprintable():
                raise ValueError("a text that is none")
        score = row["score"]
        if type(score) is not int or not 0 <= score <= 1000:
            raise ValueError("a score that is none")
        found.append(RemoteMatch(texts[0], texts[1], texts[2], score))
    return tuple(sorted(set(found)))
