# SPDX-License-Identifier: Apache-2.0
"""The papers of a house as files: signed, found changed, resumed, each in its language."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_house import DATES, PASSPHRASE, MadeHouse, lawful, worked_house

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.house import House
from skontro.messages.languages import LANGUAGES, language
from skontro.messages.paper_pdf import _Plain
from skontro.messages.paper_sheets import sheet_of
from skontro.ops.signing_certificates import SigningCertificate
from skontro.verify import verify_paper

NOTICES = [f"{number}-set-off-notice.pdf" for number in range(1, 7)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeHouse]:
    made = worked_house(tmp_path_factory.mktemp("papers") / "house")
    made.run_to_final()
    made.house.statements.unlock(PASSPHRASE)
    yield made
    made.house.close()


def key_of(made: MadeHouse) -> str:
    return str(made.house.statements.key_in_use()["public_key"])


def test_notices_of_a_cycle_and_their_signatures(made: MadeHouse, tmp_path: Path) -> None:
    done = made.house.paper_files.write("notice", DATES.id, tmp_path)
    assert done["written"] == NOTICES
    for name in NOTICES:
        verdict = verify_paper(tmp_path / name, house_keys=[key_of(made)])
        assert verdict.ok, verdict.text()
        claims = {claim.name for claim in verdict.claims}
        assert {"pdf.signature", "pdf.certificate", "paper.key", "paper.content"} <= claims
    again = tmp_path / "again"
    made.house.paper_files.write("notice", DATES.id, again)
    for name in NOTICES:
        assert (again / name).read_bytes() == (tmp_path / name).read_bytes()


IN_COPIES = """
    import hashlib, json, sys
    from pathlib import Path
    from tests.made_house import DATES, PASSPHRASE, worked_house
    from skontro.flow import paper_files
    from skontro.messages.paper_pdf import has_set_pages

    made = worked_house(Path(sys.argv[1]) / "house")
    made.run_to_final()
    made.house.statements.unlock(PASSPHRASE)
    told = []
    for name, many in (("copies", 2), ("alone", 99)):
        paper_files.MANY = many
        folder = Path(sys.argv[1]) / name
        done = made.house.paper_files.write("notice", DATES.id, folder)
        files = {one: hashlib.sha256((folder / one).read_bytes()).hexdigest()
                 for one in done["written"]}
        told.append([has_set_pages(), files])
    print(json.dumps(told))
"""


def test_many_papers_are_set_by_copies_of_the_process(tmp_path: Path, root: Path) -> None:
    """Goal: what copies of the process set and sign is what the process itself does.

    Method: a process without threads writes the notices by copies of itself, then alone: it set no
    page itself before, and the files are the same, byte for byte.
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(IN_COPIES), str(tmp_path)],
                         cwd=root, capture_output=True, text=True, check=True,
                         timeout=300)  # fmt: skip
    (by_itself, copies), (then, alone) = json.loads(ran.stdout.splitlines()[-1])
    assert (by_itself, then) == (False, True)
    assert list(copies) == NOTICES
    assert copies == alone


