# SPDX-License-Identifier: Apache-2.0
"""Two people at the command line: the worked example from an empty folder to the close."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.made_desk import FIXING, SECRETS, Desk
from tests.made_house import FIRMS

from skontro.flow.house import House
from skontro.store.rows import find_all
from skontro.store.schema import obligation_event

NAMES = {one: name for one, name, _, _ in FIRMS}
SIDES = {one: side for one, _, side, _ in FIRMS}


@pytest.fixture
def desk(empty_folder: Path, capsys: pytest.CaptureFixture[str],
         monkeypatch: pytest.MonkeyPatch) -> Desk:  # fmt: skip
    for name in ("SKONTRO_HOUSE", "SKONTRO_PASSPHRASE", "SKONTRO_HOUSE_PASSPHRASE",
                 "SKONTRO_PERSON", "SKONTRO_KEY", "SKONTRO_DB"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return Desk(empty_folder, capsys)


def test_the_worked_example_from_init_to_close(desk: Desk) -> None:
    """Goal: every figure of the worked example, on the command line alone, by two people.

    Method: two key files with passphrases of their own; each act proposed by P1, shown with its
    digest and approved by P2 over that digest; the figures read from what is printed as JSON.
    """
    desk.open()
    desk.import_list()
    assert desk.both("participants", "admit", "firms.csv")["admitted"] == list(NAMES)
    numbers = desk.register_all()
    desk.open_cycle()
    desk.fund_b()
    desk.run_to_final()
    final = desk.ask("cycle", "show", "2026-01")["cycle"]["runs"][-1]["summary"]
    assert (final["gross_minor"], final["set_off_minor"]) == (42_500_000, 32_000_000)
    calls = {
        one["participant"]: one for one in desk.ask("settlement", "instruct", "2026-01")["pay_ins"]
    }
    assert {firm: (one["due_minor"], one["currency"]) for firm, one in calls.items()} == {
        "A1": (5_000_000, "EUR"), "B3": (135_000_000, "INR"),
    }  # fmt: skip
    for firm, amount in (("A1", "50000.00"), ("B3", "1350000.00")):
        came = desk.ask(
            "settlement", "receive", SIDES[firm], calls[firm]["currency"], amount,
            "--bank-reference", f"in {firm}", "--reference", calls[firm]["reference"],
            "--payer", NAMES[firm],
        )  # fmt: skip
        assert came["state"] == "matched"
    planned = desk.ask("settlement", "plan", "2026-01")
    assert [(one["debtor"], one["creditor"], one["flow_minor"]) for one in planned["border"]] == [
        ("A", "B", 1_500_000)
    ]
    settled = desk.ask("settlement", "settle", "2026-01")
    assert (settled["ready"], settled["waiting"]) == (4, 0)
    paid = {}
    for side, code in (("A", "EUR"), ("B", "INR")):
        would = desk.ask("messages", "release", side, code, "--cycle", "2026-01", "--dry-run")
        assert would["payments"] == 2
        group = {"A": "messages", "B": "settlement"}[side]
        desk.both(group, "release", side, code, "--cycle", "2026-01")
        content = desk.ask("people", "show", desk.last_act)["act"]["content"]
        for one in content["payments"]:
            paid[one["participant"]] = one["amount_minor"]
            desk.at("settlement", "sent", side, code, one["pay_out"], "--bank-reference",
                    f"out {one['pay_out']}")  # fmt: skip
    assert paid == {"A2": 2_000_000, "A3": 1_500_000, "B1": 180_000_000, "B2": 90_000_000}
    desk.at("cycle", "close", "2026-01")
    assert all(
        desk.ask("obligations", "show", number)["obligation"]["state"] == "discharged"
        for number in numbers.values()
    )
    assert desk.ask("cycle", "list")["cycles"][0]["state"] == "closed"
    assert desk.ask("journal", "balances")["balances_minor"] == {
        "bank:A:EUR": 1_500_000, "border:A:EUR": -1_500_000,
        "border:B:INR": 135_000_000, "working:B:INR": -135_000_000,
    }  # fmt: skip
    check_afterwards(desk)


def check_files(desk: Desk) -> None:
    """What was released is written as often as wanted; an altered file is refused."""
    dry = desk.ask("messages", "write", "to-bank", "--dry-run")
    assert [one["is"] for one in dry["files"]] == ["written"] * 4
    assert not Path("to-bank").exists()
    written = desk.ask("messages", "write", "to-bank")["files"]
    again = desk.ask("messages", "write", "to-bank", "--file", "1")["files"]
    assert [one["is"] for one in again] == ["there"]
    assert "is there already" in desk.at("messages", "write", "to-bank").out
    paths = [one["path"] for one in written]
    known = desk.ask("messages", "check-orders", *paths)["files"]
    assert [one["message"] for one in known] == ["pain.001.001.09", "transparency"] * 2
    Path(paths[0]).write_bytes(Path(paths[0]).read_bytes().replace(b"20000.00", b"29000.00"))
    for command in (["check-orders", paths[0]], ["write", "to-bank"]):
        answer = desk.type("messages", *command, "--house", desk.house)
        assert (answer.code, "as it was released" in answer.err or "is not what was" in answer.err
                ) == (2, True)  # fmt: skip
    desk.at("messages", "sent", 1)
    assert [one["state"] for one in desk.ask("messages", "files")["files"]] == [
        "sent", "released", "released", "released",
    ]  # fmt: skip


def check_afterwards(desk: Desk) -> None:
    """Everything can be shown, computed and checked again."""
    check_files(desk)
    trade = ["statement", "trade", "2026-01", "A", "--out", "trade.json"]
    desk.at(*trade, "--house-passphrase-file", "house.secret")
    verified = desk.type("verify", "trade.json")
    assert (verified.code, "trade report" in verified.out) == (0, True), verified
    assert [one["agrees"] for one in desk.ask("replay", "2026-01")["runs"]] == [True, True]
    head = desk.type("journal", "head", "--house", desk.house)
    desk.write("heads.txt", head.out)
    verdict = desk.ask("journal", "verify", "--heads", "heads.txt")
    assert (verdict["ok"], verdict["heads"]) == (True, 1)
    assert verdict["acts"] == 8
    checked = desk.ask("house", "check", "--heads", "heads.txt")
    assert (checked["ok"], checked["register"], len(checked["runs"])) == (True, [], 2)
    trial = desk.ask("journal", "trial")
    assert trial["balanced"] is True
    assert trial["accounts"]["working:B:INR"] == {"debit_minor": 0, "credit_minor": 135_000_000}
    held = desk.ask("participants", "records", "A1")["records"]
    assert {one["what"] for one in held} == {"name", "account", "signatories"}
    assert "2033-01-02" in desk.at("participants", "records", "A1").out
    assert "Anna Alder" in desk.at("people", "records", "P1").out
    locked = ["--house-passphrase-file", "house.secret"]
    notice = desk.ask("statement", "notice", "2026-01", "A1", *locked)
    assert notice["kind"] == "set-off notice"
    assert notice["content"]["participant"] == "A1"
    words = desk.at("statement", "notice", "2026-01", "A1", *locked).out
    assert "Alder Pharma" in words
    assert "DEMONSTRATION" in words
    desk.at("statement", "notices", "2026-01", "--out", "notices", *locked)
    assert len(list((desk.folder / "notices").iterdir())) == 6
    checked = desk.type("verify", "notices/1.json")
    assert checked.code == 0, checked.out
    papers = ["statement", "write", "notice", "2026-01", "--out", "papers", *locked]
    assert len(desk.ask(*papers, "--dry-run")["written"]) == 6
    assert desk.ask(*papers, "--participant", "A1")["written"] == ["1-set-off-notice.pdf"]
    assert len(desk.ask(*papers)["written"]) == 5
    assert "6 there already" in desk.at(*papers).out
    checked = desk.type("verify", "papers/1-set-off-notice.pdf")
    assert checked.code == 0, checked.out
    assert "pdf.signature" in checked.out
    assert "BEGIN CERTIFICATE" in desk.at("statement", "certificate", *locked).out
    assert desk.both("statement", "new-certificate", *locked)
    desk.at("cycle", "package", "2026-01", "--out", "packages", *locked)
    checked = desk.type("verify", "packages/participants/1", "--public", "packages/public")
    assert checked.code == 0, checked.out
    desk.at("backup", "b1")
    restored = desk.type("restore", "b1", "--house", "h2", "--json")
    assert restored.code == 0, restored.err
    assert restored.json["bank"] == {"A:EUR": 1_500_000, "B:INR": 0}
    refused = desk.type("cycle", "open", "--house", "h2")
    assert (refused.code, "[ReadOnly]" in refused.err) == (2, True)
    desk.house = "h2"
    desk.both("house", "resume", "--balance", "A:EUR=15000.00", "--balance", "B:INR=0.00")
    assert desk.ask("cycle", "open")["cycle"]["id"] == "2026-02"


def test_what_a_person_reads(desk: Desk) -> None:
    """Each answer says what was done and what comes next; nothing else is on stdout."""
    desk.open()
    desk.import_list()
    said = desk.at("participants", "admit", "firms.csv", *desk.signed("P1"))
    assert said.err == ""
    assert said.out.splitlines() == [
        "act 1 is proposed: admit a firm; nothing has happened yet",
        "next, another person: skontro people show 1 --house h",
        "                then: skontro people approve 1 --as PERSON --key FILE --house h",
        "DEMONSTRATION",
    ]
    shown = desk.at("people", "show", 1).out
    for text in ("participant.admit", "Alder Pharma (record ", "for Brahmi Labs", "--digest"):
        assert text in shown
    assert "no firm is admitted yet" in desk.at("participants", "list").out
    assert "act 1 is done" in desk.at("people", "approve", 1, *desk.signed("P2")).out
    assert "Brahmi Labs" in desk.at("participants", "list").out
    assert desk.at("people", "acts").out.splitlines()[0] == "no act waits"


def test_nobody_signs_for_another(desk: Desk) -> None:
    """The wrong passphrase, another's key, the maker as checker, a digest of something else."""
    desk.open()
    desk.import_list()
    admit = ["participants", "admit", "firms.csv", "--house", "h"]
    wrong = desk.type(*admit, "--as", "P1", "--key", "keys/P1.pem", "--passphrase-file",
                      "P2.secret")  # fmt: skip
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("skontro: keys/P1.pem: the passphrase does not open this key")
    other = desk.type(*admit, "--as", "P1", "--key", "keys/P2.pem", "--passphrase-file",
                      "P2.secret")  # fmt: skip
    assert (other.code, "[WrongKey]" in other.err) == (2, True)
    desk.at("participants", "admit", "firms.csv", *desk.signed("P1"))
    alone = desk.type("people", "approve", 1, *desk.signed("P1"), "--house", "h")
    assert (alone.code, "[SecondApproverRequired]" in alone.err) == (2, True)
    changed = desk.type("people", "approve", 1, *desk.signed("P2"), "--house", "h", "--digest",
                        "0" * 64)  # fmt: skip
    assert (changed.code, "[StaleApproval]" in changed.err) == (2, True)
    taken = desk.type("people", "withdraw", 1, "--as", "P1", "--key", "keys/P2.pem",
                      "--passphrase-file", "P2.secret", "--house", "h")  # fmt: skip
    assert (taken.code, "[WrongKey]" in taken.err) == (2, True)
    assert desk.ask("people", "withdraw", 1, *desk.signed("P1"))["state"] == "withdrawn"
    desk.both("participants", "admit", "firms.csv")
    acts = {option: desk.ask("people", "acts", *option) for option in ((), ("--done",), ("--all",))}
    said = {
        option: [(one["id"], one["state"], one["maker"], one["checker"]) for one in found["acts"]]
        for option, found in acts.items()
    }
    assert said == {
        (): [], ("--done",): [(2, "done", "P1", "P2")],
        ("--all",): [(1, "withdrawn", "P1", None), (2, "done", "P1", "P2")],
    }  # fmt: skip
    (done,) = acts[("--done",)]["acts"]
    assert done["approved_at"] >= done["made_at"] > "2026"
    assert " withdrawn" in desk.at("people", "acts", "--all").out
    assert "no act waits" in desk.at("people", "acts").out
    assert desk.type("people", "acts", "--all", "--done", "--house", desk.house).code == 2
    assert "checker  P2, 2026-01-02" in desk.at("people", "show", 2).out
    assert desk.ask("people", "acts")["acts"] == []


