# SPDX-License-Identifier: Apache-2.0
"""Rule packs: what is refused on load, and where; the longest rule wins; no pack allows all."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import InvalidPack
from skontro.gate.nomenclature import CHAPTERS, SERVICES, WEAPONS
from skontro.gate.packs import (
    ALLOW,
    VERDICTS,
    Pack,
    PacksInForce,
    SidePacks,
    read_pack,
    starter_pack,
)

DAY = datetime.date(2026, 6, 1)
HEAD = """\
[pack]
id = "p"
version = "1"
dated = 2026-01-01
title = "a pack"
valid_from = 2026-01-01
"""


def pack_of(*rules: tuple[str, str], head: str = HEAD) -> Pack:
    """A pack of rules: code and verdict."""
    tables = [f'[[rule]]\nhs = ["{code}"]\nverdict = "{verdict}"\n' for code, verdict in rules]
    return read_pack(head + "".join(tables))


REFUSED = [
    ('[[rule]]\nhs = ["3"]\nverdict = "allow"', 8, "2 to 10 digits"),
    ('[[rule]]\nhs = [""]\nverdict = "allow"', 8, "is not a text"),
    ('[[rule]]\nhs = []\nverdict = "allow"', 8, "one text or more"),
    ('[[rule]]\nhs = ["77"]\nverdict = "allow"', 8, "no chapter 77"),
    ('[[rule]]\nhs = ["00"]\nverdict = "allow"', 8, "no chapter 00"),
    ('[[rule]]\nhs = ["99"]\nverdict = "allow"', 8, "no chapter 99"),
    ('[[rule]]\nhs = ["3000"]\nverdict = "allow"', 8, "no heading 3000"),
    ('[[rule]]\nhs = ["30*"]\nverdict = "allow"', 8, "2 to 10 digits"),
    ('[[rule]]\nhs = ["\u0663\u0660"]\nverdict = "allow"', 8, "2 to 10 digits"),
    ('[[rule]]\nservice = ["S"]\nverdict = "allow"', 8, "2 to 10 digits"),
    ('[[rule]]\nservice = ["30"]\nverdict = "allow"', 8, "under hs"),
    ('[[rule]]\nhs = ["SC"]\nverdict = "allow"', 8, "under hs"),
    ('[[rule]]\nverdict = "allow"', 7, "hs or service"),
    ('[[rule]]\nhs = ["30"]', 7, "verdict: it is missing"),
    ('[[rule]]\nhs = ["30"]\n\nverdict = "alow"', 10, "is not known"),
    ('[[rule]]\nhs = ["30"]\nverdict = "allow"\nhss = 1', 7, "unknown key"),
    ('[[rule]]\nhs = ["30"]\nverdict = "allow"\ndual_use = true', 9, "dual use"),
    ('[[rule]]\nhs = ["93"]\nverdict = "allow"', 9, "licence at least"),
    ('[[rule]]\nhs = ["8401.10"]\nverdict = "needs_end_user_statement"', 9, "licence at least"),
    ('[[rule]]\nhs = ["30"]\nverdict = "deny"\nvalid_from = 2026-02-01\nvalid_until = 2026-01-01',
     11, "ends before it begins"),
    ('[[rule]]\nhs = ["30"]\nverdict = "deny"\ndirection = "in"', 10, "import"),
    ('[[place]]\ncountries = ["XX"]\nverdict = "deny"\nname = "x"', 8, "no country"),
    ('[[place]]\ncountries = ["NL"]\nverdict = "allow"\nname = "x"', 9, "allows nothing"),
    ('[[place]]\ncountries = ["NL"]\non = ["bank"]\nverdict = "deny"\nname = "x"', 9, "not known"),
    ('[[end_use]]\nend_use = ["fun"]\nverdict = "deny"\nname = "x"', 8, "not known"),
    ('[[rule]]\nhs = ["30"]\nverdict = "deny"\n[[rule]]\nhs = ["3"]\nverdict = "allow"', 11,
     "2 to 10 digits"),
    ("default = 'allow'", 0, "unknown key"),
    ('[default]\nverdict = "allow"', 0, "unknown key"),
    ("[[rule]", 0, "not TOML"),
    ("", 0, "no rule in it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), REFUSED)
def test_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(InvalidPack, match=message.replace("(", r"\(")) as refused:
        read_pack(HEAD + text)
    assert refused.value.details["line"] == line
    assert refused.value.next_step
    assert (f"line {line}:" in str(refused.value)) == bool(line)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(InvalidPack, match="UTF-8"):
        read_pack(HEAD.encode() + b"\xff")
    with pytest.raises(InvalidPack, match="MiB"):
        read_pack(b"#" * (5 << 20))
    with pytest.raises(InvalidPack, match="ends before"):
        pack_of(("30", "allow"), head=HEAD + "valid_until = 2025-12-31\n")
    with pytest.raises(InvalidPack, match="version: it is missing"):
        pack_of(("30", "allow"), head=HEAD.replace('version = "1"\n', ""))


def chapters() -> list[str]:
    return [f"{chapter:02d}" for chapter in CHAPTERS if chapter != 93]


def test_a_pack_that_allows_everything_is_refused() -> None:
    """By chapters, by headings, in pieces, one way and the other, for services too; a pack that
    bars one chapter is let in."""
    everything = [(one, "allow") for one in chapters()]
    with pytest.raises(InvalidPack, match="allows everything"):
        pack_of(*everything)
    with pytest.raises(InvalidPack, match="allows everything"):
        pack_of(*everything[1:], *[(f"01{place:02d}", "allow") for place in range(1, 100)])
    pieces = [(f"01{heading:02d}{rest:02d}", "allow")
              for heading in range(1, 100) for rest in range(100)]  # fmt: skip
    with pytest.raises(InvalidPack, match="allows everything"):
        pack_of(*everything[1:], *pieces)
    both_ways = "".join(
        f'[[rule]]\nhs = {chapters()}\nverdict = "allow"\ndirection = "{way}"\n'
        for way in ("import", "export")
    )
    with pytest.raises(InvalidPack, match="allows everything"):
        read_pack(HEAD + both_ways)
    with pytest.raises(InvalidPack, match="class of services"):
        read_pack(HEAD + f'[[rule]]\nservice = {list(SERVICES)}\nverdict = "allow"\n')
    assert pack_of(*everything[1:]).rules
    assert pack_of(*everything[1:], *pieces[:-1]).rules
    assert pack_of(*everything, ("01", "hold")).rules


def test_what_bars_only_for_a_while_bars_nothing() -> None:
    tables = "".join(f'[[rule]]\nhs = ["{one}"]\nverdict = "allow"\n' for one in chapters())
    past = '[[rule]]\nhs = ["0101"]\nverdict = "deny"\nvalid_until = 2026-01-02\n'
    with pytest.raises(InvalidPack, match="allows everything"):
        read_pack(HEAD + past + tables)
    one_way = '[[rule]]\nhs = ["0101"]\nverdict = "deny"\ndirection = "export"\n'
    with pytest.raises(InvalidPack, match="allows everything"):
        read_pack(HEAD + one_way + tables)


PREFIXES = st.integers(2, 10).flatmap(
    lambda size: st.text("0123", min_size=size, max_size=size).map(lambda text: "31" + text[2:])
).filter(lambda text: text[2:4] != "00")  # fmt: skip


@given(
    st.lists(st.tuples(PREFIXES, st.sampled_from(VERDICTS)), min_size=1, max_size=12),
    st.text("0123", min_size=4, max_size=8).map(lambda text: "31" + text),
)
def test_the_longest_beginning_wins(rules: list[tuple[str, str]], code: str) -> None:
    """Against the obvious way: look through all rules, keep the longest, then the strictest."""
    pack = pack_of(*rules)
    fitting = [
        (len(one), VERDICTS.index(verdict)) for one, verdict in rules if code.startswith(one)
    ]
    found = pack.rule_for(code, "import", DAY)
    assert (found and found.verdict) == (max(fitting)[1] if fitting else None)
    finer = [
        VERDICTS.index(verdict)
        for one, verdict in rules
        if one.startswith(code) and one != code and VERDICTS.index(verdict) > ALLOW
    ]
    assert (pack.finer_rule(code, ALLOW, "import", DAY) is not None) == bool(finer)


def test_dates_of_rules_and_packs() -> None:
    text = """\
