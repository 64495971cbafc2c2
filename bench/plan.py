# SPDX-License-Identifier: Apache-2.0
"""What is measured: the cases, who solves them, and how good they must come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.contenders import Case

ORTOOLS = ("ortools-circulation", "ortools-net-positions")


@dataclass(frozen=True)
class SolveCase:
    """A network that contenders solve.

    Attributes:
        name: For ``--only``.
        title: What it is.
        make: Its rows.
        make_quick: Rows of a smaller one of the same kind.
        contenders: Who solves it.
        most_rounds: Rounds at most, whatever is asked for.
    """

    name: str
    title: str
    make: Callable[[], Case]
    make_quick: Callable[[], Case]
    contenders: tuple[str, ...]
    most_rounds: int = 99


def _nation(firms: int, obligations: int) -> Callable[[], Case]:
    return lambda: _synthetic("nation", firms, obligations)


def _community(firms: int, obligations: int) -> Callable[[], Case]:
    return lambda: _synthetic("community", firms, obligations)


def _synthetic(preset: str, firms: int, obligations: int) -> Case:
    from skontro.lab.synthetic import network_arrays

    return Case(*network_arrays(preset, firms, obligations, 7), firms)


def _ring(nodes: int) -> Callable[[], Case]:
    from skontro.lab import shapes

    return lambda: Case(*shapes.ring(nodes, 7))


def _shuffled_ring(nodes: int) -> Callable[[], Case]:
    from skontro.lab import shapes

    return lambda: Case(*shapes.shuffled_ring(nodes, 7))


def _chords(nodes: int, longest: int) -> Callable[[], Case]:
    from skontro.lab import shapes

    return lambda: Case(*shapes.chorded_ring(nodes, nodes, longest, 7))


ALL = ("skontro", *ORTOOLS, "lemon")

# A few more rows than pairs are wanted: some fall on the same pair.
SOLVE_CASES = (
    SolveCase(
        "nation-16m", "nation, 1,000,000 firms, 16 M pairs",
        _nation(1_000_000, 16_130_000), _nation(30_000, 300_000), ("skontro", *ORTOOLS),
    ),
    SolveCase(
        "region-1m", "nation, 100,000 firms, 1 M pairs",
        _nation(100_000, 1_008_500), _nation(10_000, 60_000), ALL,
    ),
    SolveCase(
        "town-100k", "nation, 30,000 firms, 100 k pairs",
        _nation(30_000, 100_500), _nation(3_000, 10_000), ALL,
    ),
    SolveCase(
        "town-200k", "nation, 35,000 firms, 200 k pairs",
        _nation(35_000, 201_700), _nation(3_500, 20_000), ALL,
    ),
    SolveCase(
        "town-300k", "nation, 40,000 firms, 300 k pairs",
        _nation(40_000, 303_000), _nation(4_000, 30_000), ALL,
    ),
    SolveCase(
        "circle-300k", "community, 40,000 firms, 300 k pairs",
        _community(40_000, 303_000), _community(4_000, 30_000), ALL,
    ),
    SolveCase(
        "ring-1m", "ring of 1,000,000, ids in order",
        _ring(1_000_000), _ring(20_000), ("skontro",),
    ),
    SolveCase(
        "ring-1m-shuffled", "ring of 1,000,000, shuffled",
        _shuffled_ring(1_000_000), _shuffled_ring(20_000), ("skontro",),
    ),
    SolveCase(
        "chords-200k", "ring of 200,000 with 200,000 chords back of length up to 400",
        _chords(200_000, 400), _chords(5_000, 100), ("skontro", *ORTOOLS),
    ),
    SolveCase(
        "forest-16m", "forest stage on top of the 16 M set-off",
        _nation(1_000_000, 16_130_000), _nation(30_000, 300_000), ("forest",),
    ),
)  # fmt: skip

@dataclass(frozen=True)
class HouseCase:
    """Something a house does, measured in a process of its own.

    Attributes:
        name: For ``--only``.
        title: What it is.
        words: Module and arguments.
        quick: Arguments of a smaller one of the same kind.
        must: How good it must come out, in words.
        field: The figure that is held against it.
        bound: What it must not pass, or must reach.
        at_least: Whether the bound is one to reach.
    """

    name: str
    title: str
    words: tuple[str, ...]
    quick: tuple[str, ...]
    must: str
    field: str
    bound: float  # not money: seconds, or a rate
    at_least: bool = False


HOUSE_CASES = (
    HouseCase(
        "house-import-sqlite", "import, match and confirm 1,000,000 obligations, SQLite",
        ("bench.house", "import", "sqlite", "50000", "1000000"),
        ("bench.house", "import", "sqlite", "500", "5000"), "60 s", "seconds", 60,
    ),
    HouseCase(
        "house-import-postgresql", "the same on PostgreSQL",
        ("bench.house", "import", "postgresql", "50000", "1000000"),
        ("bench.house", "import", "postgresql", "500", "5000"), "60 s", "seconds", 60,
    ),
    HouseCase(
        "house-cycle-sqlite",
        "cut-off to final report, posted and sealed: 1,000,000 obligations, 50,000 firms, SQLite",
        ("bench.house_cycle", "cycle", "sqlite", "50000", "1000000"),
        ("bench.house_cycle", "cycle", "sqlite", "500", "5000"), "120 s, 4 GiB", "seconds", 120,
    ),
    HouseCase(
        "house-single-postgresql", "single registrations, durable, 8 clients, PostgreSQL",
        ("bench.house", "single", "postgresql", "50000", "10"),
        ("bench.house", "single", "postgresql", "500", "2"), "500 a second", "rate", 500,
        at_least=True,
    ),
    HouseCase(
        "house-journal-sqlite", "trial balance over 10,000,000 postings, SQLite",
        ("bench.house_cycle", "journal", "sqlite", "1000000", "10000000", "24"),
        ("bench.house_cycle", "journal", "sqlite", "2000", "20000", "4"), "2 s", "seconds", 2,
    ),
    HouseCase(
        "house-list-update-sqlite",
        "a list of 10,000 with 500 entries more, against a house of 1,000,000 firms, SQLite",
        ("bench.lists", "update", "sqlite", "1000000"),
        ("bench.lists", "update", "sqlite", "2000"), "30 s", "seconds", 30,
    ),
    HouseCase(
        "house-list-update-postgresql", "the same on PostgreSQL",
        ("bench.lists", "update", "postgresql", "1000000"),
        ("bench.lists", "update", "postgresql", "2000"), "30 s", "seconds", 30,
    ),
    HouseCase(
        "papers-notices", "1,000 set-off notices as signed PDF, 40 rows each, two processes",
        ("bench.papers", "notices", "1000", "20000"),
        ("bench.papers", "notices", "20", "200"), "60 s", "seconds", 60,
    ),
    HouseCase(
        "service-single-postgresql",
        "single registrations over HTTP, idempotent, durable, 8 clients, PostgreSQL",
        ("bench.service", "single", "postgresql", "50000", "10", "1"),
        ("bench.service", "single", "postgresql", "500", "2", "1"),
        "500 a second, 99 % under 100 ms", "rate", 500, at_least=True,
    ),
    HouseCase(
        "service-pages-sqlite",
        "95 % of all pages and readings, each role, server time: 100,000 obligations, 24 cycles",
        ("bench.pages", "pages", "640", "24"), ("bench.pages", "pages", "30", "2"), "0.15 s",
        "seconds", 0.15,
    ),
    HouseCase(
        "service-bulk-sqlite", "1,000,000 obligations in one request, SQLite",
        ("bench.service", "bulk", "sqlite", "50000", "1000000"),
        ("bench.service", "bulk", "sqlite", "500", "5000"), "20,000 a second", "rate", 20_000,
        at_least=True,
    ),
    HouseCase(
        "service-bulk-postgresql", "100,000 obligations in one request, PostgreSQL",
        ("bench.service", "bulk", "postgresql", "30000", "100000"),
        ("bench.service", "bulk", "postgresql", "500", "5000"), "20,000 a second", "rate", 20_000,
        at_least=True,
    ),
    HouseCase(
        "messages-invoices", "1,000 e-invoices judged by schema and rules, two processes",
        ("bench.messages", "invoices", "1000"), ("bench.messages", "invoices", "30"), "30 s",
        "seconds", 30,
    ),
    HouseCase(
        "messages-statement", "100,000-entry camt.053 read and matched",
        ("bench.messages", "statement", "100000"), ("bench.messages", "statement", "3000"), "20 s",
        "seconds", 20,
    ),
    HouseCase(
        "messages-orders", "100,000 payments as pain.001 (SEPA), checked against rail and schema",
        ("bench.messages", "orders", "100000", "sepa"),
        ("bench.messages", "orders", "2000", "sepa"),
        "10 s, 500 MiB", "seconds", 10,
    ),
    HouseCase(
        "money-flow", "100,000 pay-ins by a camt.053, settled, 100,000 pay-outs released as a file "
        "and booked by a camt.053, SQLite",
        ("bench.money", "flow", "sqlite", "100000"), ("bench.money", "flow", "sqlite", "300"),
        "600 s", "seconds", 600,
    ),
)  # fmt: skip

FOLDER_ROWS = (1_000_000, 16_000_000)
FOLDER_ROWS_QUICK = (30_000, 300_000)
OTHER_CASES = ("folder-16m", "verify-16m", "first-call", "help")
NAMES = (
    *(case.name for case in SOLVE_CASES), *OTHER_CASES, *(case.name for case in HOUSE_CASES),
)  # fmt: skip