def test_a_step_names_only_who_proves_it(desk: Desk) -> None:
    desk.open()
    desk.open_cycle()
    desk.until("2026-01-30T15:00Z")
    cut_off = ["cycle", "cut-off", "2026-01", "--house", "h"]
    said = desk.type(*cut_off, "--as", "P1")
    assert (said.code, "--key" in said.err) == (2, True)
    said = desk.type(*cut_off, "--as", "P1", "--key", "keys/P2.pem", "--passphrase-file",
                     "P2.secret")  # fmt: skip
    assert (said.code, "[WrongKey]" in said.err) == (2, True)
    desk.at("cycle", "cut-off", "2026-01", *desk.signed("P2"))
    (step,) = desk.ask("cycle", "show", "2026-01")["cycle"]["steps"]
    assert (step["step"], step["person"]) == ("cut_off", "P2")


def test_who_of_the_house_took_in_what_a_party_says(desk: Desk) -> None:
    """Each command that takes a party's word in may name a person, whose key must prove it."""
    desk.open()
    desk.import_list()
    desk.both("participants", "admit", "firms.csv")
    for name in ("o1", "o2", "o3"):
        desk.at("obligations", "register", "--by", "B1", "--reference", name, "--debtor", "A1",
                "--creditor", "B1", "--amount", "9.00", "--currency", "EUR", "--due", "2026-01-10",
                "--document", name, *desk.signed("P1"))  # fmt: skip
    desk.write("yes.csv", "sender,reference\nB1,o2\n")
    words = {
        "confirm": ("confirm", 1, "--by", "A1"), "consent": ("consent", 1, "--by", "A1"),
        "dispute": ("dispute", 3, "--by", "A1", "--reason", "not delivered"),
        "confirm_file": ("confirm-file", "yes.csv", "--by", "A1"),
        "confirm_all": ("confirm", "--all", "--by", "A1"),
        "credit": ("credit", 1, "1.00", "--by", "B1", "--reference", "c1"),
        "withdraw": ("withdraw", 2, "--by", "B1"),
    }  # fmt: skip
    for command in words.values():
        forged = desk.type("obligations", *command, "--as", "P1", "--key", "keys/P2.pem",
                           "--passphrase-file", "P2.secret", "--house", "h")  # fmt: skip
        assert (forged.code, "[WrongKey]" in forged.err) == (2, True), command
        desk.at("obligations", *command, *desk.signed("P2"))
    with House.open(desk.folder / "h") as house, house.database.read() as unit:
        rows = find_all(unit, obligation_event, order=["id"])
    said = [(row.obligation, row.event, row.person) for row in rows if row.event != "register"]
    assert sorted(said) == [
        (1, "confirm", "P2"), (1, "consent", "P2"), (1, "credit", "P2"), (2, "confirm", "P2"),
        (2, "withdraw", "P2"), (3, "dispute", "P2"),
    ]  # fmt: skip


