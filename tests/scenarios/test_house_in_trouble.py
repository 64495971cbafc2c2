# SPDX-License-Identifier: Apache-2.0
"""A house whose files are gone, damaged or nonsense, and callers who type what cannot be.

Each is refused with a sentence and a next step; nothing that was there is changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.made_desk import Answer, Desk
from tests.made_house import MadeHouse

from skontro.core.errors import NoSuchFile, Rejected, Unavailable
from skontro.flow.house import House
from skontro.store.database import Database

TOO_LARGE = str(2**63)


@pytest.fixture
def desk(empty_folder: Path, capsys: pytest.CaptureFixture[str],
         monkeypatch: pytest.MonkeyPatch) -> Desk:  # fmt: skip
    for name in ("SKONTRO_HOUSE", "SKONTRO_PASSPHRASE", "SKONTRO_HOUSE_PASSPHRASE",
                 "SKONTRO_PERSON", "SKONTRO_KEY", "SKONTRO_DB"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    found = Desk(empty_folder, capsys)
    found.open()
    return found


def refused(answer: Answer, code: str, exit_code: int = 2) -> None:
    """It was refused so, in a sentence, with a next step."""
    assert answer.code == exit_code, answer.err
    assert f"[{code}]" in answer.err
    assert "\n  next: " in answer.err
    assert "Traceback" not in answer.err
    assert "sqlalche" not in answer.err


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "another file": lambda _: b"not a database at all\n" * 400,
    "no head": lambda data: b"\0" * 100 + data[100:],
    "cut off": lambda data: data[: len(data) // 2],
    "a hole in it": lambda data: data[:8192] + b"\0" * 40960 + data[49152:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_not_worked_with(desk: Desk, damage: str) -> None:
    path = desk.folder / "h/house.db"
    bad = DAMAGES[damage](path.read_bytes())
    path.write_bytes(bad)
    for words in (["house", "show"], ["journal", "verify"], ["cycle", "open"]):
        answer = desk.type(*words, "--house", "h")
        refused(answer, "StoreDamaged")
        assert "skontro restore" in answer.err
    assert path.read_bytes() == bad


def test_a_database_that_is_gone_is_not_begun_anew(desk: Desk) -> None:
    """An empty one in its place would look like a house that was never opened."""
    path = desk.folder / "h/house.db"
    path.rename(desk.folder / "elsewhere.db")
    for words in (["house", "show"], ["cycle", "open"], ["journal", "head"]):
        refused(desk.type(*words, "--house", "h"), "DatabaseGone")
    assert not path.exists()
    (desk.folder / "elsewhere.db").rename(path)
    desk.at("house", "show")


def test_a_database_elsewhere_is_found_and_missed(tmp_path: Path) -> None:
    """A house that was made with a file outside its folder."""
    path = tmp_path / "elsewhere" / "other.db"
    path.parent.mkdir()
    made = MadeHouse(tmp_path / "house", url=f"sqlite:///{path}")
    identity = made.house.id
    made.house.close()
    with House.open(tmp_path / "house") as house:
        assert house.id == identity
    path.rename(tmp_path / "gone.db")
    with pytest.raises(NoSuchFile, match=r"other\.db: the house's database is gone"):
        House.open(tmp_path / "house")
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"data": 1}', "[" * 5000])
def test_a_note_of_where_the_database_is_that_says_nothing(desk: Desk, text: str) -> None:
    desk.write("h/house.json", text)
    refused(desk.type("house", "show", "--house", "h"), "UnreadableFile")
    desk.write("h/house.json", '{"database": null}')
    desk.at("house", "show")


@pytest.mark.parametrize("words", [
    ["people", "show", TOO_LARGE],
    ["obligations", "show", TOO_LARGE],
    ["journal", "show", "--first", TOO_LARGE],
    ["settlement", "sent", "A", "EUR", TOO_LARGE, "--bank-reference", "out"],
    ["settlement", "stop", TOO_LARGE],
], ids=lambda words: " ".join(words[:2]))  # fmt: skip
def test_a_number_no_house_has(desk: Desk, words: list[str]) -> None:
    refused(desk.type(*words, "--house", "h"), "NumberTooLarge")


def test_words_that_are_not_unicode(desk: Desk) -> None:
    refused(desk.type("obligations", "list", "A\udcff", "--house", "h"), "WrongEncoding")


def test_a_clock_goes_no_further_than_days_can_be_counted_from(desk: Desk) -> None:
    refused(desk.type("house", "clock", "9999-12-31T23:00Z", "--house", "h"), "ClockTooFar")
    desk.import_list()
    assert desk.ask("cycle", "open")["cycle"]["id"] == "2026-01"


def test_rules_too_deep_to_read(desk: Desk) -> None:
    desk.write("house.toml", "a = " + "[" * 5000)
    desk.house = "other"
    refused(desk.init(), "UnreadableFile")
    assert not (desk.folder / "other").exists()


def test_keys_that_are_mixed_up(desk: Desk) -> None:
    """Another's key, a public key in place of the private one, another's passphrase."""
    act = desk.ask("gate", "packs", "adopt", "A", "starter", *desk.signed("P1"))["act"]
    for key, secret, code in (("P1.pem", "P1", "WrongKey"), ("P2.pub", "P2", "WrongPassphrase"),
                              ("P2.pem", "P1", "WrongPassphrase")):  # fmt: skip
        answer = desk.type("people", "approve", act, "--as", "P2", "--key", f"keys/{key}",
                           "--passphrase-file", f"{secret}.secret", "--house", "h")  # fmt: skip
        refused(answer, code)
        assert "ask somebody who may" not in answer.err
    assert desk.ask("people", "show", act)["act"]["state"] == "proposed"


def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    """SQLite is let have no more pages: it says what it says when a disk is full."""
    path = tmp_path / "a.db"
    driver = sqlite3.connect(path)
    driver.execute("CREATE TABLE kept (text TEXT)")
    driver.commit()
    driver.close()
    database = Database(f"sqlite:///{path}")

    def fill() -> None:
        with database.unit("fill") as unit:
            cursor = unit.connection.connection.driver_connection
            cursor.execute("PRAGMA max_page_count = 20").close()
            cursor.execute("INSERT INTO kept VALUES ('first')").close()
            cursor.execute("INSERT INTO kept VALUES (?)", ("x" * 200_000,)).close()

    with pytest.raises(Unavailable, match="no room") as said:
        fill()
    assert said.value.code == "StoreFull"
    with database.read() as unit:
        driver_rows = unit.connection.connection.driver_connection.execute("SELECT * FROM kept")
        assert driver_rows.fetchall() == []
    database.close()


def test_what_a_payer_wrote_is_kept_as_databases_can(tmp_path: Path, database_url: str) -> None:
    """A NUL in what a payer wrote is no reason to refuse money; in the bank's own id it is."""
    made = MadeHouse(tmp_path / "house", url=database_url)
    receive = made.house.settlement.receive
    for bank_reference in ("a\0b", "a\nb", "x" * 257, " "):
        with pytest.raises(Rejected, match="bank"):
            receive("A", "EUR", 5, bank_reference=bank_reference, reference="r", payer="p")
    said = {"bank_reference": "x" * 256, "reference": "r\0", "payer": "Ada\0",
            "payer_account": "\0"}  # fmt: skip
    first = receive("A", "EUR", 5, **said)
    assert receive("A", "EUR", 5, **said) == first
    (line,) = made.house.settlement.suspense()
    assert (line["reference"], line["payer_said"][:4]) == ("r\ufffd", "Ada\ufffd")
    made.house.close()
