# SPDX-License-Identifier: Apache-2.0
"""Hostile XML is refused with file, place, reason and next step; quickly, in little memory."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import NoSuchFile, SkontroError, XmlRefused
from skontro.messages.xml_reading import read_xml, stream_xml

NS = "urn:iso:std:iso:20022:tech:xsd:camt.053.001"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "XmlEmpty"),
    "white space": (b" \n\t", "XmlEmpty"),
    "a document type": (b"<?xml version='1.0'?>\n<!DOCTYPE a><a/>", "XmlDocumentType"),
    "one after a comment": (b"<!-- > --><?x ?><!DOCTYPE a SYSTEM 'secret.txt'><a/>",
                            "XmlDocumentType"),
    "a billion laughs": (f'<!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]><a>&a9;</a>'.encode(),
                         "XmlDocumentType"),
    "an external entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]><a>&x;</a>',
                           "XmlDocumentType"),
    "an entity nobody declared": (b"<a>\n&x;</a>", "XmlEntity"),
    "a document type inside": (b"<a><!DOCTYPE a></a>", "XmlUnreadable"),
    "two roots": (b"<a/>\n<b/>", "XmlTwoRoots"),
    "text after it": (b"<a/>x", "XmlTwoRoots"),
    "cut off": (b"<a><b>", "XmlCutOff"),
    "cut off in a comment before": (b"<!-- ", "XmlCutOff"),
    "tags crossed": (b"<a><b></a></b>", "XmlUnreadable"),
    "an attribute twice": (b'<a b="1" b="2"/>', "XmlUnreadable"),
    "a prefix nobody declared": (b"<p:a/>", "XmlUnreadable"),
    "no XML": (b"%PDF-1.7", "XmlUnreadable"),
    "other bytes than it says": (b"<a>\xff</a>", "XmlEncoding"),
    "UTF-16": ("<a/>".encode("utf-16"), "XmlEncoding"),
    "UTF-16 without a mark": ("<a/>".encode("utf-16-le"), "XmlEncoding"),
    "UTF-7": (b"<?xml version='1.0' encoding='UTF-7'?><a/>", "XmlEncoding"),
    "a code page of the fifties": (b"<?xml version='1.0' encoding='cp037'?><a/>", "XmlEncoding"),
    "a NUL": (b"<a>\0</a>", "XmlEncoding"),
    "a depth of a million": (b"<a>" * 1_000_000, "XmlTooDeep"),
    "a depth of a thousand": (b"<a>" * 1_000, "XmlTooDeep"),
    "a long comment before": (b"<!--" + b"x" * 100_000 + b"--><a/>", "XmlTooLarge"),
}  # fmt: skip
LARGE = {
    "a gigabyte of text": "b'x' * 2**20",
    "a gigabyte of elements": "b'<b/>' * 2**18",
    "a gigabyte of attributes": "b'<b c=\"\" d=\"\" e=\"\"/>' * 2**16",
    "a gigabyte of namespaces": "b'<b xmlns:n=\"u\"/>' * 2**16",
    "a gigabyte of different names": "b''.join(b'<a%d/>' % (n * 65536 + i) for i in range(65536))",
}


def read_streamed(source: bytes | Path) -> None:
    for _ in stream_xml(source, records=["Ntry"]):
        pass


def read_whole(source: bytes | Path) -> None:
    read_xml(source)


READERS = pytest.mark.parametrize("read", [read_whole, read_streamed], ids=["whole", "streamed"])


@READERS
@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks(read, attack: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Each is refused by both readers, as bytes and as a file, with all a reader needs."""
    data, code = ATTACKS[attack]
    file = tmp_path / "attack.xml"
    file.write_bytes(data)
    for source in (file, data):
        with pytest.raises(XmlRefused) as caught:
            read(source)
        if (read, attack) == (read_whole, "a depth of a million"):
            code = "XmlTooLarge"  # told from its size already
        assert caught.value.code == code
        name = "attack.xml" if source is file else "the document"
        assert str(caught.value).startswith(name)
        assert caught.value.next_step.startswith(("ask", "fetch"))
        assert caught.value.details["reason"]
        assert "HUGE" not in str(caught.value)


def test_places(tmp_path: Path) -> None:
    """The line is that of the fault."""
    for data, line in ((b"<a>\n\n<b></a>", 3), (b"\n<!DOCTYPE a><a/>", 2), (b"<a>\n&x;</a>", 2)):
        with pytest.raises(XmlRefused) as caught:
            read_xml(data, name="statement.xml")
        assert caught.value.details["line"] == line
        assert str(caught.value).startswith(f"statement.xml, line {line}: ")


CHILD = """
    import resource, sys, time
    from pathlib import Path
    import lxml.etree
    from skontro.core.errors import XmlRefused
    from skontro.messages.xml_reading import read_xml, stream_xml

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    path, kind = Path(sys.argv[1]), sys.argv[2]
    rest, start = peak(), time.process_time()
    try:
        if kind == "whole":
            read_xml(path)
        elif kind == "most":
            read_xml(path, most=2**31)
        else:
            for _ in stream_xml(path, records=["Ntry"], most=2**31):
                pass
    except XmlRefused as error:
        print(error.code, peak() - rest, time.process_time() - start)
"""


@pytest.mark.parametrize("attack", LARGE)
@pytest.mark.parametrize("kind", ["whole", "streamed"])
def test_a_gigabyte(attack: str, kind: str, tmp_path: Path) -> None:
    """Goal: a gigabyte is refused within 2 s of work and 200 MiB above the resting process.

    Method: the file begins with 64 MiB of the attack and goes on as a hole up to a gigabyte: what
    is read of it before it is refused is real. A child process reads it and measures itself. The
    streamed reader is told that two gigabytes are fine, so that it must notice by itself.
    """
    file = tmp_path / "large.xml"
    with file.open("wb") as out:
        out.write(b"<Document>")
        for n in range(64):
            out.write(eval(LARGE[attack], {"n": n}))
        out.truncate(2**30)
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(file), kind],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    code, memory, seconds = ran.stdout.split()
    assert code == "XmlTooLarge"
    assert int(memory) < 200
    assert float(seconds) < 2


