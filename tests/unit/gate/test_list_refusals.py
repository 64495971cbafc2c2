# SPDX-License-Identifier: Apache-2.0
"""Lists that are refused: each way a file can be wrong, with its code, and damage at random."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import made_lists as made

from skontro.gate.lists import ListRefused, ReadList, read_list, read_list_bytes, source
from skontro.gate.lists.xml_records import Records

AT = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)
OWN = b"name,identifier\nOld Oak,X1\nNew Elm,X2\n"
DATED = {
    "ofac-xml": made.OFAC_XML.encode(),
    "ofac-advanced-xml": made.ADVANCED_XML.encode(),
    "un-xml": made.UN_XML.encode(),
    "eu-csv": made.eu_csv(),
    "uk-csv": made.uk_csv(),
    "opensanctions-nested": made.nested_json(),
    "opensanctions-simple": made.simple_csv(),
}
"""A whole file of each format that says its own date."""


def code_of(read: Callable[[], ReadList]) -> str:
    with pytest.raises(ListRefused) as refused:
        read()
    assert refused.value.next_step
    assert refused.value.message.startswith("list: ")
    return refused.value.code


def code(content: bytes | str, dated: datetime.datetime | None = None) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return code_of(lambda: read_list_bytes(raw, dated=dated))


def code_at(path: Path) -> str:
    return code_of(lambda: read_list(path, dated=AT))


# ---- cut off ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATED)
def test_cut_in_the_middle(name: str) -> None:
    whole = DATED[name]
    assert code(whole[: len(whole) * 3 // 5]) in ("ListTruncated", "ListCount")


@given(st.sampled_from(sorted(DATED)), st.data())
def test_cut_anywhere_it_is_refused_or_whole(name: str, data: st.DataObject) -> None:
    """A list of which a piece is missing is refused, unless nothing of it was cut off.

    Where rows stand alone (CSV and JSON), a file that ends exactly between two rows is a shorter
    list and no damaged one: that it has fewer entries is seen when it comes into force.
    """
    whole = DATED[name]
    cut = data.draw(st.integers(0, len(whole) - 1))
    expected = read_list_bytes(whole)
    try:
        found = read_list_bytes(whole[:cut])
    except ListRefused:
        return
    if "xml" in name:
        assert found.entries == expected.entries
    else:
        rest = whole[cut:].lstrip(b"\r\n")
        assert not rest or whole[:cut].endswith(b"\n") or whole[cut : cut + 1] == b"\n"
        references = [entry.reference for entry in expected.entries]
        assert [entry.reference for entry in found.entries] == references[: len(found.entries)]


@given(st.sampled_from(sorted(made.OFAC)), st.data())
def test_a_file_of_the_ofac_set_cut_anywhere(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """Whole files have an end mark here, as OFAC's have: a set with one cut is refused.

    The long remarks go on in sdn_comments.csv, which may end between two rows.
    """
    whole = made.OFAC[name] + "\x1a"
    cut = data.draw(st.integers(0, len(whole) - 1))
    files = {one.removesuffix(".csv"): text + "\x1a" for one, text in made.OFAC.items()}
    place = tmp_path_factory.mktemp("set")
    expected = read_list(made.ofac_csv(place, **files), dated=AT)
    files[name.removesuffix(".csv")] = whole[:cut]
    made.ofac_csv(place, **files)
    try:
        found = read_list(place, dated=AT)
    except ListRefused:
        return
    assert name == "sdn_comments.csv"
    assert found.entries == expected.entries


def test_a_row_missing_from_the_middle_of_the_ofac_set(tmp_path: Path) -> None:
    """Addresses and aliases tell that a party is missing."""
    rows = made.OFAC["sdn.csv"].splitlines(keepends=True)
    for gone in (0, 1, 3):
        sdn = "".join(rows[:gone] + rows[gone + 1 :])
        place = made.ofac_csv(tmp_path / str(gone), sdn=sdn)
        assert code_at(place) == "ListTruncated"


def test_a_cut_within_the_last_mark_for_nothing_loses_nothing(tmp_path: Path) -> None:
    expected = read_list(made.ofac_csv(tmp_path / "a"), dated=AT)
    cut = made.OFAC["alt.csv"].removesuffix("- \n")
    assert cut.endswith(",-0")
    found = read_list(made.ofac_csv(tmp_path / "b", alt=cut), dated=AT)
    assert found.entries == expected.entries
    place = made.ofac_csv(tmp_path / "c", alt=cut.removesuffix("-0"))
    assert code_at(place) == "ListTruncated"


@pytest.mark.parametrize("name", ["eu-csv", "uk-csv"])
def test_a_last_field_that_is_not_whole(name: str) -> None:
    """A cut there leaves a row with as many fields: only the end of its line tells."""
    whole = DATED[name].rstrip(b"\r\n") + b"Cuba"
    read_list_bytes(whole + b"\r\n")
    for cut in range(5):
        assert code(whole[: len(whole) - cut]) == "ListTruncated"


def test_more_or_fewer_records_than_the_file_says() -> None:
    for count in ("2", "4"):
        text = made.OFAC_XML.replace("<Record_Count>3<", f"<Record_Count>{count}<")
        assert code(text) == "ListCount"


def test_a_set_that_is_not_whole(tmp_path: Path) -> None:
    for name in made.OFAC:
        place = made.ofac_csv(tmp_path / name)
        (place / name).unlink()
        assert code_at(place) == "ListSet"
    place = made.ofac_csv(tmp_path / "twice")
    (place / "alt2.csv").write_bytes((place / "alt.csv").read_bytes())
    assert code_at(place) == "ListSet"


# ---- empty --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\xef\xbb\xbf", b"\x1a", made.eu_csv([]), made.uk_csv([]),
     made.simple_csv().split(b"\n")[0] + b"\n", b"name,identifier\n", b"name,identifier\n,\n",
     b"<CONSOLIDATED_LIST dateGenerated='2026-01-01T00:00:00Z'><INDIVIDUALS/><ENTITIES/>"
     b"</CONSOLIDATED_LIST>",
     made.OFAC_XML[: made.OFAC_XML.index("<sdnEntry>")].replace(">3<", ">0<").encode()
     + b"</sdnList>"],
)  # fmt: skip
def test_empty(content: bytes) -> None:
    own = content.startswith((b"name", b"\x1a", b"\n"))
    assert code(content, AT if own else None) == "ListEmpty"


def test_an_empty_file_of_the_ofac_set(tmp_path: Path) -> None:
    place = made.ofac_csv(tmp_path / "set", sdn="")
    assert code_at(place) == "ListSet"


# ---- another shape ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        made.eu_csv().replace(b"NameAlias_WholeName", b"Alias_Name"),
        made.eu_csv().replace(b"Citizenship_CountryIso2Code", b"NameAlias_WholeName"),
        made.eu_csv().replace(b"20/11/2026", b"a while ago"),
        made.uk_csv().replace(b"Alias strength", b"Strength"),
        made.uk_csv().replace(b"Report Date: 20-Nov-2026\r\n", b""),
        made.uk_csv().replace(b"20-Nov-2026", b"lately"),
        made.uk_csv().replace(b"Designation Type", b"Designation Kind"),
        made.simple_csv().replace(b'"aliases"', b'"other_names"'),
        made.nested_json().replace(b'"properties": {"name"', b'"props": {"name"'),
        made.nested_json().replace(b'"schema": "Person"', b'"schema": 7'),
        b'{"id": "a", "schema": "Person", "properties": []}\n',
        made.UN_XML.replace("INDIVIDUALS>", "PEOPLE>").encode(),
        made.UN_XML.replace("FIRST_NAME", "NAME_ONE").replace("SECOND_NAME", "N2")
        .replace("THIRD_NAME", "N3").replace("ALIAS_NAME", "A").replace("ORIGINAL", "X").encode(),
        made.UN_XML.replace("REFERENCE_NUMBER", "R").replace("DATAID", "D").encode(),
        made.UN_XML.replace("dateGenerated", "generated").encode(),
        made.OFAC_XML.replace("uid>", "number>").encode(),
        made.ADVANCED_XML.replace("SanctionsEntry ", "Entry ").replace("SanctionsEntry>", "Entry>")
        .encode(),
        made.ADVANCED_XML.replace("DateOfIssue", "Issued").encode(),
        made.ADVANCED_XML.replace("<Month>11<", "<Month>31<").encode(),
        made.ADVANCED_XML.replace("PartySubTypeID", "SubTypeID").encode(),
        made.ADVANCED_XML.replace("NamePartValue", "Value").encode(),
        made.ADVANCED_XML.replace('LocationID="26"', 'LocationID="27"').encode(),
        made.OFAC_XML.replace(">Vessel<", ">Balloon<").encode(),
        made.OFAC_XML.replace("Record_Count", "Count").encode(),
        made.OFAC_XML.replace("publshInformation", "publishInformation").encode(),
        b"name,identifier,alias\nOld Oak,,Oak\n",
        b"identifier,reference,name,name\n1,2,3,4\n",
    ],
)  # fmt: skip
def test_changed_header(content: bytes) -> None:
    assert code(content, AT if content.startswith((b"name", b"ident")) else None) == (
        "ListHeaderChanged"
    )


@pytest.mark.parametrize(
    "content",
    [b"<!DOCTYPE html><html><body>Sign in</body></html>", b"<html><head/></html>",
     b"<Designations xmlns='x'/>", b"<export generationDate='2026-01-01'/>", b"hello\n",
     b"firstname,lastname\nA,B\n", b"\x89PNG\r\n\x1a\n\0\0", b"PAR1\0\0"],
)  # fmt: skip
def test_no_list(content: bytes) -> None:
    assert code(content, AT) == "ListUnknown"


def test_rows_that_cannot_be_meant() -> None:
    for row in (b",,,,5", b"A,dog,,,", b"A,,DE,nonsense,", b"A,,,,the day before"):
        text = b"name,kind,identifier,identifier_kind,dates\nOld Oak,,,,\n" + row + b"\n"
        assert code(text, AT) == "ListUnreadable"
    assert code(b"name,countries\nOld Oak,Atlantis\n", AT) == "ListUnreadable"
    assert code(made.eu_csv().replace(b";13;", b";;"), None) == "ListUnreadable"
    for odd in (b"NK\\u0000-1", b"N" * 201):
        assert code(made.nested_json().replace(b"NK-1", odd), None) == "ListUnreadable"
    assert code(made.eu_csv().replace(b"20/11/2026", b"19/11/2026", 1), None) == "ListUnreadable"


# ---- dates --------------------------------------------------------------------------------------


def test_a_list_without_a_date_needs_one_and_its_own_goes_first(tmp_path: Path) -> None:
    assert code(OWN) == "ListNotDated"
    place = made.ofac_csv(tmp_path / "set")
    assert code_of(lambda: read_list(place)) == "ListNotDated"
    for content in DATED.values():
        assert read_list_bytes(content, dated=AT + datetime.timedelta(hours=9)).dated.date() == (
            AT.date()
        )
        assert code(content, AT + datetime.timedelta(days=1)) == "ListDate"


# ---- encodings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        made.UN_XML.encode("utf-16"),
        made.UN_XML.replace("UTF-8", "ISO-8859-1").replace("lamp", "lämp").encode("utf-8"),
        made.eu_csv().replace(b"Ansgar", "Änsgar".encode("latin-1")),
        made.uk_csv().replace(b"Ansgar", b"\xff"),
        made.nested_json().replace(b"Ansgar", "Änsgar".encode("latin-1")),
        made.eu_csv()[3:].decode().encode("utf-16-le"),
        made.uk_csv().replace(b"Ansgar", b"Ans\0gar"),
        made.nested_json().replace(b"Ansgar", b"Ans\\udc00gar"),
    ],
)
def test_wrong_encoding(content: bytes) -> None:
    assert code(content) in ("ListEncoding", "ListUnknown")


def test_xml_that_is_not_the_utf8_it_says() -> None:
    assert code(made.OFAC_XML.replace("Port", "Pört").encode("latin-1")) == "ListUnreadable"


# ---- XML that does more than it should ----------------------------------------------------------

_BOMB = (
    '<!DOCTYPE CONSOLIDATED_LIST [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    "added",
    [_BOMB, "<!DOCTYPE CONSOLIDATED_LIST>",
     '<!DOCTYPE CONSOLIDATED_LIST SYSTEM "secret.txt">',
     '<!DOCTYPE CONSOLIDATED_LIST [<!ENTITY x SYSTEM "secret.txt">]>',
     "<!-- a --><?pi b?>\n" + "<!DOCTYPE CONSOLIDATED_LIST>"],
)  # fmt: skip
def test_a_document_type_or_entities(added: str) -> None:
    head, rest = made.UN_XML.split("?>\n", 1)
    assert code(f"{head}?>\n{added}{rest.replace('lamp', '&c;')}") == "ListXml"
    # far behind, where recognising a file does not look
    late = f"{head}?>\n<!-- {'x' * (1 << 17)} -->{added}{rest}"
    assert code(late) in ("ListXml", "ListTruncated")


@pytest.mark.parametrize("added", ["<!DOCTYPE A>", '<!DOCTYPE A [<!ENTITY x "y">]>'])
def test_the_reader_of_xml_itself_refuses_a_document_type(added: str) -> None:
    """Were a file taken for a list whose beginning was not looked at whole."""
    part = source.part_of_bytes("a.xml", f"{added}<A><B/></A>".encode())
    with pytest.raises(ListRefused) as refused:
        list(Records(source.Reading(part), ("B",)))
    assert refused.value.code == "ListXml"


def test_an_entity_nobody_declared() -> None:
    assert code(made.UN_XML.replace("lamp", "&lamp;")) == "ListUnreadable"


# ---- bombs and bounds ---------------------------------------------------------------------------


def test_what_unpacks_to_too_much(tmp_path: Path) -> None:
    """A file that packs a thousandfold is refused before it fills the memory."""
    rows = (b"O" + b"x" * 100_000 + b",\n") * 200
    assert read_list_bytes(OWN + rows, dated=AT).counts()["entries"] == 202
    with pytest.raises(ListRefused, match="unpacks to over 200 times its size") as refused:
        read_list_bytes(gzip.compress(OWN + rows), dated=AT)
    assert refused.value.code == "ListTooLarge"
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", OWN + rows)
    with pytest.raises(ListRefused, match="unpacks to over 200 times its size"):
        read_list(path, dated=AT)


def test_a_zip_of_many_files_or_of_none(tmp_path: Path) -> None:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(101):
            archive.writestr(f"{number}.csv", "")
    assert code_at(path) == "ListTooLarge"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/", "")
    assert code_at(path) == "ListEmpty"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", made.UN_XML)
        archive.writestr("b.csv", made.eu_csv())
    assert code_at(path) == "ListSet"


def test_fields_entries_and_depth_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * (source.MOST_FIELD + 1)
    assert code(made.eu_csv().replace(b"Ansgar Quilfeder", long.encode())) == "ListTooLarge"
    assert code(made.UN_XML.replace("Quilly", long)) == "ListTooLarge"
    deep = "<A>" * 40 + "</A>" * 40
    assert code(made.UN_XML.replace("<COUNTRY/>", deep)) == "ListTooLarge"
    nested = b'{"id": "a", "schema": "Person", "properties": ' + b"[" * 100_000 + b"]" * 100_000
    assert code(nested + b"}\n") == "ListTooLarge"
    assert code(b"<CONSOLIDATED_LIST " + b"a" * (source.MOST_OF_ONE + (1 << 18))) == "ListTooLarge"
    for bound, value, content in (
        ("MOST_OF_ONE", 500, made.nested_json()), ("MOST_BYTES", 1000, made.nested_json()),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(source, bound, value)
            patch.setattr(source, "_CHUNK", 64)
            assert code(content) == "ListTooLarge"
    with monkeypatch.context() as patch:
        patch.setattr("skontro.gate.lists.parts.MOST_ENTRIES", 2)
        for name, content in DATED.items():
            if name in ("ofac-xml", "ofac-advanced-xml", "uk-csv", "opensanctions-nested"):
                assert code(content) == "ListTooLarge"


def test_names_of_any_length_and_of_odd_marks_are_read_as_they_are() -> None:
    """Whether a name can be compared is the matcher's to say; the list keeps it."""
    odd = "\u202eevil\u200b \u0007name" + "x" * 10_000
    line = json.dumps({"id": "a", "schema": "Person", "last_seen": "2026-11-20T00:00:00",
                       "properties": {"name": [odd]}})  # fmt: skip
    assert read_list_bytes(line.encode()).entries[0].names[0].text == odd