def test_any_changed_byte_is_found(made: MadeHouse, tmp_path: Path) -> None:
    """Goal: not one byte of a PDF can be changed unseen.

    Method: one bit at a time in 160 places over the whole file, the place of the signature itself
    included, and a byte added or taken away at the end.
    """
    made.house.paper_files.write("notice", DATES.id, tmp_path, participants=["A1"])
    path = tmp_path / NOTICES[0]
    data = path.read_bytes()
    begins = data.index(b"/Contents <") + 11
    ends = data.index(b">", begins)
    places = [*range(0, len(data), len(data) // 80), *range(begins, ends, (ends - begins) // 80)]
    changed = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in places]
    for spoilt in [*changed, data + b"\n", data[:-1], data.replace(b"A1", b"A2")]:
        path.write_bytes(spoilt)
        assert not verify_paper(path).ok


def test_a_paper_of_another_house_under_this_signature_is_found(
    made: MadeHouse, tmp_path: Path
) -> None:
    """A stranger signs a genuine paper again with a certificate of its own: not endorsed."""
    from skontro.messages.paper_pdf import paper_pdf
    from skontro.messages.pdf_signatures import sign_pdf

    notice = made.house.statements.set_off_notice(DATES.id, "A1")
    stranger = SigningCertificate.new("other", "Other", made.house.now)
    data = sign_pdf(paper_pdf(notice, language()), stranger, made.house.now, reason="x",
                    endorsement="00" * 64)  # fmt: skip
    path = tmp_path / "forged.pdf"
    path.write_bytes(data)
    failed = {claim.name for claim in verify_paper(path).claims if not claim.ok}
    assert failed == {"pdf.certificate"}


def test_writing_goes_on_where_it_stopped(made: MadeHouse, tmp_path: Path) -> None:
    """Goal: killed at any moment, the next run ends with the same folder.

    Method: a folder with files missing, a torn index, a half-written file; then a changed file.
    """
    files = made.house.paper_files
    assert files.write("notice", DATES.id, tmp_path / "dry", dry_run=True)["written"] == NOTICES
    assert not (tmp_path / "dry").exists()
    files.write("notice", DATES.id, tmp_path, participants=["A1", "B3"])
    whole = {name: (tmp_path / name).read_bytes() for name in (NOTICES[0], NOTICES[5])}
    (tmp_path / NOTICES[5]).unlink()
    (tmp_path / ".6-set-off-notice.pdf.part").write_bytes(b"half")
    with (tmp_path / "papers.jsonl").open("a") as index:
        index.write('{"name": "2-set-off')
    done = files.write("notice", DATES.id, tmp_path)
    assert done["kept"] == [NOTICES[0]]
    assert sorted(done["written"]) == NOTICES[1:]
    for name, data in whole.items():
        assert (tmp_path / name).read_bytes() == data
    assert files.write("notice", DATES.id, tmp_path)["kept"] == NOTICES
    (tmp_path / NOTICES[2]).write_bytes(b"mine")
    with pytest.raises(Conflict, match="not as the house wrote it"):
        files.write("notice", DATES.id, tmp_path)


def test_every_form_of_every_paper(made: MadeHouse, tmp_path: Path) -> None:
    files = made.house.paper_files
    for kind in ("notice", "account", "report"):
        for form in ("pdf", "csv", "xlsx", "json"):
            one = None if kind == "report" else ["A1"]
            done = files.write(kind, DATES.id, tmp_path, form=form, participants=one)
            assert len(done["written"]) == 1
            assert (tmp_path / done["written"][0]).stat().st_size > 500
    written = files.write("account", DATES.id, tmp_path, form="camt053", participants=["A1"])
    assert written["written"] == ["1-account-statement.xml"]
    data = (tmp_path / "1-set-off-notice.json").read_bytes()
    assert data == made.house.statements.set_off_notice(DATES.id, "A1").as_bytes()
    for kind, form in (("notice", "camt053"), ("notice", "docx"), ("letter", "pdf")):
        with pytest.raises(Rejected):
            files.write(kind, DATES.id, tmp_path, form=form)


def test_every_phrase_of_every_paper_is_in_every_language(made: MadeHouse) -> None:
    """Goal: no paper falls back to English in the middle of a sentence.

    Method: every paper of the worked example is laid out with a catalogue that notes what it lacks.
    """
    statements = made.house.statements
    papers = [statements.house_report(DATES.id), statements.account_statement(DATES.id, "B3")]
    papers += [statements.set_off_notice(DATES.id, firm) for firm in ("A1", "B3")]
    papers += [statements.trade_report(DATES.id, side) for side in ("A", "B")]
    for code in LANGUAGES:
        lacking = set[str]()

        class Noting(dict[str, str]):
            def get(self, phrase: str, default: str = "", lacking: set[str] = lacking) -> str:
                if phrase not in self:
                    lacking.add(phrase)
                return super().get(phrase, default)

        said = language(code)
        noted = replace(said, words=Noting(said.words))
        for paper in papers:
            _Plain(noted, set()).sheet(sheet_of(paper))
        assert {one for one in lacking if not one.startswith("parameters: ")} == set()


def test_what_the_authority_is_told_in_every_form(made: MadeHouse, tmp_path: Path) -> None:
    """Goal: PDF, Excel and CSV of a side's trade say the figures of the signed report, each once.

    Method: both sides are written in each form; every figure of the report is read back out of it.
    """
    import csv
    import io

    from python_calamine import CalamineWorkbook
    from tests.unit.messages.test_paper_pdf import figures, text_of

    files = made.house.paper_files
    names = ["trade-report-1", "trade-report-2"]
    for form in ("pdf", "xlsx", "csv", "json"):
        done = files.write("trade", DATES.id, tmp_path, form=form)
        assert done["written"] == [f"{name}.{form}" for name in names]
    assert files.write("trade", DATES.id, tmp_path, sides=["B"])["kept"] == ["trade-report-2.pdf"]
    with pytest.raises(Rejected, match="no side 'X'"):
        files.write("trade", DATES.id, tmp_path, sides=["X"])
    for side, name in zip("AB", names, strict=True):
        content = made.house.statements.trade_report(DATES.id, side).content
        assert content["rows"]
        wanted = [
            int(row[f"{what}_minor"]) for row in (*content["totals"], *content["rows"])
            for what in ("gross", "set_off", "paid")
        ]  # fmt: skip
        data = (tmp_path / f"{name}.pdf").read_bytes()
        assert verify_paper(tmp_path / f"{name}.pdf", house_keys=[key_of(made)]).ok
        shown = sorted(int(one.replace(",", "").replace(".", "")) for one in figures(text_of(data)))
        assert [one for one in sorted(wanted) if one not in shown] == []
        book = CalamineWorkbook.from_path(str(tmp_path / f"{name}.xlsx"))
        cells = [cell for sheet in book.sheet_names
                 for row in book.get_sheet_by_name(sheet).to_python()
                 for cell in row if isinstance(cell, int | float)]  # fmt: skip
        assert all(minor / 100 in cells for minor in wanted)
        rows = list(csv.DictReader(io.StringIO((tmp_path / f"{name}.csv").read_text("utf-8"))))
        mine = [row for row in rows if row["table"].startswith("trade_")]
        assert [(row["way"], row["country"], row["chapter"], row["gross"]) for row in mine] == [
            (row["way"], row["country"], row["chapter"],
             f"{int(row['gross_minor']) // 100}.{int(row['gross_minor']) % 100:02d}")
            for row in sorted(content["rows"], key=lambda row: (row["way"], row["currency"]))
        ]  # fmt: skip


def test_catalogues_have_the_same_phrases_with_the_same_places() -> None:
    import re

    wanted = set(language("en").words)
    for code in LANGUAGES:
        words = language(code).words
        assert set(words) == wanted
        for phrase, text in words.items():
            assert text.strip()
            assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", phrase))


def test_a_participant_reads_its_own_language(tmp_path: Path) -> None:
    """Two people change B1's language: its PDF is in Russian, with Indian numbers; JSON stays."""
    from tests.unit.messages.test_paper_pdf import opened, text_of

    made = worked_house(tmp_path / "house")
    made.run_to_final()
    house = made.house
    house.statements.unlock(PASSPHRASE)
    before = house.statements.set_off_notice(DATES.id, "B1")
    with pytest.raises(Rejected, match="not written in"):
        house.participants.propose_change("B1", "P1", made.keys["P1"], language="xx")
    made.both(house.participants.propose_change(
        "B1", "P1", made.keys["P1"], language="ru", number_format="indian",
    ))  # fmt: skip
    house.paper_files.write("notice", DATES.id, tmp_path / "out", participants=["B1"])
    data = (tmp_path / "out/4-set-off-notice.pdf").read_bytes()
    text = text_of(data)
    assert "Извещение о зачёте" in text
    assert "18,00,000.00" in text
    assert "DEMONSTRATION · ДЕМОНСТРАЦИЯ" in text
    assert opened(data).attachments["paper.json"] == [before.as_bytes()]
    other = house.paper_files.write("notice", DATES.id, tmp_path / "out", participants=["B1"],
                                    said=language("de"))  # fmt: skip
    assert other["written"] == ["4-set-off-notice.pdf"]
    house.close()


def test_the_signing_certificate_its_roll_over_and_one_that_is_brought(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    house, files = made.house, made.house.paper_files
    with pytest.raises(Forbidden, match="locked"):
        files.certificate()
    house.statements.unlock(PASSPHRASE)
    first = files.certificate().fingerprint
    path = house.folder / "keys/papers-001.p12"
    assert path.stat().st_mode & 0o077 == 0
    files.write("notice", DATES.id, tmp_path / "one", participants=["A1"])
    own = SigningCertificate.new("alder-bakul", "From an authority", house.now)
    own.save(tmp_path / "seal.p12", "an authority's passphrase")
    with pytest.raises(Forbidden, match="does not open"):
        files.propose_certificate("P1", made.keys["P1"], brought=tmp_path / "seal.p12",
                                  passphrase="wrong")  # fmt: skip
    brought = {"brought": tmp_path / "seal.p12", "passphrase": "an authority's passphrase"}
    act = files.propose_certificate("P1", made.keys["P1"], **brought)
    other = files.propose_certificate("P1", made.keys["P1"])
    assert files.certificate().fingerprint == first  # one person takes nothing into use
    with pytest.raises(Forbidden):
        house.people.approve(act, "P1", made.keys["P1"])
    made.both(act)
    assert files.certificate().fingerprint == own.fingerprint
    with pytest.raises(Conflict, match="another certificate is in use"):
        made.both(other)
    entry = house.journal.entries(most=10_000)[-1]
    assert (entry["kind"], entry["content"]) == (
        "house.certificate", {"fingerprint": own.fingerprint, "replaces": first},
    )  # fmt: skip
    files.write("notice", DATES.id, tmp_path / "two", participants=["A1"])
    for place in ("one", "two"):
        verdict = verify_paper(tmp_path / place / NOTICES[0], house_keys=[key_of(made)])
        assert verdict.ok, verdict.text()
    house.close()
    again = House.open(tmp_path / "house")
    again.statements.unlock(PASSPHRASE)
    assert again.paper_files.certificate().fingerprint == own.fingerprint != first
    swapped = tmp_path / "house/keys/papers-002.p12"
    kept = swapped.read_bytes()
    swapped.unlink()
    SigningCertificate.new("alder-bakul", "Slipped in", again.now).save(swapped, PASSPHRASE)
    again.paper_files.forget()
    with pytest.raises(Forbidden, match="is not the certificate that two people"):
        again.paper_files.certificate()
    swapped.write_bytes(kept)
    again.set_clock(datetime.datetime(2036, 6, 1, tzinfo=datetime.UTC))
    with pytest.raises(Forbidden, match="not valid today"):
        again.paper_files.certificate()
    again.close()


def test_the_index_says_the_digest_of_every_file(made: MadeHouse, tmp_path: Path) -> None:
    import hashlib

    made.house.paper_files.write("notice", DATES.id, tmp_path, form="csv")
    lines = [json.loads(line) for line in (tmp_path / "papers.jsonl").read_text().splitlines()]
    assert len(lines) == 6
    for line in lines:
        data = (tmp_path / line["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == line["sha256"]


def test_a_notice_splits_the_tax_of_its_invoices(tmp_path: Path, root: Path) -> None:
    """Goal: from the e-invoice to the notice, net and tax of what was set off come out exactly.

    Method: an invoice of two rates is set off in part within a circle; the parts of each rate are
    added up, verified apart from the house, held against the schema, and read in PDF and CSV.
    """
    import jsonschema
    from tests.made_invoices import (
        Made,
        MadeLine,
        admit_invoice_firms,
        make_ubl,
        party_of,
    )
    from tests.unit.messages.test_paper_pdf import text_of

    from skontro.messages.beside import Beside

    made = MadeHouse(tmp_path / "house")
    made.import_list()
    made.adopt_packs()
    admit_invoice_firms(made)
    place = tmp_path / "in"
    place.mkdir()
    beside = {}
    for number, seller, buyer, lines in (
        ("R-1", "A1", "A3", [MadeLine(10_000, hs="300490"), MadeLine(5_001, rate=10)]),
        ("R-2", "A3", "A1", [MadeLine(7_777, hs="901890")]),
    ):
        one = Made(number=number, seller=party_of(seller), buyer=party_of(buyer), lines=lines)
        (place / f"{number}.xml").write_bytes(make_ubl(one))
        beside[number] = Beside(lawful("A", "A", number), buyer)
    report = made.house.documents.read([place], beside=beside)
    assert report.count("taken") == 2, report.files
    made.open_cycle()
    made.run_to_final()
    made.house.statements.unlock(PASSPHRASE)
    notice = made.house.statements.set_off_notice(DATES.id, "A3")
    found = {one["document"]: one for one in notice.content["obligations"]}
    for name in ("set_off", "planned", "residual"):
        parts = [int(tax[f"{name}_{kind}_minor"]) for tax in found["R-1"]["taxes"]
                 for kind in ("net", "tax")]  # fmt: skip
        assert sum(parts) == int(found["R-1"][f"{name}_minor"])
        assert min(parts) >= 0
    assert [tax["rate"] for tax in found["R-1"]["taxes"]] == ["10", "20"]
    assert 0 < int(found["R-1"]["set_off_minor"]) < int(found["R-1"]["before_minor"])
    assert sum(int(tax["document_net_minor"]) for tax in found["R-1"]["taxes"]) == 15_001
    schema = json.loads((root / "docs/schemas/set-off-notice.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(notice.as_json())
    made.house.paper_files.write("notice", DATES.id, tmp_path / "out", participants=["A3"])
    (path,) = (tmp_path / "out").glob("*.pdf")
    assert verify_paper(path).ok, verify_paper(path).text()
    assert "Net and tax of what you owe in EUR" in text_of(path.read_bytes())
    made.house.close()