@pytest.mark.parametrize(("step", "code"), [
    (("cycle", "preliminary"), "OutOfOrder"),
    (("cycle", "irrevocable"), "OutOfOrder"),
    (("cycle", "close"), "OutOfOrder"),
    (("cycle", "cut-off"), "TooEarly"),
    (("settlement", "instruct"), "OutOfOrder"),
    (("settlement", "settle"), "OutOfOrder"),
])
def test_a_step_out_of_order_says_what_is_missing(
    desk: Desk, step: tuple[str, str], code: str
) -> None:
    desk.open()
    desk.open_cycle()
    said = desk.type(*step, "2026-01", "--house", "h")
    assert (said.code, said.out) == (2, "")
    assert f"[{code}]" in said.err
    assert "  next: " in said.err


def test_without_a_house(desk: Desk) -> None:
    said = desk.type("people", "list", "--house", "nowhere")
    assert (said.code, said.out) == (2, "")
    assert "nowhere: no house here [NoSuchFile]" in said.err
    assert "skontro init" in said.err


def test_a_house_is_opened_once_and_whole(desk: Desk) -> None:
    desk.write("house.toml", desk.type("init", "--example").out)
    desk.make_keys()
    desk.write("bad.toml", "[house]\nid = 'x'\nid = 'y'\n")
    bad = desk.type("init", "bad.toml", "--house", "h")
    assert (bad.code, "line 3" in bad.err) == (2, True)
    alone = desk.type("init", "house.toml", "--house", "h", "--key", "P1=keys/P1.pem",
                      "--house-passphrase-file", "house.secret")  # fmt: skip
    assert (alone.code, "[KeyMissing]" in alone.err) == (2, True)
    assert not (desk.folder / "h").exists()
    told = desk.init("--json")
    assert told.json["demonstration"] is True
    assert set(told.json["people"]) == {"P1", "P2"}
    again = desk.init()
    assert (again.code, "[TargetTaken]" in again.err) == (2, True)


