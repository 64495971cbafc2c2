# SPDX-License-Identifier: Apache-2.0
"""The papers of a house as files: PDF with its electronic signature, tables, JSON, camt.053.

The language is the participant's own; it changes how a paper reads, never what it says.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden, InvariantViolation, Rejected
from skontro.core.workers import workers
from skontro.flow.people import handles
from skontro.house.acts import Signer
from skontro.messages.aside import sync
from skontro.messages.languages import Language, language
from skontro.messages.papers import Paper
from skontro.store.database import Unit
from skontro.store.rows import find, find_all
from skontro.store.schema import act, participant

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.ops.signing_certificates import SigningCertificate

KEYS = "keys"
FORMS = {"pdf": "pdf", "csv": "csv", "xlsx": "xlsx", "json": "json", "camt053": "xml"}
"""Every form of a paper, with the ending of its file."""
PAPERS = ("notice", "account", "report", "default", "trade")
"""What is written: set-off notices, account statements, the cycle report, default notices, and what
the authority of each side is told of trade."""
INDEX = "papers.jsonl"
"""What lies in a folder of papers: a line for each file, with its digest, before it is written."""
REASON = "Paper of the house"
SIDE_BY_SIDE, MANY = 2, 24
"""So many PDFs are made at once where there are at least so many; in the folder in order."""
MOST_UNDER_WAY = 4
Say = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One paper that is to be written.

    Attributes:
        name: Name of the file, without its ending.
        make: Makes the paper.
        firm: Whose it is; None for the house's own.
    """

    name: str
    make: Callable[[], Paper]
    firm: str | None


