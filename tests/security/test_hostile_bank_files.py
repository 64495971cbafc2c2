# SPDX-License-Identifier: Apache-2.0
"""Bank files made to harm, through the commands: refused or held, with file, place and what to do;
nothing half taken, and every effect once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.made_bank import Booked, Paid, Sheet, write_return, write_status
from tests.scenarios.test_bank_files import DAY, AtTheBank

from skontro.flow.reconciliation import MOST_FILE
from skontro.store.database import FAILPOINT
from skontro.store.schema import bank_file, bank_line, bank_status, money_line, pay_in, pay_out

CHILD = """
    import contextlib, io, json, sys, time
    from pathlib import Path
    from skontro.cli import main

    def peak():
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024

    def said(path):
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            ends = main(["reconcile", "import", str(path), "--json", "--house", sys.argv[2]])
        return ends, json.loads(told.getvalue())

    said(Path(sys.argv[2]) / "warm.xml")
    told = {}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        Path("/proc/self/clear_refs").write_text("5")
        rest, begun = peak(), time.process_time()
        ends, found = said(path)
        told[path.name] = [ends, found["files"], time.process_time() - begun, peak() - rest]
    print(json.dumps(told))
"""
SPACE = b"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def zipped(path: Path, *members: tuple[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in members:
            out.writestr(name, data)


def hole(path: Path, start: bytes, size: int) -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)


def large(path: Path, good: bytes) -> None:
    """A statement as large as one may be, nearly all of it one text."""
    with path.open("wb") as file:
        file.write(good[: good.index(b"</Stmt>")] + b"<AddtlStmtInf>")
        for _ in range(MOST_FILE // 2**20 - 1):
            file.write(b"x" * 2**20)
        file.write(b"</AddtlStmtInf>" + good[good.index(b"</Stmt>") :])


def entity(good: bytes) -> bytes:
    head, rest = good.split(b"\n", 1)
    doctype = b'<!DOCTYPE a [<!ENTITY b SYSTEM "hostname">]>'
    return head + b"\n" + doctype + rest.replace(b"ST1<", b"&b;<")


ATTACKS: dict[str, tuple[Callable[[Path, bytes], Any], set[str]]] = {
    "doctype.xml": (lambda path, good: path.write_bytes(entity(good)), {"XmlDocumentType"}),
    "unknown-entity.xml": (lambda path, good: path.write_bytes(good.replace(b"ST1<", b"&b;<")),
                           {"XmlEntity", "XmlBroken"}),
    "depth.xml": (lambda path, good: path.write_bytes(good.replace(
        b"<Stmt>", b"<a>" * 1_000_000)), {"XmlTooDeep"}),
    "hole.xml": (lambda path, good: hole(path, good[:60], 2**30), {"FileTooLarge"}),
    "text.xml": (large, {"XmlTooLarge", "FileTooLarge"}),
    "two-roots.xml": (lambda path, good: path.write_bytes(good + good[good.index(b"<Doc") :]),
                      {"XmlTwoRoots"}),
    "two-messages.xml": (lambda path, good: path.write_bytes(
        b"<a>" + good[good.index(b"<Doc") :] * 2 + b"</a>"), {"XmlTwoRoots"}),
    "namespace.xml": (lambda path, good: path.write_bytes(good.replace(SPACE, b"urn:other")),
                      {"XmlNamespace"}),
    "other-message.xml": (lambda path, good: path.write_bytes(good.replace(b"camt.053", b"camt.054")
                                                              ), {"XmlNamespace",
                                                                  "BankFileInvalid"}),
    "account.xml": (lambda path, good: path.write_bytes(
        Sheet("NL91ABNA0417164300", "EUR", "X", DAY, (), opening=0).bytes()), {"WrongAccount"}),
    "inexact.xml": (lambda path, good: path.write_bytes(good.replace(b"100.00", b"100.001")),
                    {"TooManyDecimals"}),
    "currency.xml": (lambda path, good: path.write_bytes(good.replace(b'Ccy="EUR"', b'Ccy="USD"')),
                     {"CurrencyDiffers"}),
    "bomb.zip": (lambda path, good: zipped(path, *((f"{n}.xml", b" " * 2**25) for n in range(4))),
                 {"ZipBomb"}),
    "climbs.zip": (lambda path, good: zipped(path, ("../../a.xml", good)), {"ZipClimbsOut"}),
    "in-zip.zip": (lambda path, good: zipped(path, ("a.zip", b"PK\x03\x04")), {"ZipInZip"}),
    "broken.zip": (lambda path, good: path.write_bytes(b"PK\x03\x04 and no more"), {"ZipBroken"}),
    "utf7.xml": (lambda path, good: path.write_bytes(good.replace(b"UTF-8", b"UTF-7")), set()),
    "\x1b[2Jscreen.xml": (lambda path, good: path.write_bytes(b"<x/>"), {"XmlNamespace"}),
}  # fmt: skip


def test_refused_by_the_command(tmp_path: Path) -> None:
    """Goal: no hostile file of a bank gets anything in, in little time and memory.

    Method: a process that is warm takes each in with the command; it ends with 3, says the file, a
    code that fits and what to do, within 2 s of work and 200 MiB; afterwards the house has the one
    file it had before.
    """
    here = AtTheBank(tmp_path / "house")
    here.called()
    folder = tmp_path / "hostile"
    folder.mkdir()
    warm = here.sheet([], number=None).bytes()
    (here.house.folder / "warm.xml").write_bytes(warm)
    here.sheets = 0
    good = here.sheet([here.came(10000, "S1", reference=here.reference("A1"))]).bytes()
    for name, (make, _) in ATTACKS.items():
        make(folder / name, good)
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(folder), str(here.house.folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    told = json.loads(ran.stdout)
    faults = []
    for name, (_, codes) in ATTACKS.items():
        ends, (found,), seconds, memory = told[name]
        whole = ends == 3 and name in found["name"] and found.get("next_step")
        if not whole or (codes and found["refused"] not in codes) or seconds > 2 or memory > 200:
            faults.append((name, ends, found, seconds, memory))
    assert not faults
    assert len(here.rows(bank_file)) == 1
    assert not here.rows(bank_line)
    assert not here.rows(money_line)


def test_nothing_of_another_file_is_fetched(tmp_path: Path) -> None:
    """What asks for a file of this machine to be put in its place gets nothing of it."""
    here = AtTheBank(tmp_path / "house")
    here.called()
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", "utf-8")
    good = here.sheet([here.came(10000, "S1", reference=here.reference("A1"))]).bytes()
    asks = (f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" '
            f'href="{secret.as_uri()}"/>').encode()  # fmt: skip
    asked = good.replace(b"Firm A1", b"Firm A1" + asks)
    assert asked != good
    here.give(asked)
    assert "the secret" not in json.dumps([here.rec.show(), here.rec.work_list()], default=str)
    assert [row.arrived_minor for row in here.rows(pay_in)] in ([0], [10000])
    here.check()


def command(here: AtTheBank, *paths: Path, failpoint: str = "") -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    environment.pop(FAILPOINT, None)
    if failpoint:
        environment[FAILPOINT] = failpoint
    words = [sys.executable, "-m", "skontro", "reconcile", "import", *map(str, paths), "--json",
             "--house", str(here.house.folder)]  # fmt: skip
    return subprocess.Popen(words, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)  # fmt: skip


def test_two_imports_at_once(tmp_path: Path, database_url: str) -> None:
    """The same file by two commands at the same time: taken once, each line effective once."""
    is_server = database_url.startswith("postgresql")
    here = AtTheBank(tmp_path / "house", database_url if is_server else None)
    here.called()
    came = [here.came(2500, f"S{n}", reference=here.reference("A1")) for n in range(4)]
    path = tmp_path / "statement.xml"
    path.write_bytes(here.sheet([*came, here.came(77, "S9", name="Nobody")]).bytes())
    both = [command(here, path), command(here, path)]
    told = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    known = sorted(json.loads(out)["files"][0]["known"] for out, _ in told)
    assert known == [False, True]
    assert len(here.rows(bank_file)) == 1
    assert [row.outcome for row in here.rows(bank_line)] == ["matched"] * 4 + ["suspense"]
    assert len(here.rows(money_line)) == 5
    assert here.rows(pay_in)[0].arrived_minor == 10000
    here.check()


def test_killed_in_the_middle(tmp_path: Path, database_url: str) -> None:
    """Killed before and after a file and a line are on the disk, and called again: each once."""
    is_server = database_url.startswith("postgresql")
    here = AtTheBank(tmp_path / "house", database_url if is_server else None)
    here.called()
    points = ("bank.take.commit", "bank.take.committed", "money.receive.commit",
              "bank.lines.commit", "bank.lines.committed")  # fmt: skip
    for number, point in enumerate(points):
        path = tmp_path / f"{number}.xml"
        line = here.came(2000, f"S{number}", reference=here.reference("A1"))
        path.write_bytes(here.sheet([line]).bytes())
        killed = command(here, path, failpoint=point)
        killed.communicate(timeout=300)
        assert killed.returncode == 137, point
        taken = number if point == "bank.take.commit" else number + 1
        assert len(here.rows(bank_file)) == taken, point
        found = here.rec.import_paths([path])
        assert found["files"][0]["known"] == (taken == number + 1), point
        assert here.rows(pay_in)[0].arrived_minor == 2000 * (number + 1), point
        here.check()
    assert [row.outcome for row in here.rows(bank_line)] == ["matched"] * 5
    assert len(here.rows(money_line)) == 5


@pytest.mark.parametrize("first", ["RJCT", "ACSC"])
def test_answers_that_contradict(tmp_path: Path, first: str) -> None:
    """An order is answered twice, refused and paid: it is seen, and is not let go anew unseen."""
    here = AtTheBank(tmp_path / "house")
    out = here.let_go()["A2"]
    then = "ACSC" if first == "RJCT" else "RJCT"
    for number, status in enumerate((first, then)):
        here.give(write_status(f"X{number}", [(out["end_to_end"], status, "")]))
    (doubt,) = here.rec.work_list()["statuses"]
    assert doubt["status"] == then
    assert "ask which" in doubt["why"]
    assert here.out(out) == ("returned" if first == "RJCT" else "released")
    here.check()


def test_answers_that_contradict_in_one_import(tmp_path: Path) -> None:
    """Both answers in one import: nothing is due again until somebody knows which is right."""
    here = AtTheBank(tmp_path / "house")
    out = here.let_go()["A2"]
    here.give(*(write_status(one, [(out["end_to_end"], one, "")]) for one in ("RJCT", "ACSC")))
    assert here.out(out) == "released"
    assert [row.outcome for row in here.rows(bank_status)] == ["doubt", "noted"]


def test_more_is_said_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another command writes down of a line while this one is at work at it stays."""
    here = AtTheBank(tmp_path / "house")
    here.called()
    line = here.came(10000, "S1", reference=here.reference("A1"))
    other = here.sheet([here.came(9000, "S1", reference=here.reference("A1"))],
                       kind="camt.054").bytes()  # fmt: skip
    do = here.rec._do

    def meanwhile(item: Any) -> tuple[str, str]:
        monkeypatch.setattr(here.rec, "_do", do)
        done = do(item)
        here.rec.take(other, "other.xml")
        return done

    monkeypatch.setattr(here.rec, "_do", meanwhile)
    here.day([line])
    (waits,) = here.rec.work_list()["lines"]
    assert "different amounts" in waits["why"]
    assert waits["undo_entry"]