# ---- damage at random ---------------------------------------------------------------------------


@given(st.sampled_from(sorted(DATED)), st.data())
def test_changed_bytes_never_crash(name: str, data: st.DataObject) -> None:
    content = bytearray(DATED[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with_refusal(lambda: read_list_bytes(bytes(content)))


@given(st.sampled_from(sorted(DATED)), st.data())
def test_changed_bytes_of_packed_lists_never_crash(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """Damage to gzip is always found: it carries a sum of its content."""
    whole = DATED[name]
    content = bytearray(gzip.compress(whole, mtime=0))
    place = data.draw(st.integers(10, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    found = with_refusal(lambda: read_list_bytes(bytes(content)))
    assert found is None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.dat", whole)
    content = bytearray(packed.getvalue())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("zip") / "list.zip"
    path.write_bytes(bytes(content))
    found = with_refusal(lambda: read_list(path))
    assert found is None or found.entries == read_list_bytes(whole).entries


@given(st.binary(max_size=400))
def test_any_bytes_never_crash(content: bytes) -> None:
    with_refusal(lambda: read_list_bytes(content, dated=AT))


def with_refusal(read: Callable[[], ReadList]) -> ReadList | None:
    """Return what is read, or None where it is refused; everything else is a fault."""
    try:
        found = read()
    except ListRefused:
        return None
    assert found.entries
    assert all(entry.reference for entry in found.entries)
    return found