class PaperFiles:
    """The papers of a house, written out."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._certificate: SigningCertificate | None = None
        self._endorsement = ""

    # ---- the signing certificate -------------------------------------------------------------

    def certificate(self) -> SigningCertificate:
        """Return the signing certificate in use, with which PDFs are signed; made on first need.

        Raises:
            Forbidden: The house's key is locked, or the certificate is not valid today.
        """
        return check_valid(self._loaded(), self.house)

    def _loaded(self) -> SigningCertificate | None:
        if self._certificate is None:
            from skontro.ops.signing_certificates import SigningCertificate

            secret = self.house.statements.secret()
            with self.house.database.read() as unit:
                taken = _in_use(unit)
            if taken:
                kept = SigningCertificate.load(self._folder / taken["file"], secret)
                if kept.fingerprint != taken["fingerprint"]:
                    raise Forbidden(
                        f"{taken['file']} is not the certificate that two people took into use",
                        code="WrongKey",
                        next_step="put the file that was made for it back into the folder",
                    )  # fmt: skip
                self._use(kept)
            elif self._path(1).exists():
                self._use(SigningCertificate.load(self._path(1), secret))
            else:
                made = SigningCertificate.new(self.house.id, self.house.name, self.house.now)
                made.save(self._path(1), secret)
                self._use(made)
        return self._certificate

    def propose_certificate(
        self, maker: str, signer: Signer, *, brought: Path | None = None, passphrase: str = ""
    ) -> int:
        """Propose to take a new signing certificate into use; what was signed stays as it is.

        It lies beside the one in use, and signs nothing before a second person approves it.

        Args:
            maker: Who proposes it.
            signer: Their key.
            brought: A PKCS#12 file with an RSA key and its certificate; else the house issues one
                to itself.
            passphrase: Of that file.

        Returns:
            The number of the act.

        Raises:
            Forbidden: The house's key is locked, or a passphrase is wrong.
        """
        from skontro.ops.signing_certificates import SigningCertificate

        secret = self.house.statements.secret()
        if brought is None:
            made = SigningCertificate.new(self.house.id, self.house.name, self.house.now)
        else:
            made = SigningCertificate.load(brought, passphrase)
        check_valid(made, self.house)
        before = self._last()
        path = self._path(before + 1)
        made.save(path, secret)
        used = self._loaded() if before else None
        replaces = "" if used is None else used.fingerprint
        content = {"file": path.name, "fingerprint": made.fingerprint, "replaces": replaces,
                   "subject_digest": hashlib.sha256(made.subject.encode()).hexdigest()}  # fmt: skip
        return self.house.people.propose("house.certificate", content, maker, signer)

    def forget(self) -> None:
        """Look anew which certificate is in use before the next PDF is signed."""
        self._certificate, self._endorsement = None, ""

    def _use(self, certificate: SigningCertificate) -> None:
        from skontro.messages.pdf_signatures import endorsed_bytes

        signed = endorsed_bytes(self.house.id, certificate.certificates)
        self._endorsement = self.house.statements.sign_bytes(signed)
        self._certificate = certificate

    @property
    def _folder(self) -> Path:
        return self.house.folder / KEYS

    def _path(self, number: int) -> Path:
        return self._folder / f"papers-{number:03d}.p12"

    def _last(self) -> int:
        """Return the number of the newest certificate's file; nought if there is none."""
        found = sorted(self._folder.glob("papers-[0-9][0-9][0-9].p12"))
        return int(found[-1].stem[-3:]) if found else 0

    # ---- one paper ---------------------------------------------------------------------------

    def language_of(self, firm: str | None) -> Language:
        """Return the language and number format of a participant's papers; else English."""
        if firm is None:
            return language()
        with self.house.database.read() as unit:
            row = find(unit, participant, id=firm)
        return language(row.language, row.number_format)

    def as_form(self, paper: Paper, form: str, said: Language) -> bytes:
        """Return a paper in one of its forms.

        Args:
            paper: The paper.
            form: One of :data:`FORMS`.
            said: In which language, where the form has one.

        Raises:
            Rejected: There is no such form, or the paper has none.
        """
        match form:
            case "json":
                return paper.as_bytes()
            case "csv":
                from skontro.messages.paper_tables import paper_csv

                return paper_csv(paper)
            case "xlsx":
                from skontro.messages.paper_tables import paper_xlsx

                return paper_xlsx(paper, said)
            case "camt053":
                from skontro.messages.camt053 import camt053_of

                return camt053_of(paper)
            case "pdf":
                return _signed(paper, said, self.house.now, (self.certificate(),
                                                             self._endorsement))  # fmt: skip
        raise Rejected(f"{form!r} is no form of a paper", code="NoSuchForm",
                       next_step=f"one of: {', '.join(FORMS)}")  # fmt: skip

    # ---- a folder of papers ------------------------------------------------------------------

    def write(
        self, kind: str, cycle: str | None, out: str | Path, *, form: str = "pdf",
        participants: Iterable[str] | None = None, stage: str | None = None,
        said: Language | None = None, dry_run: bool = False, progress: Say | None = None,
        sides: Iterable[str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Write papers into a folder, a file each; what lies there already, whole, is left alone.

        Stopped at any moment, it goes on where it stopped when it is called again.

        Args:
            kind: One of :data:`PAPERS`.
            cycle: The cycle; of default notices none.
            out: The folder; it is made.
            form: One of :data:`FORMS`.
            participants: Whose; all of the cycle if not given.
            stage: Of set-off notices: ``final`` or ``settled``; the later that is reached if not
                given.
            said: The language; each participant's own if not given.
            dry_run: Only say what would be written.
            progress: Told how many are done.
            sides: Of trade reports: of which sides; all if not given.

        Returns:
            The names of the files: written, kept because they are there.

        Raises:
            Rejected: There is no such kind or form.
            Conflict: A file of that name lies there that is not the house's, or was changed.
        """
        if form not in FORMS or (form == "camt053" and kind != "account"):
            raise Rejected(
                f"a paper of the kind {kind!r} has no form {form!r}", code="NoSuchForm",
                next_step=f"one of: {', '.join(FORMS)}; camt053 of account statements",
            )  # fmt: skip
        folder = Folder(Path(out))
        done: dict[str, list[str]] = {"written": [], "kept": []}
        wanted = list(self._wanted(kind, cycle, participants, stage, sides))
        if form == "pdf" and wanted and not dry_run:
            self.certificate()
        under_way = deque[tuple[str, str, Future[bytes]]]()
        with self._pool(form, len(wanted) if not dry_run else 0) as (pool, make):
            for place, one in enumerate(wanted):
                if progress is not None:
                    progress("writing papers", place, len(wanted))
                name = f"{one.name}.{FORMS[form]}"
                paper, spoken = one.make(), said or self.language_of(one.firm)
                key = _key(paper, form, spoken)
                if folder.holds(name, key):
                    done["kept"].append(name)
                    continue
                done["written"].append(name)
                if dry_run:
                    continue
                under_way.append((name, key, pool.submit(make, paper, form, spoken)))
                if len(under_way) > MOST_UNDER_WAY:
                    _put_first(folder, under_way)
            while under_way:
                _put_first(folder, under_way)
        if done["written"] and not dry_run:
            folder.keep()
        return {"kind": kind, "cycle": cycle, "form": form, "folder": str(out),
                "dry_run": dry_run, **done}  # fmt: skip

    @contextmanager
    def _pool(
        self, form: str, count: int
    ) -> Iterator[tuple[Executor, Callable[[Paper, str, Language], bytes]]]:
        """Yield who makes files and how: copies of this process where there are many PDFs.

        A copy only sets pages and signs; it never asks the house for anything.
        """
        global _ready
        if form != "pdf" or count < MANY or not _may_copy():
            with workers(1) as pool:
                yield pool, self.as_form
            return
        _ready = (self.house.now, (self.certificate(), self._endorsement))
        try:
            with ProcessPoolExecutor(SIDE_BY_SIDE, get_context("fork")) as pool:
                yield pool, _made_in_copy
        finally:
            _ready = None

    def _wanted(
        self, kind: str, cycle: str | None, participants: Iterable[str] | None, stage: str | None,
        sides: Iterable[str] | None,
    ) -> Iterator[Wanted]:  # fmt: skip
        statements = self.house.statements
        if kind not in PAPERS:
            raise Rejected(f"{kind!r} is no kind of paper", code="NoSuchForm",
                           next_step=f"one of: {', '.join(PAPERS)}")  # fmt: skip
        if kind != "default" and cycle is None:
            raise Rejected(f"a paper of the kind {kind!r} is of a cycle", code="InvalidOptions",
                           next_step="say which cycle")  # fmt: skip
        of_cycle = cycle or ""
        if kind == "report":
            yield Wanted("cycle-report", partial(statements.house_report, of_cycle), None)
            return
        if kind == "trade":
            every = [one.id for one in self.house.rules.sides]
            for side in every if sides is None else sorted(set(sides)):
                make = partial(statements.trade_report, of_cycle, side)
                yield Wanted(f"trade-report-{every.index(side) + 1 if side in every else side}",
                             make, None)  # fmt: skip
            return
        for number, firm in self._firms(kind, of_cycle, participants):
            if kind == "notice":
                make = partial(statements.set_off_notice, of_cycle, firm, stage=stage)
                yield Wanted(f"{number}-set-off-notice", make, firm)
            elif kind == "account":
                make = partial(statements.account_statement, of_cycle, firm)
                yield Wanted(f"{number}-account-statement", make, firm)
            else:
                make = partial(statements.default_notice, firm)
                yield Wanted(f"{number}-default-notice", make, firm)

    def _firms(
        self, kind: str, cycle: str, participants: Iterable[str] | None
    ) -> list[tuple[int, str]]:
        """Return numbers and ids of those whose papers are wanted, by number."""
        if participants is None and kind != "default":
            return [(number, firm) for number, firm in self.house.cycles.firms_of(cycle)]
        with self.house.database.read() as unit:
            if participants is None:
                rows = find_all(unit, participant, order=["number"], state="defaulted")
            else:
                rows = sorted(
                    (self.house.participants.row(unit, firm) for firm in set(participants)),
                    key=lambda row: row.number,
                )
            return [(row.number, row.id) for row in rows]


_ready: tuple[datetime.datetime, tuple[SigningCertificate, str]] | None = None
"""What the copies of this process sign with, and when: set before they are made."""


def _may_copy() -> bool:
    """Whether this process can be copied: a copy of one with several threads, those of the page
    maker among them, can wait for ever for what another thread held."""
    from skontro.messages.paper_pdf import has_set_pages

    return (
        "fork" in get_all_start_methods()
        and (os.cpu_count() or 1) > 1
        and threading.active_count() == 1
        and not has_set_pages()
    )


def _made_in_copy(paper: Paper, form: str, said: Language) -> bytes:
    if _ready is None:
        raise InvariantViolation("nothing to sign with")
    at, certified = _ready
    return _signed(paper, said, at, certified)


def _signed(
    paper: Paper, said: Language, at: datetime.datetime, certified: tuple[SigningCertificate, str]
) -> bytes:
    """Return a paper as PDF with the house's electronic signature."""
    from skontro.messages.paper_pdf import paper_pdf
    from skontro.messages.pdf_signatures import sign_pdf

    signer, endorsement = certified
    return sign_pdf(paper_pdf(paper, said), signer, at, reason=REASON, endorsement=endorsement)


def _put_first(folder: Folder, under_way: deque[tuple[str, str, Future[bytes]]]) -> None:
    """Write the file that was begun first."""
    name, key, made = under_way.popleft()
    folder.put(name, key, made.result())


def check_valid(certificate: SigningCertificate | None, house: House) -> SigningCertificate:
    """Return a signing certificate, provided that it is valid today.

    Raises:
        Forbidden: It is not valid yet, or not any longer.
    """
    if certificate is None or not certificate.is_valid_at(house.now):
        raise Forbidden("the signing certificate is not valid today", code="CertificateExpired",
                        next_step="take a new one: skontro statement new-certificate")  # fmt: skip
    return certificate


def _key(paper: Paper, form: str, said: Language) -> str:
    """Return a digest of everything a file depends on but the moment it is signed."""
    parts = (hashlib.sha256(paper.as_bytes()).hexdigest(), form, said.code, repr(said.numbers))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Folder:
    """A folder of papers with its index."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.index: dict[str, dict[str, str]] = {}  # by name, then by digest of the file: its key
        listed = place / INDEX
        if listed.is_file():
            for line in listed.read_text("utf-8").splitlines():
                try:
                    said = json.loads(line)
                    self.index.setdefault(said["name"], {})[said["sha256"]] = said["key"]
                except (ValueError, KeyError, TypeError):
                    continue  # a line that was being written when everything stopped

    def holds(self, name: str, key: str) -> bool:
        """Whether a file lies here, whole, and says what it would say now.

        Raises:
            Conflict: A file of that name lies here that is not as it was written.
        """
        path, known = self.place / name, self.index.get(name, {})
        if not path.exists():
            return False
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest not in known:
            raise Conflict(
                f"{path} is not as the house wrote it", code="TargetTaken",
                next_step="look at it and move it away, or write into another folder",
            )  # fmt: skip
        return known[digest] == key

    def put(self, name: str, key: str, data: bytes) -> None:
        """Write a file: first what it will be into the index, then the file, in one step."""
        self.place.mkdir(parents=True, exist_ok=True)
        said = {"name": name, "key": key, "sha256": hashlib.sha256(data).hexdigest()}
        aside = self.place / f".{name}.part"
        aside.write_bytes(data)
        # the index may run ahead of the files, never behind: a file it does not know is not ours
        with (self.place / INDEX).open("a", encoding="utf-8") as file:
            file.write("\n" if self._is_torn() else "")
            file.write(json.dumps(said, sort_keys=True) + "\n")
        self.index.setdefault(name, {})[said["sha256"]] = key
        aside.replace(self.place / name)

    def keep(self) -> None:
        """Make what was written durable, as far as it is not yet: files, index, names."""
        if self.place.is_dir():
            os.sync()
            sync(self.place)

    def _is_torn(self) -> bool:
        """Whether the index ends within a line."""
        data = (self.place / INDEX).read_bytes()[-1:]
        return data not in (b"", b"\n")


def _in_use(unit: Unit) -> dict[str, Any] | None:
    """Return what the last act that took a certificate into use says, if there was one."""
    rows = find_all(unit, act, order=["-id"], limit=1, kind="house.certificate", state="done")
    return dict(json.loads(rows[0].content)) if rows else None


@handles("house.certificate")
def _take_certificate(
    house: House, unit: Unit, act_id: int, content: dict[str, Any]
) -> dict[str, Any]:
    """Take a new signing certificate into use; what the old one signed stays checkable."""
    before = _in_use(unit)
    if before is not None and before["fingerprint"] != content["replaces"]:
        raise Conflict("another certificate is in use by now", code="StaleApproval",
                       next_step="propose it anew")  # fmt: skip
    if not (house.folder / KEYS / content["file"]).exists():
        raise Conflict(f"{content['file']} is not in the folder of the keys", code="NoSuchFile",
                       next_step="put it back, or propose another")  # fmt: skip
    house.paper_files.forget()
    said = {name: content[name] for name in ("fingerprint", "replaces")}
    house.note(unit, "house.certificate", said, act_id=act_id)
    return said
