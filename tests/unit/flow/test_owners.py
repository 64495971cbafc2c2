# SPDX-License-Identifier: Apache-2.0
"""What is carried down from the participants above a firm, and what a verdict keeps of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skontro.flow.cases import Decided
from skontro.flow.owners import Inputs, Layers, above
from skontro.flow.screening import Evidence, Found, Listed
from skontro.gate.entries import ListedName, ListEntry, Subject
from skontro.gate.layers import FIRM, Standing
from skontro.gate.parties import Alert, Compared, Decision, Pair
from skontro.gate.verdicts import Reason, because
from skontro.house.firms import Owner

TOM = Owner("Tom", "60", "person")
ALDER = Compared(FIRM, "aa", Subject("organisation", ("Alder",)))
OF_ALDER = [ALDER, Compared("owner 9", "bb", Subject("person", ("Tom",)), owner=TOM)]
OF_FIRM = [Compared(FIRM, "cc", Subject("organisation", ("Bakul",)))]
PAIR = Pair("owner 9", "bb", "un", "7", "dd")
FAULT = because("RecordChanged", "a record is not what was committed to", record=3)
NOTHING = Found([], [])
UNDECIDED = Decided({}, {})


def said_of(
    found: list[Found], *, faults: list[Reason] | None = None,
    decided: Decided = UNDECIDED,
) -> tuple[Standing, list[tuple[int, str]]]:  # fmt: skip
    """What is known of Alder, party 7, above a firm, party 1, that it owns a part of."""
    layers = Layers({7: []}, {}, {"owner 5": [7]}, {1: [7], 7: []})
    of_firm = {1: (OF_FIRM, []), 7: (OF_ALDER, faults or [])}
    known, cases = above(1, layers, of_firm, {1: [NOTHING], 7: found}, decided)
    assert known is not None
    assert (known.number, known.links, list(known.firms)) == (1, {"owner 5": [7]}, [7])
    return known.firms[7], cases


def alert() -> Found:
    """Tom may be on the list."""
    entry = ListEntry("7", "person", (ListedName("Tom"),))
    evidence = Evidence(Alert(PAIR, 950, ()), OF_ALDER[1].subject, Listed(1, "un", "", "", 1),
                        entry, ())  # fmt: skip
    return Found([evidence], [])


def test_what_is_confirmed_above_counts_though_nothing_is_found_any_more() -> None:
    """The entry, or the record, is another one since; what two people confirmed stands, of the firm
    above alone, and the verdict names its case."""
    decided = Decided({}, {("participant", 7): [(PAIR, 950, 4)], ("participant", 1): [(PAIR, 9, 5)],
                           ("payee", 7): [(PAIR, 9, 6)]})  # fmt: skip
    standing, cases = said_of([NOTHING, NOTHING], decided=decided)
    assert (standing.listed, standing.doubted, cases) == (["owner 9"], [], [(4, "confirmed")])
    assert standing.owners == (("owner 9", TOM),)


def test_an_alert_above_is_what_was_decided_on_it() -> None:
    said = {
        state: said_of([NOTHING, alert()], decided=Decided({PAIR: Decision(4, state)}, {}))
        for state in ("confirmed", "cleared", "released")
    }
    assert {state: (one.listed, one.doubted, cases) for state, (one, cases) in said.items()} == {
        "confirmed": (["owner 9"], [], [(4, "confirmed")]),
        "cleared": ([], [], [(4, "cleared")]),
        "released": ([], [], [(4, "released")]),
    }
    standing, cases = said_of([NOTHING, alert()])
    assert (standing.listed, standing.doubted, cases) == ([], ["owner 9"], [])


def test_faults_above_are_doubt() -> None:
    """Of its records, and of comparing it or an owner of its own."""
    assert said_of([NOTHING, NOTHING])[0].doubted == []
    assert said_of([NOTHING, NOTHING], faults=[FAULT])[0].doubted == [FIRM]
    assert said_of([Found([], [FAULT]), NOTHING])[0].doubted == [FIRM]
    assert said_of([NOTHING, Found([], [FAULT])])[0].doubted == [FIRM]


def test_nobody_above() -> None:
    known = above(1, Layers({}, {}, {}, {1: []}), {1: (OF_FIRM, [])}, {1: [NOTHING]},
                  Decided({}, {}))  # fmt: skip
    assert known == (None, [])


NUMBERS = st.lists(st.integers(1, 99), max_size=3)
SAID = st.one_of(st.just("RemoteTimeout"), st.lists(st.tuples(
    st.just("world"), st.text("ab", min_size=1), st.just("Tom"), st.integers(0, 1000)
).map(list), max_size=2))  # fmt: skip


@given(
    NUMBERS, st.dictionaries(st.integers(1, 9), NUMBERS, max_size=2),
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["confirmed", "cleared"])), max_size=2),
    st.dictionaries(st.text("0f", min_size=1), SAID, max_size=2),
)  # fmt: skip
def test_a_verdict_keeps_whatever_it_rests_on(
    records: list[int], over: dict[int, list[int]], cases: list[tuple[int, str]],
    remote: dict[str, object],
) -> None:  # fmt: skip
    """What is written is what is read; cases stand only where somebody is above."""
    given_ = Inputs(records, over, cases if over else [], remote)
    read = Inputs.read(given_.text())
    assert (list(read.records), read.above, list(read.cases), read.remote) == (
        records, over, cases if over else [], remote,
    )  # fmt: skip
