# SPDX-License-Identifier: Apache-2.0
"""What the house takes in, measured: ``python -m bench.house WHAT ...`` prints JSON.

The firms are written straight into the tables, all while one act that admits them is being done:
their admission is not what is measured. Everything else goes the way a user goes.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.measure import Stages, peak_mib

FIRMS, FIRMS_QUICK = 50_000, 500
OBLIGATIONS, OBLIGATIONS_QUICK = 1_000_000, 5_000
CLIENTS, SECONDS = 8, 10
DAY = "2026-01-15"
CODES = ("300490", "040120", "190531", "901890", "090240")
"""HS codes of what the invoices are for."""
PASSPHRASE = "for measuring and for nothing else"


# ---- a house with many firms -------------------------------------------------------------------


@contextmanager
def place_of(kind: str) -> Iterator[tuple[Path, str | None]]:
    """A folder for a house and the address of its database, on a disk, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="skontro-bench-house-"))
    folder.chmod(0o755)
    try:
        if kind == "sqlite":
            yield folder / "house", None
            return
        from tests import postgres

        with postgres.Server(folder / "server") as server:
            postgres.make_roles(server)
            yield folder / "house", server.url(postgres.make_database(server), postgres.OWNER)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_house(
    folder: Path, url: str | None, firms: int, *, with_keys: bool = False,
    name_of: Callable[[int], str] | None = None, owners_of: Callable[[int], str] | None = None,
    judged: int = 0,
) -> Any:
    """Open a demo house with a screening list and so many firms, F1, F2, ...

    With ``with_keys`` the founders' keys come along. ``name_of`` and ``owners_of`` say what firms
    are called and who owns them, as the register keeps it, by their number; with ``judged`` the
    gate judges them so many at a time.
    """
    import datetime

    from skontro.flow.house import House
    from skontro.house.firms import Agreement, Firm
    from skontro.house.rules import HouseRules
    from skontro.house.rules_file import example_rules
    from skontro.ops.clock import SetClock
    from skontro.ops.keys import SigningKey

    text = example_rules().replace("amount_minor = 0  ", "amount_minor = 1  ")
    rules = HouseRules.from_mapping(tomllib.loads(text))
    keys = {one.id: SigningKey.new() for one in rules.founders}
    house = House.create(
        folder, rules, {name: key.public_key for name, key in keys.items()},
        passphrase=PASSPHRASE, database_url=url,
        clock=SetClock(datetime.datetime(2026, 1, 2, 9, tzinfo=datetime.UTC)),
    )  # fmt: skip
    listed = folder / "list.csv"
    rows = "".join(f"Listed Person {number},ID{number:08}\n" for number in range(10_000))
    listed.write_text("name,identifier\n" + rows, "utf-8")
    house.gate.import_list(listed, source="invented", dated=house.now)
    first, second = sorted(keys)[:2]
    for side in ("A", "B"):
        act = house.goods.propose_pack(side, "starter", first, keys[first])
        house.people.approve(act, second, keys[second])
    signed = Agreement("SOA-1", "1", "NL", "LO-1", "for F1", "2026-01-01")
    act = house.participants.propose_admission(
        [Firm("F1", "Firm 1", "A", "EUR", signed)], first, keys[first]
    )
    with _admitting(firms, name_of, owners_of):
        house.people.approve(act, second, keys[second])
    for start in range(0, firms, judged or firms):
        some = range(start + 1, min(start + judged, firms) + 1) if judged else None
        with house.database.unit("bench.judge") as unit:
            house.gate.judge_participants(unit, some and list(some))
    return (house, keys) if with_keys else house


@contextmanager
def _admitting(
    firms: int, name_of: Callable[[int], str] | None = None,
    owners_of: Callable[[int], str] | None = None,
) -> Iterator[None]:
    """Let the act that admits F1 admit the other firms too: the database takes them only then."""
    from skontro.flow.people import HANDLERS, load_handlers

    load_handlers()
    admit = HANDLERS["participant.admit"]

    def admit_all(house: Any, unit: Any, act: int, content: dict[str, Any]) -> dict[str, Any]:
        outcome = admit(house, unit, act, content)
        _write_firms(house, unit, firms, act, name_of, owners_of)
        return outcome

    HANDLERS["participant.admit"] = admit_all
    try:
        yield
    finally:
        HANDLERS["participant.admit"] = admit