def test_files_that_are_not_right_are_refused_by_place(desk: Desk) -> None:
    desk.open()
    desk.import_list()
    desk.open_cycle()
    desk.write("firms.csv", (desk.folder / "firms.csv").read_text().replace("SOA-1", "", 1))
    said = desk.type("participants", "admit", "firms.csv", *desk.signed("P1"), "--house", "h")
    assert (said.code, "row 1: agreement: id" in said.err) == (2, True)
    desk.write("fixing.csv", FIXING.replace("1/90", "0.0.1"))
    said = desk.type("cycle", "fixing", "2026-01", "fixing.csv", "--source", "x",
                     *desk.signed("P1"), "--house", "h")  # fmt: skip
    assert (said.code, "fixing, row 2" in said.err) == (2, True)
    desk.write("list.csv", "name,identifier\n")
    said = desk.type("gate", "lists", "import", "list.csv", "--source", "x", "--dated",
                     "2026-01-02", "--house", "h")  # fmt: skip
    assert said.code == 2
    assert len(desk.ask("gate", "lists", "show")["lists"]) == 1


def test_as_another_program_sees_it(desk: Desk) -> None:
    """In a process of its own, passphrases from the environment, the house from there too."""
    desk.open()
    env = {
        name: value for name, value in os.environ.items() if not name.startswith("SKONTRO")
    } | {"SKONTRO_HOUSE": "h", "SKONTRO_PERSON": "P1", "SKONTRO_KEY": "keys/P1.pem"}

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "skontro", *arguments], env=env | more, cwd=desk.folder,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip

    asked = ["participants", "limits", "--quota", "A:B=5.00", "--json"]
    done = run(*asked, SKONTRO_PASSPHRASE=SECRETS["P1"])
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["act"] == 1
    silent = run(*asked)
    assert (silent.returncode, silent.stdout) == (2, "")
    assert "no passphrase for keys/P1.pem [PassphraseMissing]" in silent.stderr
    assert "SKONTRO_PASSPHRASE" in silent.stderr
    wrong = run(*asked, SKONTRO_PASSPHRASE=SECRETS["P2"])
    assert (wrong.returncode, "[WrongPassphrase]" in wrong.stderr) == (2, True)
    (desk.folder / "h" / "house.db").unlink()
    gone = run("people", "list")
    assert gone.returncode in (2, 5)
    assert gone.stdout == ""


