# SPDX-License-Identifier: Apache-2.0
"""A house: opened from its rules, found again in its folder, with one door for each noun."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import secrets
import shutil
import time
import zoneinfo
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import (
    Conflict,
    Forbidden,
    NoSuchFile,
    Rejected,
    Unavailable,
    UnreadableFile,
)
from skontro.flow.times import as_text, from_text
from skontro.house.acts import RIGHTS, check_public_key, key_id_of
from skontro.house.reach import WHOLE
from skontro.house.rules import HouseRules
from skontro.ops.clock import Clock, SetClock, SystemClock
from skontro.ops.keys import SigningKey
from skontro.store.database import Database, Unit
from skontro.store.journal import append_entry
from skontro.store.migrations import check_version, make_tables, upgrade
from skontro.store.prepared import is_read_only
from skontro.store.register import commit_record, read_record
from skontro.store.rows import change, find, find_all, insert
from skontro.store.schema import house as house_table
from skontro.store.schema import house_key, house_rules, person, person_right

if TYPE_CHECKING:
    from skontro.flow.access import Access
    from skontro.flow.audit import Audit
    from skontro.flow.authorities import Authorities
    from skontro.flow.cases import Cases
    from skontro.flow.customs import Customs
    from skontro.flow.cycles import Cycles
    from skontro.flow.defaults import Defaults
    from skontro.flow.documents import Documents
    from skontro.flow.events import Events
    from skontro.flow.forms import Forms
    from skontro.flow.gate import Gate
    from skontro.flow.goods import Goods
    from skontro.flow.jobs import Jobs
    from skontro.flow.journal import Journal
    from skontro.flow.licences import Licences
    from skontro.flow.lists import Lists
    from skontro.flow.obligations import Obligations
    from skontro.flow.once import Once
    from skontro.flow.paper_files import PaperFiles
    from skontro.flow.participants import Participants
    from skontro.flow.payment_files import PaymentFiles
    from skontro.flow.people import People
    from skontro.flow.previews import Previews
    from skontro.flow.reconciliation import Reconciliation
    from skontro.flow.red_flags import RedFlags
    from skontro.flow.register import Register
    from skontro.flow.rules import Rules
    from skontro.flow.settlement import Settlement
    from skontro.flow.statements import Statements
    from skontro.flow.together import Together
    from skontro.flow.uploads import Uploads
    from skontro.flow.webhooks import Webhooks
    from skontro.house.journal import Entry

PLACE = "house.json"
OWN_DATABASE = "house.db"
LAST_YEAR = 2999
"""What is kept for years is counted on from today: days end with the year 9999."""
WAITED_S = 60
"""How long a service waits at its start for a database that does not answer, in seconds."""
PEPPER = "keys/identity.txt"
"""Where the secret lies that makes identity papers comparable and nothing more."""
OPENING = "opening"
"""A file that lies in the folder while the house is being opened: a sign to go on from there."""
DEMO_PASSPHRASE = "for demonstration only"


class House:
    """A clearing house.

    Attributes:
        folder: Where its archive, its key and, unless elsewhere, its database lie.
        database: Its database.
        clock: What tells it the time.
        wall: The machine's clock: sessions and logins go by it, in a demo house as well.

    Example:
        >>> House.open("no/such/folder")
        Traceback (most recent call last):
        skontro.core.errors.NoSuchFile: no/such/folder: no house here
    """

    def __init__(self, folder: Path, database: Database, clock: Clock | None = None) -> None:
        self.folder = folder
        self.database = database
        database.standing = WHOLE  # whoever holds the folder does the house's own work
        check_version(database)
        with database.read() as unit:
            row = find(unit, house_table)
        if row is None:
            raise NoSuchFile(f"{folder}: no house was opened here")
        self.id: str = row.id
        self.name: str = row.name
        self.kind: str = row.kind
        self.unit: str = row.unit
        if clock is None:
            shown = row.clock_at
            clock = SystemClock() if shown is None else SetClock(from_text(shown))
        self.clock = clock
        self.wall: Clock = SystemClock()
        self._rules: tuple[int, HouseRules] | None = None
        database.sees_rules = self._see_rules

    # ---- opening -----------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        folder: str | Path,
        rules: HouseRules,
        keys: Mapping[str, str],
        *,
        passphrase: str,
        database_url: str | None = None,
        clock: Clock | None = None,
    ) -> House:
        """Open a new house.

        Args:
            folder: Where it is to lie; must be new or empty, or an opening that died half-way.
            rules: Its rules.
            keys: Public key of each founder the rules name, hexadecimal.
            passphrase: Locks the house's own signing key.
            database_url: Where its database is; a file in the folder if not given.
            clock: What tells it the time; a demo house's clock can be set.

        Raises:
            Conflict: Something is there already.
            Forbidden: A founder has no key, or two share one.
            Rejected: A key is none, or one that anybody can sign for.
        """
        place = Path(folder)
        founders = {one.id for one in rules.founders}
        if set(keys) != founders or len(set(keys.values())) != len(founders):
            raise Forbidden(
                "each founder needs a key of their own",
                code="KeyMissing",
                next_step=f"make one for each with: skontro people key ({', '.join(founders)})",
            )
        for key in keys.values():
            check_public_key(key)
        _take_place(place)
        url = database_url or f"sqlite:///{place.absolute() / OWN_DATABASE}"
        now = (clock or SystemClock()).now()
        database = Database(url)
        database.standing = WHOLE
        make_tables(database)
        with database.read() as unit:
            known = find(unit, house_table)
        if known is None:
            shutil.rmtree(place / "keys", ignore_errors=True)
            house_signer, pepper = SigningKey.new(), secrets.token_hex(32)
            house_signer.save(place / "keys" / "house.pem", passphrase)
            _write_secret(place / PEPPER, pepper)
            with database.unit("house.open", exclusive=True) as unit:
                _open_house(unit, rules, keys, house_signer, pepper, now)
        elif known.id != rules.id or not (place / PEPPER).is_file():
            raise Conflict(f"the database holds the house {known.id!r} already", code="TargetTaken",
                           next_step="give a database of its own")  # fmt: skip
        (place / "archive").mkdir(exist_ok=True)
        where = place / PLACE
        where.write_text(json.dumps({"database": database_url}) + "\n", "utf-8")
        where.chmod(0o600)
        (place / OPENING).unlink()
        return cls(place, database, clock)

    @classmethod
    def open(
        cls, folder: str | Path, *, clock: Clock | None = None,
        waits: Callable[[Unavailable], None] | None = None,
    ) -> House:  # fmt: skip
        """Find a house again in its folder.

        Args:
            folder: Where it lies.
            clock: Its time; that of the house if not given.
            waits: Told once where PostgreSQL does not answer, which is then waited for, at most
                :data:`WAITED_S`: it may be coming up. It is not waited for if not given.

        Raises:
            NoSuchFile: There is none, or its database is gone.
            Unavailable: The database does not answer.
        """
        ends, is_told = time.monotonic() + WAITED_S, False
        while True:
            try:
                return cls._opened(folder, clock)
            except Unavailable as error:
                is_coming = error.code == "StoreUnavailable" and not _database_url(
                    Path(folder)).startswith("sqlite")  # fmt: skip
                if waits is None or not is_coming or time.monotonic() > ends:
                    raise
                if not is_told:
                    waits(error)
                is_told = True
            time.sleep(0.5)  # not money: seconds

    @classmethod
    def _opened(cls, folder: str | Path, clock: Clock | None) -> House:
        place = Path(folder)
        database = Database(_database_url(place))
        own = database.url.database
        if database.is_sqlite and own and not Path(own).is_file():
            database.close()
            raise NoSuchFile(
                f"{own}: the house's database is gone", code="DatabaseGone",
                next_step="put it back, or make the house again from its newest backup: skontro "
                "restore BACKUP",
            )  # fmt: skip
        return cls(place, database, clock)

    @staticmethod
    def upgrade(
        folder: str | Path, *, database_url: str | None = None, application: str | None = None
    ) -> list[str]:
        """Bring a house's tables up to this release; safe to repeat, and to be killed half-way.

        Args:
            folder: The house's folder.
            database_url: How the role that owns the tables reaches the database, if it is not the
                one the house works with.
            application: The role the house works with, to be given the rights it needs.

        Returns:
            The versions that were put in, in order; none if there was nothing to do.

        Raises:
            NoSuchFile: There is no house.
            Conflict: The tables are of a later release.
        """
        database = Database(database_url or _database_url(Path(folder)))
        try:
            return upgrade(database, application=application)
        finally:
            database.close()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> House:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- time and rules ----------------------------------------------------------------------

    @property
    def now(self) -> datetime.datetime:
        """The time, in UTC."""
        return self.clock.now()

    @property
    def at(self) -> str:
        """The time as it is written down."""
        return as_text(self.now)

    @property
    def today(self) -> str:
        """The business day by the first side's clock, e.g. ``2026-01-31``."""
        zone = zoneinfo.ZoneInfo(self.rules.sides[0].time_zone)
        return self.now.astimezone(zone).date().isoformat()

    def take_clock(self, unit: Unit | None = None) -> None:
        """Take the time that another process set a demo house's clock to.

        Args:
            unit: The unit of work under way, if one is.
        """
        with nullcontext(unit) if unit is not None else self.database.read() as looking:
            shown = find(looking, house_table).clock_at
        if shown is not None and isinstance(self.clock, SetClock):
            self.clock.set(max(from_text(shown), self.now))

    def set_clock(self, at: datetime.datetime) -> None:
        """Set a demo house's clock; never back.

        Raises:
            Forbidden: The house is no demo, or the clock would go back.
            Rejected: It is further on than days can be counted from.
        """
        if self.kind != "demo" or not isinstance(self.clock, SetClock):
            raise Forbidden("only a demo house has a clock that can be set", code="LiveHouse")
        if at < self.now:
            raise Forbidden("the clock does not go back", code="ClockBack",
                            next_step="give a later time")  # fmt: skip
        if at.year > LAST_YEAR:
            raise Rejected(f"no clock shows a year after {LAST_YEAR}", code="ClockTooFar",
                           next_step="give an earlier time")  # fmt: skip
        self.clock.set(at)
        with self.database.unit("house.clock") as unit:
            change(unit, house_table, {"id": self.id}, clock_at=as_text(at))

    @property
    def rules(self) -> HouseRules:
        """The rules in force, as of the last unit of work that was begun here."""
        known = self._rules
        if known is None:
            with self.database.read() as unit:
                row = find_all(unit, house_rules, order=["-version"], limit=1)[0]
            known = self._rules = row.version, HouseRules.from_json(json.loads(row.content))
        return known[1]

    def _see_rules(self, newest: int | None) -> None:
        """Forget rules that are not those in force: another process may have changed them."""
        known = self._rules
        if known is not None and known[0] != newest:
            self._rules = None

    def record(self, unit: Unit, number: int) -> str | None:
        """Return what a record of the register says, or None once it is erased."""
        return read_record(unit, number)

    def keep_until(self, kind: str, side: str = "") -> str:
        """Return the day until which a record of a kind written today must be kept."""
        years = self.rules.retention_years(kind, side)
        day = datetime.date.fromisoformat(self.today)
        leap = day.month == 2 and day.day == 29
        return day.replace(year=day.year + years, day=28 if leap else day.day).isoformat()

    def identity_digest(self, paper: str) -> str:
        """Return the keyed digest of an identity paper: equal papers, equal digests."""
        return identity_digest(paper, (self.folder / PEPPER).read_text("utf-8").strip())

    def forget(self) -> None:
        """Read the rules again when they are next asked for."""
        self._rules = None

    def check_writable(self, unit: Unit) -> None:
        """Refuse to write in a restored house before two people let it resume.

        Raises:
            Forbidden: It is read-only.
        """
        if is_read_only(unit):
            raise Forbidden(
                "this house was restored and is read-only",
                code="ReadOnly",
                next_step="see what to ask the bank with skontro house left; then: skontro "
                "house resume",
            )

    def note(
        self,
        unit: Unit,
        kind: str,
        content: Mapping[str, Any],
        *,
        cycle: str | None = None,
        act_id: int | None = None,
        lines: Any = (),
    ) -> Entry:
        """Append a journal entry of this instant, and return it."""
        return append_entry(
            unit, kind, content, at=self.at, business_day=self.today, cycle=cycle, act_id=act_id,
            lines=lines,
        )  # fmt: skip

    # ---- nouns -------------------------------------------------------------------------------

    @cached_property
    def people(self) -> People:
        """The people of the house, their rights and what they approve."""
        from skontro.flow.people import People

        return People(self)

    @cached_property
    def access(self) -> Access:
        """Who comes in over the network: logins, sessions, roles, keys of programs."""
        from skontro.flow.access import Access

        return Access(self)

    @cached_property
    def audit(self) -> Audit:
        """What people did here, and what was refused."""
        from skontro.flow.audit import Audit

        return Audit(self)

    @cached_property
    def once(self) -> Once:
        """What is asked under ids that callers choose: one effect each."""
        from skontro.flow.once import Once

        return Once(self)

    @cached_property
    def previews(self) -> Previews:
        """What would clear, as of the calendar's last time."""
        from skontro.flow.previews import Previews

        return Previews(self)

    @cached_property
    def events(self) -> Events:
        """What happens here, for whoever is to be told."""
        from skontro.flow.events import Events

        return Events(self)

    @cached_property
    def uploads(self) -> Uploads:
        """E-invoices that came over the network."""
        from skontro.flow.uploads import Uploads

        return Uploads(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Where participants are told of it."""
        from skontro.flow.webhooks import Webhooks

        return Webhooks(self)

    @cached_property
    def jobs(self) -> Jobs:
        """Work that workers take."""
        from skontro.flow.jobs import Jobs

        return Jobs(self)

    @cached_property
    def together(self) -> Together:
        """Single registrations that arrive at the same time."""
        from skontro.flow.together import Together

        return Together(self)

    @cached_property
    def register(self) -> Register:
        """Personal data, in the one place where they are."""
        from skontro.flow.register import Register

        return Register(self)

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """What the banks said, and what became of it."""
        from skontro.flow.reconciliation import Reconciliation

        return Reconciliation(self)

    @cached_property
    def rule_book(self) -> Rules:
        """The versions of the rules, and changes of them."""
        from skontro.flow.rules import Rules

        return Rules(self)

    @cached_property
    def participants(self) -> Participants:
        """The firms admitted."""
        from skontro.flow.participants import Participants

        return Participants(self)

    @cached_property
    def gate(self) -> Gate:
        """The gate's seat: lists and verdicts."""
        from skontro.flow.gate import Gate

        return Gate(self)

    @cached_property
    def goods(self) -> Goods:
        """The packs of the sides, and what obligations are for."""
        from skontro.flow.goods import Goods

        return Goods(self)

    @cached_property
    def cases(self) -> Cases:
        """Alerts and what is decided on them."""
        from skontro.flow.cases import Cases

        return Cases(self)

    @cached_property
    def licences(self) -> Licences:
        """The licences authorities gave."""
        from skontro.flow.licences import Licences

        return Licences(self)

    @cached_property
    def red_flags(self) -> RedFlags:
        """Signs of laundering by trade."""
        from skontro.flow.red_flags import RedFlags

        return RedFlags(self)

    @cached_property
    def customs(self) -> Customs:
        """What customs know, file after file."""
        from skontro.flow.customs import Customs

        return Customs(self)

    @cached_property
    def authorities(self) -> Authorities:
        """Licences and declarations against what obligations say."""
        from skontro.flow.authorities import Authorities

        return Authorities(self)

    @cached_property
    def lists(self) -> Lists:
        """The sanctions lists, version after version."""
        from skontro.flow.lists import Lists

        return Lists(self)

    @cached_property
    def obligations(self) -> Obligations:
        """What is owed."""
        from skontro.flow.obligations import Obligations

        return Obligations(self)

    @cached_property
    def documents(self) -> Documents:
        """Documents as they come in: e-invoices, credit notes."""
        from skontro.flow.documents import Documents

        return Documents(self)

    @cached_property
    def forms(self) -> Forms:
        """How the tables of each sender are written."""
        from skontro.flow.forms import Forms

        return Forms(self)

    @cached_property
    def cycles(self) -> Cycles:
        """The sessions of the house."""
        from skontro.flow.cycles import Cycles

        return Cycles(self)

    @cached_property
    def settlement(self) -> Settlement:
        """The money: pay-ins, pay-outs, borders."""
        from skontro.flow.settlement import Settlement

        return Settlement(self)

    @cached_property
    def payment_files(self) -> PaymentFiles:
        """The files that leave: payment orders and what stands behind them."""
        from skontro.flow.payment_files import PaymentFiles

        return PaymentFiles(self)

    @cached_property
    def statements(self) -> Statements:
        """What the house says in writing, and the key it signs with."""
        from skontro.flow.statements import Statements

        return Statements(self)

    @cached_property
    def paper_files(self) -> PaperFiles:
        """The papers as files: PDF, tables, JSON, camt.053."""
        from skontro.flow.paper_files import PaperFiles

        return PaperFiles(self)

    @cached_property
    def defaults(self) -> Defaults:
        """Firms in default or insolvent."""
        from skontro.flow.defaults import Defaults

        return Defaults(self)

    @cached_property
    def journal(self) -> Journal:
        """The journal."""
        from skontro.flow.journal import Journal

        return Journal(self)


def _take_place(place: Path) -> None:
    """Take a folder for a new house; one whose opening died half-way is gone on with."""
    if place.exists() and any(place.iterdir()) and not (place / OPENING).is_file():
        raise Conflict(f"{place} is not empty", code="TargetTaken", next_step="give a new folder")
    if not place.exists():
        place.mkdir(mode=0o700, parents=True)
    (place / OPENING).touch()


def _database_url(place: Path) -> str:
    """Return where the database of the house in a folder is."""
    try:
        text = (place / PLACE).read_text("utf-8")
    except OSError:
        raise NoSuchFile(
            f"{place}: no house here",
            next_step="give its folder with --house, or open one with: skontro init",
        ) from None
    except ValueError:
        text = ""
    try:
        url = json.loads(text)["database"]
    except (ValueError, TypeError, LookupError, RecursionError):
        raise UnreadableFile(
            f"{place / PLACE} does not say where the house's database is",
            next_step='write {"database": null} there if it is house.db in the folder, else its '
            "address in place of null",
        ) from None
    return str(url or f"sqlite:///{place.absolute() / OWN_DATABASE}")


def identity_digest(paper: str, pepper: str) -> str:
    """Return the digest of an identity paper under a house's secret.

    Example:
        >>> identity_digest("passport  NL X1", "s") == identity_digest("Passport NL x1", "s")
        True
    """
    text = " ".join(paper.split()).casefold().encode()
    return hmac.new(pepper.encode(), text, hashlib.sha256).hexdigest()


def _write_secret(path: Path, text: str) -> None:
    """Write a secret for the owner's eyes only."""
    path.touch(mode=0o600)
    path.write_text(text + "\n", "utf-8")


def _open_house(
    unit: Unit,
    rules: HouseRules,
    keys: Mapping[str, str],
    signer: SigningKey,
    pepper: str,
    now: datetime.datetime,
) -> None:
    """Write a new house's first rows, and its first journal entry."""
    at, demo = as_text(now), rules.kind == "demo"
    insert(
        unit, house_table, id=rules.id, name=rules.name, kind=rules.kind, unit=rules.unit,
        opened_at=at, clock_at=at if demo else None, read_only=0,
    )  # fmt: skip
    kept = rules.impersonal()
    content, digest = canonical_json(kept.as_json()), kept.digest
    insert(unit, house_rules, version=1, content=content.decode(), digest=digest, since=at)
    key_id = key_id_of(signer.public_key)
    insert(unit, house_key, id=key_id, public_key=signer.public_key, since=at)
    for founder in rules.founders:
        commit_record(
            unit, "person", founder.id, "name", founder.name, purpose="who signs", at=at,
            retain_until="9999-12-31",
        )  # fmt: skip
        insert(
            unit, person, id=founder.id, public_key=keys[founder.id],
            identity_digest=identity_digest(founder.identity, pepper), state="active", since=at,
        )  # fmt: skip
        for right in RIGHTS:
            if not founder.holds(right):
                continue
            insert(unit, person_right, person=founder.id, right=right)
    for side in rules.sides:
        for balance in side.working_balances:
            year = now.year + rules.retention_years("sponsor", side.id)
            commit_record(
                unit, "sponsor", f"{side.id}:{balance.currency}", "name", balance.sponsor,
                purpose="agreement", at=at, retain_until=f"{year}-12-31",
            )  # fmt: skip
    append_entry(
        unit, "house.open",
        {
            "house": rules.id, "kind": rules.kind, "demonstration": demo, "unit": rules.unit,
            "rules": digest, "house_key": signer.public_key,
            "people": {one.id: keys[one.id] for one in rules.founders},
        },
        at=at, business_day=now.date().isoformat(),
    )  # fmt: skip