def _write_firms(
    house: Any, unit: Any, firms: int, act: int, name_of: Callable[[int], str] | None,
    owners_of: Callable[[int], str] | None,
) -> None:
    """Write firms F2 to the last, each with a name, a number for tax and an agreement."""
    from skontro.store.bulk import insert_columns
    from skontro.store.register import commitment_of
    from skontro.store.schema import agreement, participant, register

    numbers = list(range(2, firms + 1))
    ids = [f"F{number}" for number in numbers]
    insert_columns(
        unit, participant,
        {"number": numbers, "id": ids, "side": "A", "home_currency": "EUR",
         "accepts_conversion": 1, "state": "admitted", "version": 1, "since": house.at,
         "admission_act": act, "admission_act_kind": "participant.admit"},
    )  # fmt: skip
    said = {
        1: ("name", name_of or (lambda number: f"Firm {number}")),
        2: ("tax_number", lambda number: f"TX {number}"),
    }
    if owners_of is not None:
        said[3] = ("owner", owners_of)
    for start, (what, say) in said.items():
        contents = [say(number) for number in numbers]
        insert_columns(
            unit, register,
            {"id": [10 * number + start for number in numbers], "subject_kind": "participant",
             "subject": ids, "what": what, "content": contents, "salt": "00",
             "commitment": [commitment_of("00", content) for content in contents],
             "purpose": "screening", "since": house.at, "retain_until": "2036-01-01",
             "in_force": 1},
        )  # fmt: skip
    if not unit.is_sqlite:
        sequence = "SELECT setval('register_id_seq', (SELECT max(id) FROM register))"
        unit.connection.exec_driver_sql(sequence)
    insert_columns(
        unit, agreement,
        {"participant": numbers, "agreement": "SOA-1", "version": "1", "law": "NL",
         "opinion": "LO-1", "signatories": [10 * number + 1 for number in numbers],
         "from_day": "2026-01-01", "act_id": act},
    )  # fmt: skip


# ---- a file, matched and confirmed -------------------------------------------------------------


