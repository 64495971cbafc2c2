# SPDX-License-Identifier: Apache-2.0
"""What is taken from the answer of a screening service elsewhere: it whole, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skontro.core.errors import Rejected
from skontro.gate.remote import FORMAT, Answer, RemoteMatch, read_answer

FOUND = {"list": "world", "reference": "Q7", "name": "Bakul Mills", "score": 812}


def answer(*results: object, **more: object) -> bytes:
    return json.dumps({"format": FORMAT, "results": list(results)} | more).encode()


def matches(*rows: object) -> dict[str, Any]:
    return {"matches": list(rows)}


def test_an_answer_is_what_it_says_in_the_order_asked() -> None:
    """One result for each, sorted and each match once; bounds are within."""
    other = FOUND | {"reference": "Q" * 128, "list": "w" * 64, "name": "n" * 400}
    worst, best = FOUND | {"score": 0}, FOUND | {"score": 1000}
    found = read_answer(answer(matches(FOUND, FOUND), matches(), matches(best, worst, other)), 3)
    one = RemoteMatch("world", "Q7", "Bakul Mills", 812)
    assert found == [
        Answer((one,)), Answer(),
        Answer((one._replace(score=0), one._replace(score=1000),
                RemoteMatch("w" * 64, "Q" * 128, "n" * 400, 812))),
    ]  # fmt: skip
    many = [FOUND | {"reference": str(at)} for at in range(50)]
    assert len(read_answer(answer(matches(*many)), 1)[0].found) == 50


@pytest.mark.parametrize(
    "body",
    [
        *(answer(matches(FOUND | wrong)) for wrong in (
            {"score": -1}, {"score": 1001}, {"score": True}, {"score": 812.0}, {"score": "812"},
            {"score": None}, {"name": ""}, {"name": 7}, {"name": None}, {"name": "n" * 401},
            {"name": "Bakul\nMills"}, {"list": "w" * 65}, {"list": ""}, {"reference": "Q" * 129},
            {"reference": "Q\u202e7"}, {"reference": ["Q7"]},
        )),
        answer(matches({name: said for name, said in FOUND.items() if name != "score"})),
        answer(matches(*(FOUND | {"reference": str(at)} for at in range(51)))),
        answer(matches(FOUND), matches()), answer(), answer({"matches": FOUND}), answer({}),
        answer([FOUND]), answer(None), answer(matches(["world", "Q7", "Bakul Mills", 812])),
        answer(matches(), format="skontro-screening/2"), b"", b"null", b"[]", b"{}",
        json.dumps({"results": [matches()]}).encode(), answer(matches(FOUND))[:-1],
        answer(matches(FOUND)).replace(b"812", b"NaN"), answer(matches(), unread=0.5),
        b"\xff" + answer(matches()), b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        read_answer(body, 1)
    assert refused.value.code == "RemoteAnswer"


def test_what_an_entry_is_known_by() -> None:
    """A decision on one entry is on no other; how alike it is may change."""
    one = RemoteMatch("world", "Q7", "Bakul Mills", 812)
    others = [one._replace(list_name="w"), one._replace(reference="Q8"), one._replace(name="B")]
    assert len({each.digest for each in (one, *others)}) == 4
    assert one._replace(score=1).digest == one.digest
    assert (one.entry.reference, one.entry.names[0].text) == ("world/Q7", "Bakul Mills")


@pytest.mark.parametrize("said", [
    Answer(), Answer((), "RemoteTimeout"), Answer((RemoteMatch("w", "Q", "B", 1),)),
])  # fmt: skip
def test_a_verdict_keeps_an_answer(said: Answer) -> None:
    assert Answer.from_json(json.loads(json.dumps(said.as_json()))) == said