def test_a_return_of_what_never_left(tmp_path: Path) -> None:
    """Money back of a payment nobody sent is nobody's money, whatever id it carries."""
    here = AtTheBank(tmp_path / "house")
    outs = here.let_go()
    never = "2026-01/A2/EUR/9"
    back = Paid(end_to_end=never, reason="AC04", name="whoever")
    here.give(write_return("R1", never, 6000, "EUR", DAY))
    here.day([Booked(6000, DAY, "S7", (back,))])
    (line,) = here.rec.work_list()["lines"]
    assert (line["outcome"], line["amount_minor"]) == ("suspense", 6000)
    assert {here.out(one) for one in outs.values()} == {"released"}
    assert {row.state for row in here.rows(pay_out)} == {"released"}
    here.check()


def test_ids_and_names_that_steer_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing a bank's file says moves the cursor, clears the screen or turns the writing."""
    from skontro.cli import main

    here = AtTheBank(tmp_path / "house")
    here.called()
    evil = "\x9b2J\u202etxt\u2066\x85=1+1"
    stray = Booked(55, DAY, f"S{evil}", (Paid(end_to_end=f"E{evil}", name=f"N{evil}",
                                              text=evil, account=f"X{evil}"),))  # fmt: skip
    path = tmp_path / f"{evil}.xml"
    path.write_bytes(here.sheet([stray]).bytes())
    bad = tmp_path / f"bad{evil}.xml"
    bad.write_bytes(write_status(evil, [(evil, "RJCT", evil)]).replace(b"pain.002", b"pain.999"))
    answer = tmp_path / "answer.xml"
    answer.write_bytes(write_status(evil, [(evil, "RJCT", evil)]))
    there = ["--house", str(here.house.folder)]
    for words in (["reconcile", "import", str(path), str(bad), str(answer)],
                  ["reconcile", "list"], ["reconcile", "show"],
                  ["settlement", "suspense"]):  # fmt: skip
        main([*words, *there])
        said = "".join(capsys.readouterr())
        assert said
        wrong = {mark for mark in said if not mark.isprintable() and mark != "\n"}
        assert not wrong, (words, said)