def write_files(
    folder: Path, firms: int, obligations: int, network: Any = None, *, goods: bool = True
) -> tuple[Path, Path, dict[str, int]]:
    """Write the file of registrations and that of confirmations.

    Every obligation is registered by its creditor; half of them by the debtor too, one in ten of
    these within tolerance; the other half is confirmed by reference. Who owes whom how much is
    made up, or ``network``: debtors, creditors and amounts, firms counted from nought. Without
    ``goods`` nothing is said of what they are for.
    """
    from skontro.lab.synthetic import network_arrays
    from skontro.messages.tables import write_table

    debtor, creditor, amount = network or network_arrays("nation", firms, obligations, 7)
    rng = np.random.default_rng(7)
    number = np.arange(obligations)
    both = number % 2 == 0
    near = both & (number % 20 == 0)
    names = pa.array([f"F{each}" for each in range(1, firms + 1)])
    text = pa.array(number).cast(pa.string())
    documents = pc.binary_join_element_wise("INV", text, "-")
    due = (np.datetime64(DAY) + rng.integers(-60, 15, obligations)).astype("datetime64[D]")

    def said(rows: Any, sender: Any, mark: str, minor: Any) -> pa.Table:
        take = pa.array(rows)
        return pa.table({
            "sender": names.take(pa.array(sender[rows])),
            "reference": pc.binary_join_element_wise(mark, text.take(take), "-"),
            "debtor": names.take(pa.array(debtor[rows])),
            "creditor": names.take(pa.array(creditor[rows])),
            "amount": pc.binary_join_element_wise(
                pa.array(minor // 100).cast(pa.string()),
                pc.utf8_lpad(pa.array(minor % 100).cast(pa.string()), 2, "0"), ".",
            ),
            "currency": pa.repeat("EUR", len(rows)),
            "due_date": pa.array(due[rows]).cast(pa.string()),
            "document": documents.take(take),
            "document_date": pa.array(due[rows] - 30).cast(pa.string()),
            **({} if not goods else traded(rows) if mark == "C" else nothing(len(rows))),
        })  # fmt: skip

    codes = pa.array(CODES)
    made = (np.datetime64(DAY) - rng.integers(60, 300, obligations)).astype("datetime64[D]")

    def traded(rows: Any) -> dict[str, Any]:
        """What a seller's invoices are for, each with a number, a date and a digest of its own."""
        take, count = pa.array(rows), len(rows)
        return {
            "kind": pa.repeat("domestic_goods", count), "code": codes.take(pa.array(rows % 5)),
            "quantity": pa.array(rows % 1000 + 1).cast(pa.string()),
            "unit": pa.repeat("KGM", count),
            "weight": pa.array(rows % 1000 + 1).cast(pa.string()),
            "origin": pa.repeat("NL", count), "destination": pa.repeat("NL", count),
            "end_use": pa.repeat("medical", count),
            "tax_invoice": documents.take(take),
            "paper_date": pa.array(made[rows]).cast(pa.string()),
            "paper_issuer": names.take(pa.array(creditor[rows])),
            "paper_digest": pc.utf8_lpad(text.take(take), 64, "0"),
        }  # fmt: skip

    def nothing(count: int) -> dict[str, Any]:
        """The buyers leave it to the sellers to say what it is for."""
        return {name: pa.repeat("", count) for name in traded(np.arange(1))}

    amount = np.maximum(amount, 2)
    halves = np.flatnonzero(both)
    table = pa.concat_tables([
        said(number, creditor, "C", amount),
        said(halves, debtor, "D", (amount - near)[halves]),
    ])
    table = table.take(pa.array(rng.permutation(len(table))))
    filed, confirmed = folder / "registrations.csv", folder / "confirmations.csv"
    write_table(table, filed)
    rest = np.flatnonzero(~both)
    write_table(
        pa.table({
            "sender": names.take(pa.array(creditor[rest])),
            "reference": pc.binary_join_element_wise("C", text.take(pa.array(rest)), "-"),
            "confirmed_by": names.take(pa.array(debtor[rest])),
        }),
        confirmed,
    )
    facts = {"rows": len(table), "near": int(near.sum()), "by_reference": len(rest)}
    return filed, confirmed, facts


@contextmanager
def _simple_gate() -> Iterator[None]:
    """Let the gate ask for nothing but the lists: the yardstick of what the whole gate costs.

    Parties are screened and held as ever, and every verdict is written; what an obligation is for
    is not looked at: goods, papers, licences, customs, flags.
    """
    from skontro.flow import gate
    from skontro.gate.outcome import JudgedMany, judged

    def nothing(house: Any, unit: Any, said: Any, cycle_id: str = "") -> Any:
        none = np.zeros(len(said.number), np.int64)
        return JudgedMany.gathered(none, [judged([])]), None

    with patch.object(gate, "judge_traded", nothing):
        yield


def import_simple(kind: str, firms: str, obligations: str) -> dict[str, Any]:
    """Import the same file through a gate that asks for nothing but the lists."""
    with _simple_gate():
        return import_file(kind, firms, obligations)


def import_bare(kind: str, firms: str, obligations: str) -> dict[str, Any]:
    """Import through that gate a file in which nothing is said of goods: nothing of it is kept."""
    with _simple_gate():
        return import_file(kind, firms, obligations, "bare")


def import_file(kind: str, firms: str, obligations: str, said: str = "") -> dict[str, Any]:
    """Import, match, judge and confirm a file of obligations, all of it written and durable."""
    many = int(obligations)
    with place_of(kind) as (folder, url):
        house = make_house(folder, url, int(firms))
        filed, confirmed, facts = write_files(folder, int(firms), many, goods=not said)
        house.obligations.import_file(pa.table({
            "sender": ["F1"], "reference": ["warm-up"], "debtor": ["F1"], "creditor": ["F2"],
            "amount_minor": [1], "currency": ["EUR"], "kind": ["domestic_goods"],
        }))  # fmt: skip
        stages = Stages()
        begun = time.perf_counter()
        report = house.obligations.import_file(filed, progress=stages)
        imported = time.perf_counter()
        stages("confirming")
        answer = house.obligations.confirm_file(confirmed)
        done = time.perf_counter()
        stages("end")
        house.close()
    fault = ""
    if (report.opened, report.confirmed + answer.confirmed) != (many, many):
        fault = f"{report.opened} opened, {report.confirmed} and {answer.confirmed} confirmed"
    if report.near != facts["near"] or report.held or report.rejections.num_rows:
        fault = f"{report.near} near, {report.held} held, {report.rejections.num_rows} refused"
    return facts | {
        "seconds": round(done - begun, 2), "import_seconds": round(imported - begun, 2),
        "confirm_seconds": round(done - imported, 2), "peak_mib": peak_mib(), "fault": fault,
        "stages": {name: round(each, 2) for name, each in stages.seconds.items()},
    }  # fmt: skip


# ---- single registrations ----------------------------------------------------------------------


def _traded(seller: str, document: str, count: int) -> Any:
    """What an invoice is for: goods within a side, with the invoice's number, date and digest."""
    from skontro.house.trade import TradeSaid

    return TradeSaid(
        "domestic_goods", CODES[count % len(CODES)], f"{count % 1000 + 1}", "KGM",
        f"{count % 1000 + 2}", "NL", "", "NL", "medical", (("tax_invoice", document),),
        "2025-12-01", seller, hashlib.sha256(document.encode()).hexdigest(),
    )  # fmt: skip


def _client(
    folder: str, firms: int, mine: int, seconds: int, ready: Any, go: Any, done: Any
) -> None:
    """Register for so long, each registration a unit of work of its own."""
    from skontro.flow.house import House
    from skontro.flow.obligations import Registration

    rng = np.random.default_rng(mine)
    house = House.open(folder)
    parties = rng.integers(1, firms + 1, (200_000, 2)).tolist()
    count, latencies = 0, list[float]()
    house.obligations.register(
        Registration(f"F{mine + 2}", f"warm-up {mine}", f"F{mine + 1}", f"F{mine + 2}", 5, "EUR",
                     trade=_traded(f"F{mine + 2}", f"warm-up {mine}", 0))
    )  # fmt: skip
    ready.release()
    go.wait()
    until = time.perf_counter() + seconds
    while (now := time.perf_counter()) < until:
        debtor, creditor = parties[count % len(parties)]
        creditor = creditor if creditor != debtor else debtor % firms + 1
        house.obligations.register(
            Registration(
                f"F{creditor}", f"{mine}-{count}", f"F{debtor}", f"F{creditor}", 100 + count, "EUR",
                DAY, f"{mine}-{count}", DAY, _traded(f"F{creditor}", f"{mine}-{count}", count),
            )
        )  # fmt: skip
        latencies.append(time.perf_counter() - now)
        count += 1
    latencies.sort()
    done.put((count, latencies[count // 2], latencies[count * 99 // 100]))
    house.close()


def single(kind: str, firms: str, seconds: str) -> dict[str, Any]:
    """Register one by one from clients with connections of their own; each is durable."""
    with place_of(kind) as (folder, url):
        make_house(folder, url, int(firms)).close()
        start = multiprocessing.get_context("spawn")
        ready, go, done = start.Semaphore(0), start.Event(), start.Queue()
        clients = [
            start.Process(
                target=_client,
                args=(str(folder), int(firms), mine, int(seconds), ready, go, done),
            )
            for mine in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for _ in clients:
            if not ready.acquire(timeout=300):
                raise RuntimeError("a client did not come up")
        begun = time.perf_counter()
        go.set()
        counts = [done.get(timeout=int(seconds) + 300) for _ in clients]
        taken = time.perf_counter() - begun
        for client in clients:
            client.join()
        from skontro.flow.house import House
        from skontro.store.rows import count
        from skontro.store.schema import obligation, registration, verdict

        with House.open(folder) as house, house.database.read() as unit:
            written = count(unit, registration)
            opened = count(unit, obligation)
            judged = count(unit, verdict, subject_kind="obligation", outcome="released")
    total = sum(each for each, _, _ in counts)
    fault = "" if written == opened == judged == total + CLIENTS else "not all is written"
    return {
        "rate": round(total / taken, 1), "seconds": round(taken, 2), "registrations": total,
        "median_ms": round(1000 * max(middle for _, middle, _ in counts), 2),
        "slow_ms": round(1000 * max(slow for _, _, slow in counts), 2), "fault": fault,
    }  # fmt: skip


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "import": import_file, "import-simple": import_simple, "import-bare": import_bare,
    "single": single,
}  # fmt: skip


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