[[rule]]
hs = ["30"]
verdict = "allow"
[[rule]]
hs = ["30"]
verdict = "deny"
valid_from = 2026-06-01
valid_until = 2026-06-30
"""
    pack = read_pack(HEAD + "valid_until = 2026-12-31\n" + text)
    said = {
        day: VERDICTS[rule.verdict]
        for day in ("2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01")
        if (rule := pack.rule_for("300490", "import", datetime.date.fromisoformat(day)))
    }
    assert list(said.values()) == ["allow", "deny", "deny", "allow"]
    days = ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    in_force = [pack.in_force(datetime.date.fromisoformat(day)) for day in days]
    assert in_force == [False, True, True, False]


def test_points_and_blanks_in_codes_do_not_count() -> None:
    assert pack_of(("30 04.90", "allow")).rules[0].codes == ("300490",)


def test_digest_is_that_of_the_file() -> None:
    text = HEAD + '[[rule]]\nhs = ["30"]\nverdict = "allow"\n'
    assert read_pack(text).digest == hashlib.sha256(text.encode()).hexdigest()
    one, two = read_pack(text), read_pack(text + "\n")
    packs = [PacksInForce({"A": SidePacks("NL", (pack,))}).digest for pack in (one, two, one)]
    assert packs[0] == packs[2] != packs[1]
    assert packs[0] != PacksInForce({"A": SidePacks("DE", (one,))}).digest
    assert packs[0] != PacksInForce({"A": SidePacks("NL", (one,))}, {}).digest


STARTER = [
    ("020130", "allow"), ("100630", "allow"), ("090240", "allow"), ("170199", "allow"),
    ("220190", "allow"), ("220830", None), ("240220", None), ("120930", None), ("120791", "hold"),
    ("300490", "allow"), ("300441", "needs_licence"), ("300449", "needs_licence"),
    ("300215", "allow"), ("300249", "needs_licence"), ("293627", "allow"), ("294110", "allow"),
    ("901890", "allow"), ("902190", "allow"), ("902214", "needs_end_user_statement"),
    ("902221", "needs_licence"), ("902219", None), ("902000", None), ("871310", "allow"),
    ("870323", None), ("930200", None), ("270900", None), ("847130", None), ("710812", None),
    ("SC1", "allow"), ("SF", "allow"), ("SG", None), ("SJ", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "verdict"), STARTER)
def test_starter_pack(code: str, verdict: str | None) -> None:
    rule = starter_pack().rule_for(code, "import", DAY)
    assert (rule and VERDICTS[rule.verdict]) == verdict


def test_starter_pack_allows_no_weapon_and_few_chapters() -> None:
    pack = starter_pack()
    codes = {code for rule in pack.rules for code in rule.codes}
    assert not any(code.startswith(WEAPONS) for code in codes)
    assert len({code[:2] for code in codes if code[0] != "S"}) < 35