def test_an_upgrade_is_safe_to_repeat(desk: Desk) -> None:
    """A house of an earlier release is refused until it is upgraded; then nothing is left to do."""
    desk.open()
    assert desk.ask("upgrade")["put_in"] == []
    with sqlite3.connect(desk.folder / "h" / "house.db") as connection:
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in (["people", "list"], ["upgrade"]):
        later = desk.type(*command, "--house", "h")
        assert (later.code, "[SchemaNewer]" in later.err) == (2, True)
    with sqlite3.connect(desk.folder / "h" / "house.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    connection.close()
    assert "nothing to do" in desk.at("upgrade").out
    assert desk.type("upgrade", "--house", "nowhere").code == 2


def test_a_house_on_postgresql(desk: Desk, postgres_url: str) -> None:
    """Goal: --db puts the house there, its password stays out of sight, one house in each.

    Method: a house is opened on a real server, shown, and its database offered to a second one;
    then addresses that lead nowhere.
    """
    with_secret = postgres_url.replace("@", ":hunter2@", 1)
    assert with_secret != postgres_url
    desk.write("house.toml", desk.type("init", "--example").out)
    desk.make_keys()
    wrong = desk.init("--db", "mysql://root:hunter2@localhost/house")
    assert (wrong.code, "hunter2" in wrong.err) == (2, False)
    assert "postgresql://role@host/database" in wrong.err
    away = desk.init("--db", "postgresql://skontro:hunter2@127.0.0.1:9/house")
    assert (away.code, "hunter2" in away.err) == (5, False)
    opened = desk.init("--db", with_secret)
    assert opened.code == 0, opened.err
    assert "hunter2" not in opened.out
    assert "postgresql://" in opened.out
    assert (desk.folder / "h" / "house.json").stat().st_mode & 0o077 == 0
    assert not (desk.folder / "h" / "house.db").exists()
    desk.import_list()
    desk.both("participants", "admit", "firms.csv")
    assert len(desk.ask("participants", "list")["participants"]) == 6
    assert desk.ask("journal", "verify")["ok"] is True
    second = desk.type("init", "house.toml", "--house", "h2", "--key", "P1=keys/P1.pem", "--key",
                       "P2=keys/P2.pem", "--house-passphrase-file", "house.secret", "--db",
                       postgres_url)  # fmt: skip
    assert (second.code, "[TargetTaken]" in second.err) == (2, True)


def test_a_file_of_obligations(desk: Desk) -> None:
    """Good rows are taken, bad ones named; the same file again has no effect."""
    desk.open()
    desk.import_list()
    desk.both("participants", "admit", "firms.csv")
    desk.write(
        "both.csv",
        "sender,reference,debtor,creditor,amount,currency,document\n"
        "B1,o1,A1,B1,100.00,EUR,INV-1\nA1,x1,A1,B1,100.00,EUR,INV-1\n"
        "A3,o2,A3,A1,7.00,EUR,INV-2\nA3,o3,A3,Z9,7.00,EUR,\nA3,o4,A3,A1,1e3,EUR,\n",
    )
    said = desk.type("obligations", "import", "both.csv", "--house", "h", "--json",
                     "--rejections", "refused.csv")  # fmt: skip
    assert said.code == 3
    found = said.json
    assert (found["taken"], found["opened"], found["confirmed"], found["refused"]) == (3, 2, 1, 2)
    assert "row 4, creditor:" in said.err
    assert "[UnknownParticipant]" in said.err
    refused = (desk.folder / "refused.csv").read_text("utf-8").splitlines()
    assert refused[0] == "row,field,value,code,message"
    assert [line.split(",")[:4] for line in refused[1:]] == [
        ["4", "creditor", "Z9", "UnknownParticipant"], ["5", "amount", "1e3", "ExponentNotation"],
    ]  # fmt: skip
    again = desk.type("obligations", "import", "both.csv", "--house", "h", "--json",
                      "--allow-rejections")  # fmt: skip
    assert (again.code, again.json["taken"], again.json["repeated"]) == (0, 0, 3)
    (waits,) = desk.ask("obligations", "work-list")["obligations"]
    assert (waits["sender"], waits["reference"]) == ("A3", "o2")
    assert desk.ask("obligations", "confirm", "--all", "--by", "A1")["confirmed"] == 1
    by_reference = desk.ask("obligations", "show", "--sender", "A3", "--reference", "o2")
    assert by_reference["obligation"]["state"] == "confirmed"
    number = by_reference["obligation"]["number"]
    credited = desk.ask("obligations", "credit", number, "2.50", "--by", "A1", "--reference", "c1")
    assert credited["open_minor"] == 450
    assert desk.ask("obligations", "flag", number, "factored", "--by", "A1")["flags"] == [
        "factored"
    ]
    flagged = desk.ask("obligations", "list", "A1", "--state", "confirmed")["obligations"]
    assert any("factored" in one["why_not"] for one in flagged)
    assert desk.ask("obligations", "flag", number, "factored", "--clear", "--by", "A1")[
        "flags"
    ] == []  # fmt: skip
    neither = desk.type("obligations", "flag", number, "attached", "--house", "h")
    assert (neither.code, "--by" in neither.err) == (2, True)


def test_a_pay_in_that_does_not_come(desk: Desk) -> None:
    """A1 pays nothing: refused before the deadline, recast after it; set-off stays."""
    desk.open()
    desk.import_list()
    desk.both("participants", "admit", "firms.csv")
    desk.register_all()
    desk.open_cycle()
    desk.fund_b()
    desk.run_to_final()
    calls = {
        one["participant"]: one for one in desk.ask("settlement", "instruct", "2026-01")["pay_ins"]
    }
    stranger = desk.ask(
        "settlement", "receive", "A", "EUR", "50000.00", "--bank-reference", "in 1",
        "--reference", calls["A1"]["reference"], "--payer", "Somebody Else",
    )  # fmt: skip
    assert (stranger["state"], stranger["matched_minor"]) == ("suspense", 0)
    (line,) = desk.ask("settlement", "suspense")["lines"]
    assert line["open_minor"] == 5_000_000
    early = desk.type("settlement", "missed", "2026-01", "--house", "h")
    assert (early.code, "[TooEarly]" in early.err) == (2, True)
    desk.both("settlement", "assign", line["id"], "--return")
    desk.at("settlement", "receive", "B", "INR", "1350000.00", "--bank-reference", "in 2",
            "--reference", calls["B3"]["reference"], "--payer", NAMES["B3"])  # fmt: skip
    desk.until("2026-02-05T11:00Z")
    assert desk.ask("settlement", "missed", "2026-01")["recast"] is True
    assert desk.both("settlement", "recast", "2026-01")["settled_minor"] == 0
    assert "with cash" in desk.at("people", "show", desk.last_act).out
    paper = desk.ask("statement", "publication", "2026-01", "--recast", "1",
                     "--house-passphrase-file", "house.secret")  # fmt: skip
    assert paper["content"]["effect"] == "settlement"
    desk.at("settlement", "plan", "2026-01")
    desk.at("settlement", "settle", "2026-01")
    board = desk.ask("settlement", "board", "2026-01")
    side_a = next(one for one in board["sides"] if (one["side"], one["currency"]) == ("A", "EUR"))
    assert side_a["pay_ins"]["missing_minor"] == 5_000_000
    assert "the money did not come" in desk.at("settlement", "board", "2026-01").out
    final = desk.ask("cycle", "show", "2026-01")["cycle"]["runs"][1]["summary"]
    assert final["set_off_minor"] == 32_000_000


def test_what_two_currencies_of_a_side_and_a_fixing_come_to(desk: Desk) -> None:
    """Money left with a side, taken out, taken back; an exchange no one has money for."""
    desk.open()
    desk.import_list()
    desk.fund_b()
    taken = desk.ask("settlement", "withdraw", "B", "INR", "1350000.00")
    assert desk.ask("settlement", "stop", taken["pay_out"])["state"] == "stopped"
    twice = desk.type("settlement", "stop", taken["pay_out"], "--house", desk.house)
    assert (twice.code, "[NotReady]" in twice.err) == (2, True)
    desk.at("settlement", "fund", "B", "INR", "900.00", "--purpose", "revaluation",
            "--bank-reference", "bearer 1", "--payer", "Banyan Development Bank")  # fmt: skip
    gain = desk.ask("settlement", "withdraw", "B", "INR", "400.00", "--purpose", "revaluation",
                    "--payee", "Banyan Development Bank",
                    "--payee-account", "50100012345678 HDFCINBB")  # fmt: skip
    desk.both("settlement", "release", "B", "INR")
    assert "Banyan Development Bank" in desk.at("people", "show", desk.last_act).out
    desk.at("settlement", "sent", "B", "INR", gain["pay_out"], "--bank-reference", "bearer 2")
    assert desk.ask("journal", "balances")["balances_minor"] == {
        "bank:B:INR": 135_050_000, "revaluation:B:INR": -50_000, "working:B:INR": -135_000_000,
    }  # fmt: skip
    refused = desk.type("settlement", "exchange", "B", "INR", "5.00", "--for", "EUR", "1.00",
                        "--house", desk.house)  # fmt: skip
    assert (refused.code, "two currencies the side keeps" in refused.err) == (2, True)
    assert desk.ask("settlement", "exchanges")["exchanges"] == []
    assert desk.at("settlement", "exchanges").out.startswith("no side exchanges anything")


def test_what_was_changed_behind_the_house_is_found(desk: Desk) -> None:
    """Exit 1, and what does not hold is named: an edited entry, an archived input edited."""
    desk.open()
    desk.import_list()
    desk.both("participants", "admit", "firms.csv")
    desk.register_all()
    desk.open_cycle()
    desk.run_to_final()
    assert desk.at("replay", "2026-01").out.count("agrees") == 2
    head = desk.type("journal", "head", "--house", "h").out.strip()
    assert desk.ask("journal", "verify", "--head", head)["ok"] is True
    with sqlite3.connect(desk.folder / "h" / "house.db") as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal_entry'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE journal_entry SET business_day = '2026-01-03' WHERE number = 3")
    connection.close()
    found = desk.type("journal", "verify", "--head", head, "--house", "h")
    assert found.code == 1
    assert found.out.startswith("entry 3: its hash is not that of what it says")
    other = desk.type("journal", "verify", "--head", "3:" + "0" * 64, "--house", "h", "--json")
    assert (other.code, other.json["ok"]) == (1, False)
    wrong = desk.type("journal", "verify", "--head", "3:abc", "--house", "h")
    assert wrong.code == 2
    path = next((desk.folder / "h" / "archive" / "2026-01" / "final").glob("inputs/fixing*"))
    path.write_bytes(path.read_bytes().replace(b"1/90", b"1/80"))
    again = desk.type("replay", "2026-01", "--house", "h", "--json")
    assert again.code == 1
    every = desk.type("house", "check", "--house", "h")
    assert every.code == 1
    assert "run final of 2026-01 DIFFERS" in every.out
    assert "entry 3: its hash" in every.out
    assert [one["agrees"] for one in again.json["runs"]] == [True, False]
