# SPDX-License-Identifier: Apache-2.0
"""Files made to exhaust a reader of e-invoices or tables: refused in little time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.made_invoices import Made, MadeLine, carry, make_cii, make_ubl

CHILD = """
    import json, os, resource, sys, time
    from pathlib import Path
    from tests.made_invoices import Made, make_cii, make_pdf, make_ubl
    from skontro.core.errors import SkontroError
    from skontro.messages.bundles import open_sources
    from skontro.messages.invoices import check_invoice
    from skontro.messages.tables import read_table

    def peak():
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024

    for make in (make_ubl, make_cii, make_pdf):
        assert check_invoice(make(Made())).is_valid
    told = {}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        rest, begun = peak(), time.process_time()
        try:
            if path.suffix in (".csv", ".jsonl", ".xlsx"):
                read_table("t", path).whole()
                code = "read"
            else:
                (code,) = {check_invoice(one.read()).refusal.code for one in open_sources([path])}
        except SkontroError as error:
            code = error.code
        told[path.name] = [code, round(time.process_time() - begun, 2), peak() - rest]
    print(json.dumps(told))
"""
LINES = [MadeLine(1000 + number) for number in range(1000)]


def loop() -> bytes:
    """A PDF whose list of files names itself."""
    body = (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 3 0 R /Names << /EmbeddedFiles 2 0 R >> "
            b">>\nendobj\n2 0 obj\n<< /Kids [2 0 R 2 0 R] >>\nendobj\n3 0 obj\n<< /Type /Pages "
            b"/Kids [3 0 R] /Count 9 >>\nendobj\n")  # fmt: skip
    return body + b"trailer\n<< /Size 4 /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF\n"


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(20):
            out.writestr(f"{number}.xml", b" " * 2**25)


def hole(path: Path, start: bytes) -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(2**30)


FILES: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "depth.xml": (lambda: b"<a>" * 1_000_000, {"XmlTooDeep", "XmlTooLarge"}),
    "entities.xml": (lambda: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', {"XmlDocumentType"}),
    "many.xml": (lambda: make_ubl(Made(lines=[*LINES, *LINES])), {"TooManyLines"}),
    "notes.xml": (lambda: make_ubl(Made()).replace(
        b"<cbc:Note>", b"<cbc:Note>a</cbc:Note>" * 40_000 + b"<cbc:Note>"), {"TooManyLines"}),
    "charges.xml": (lambda: make_ubl(Made()).replace(b"<cac:TaxTotal>", (
        b"<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator>"
        b'<cbc:Amount currencyID="EUR">1</cbc:Amount></cac:AllowanceCharge>') * 9000
        + b"<cac:TaxTotal>"), {"TooManyLines"}),
    "wrong-ubl.xml": (lambda: make_ubl(Made(lines=LINES)).replace(
        b"</cbc:TaxInclusiveAmount>", b"9</cbc:TaxInclusiveAmount>"), {"InvalidByRules"}),
    "wrong-cii.xml": (lambda: make_cii(Made(lines=LINES)).replace(
        b"</ram:GrandTotalAmount>", b"9</ram:GrandTotalAmount>"), {"InvalidByRules"}),
    "text.xml": (lambda: make_ubl(Made(note="x" * 7_900_000)).replace(
        b"</cbc:TaxInclusiveAmount>", b"9</cbc:TaxInclusiveAmount>"), {"InvalidByRules"}),
    "larger.xml": (lambda: make_ubl(Made(note="x" * 9_900_000)), {"XmlTooLarge"}),
    "loop.pdf": (loop, {"PdfBroken", "PdfTooMuch", "PdfWithoutInvoice"}),
    "zeros.pdf": (lambda: carry({"factur-x.xml": b" " * 2**23 + b" "}),
                  {"XmlTooLarge", "PdfTooMuch", "PdfBroken"}),
    "parens.pdf": (lambda: b"%PDF-1.7\n" + b"[" * 2**20, {"PdfBroken", "PdfTooMuch"}),
    "deflate.pdf": (lambda: b"%PDF-1.7\n" + zlib.compress(b"<<" * 2**22), {"PdfBroken",
                                                                          "PdfTooMuch"}),
    "quote.csv": (lambda: b'a,b\n"' + b"x" * 2**24, {"MisplacedQuote", "UnreadableFile"}),
    "nested.jsonl": (lambda: b'{"a":' * 200_000 + b"\n", {"NotAnObject", "LongLine"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float, int]]:
    """What one process that is warm makes of each: code, seconds of work, MiB above its rest."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (make, _) in FILES.items():
        (folder / name).write_bytes(make())
    bomb(folder / "bomb.zip")
    hole(folder / "hole.xml", b"<a>")
    hole(folder / "hole.jsonl", b'{"a": "')
    hole(folder / "hole.pdf", b"%PDF-1.7\n")
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(folder)], cwd=ROOT,
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    found = json.loads(ran.stdout)
    return {name: tuple(one) for name, one in found.items()}


WANTED = {name: codes for name, (_, codes) in FILES.items()} | {
    "bomb.zip": {"ZipBomb"}, "hole.xml": {"FileTooLarge"}, "hole.pdf": {"FileTooLarge"},
    "hole.jsonl": {"LongLine", "UnreadableFile"},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WANTED))
def test_refused_within_two_seconds_and_200_mib(
    name: str, told: dict[str, tuple[str, float, int]]
) -> None:
    code, seconds, memory = told[name]
    assert code in WANTED[name]
    assert seconds < 2
    assert memory < 200
