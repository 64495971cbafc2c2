# SPDX-License-Identifier: Apache-2.0
"""Sanctions lists as they are published: what is read from each."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest
from tests import made_lists as made

from skontro.core.digest import canonical_json
from skontro.gate.entries import Identifier, ListEntry
from skontro.gate.lists import ReadList, read_list, read_list_bytes
from skontro.gate.lists.kept import entry_of, entry_text
from skontro.gate.parties import entry_digest

AT = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)
real = pytest.mark.skipif(not made.REAL.is_dir(), reason="the published lists are not here")


def by_reference(found: ReadList) -> dict[str, ListEntry]:
    return {entry.reference: entry for entry in found.entries}


def names(entry: ListEntry) -> list[tuple[str, str]]:
    return [(name.quality, name.text) for name in entry.names]


def identifiers(entry: ListEntry) -> list[tuple[str, str, str]]:
    return [(one.kind, one.value, one.country) for one in entry.identifiers]


# ---- each format, home-made ---------------------------------------------------------------------


def test_the_ofac_set(tmp_path: Path) -> None:
    found = read_list(made.ofac_csv(tmp_path / "set"), dated=AT)
    assert (found.authority, found.format, found.dated) == ("ofac", "ofac-csv", AT)
    assert found.counts() == {"entries": 4, "names": 7, "identifiers": 7}
    assert found.notes == ()
    quill, tide, ship, lamp = found.entries
    assert (quill.reference, quill.kind) == ("7001", "person")
    assert names(quill) == [
        ("primary", "Ansgar Peregrin QUILLFEATHER"), ("alias", "Ansgar QUILFEDER"),
        ("weak", "QUILLY"),
    ]  # fmt: skip
    assert quill.names[0].parts == (("given", "Ansgar Peregrin"), ("family", "QUILLFEATHER"))
    assert identifiers(quill) == [("passport", "Q1234567", "IR"), ("other", "778-221", "IR")]
    assert quill.dates == ("1970-03-12", "1970", "1971", "1972")
    assert (quill.countries, quill.programmes) == (("IR",), ("FABLE", "MYTH"))
    assert "Linked To: BANK OF THE LONG TIDE" in quill.text
    assert (tide.kind, tide.dates) == ("organisation", ("1988",))
    assert names(tide) == [("primary", "BANK OF THE LONG TIDE"), ("alias", "LONG TIDE SAVINGS")]
    assert identifiers(tide) == [("bic", "LTIDIRTH", ""), ("tax_number", "4400991", "IR")]
    assert (ship.kind, ship.countries) == ("vessel", ("CU",))
    assert identifiers(ship) == [("imo", "9000017", ""), ("other", "422000001", "")]
    assert names(lamp) == [("primary", 'LAMPWICK TRADING "OOO"')]
    assert identifiers(lamp) == [("registration_number", "1027700132999", "RU")]


def test_a_remark_goes_on_in_the_comments_where_it_was_full(tmp_path: Path) -> None:
    full = "x" * 990 + "; Registration"
    changed = made.OFAC["sdn.csv"].replace("-0- \n", f'"{full}"\n', 1)
    found = read_list(
        made.ofac_csv(tmp_path / "set", sdn=changed,
                      sdn_comments='7004," Number 55 (Russia)."\n9,"of nobody"\n'),
        dated=AT,
    )  # fmt: skip
    assert identifiers(found.entries[3]) == [("registration_number", "55", "RU")]
    assert found.notes == ("remarks of 1 entries that are not in sdn.csv were left out",)


def test_the_ofac_set_however_it_comes(tmp_path: Path) -> None:
    """A folder, any of its files, a zip, whatever the files are called: the same list."""
    place = made.ofac_csv(tmp_path / "set")
    (place / "notes.txt").write_text("what else lies there")
    expected = read_list(place, dated=AT)
    assert read_list(place / "alt.csv", dated=AT) == expected
    packed = tmp_path / "set.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name in enumerate(made.OFAC):
            archive.write(place / name, f"a/{number}.dat")
    assert read_list(packed, dated=AT) == expected
    marked = made.ofac_csv(
        tmp_path / "marked",
        **{name.removesuffix(".csv"): text.replace("\n", "\r\n") + "\x1a"
           for name, text in made.OFAC.items()},
    )  # fmt: skip
    assert read_list(marked, dated=AT).entries == expected.entries


def test_ofac_xml() -> None:
    found = read_list_bytes(made.OFAC_XML.encode())
    assert (found.authority, found.dated) == ("ofac", AT)
    assert found.claims == {"entries": 3, "dated": AT.isoformat()}
    quill, tide, ship = found.entries
    assert names(quill) == [
        ("primary", "Ansgar Peregrin QUILLFEATHER"), ("alias", "Ansgar QUILFEDER"),
        ("weak", "QUILLY"),
    ]  # fmt: skip
    assert identifiers(quill) == [("passport", "Q1234567", "IR")]
    assert (quill.dates, quill.countries) == (("1970-03-12",), ("IR",))
    assert quill.programmes == ("FABLE", "MYTH")
    assert "Gender: Male" in quill.text
    assert identifiers(tide) == [("bic", "LTIDIRTH", "")]
    assert identifiers(ship) == [("imo", "9000017", "")]
    assert (ship.kind, ship.countries) == ("vessel", ("CU",))


def test_ofac_advanced_xml() -> None:
    """Parties refer to words, places and papers before them; why they are listed stands behind."""
    found = read_list_bytes(made.ADVANCED_XML.encode())
    assert (found.authority, found.format, found.dated) == ("ofac", "ofac-advanced", AT)
    quill, tide, ship = found.entries
    assert (quill.reference, quill.kind, quill.programmes) == ("7001", "person", ("FABLE",))
    assert names(quill) == [("primary", "Ansgar QUILLFEATHER"), ("weak", "QUILLY")]
    assert quill.names[0].parts == (("given", "Ansgar"), ("family", "QUILLFEATHER"))
    assert (quill.dates, quill.countries) == (("1970-03-12",), ("IR",))
    assert identifiers(quill) == [("passport", "Q1234567", "IR")]
    assert "Gender: Male" in quill.text
    assert (tide.kind, identifiers(tide)) == ("organisation", [("bic", "LTIDIRTH", "")])
    assert (tide.dates, tide.programmes) == (("1988",), ("MYTH",))
    assert (ship.kind, ship.countries) == ("vessel", ("CU",))
    assert identifiers(ship) == [("imo", "9000017", "")]


def test_un_xml() -> None:
    found = read_list_bytes(made.UN_XML.encode())
    assert (found.authority, found.format) == ("un", "un-xml")
    assert found.dated == AT.replace(second=9)
    quill, tide = found.entries
    assert (quill.reference, quill.kind, quill.programmes) == ("FBi.001", "person", ("Fable",))
    assert names(quill) == [
        ("primary", "ANSGAR PEREGRIN QUILLFEATHER"),
        ("alias", "\u0627\u0646\u0633\u063a\u0627\u0631"),
        ("alias", "Ansgar Quilfeder"), ("weak", "Quilly"),
    ]  # fmt: skip
    assert quill.dates == ("1970-03-12", "1968", "1969")
    assert quill.countries == ("CU", "IR")
    assert identifiers(quill) == [("passport", "Q1234567", "IR")]
    assert "Said to keep a harbour & a lamp." in quill.text
    assert (tide.reference, tide.kind, tide.countries) == ("FBe.001", "organisation", ("KP",))
    assert names(tide) == [("primary", "BANK OF THE LONG TIDE"), ("alias", "LONG TIDE SAVINGS")]


def test_eu_csv() -> None:
    found = read_list_bytes(made.eu_csv())
    assert (found.authority, found.format, found.dated) == ("eu", "eu-csv", AT)
    quill, tide = found.entries
    assert (quill.reference, quill.kind, quill.programmes) == ("EU.27.28", "person", ("FBL",))
    assert names(quill) == [
        ("primary", "Ansgar QUILLFEATHER"), ("alias", "Ansgar Quilfeder"), ("weak", "Quilly"),
    ]  # fmt: skip
    assert quill.names[0].parts == (("given", "Ansgar"), ("family", "QUILLFEATHER"))
    assert quill.dates == ("1970-03-12", "1970", "1971", "1972")
    assert (quill.countries, identifiers(quill)) == (("IR",), [("passport", "Q1234567", "IR")])
    assert (tide.kind, tide.countries) == ("organisation", ("IR",))
    assert names(tide) == [("primary", "Bank; of the Long Tide")]
    assert identifiers(tide) == [("tax_number", "4400991", "")]


def test_uk_csv() -> None:
    found = read_list_bytes(made.uk_csv())
    assert (found.authority, found.format, found.dated) == ("uk", "uk-csv", AT)
    quill, tide, ship = found.entries
    assert (quill.reference, quill.kind) == ("FBL0001", "person")
    assert names(quill) == [
        ("primary", "Ansgar QUILLFEATHER"), ("alias", "Ansgar QUILFEDER"), ("weak", "QUILLY"),
    ]  # fmt: skip
    assert quill.dates == ("1970-03-12", "1971")
    assert quill.countries == ("CU", "IR")
    assert identifiers(quill) == [("passport", "Q1234567", "IR")]
    assert names(tide) == [("primary", "BANK, LONG TIDE"), ("alias", "\u0411\u0430\u043d\u043a")]
    assert identifiers(tide) == [
        ("registration_number", "1027700132999", "RU"), ("registration_number", "4400991", ""),
    ]  # fmt: skip
    assert (ship.kind, ship.countries) == ("vessel", ("CU", "PA"))
    assert ship.identifiers == (Identifier("imo", "9000017"),)


def test_the_uk_column_of_kinds_has_two_names() -> None:
    older = made.uk_csv().replace(b"Designation Type", b'"Individual, Entity, Ship"')
    assert read_list_bytes(older).entries == read_list_bytes(made.uk_csv()).entries


def test_opensanctions_nested() -> None:
    found = read_list_bytes(made.nested_json())
    assert (found.authority, found.format) == ("opensanctions", "opensanctions-nested")
    assert found.dated == AT.replace(hour=6)
    quill, tide, ship = found.entries
    assert (quill.reference, quill.kind, quill.programmes) == (
        "NK-1", "person", ("FBL-1", "Office of Fables"),
    )  # fmt: skip
    assert names(quill) == [
        ("primary", "Ansgar Quillfeather"), ("alias", "Ansgar Quilfeder"), ("weak", "Quilly"),
    ]  # fmt: skip
    assert identifiers(quill) == [("passport", "Q1234567", "IR")]
    assert (quill.dates, quill.countries) == (("1970-03-12",), ("CU", "IR"))
    assert "ownershipOwner: Lampwick Trading" in quill.text
    assert names(tide)[1] == ("alias", "Long Tide Bank")
    assert set(identifiers(tide)) == {
        ("bic", "LTIDIRTH", ""), ("tax_number", "4400991", ""),
        ("lei", "529900T8BM49AURSDO55", ""),
    }  # fmt: skip
    assert (tide.dates, tide.countries) == (("1988",), ("IR",))
    assert identifiers(ship) == [("imo", "9000017", ""), ("other", "422000001", "")]


def test_opensanctions_simple() -> None:
    found = read_list_bytes(made.simple_csv())
    assert (found.authority, found.format) == ("opensanctions", "opensanctions-simple")
    quill, ship = found.entries
    assert names(quill) == [
        ("primary", "Ansgar Quillfeather"), ("alias", "Ansgar Quilfeder"), ("alias", "Quilly"),
    ]  # fmt: skip
    assert (quill.dates, quill.countries) == (("1970-03-12",), ("IR", "UA"))
    assert identifiers(quill) == [("other", "Q1234567", "")]
    assert identifiers(ship) == [("imo", "9000017", ""), ("other", "422000001", "")]


def test_an_own_list() -> None:
    text = (
        "name,identifier,identifier_kind,reference,kind,aliases,weak_aliases,countries,dates,text\n"
        "Lampwick Trading,HRB 7,registration_number,L1,organisation,"
        "Lampwick; Docht AG,LT,de,1988,\n"
        "Lampwick & Sons,,,L1,,,,Iran,,seen in May\n"
        ",DE 99,tax_number,,,,,,,\n"
    )
    found = read_list_bytes(text.encode(), dated=AT)
    assert (found.authority, found.format) == ("own", "own-csv")
    lamp, nameless = found.entries
    assert (lamp.reference, lamp.kind, lamp.text) == ("L1", "organisation", "seen in May")
    assert names(lamp) == [
        ("primary", "Lampwick Trading"), ("alias", "Lampwick"), ("alias", "Docht AG"),
        ("weak", "LT"), ("alias", "Lampwick & Sons"),
    ]  # fmt: skip
    assert (lamp.countries, lamp.dates) == (("DE", "IR"), ("1988",))
    assert (nameless.names, identifiers(nameless)) == ((), [("tax_number", "DE 99", "")])


def test_an_own_list_of_two_columns_whose_entries_keep_their_references() -> None:
    """Without a reference an entry is known by its content: a row before it changes nothing."""
    one = read_list_bytes(b"name,identifier\nOld Oak,X1\n", dated=AT)
    two = read_list_bytes(b"name;identifier\nNew Elm;\nOld  oak;x1\nOld Oak;X1\n", dated=AT)
    references = [entry.reference for entry in two.entries]
    assert one.entries[0].reference in references
    assert len(set(references)) == 3


@pytest.mark.parametrize("content", [made.eu_csv(), made.UN_XML.encode(), made.nested_json()])
def test_packed_it_is_the_same_list(tmp_path: Path, content: bytes) -> None:
    expected = read_list_bytes(content)
    (tmp_path / "list.dat.gz").write_bytes(gzip.compress(content))
    assert read_list(tmp_path / "list.dat.gz") == expected
    with zipfile.ZipFile(tmp_path / "list.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "what this is")
        archive.writestr("folder/list.dat", content)
    assert read_list(tmp_path / "list.zip") == expected


# ---- as really published ------------------------------------------------------------------------


@real
def test_the_published_sdn_list() -> None:
    """Counted beforehand with other means: lines of each file, and of the kinds of parties."""
    found = read_list(made.REAL / "sdn.csv", dated=AT)
    kinds = [entry.kind for entry in found.entries]
    assert len(found.entries) == 7379
    assert [kinds.count(kind) for kind in ("person", "organisation", "vessel", "aircraft")] == [
        3845, 2994, 323, 217,
    ]  # fmt: skip
    assert sum(name.quality == "alias" for entry in found.entries for name in entry.names) > 9600
    assert sum(one.kind == "bic" for entry in found.entries for one in entry.identifiers) == 72
    entries = by_reference(found)
    assert names(entries["36"]) == [
        ("primary", "AEROCARIBBEAN AIRLINES"), ("alias", "AERO-CARIBBEAN"),
    ]  # fmt: skip
    assert names(entries["306"])[-1] == ("weak", "BNC")
    assert {"CH", "ES"} <= set(entries["306"].countries)
    assert identifiers(entries["25379"]) == [("imo", "9305219", "")]


@real
def test_the_published_un_list() -> None:
    found = read_list(made.REAL / "UN_consolidated.xml")
    kinds = [entry.kind for entry in found.entries]
    assert (kinds.count("person"), kinds.count("organisation")) == (730, 273)
    assert found.dated == datetime.datetime(2026, 2, 27, 0, 0, 9, tzinfo=datetime.UTC)
    weak = [name for entry in found.entries for name in entry.names if name.quality == "weak"]
    assert len(weak) == 615
    badege = by_reference(found)["CDi.001"]
    assert names(badege) == [("primary", "ERIC BADEGE")]
    assert (badege.dates, badege.countries) == (("1971",), ("CD", "RW"))


def test_what_is_kept_of_an_entry_is_all_its_fields() -> None:
    """The digest of an entry stands for each of them, under its name: old decisions rest on it."""
    for content in (made.UN_XML.encode(), made.eu_csv(), made.nested_json()):
        for entry in read_list_bytes(content).entries:
            text = entry_text(entry)
            assert text == canonical_json(asdict(entry))
            assert entry_of(text) == entry
            assert entry_digest(entry) == hashlib.sha256(text).hexdigest()