@pytest.mark.parametrize(
    "inside",
    [b"<b/>", b"<b c='d'/>", b"<b>x</b>", b"&#65;", b"<!---->", b"<?x?>", b"x", b"<b>\n</b>\n"],
    ids=["empty", "attributes", "texts", "references", "comments", "instructions", "text", "lines"],
)  # fmt: skip
def test_the_largest_that_is_read(inside: bytes, tmp_path: Path) -> None:
    """What is just let through stays within 200 MiB as well: the estimate is on the safe side."""
    from skontro.messages.xml_reading import MOST_TREE, MOST_WHOLE, _tree_size

    many = min(MOST_TREE * 1000 // _tree_size(inside * 1000), MOST_WHOLE // len(inside)) - 10
    if inside == b"x":
        many = 9_999_000
    file = tmp_path / "large.xml"
    file.write_bytes(b"<Document>" + inside * many + b"</Document>")
    program = textwrap.dedent(CHILD) + "\nprint('read', peak() - rest, time.process_time() - start)"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(file), "whole"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    code, memory, seconds = ran.stdout.split()
    assert code == "read"
    assert int(memory) < 200
    assert float(seconds) < 2


def test_a_stream_of_much_junk(tmp_path: Path) -> None:
    """Junk between records is forgotten with them: memory stays bounded by one record."""
    file = tmp_path / "junk.xml"
    with file.open("wb") as out:
        out.write(b"<Document>")
        for _ in range(20):
            out.write(b"<x/>" * 40_000 + b"<Ntry><y/></Ntry>")
        out.write(b"</Document>")
    program = textwrap.dedent(CHILD) + "\nprint('read', peak() - rest, time.process_time() - start)"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(file), "streamed"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert int(ran.stdout.split()[1]) < 60


def test_both_read_the_same(tmp_path: Path) -> None:
    """Records as they stand in the tree, whatever the chunks cut."""
    inside = "".join(f"<Ntry><Amt>{n}</Amt><x>{'é' * (n % 50)}</x></Ntry>\n" for n in range(5000))
    data = f'<?xml version="1.0" encoding="UTF-8"?><Document>{inside}</Document>'.encode()
    whole = [(one.findtext("Amt"), one.findtext("x")) for one in read_xml(data).iter("Ntry")]
    streamed = [
        (one.findtext("Amt"), one.findtext("x")) for one in stream_xml(data, records=["Ntry"])
    ]
    assert whole == streamed
    assert len(streamed) == 5000


def test_encodings() -> None:
    """The encodings banks and billing programs write, and a mark at the start."""
    assert read_xml("<a>é</a>".encode("utf-8-sig")).text == "é"
    for encoding in ("iso-8859-1", "windows-1252", "ISO-8859-15", "utf-8", "US-ASCII"):
        text = "e" if "ASCII" in encoding else "é"
        data = f"<?xml version='1.0' encoding='{encoding}'?>\n<a>{text}</a>".encode(encoding)
        assert read_xml(data).text == text


def test_text_is_whole() -> None:
    """A comment, an instruction or a CDATA part does not cut a text in two."""
    data = b"<a>DE12<!-- x -->34<?y z?>56<![CDATA[78]]>9</a>"
    assert read_xml(data).text == "DE123456789"


def test_roots() -> None:
    """Another namespace or another element is not taken for the message."""
    roots = [f"{{{NS}.*}}Document"]
    assert read_xml(f'<Document xmlns="{NS}.08"/>'.encode(), roots=roots).tag.endswith("Document")
    for data, said in (
        ('<Document xmlns="urn:other"/>', "its namespace 'urn:other'"),
        ("<Document/>", "its namespace ''"),
        (f'<Invoice xmlns="{NS}.08"/>', "it is a 'Invoice', not a Document"),
        (f'<Document xmlns="urn:other:{NS}.08"/>', "its namespace"),
    ):
        with pytest.raises(XmlRefused, match=said) as caught:
            read_xml(data.encode(), roots=roots)
        assert caught.value.code == "XmlNamespace"
        with pytest.raises(XmlRefused, match=said) as caught:
            list(stream_xml(data.encode(), records=["Ntry"], roots=roots))
        assert caught.value.code == "XmlNamespace"


def test_nothing_is_fetched(tmp_path: Path) -> None:
    """Neither a schema nor a style sheet nor an inclusion is looked at: a bait stays unread."""
    bait = tmp_path / "bait.xsd"
    os.mkfifo(bait)  # whoever opens it waits for ever
    data = (
        f'<?xml-stylesheet href="{bait}"?>'
        f'<a xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="a {bait}"'
        f' xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{bait}"/></a>'
    )
    assert len(read_xml(data.encode())) == 1


def test_files_that_are_none(tmp_path: Path) -> None:
    """A folder, a pipe, a device and a name that nobody has."""
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "none",
                  Path("a\0b")):  # fmt: skip
        for read in (read_whole, read_streamed):
            with pytest.raises(NoSuchFile):
                read(place)


@given(st.binary(max_size=300) | st.text("<>/!-?[]ab&;='\" ", max_size=60).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    """Whatever comes is read or refused, by both readers alike."""
    outcomes = []
    for read in (read_whole, read_streamed):
        try:
            read(data)
            outcomes.append("read")
        except SkontroError as error:
            outcomes.append(error.code)
    assert len(set(outcomes)) == 1
