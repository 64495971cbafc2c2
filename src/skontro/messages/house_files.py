# SPDX-License-Identifier: Apache-2.0
"""The short files that are brought to a house's desk: rules, firms, a fixing, limits.

All of such a file must be right: one bad row refuses it, by row or place and with what to write.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa

from skontro.core.errors import (
    InexactColumn,
    InvalidFixing,
    InvalidParticipants,
    InvalidRules,
    NoSuchFile,
    UnreadableFile,
)
from skontro.core.fixing import Fixing
from skontro.core.money import exponent, parse_decimal
from skontro.house.firms import Agreement, Firm, said_owner
from skontro.house.identifiers import BankAccount, bank_account
from skontro.house.reading import Section
from skontro.house.rules import HouseRules
from skontro.messages.raw import check_columns
from skontro.messages.tables import read_table
from skontro.messages.texts import to_text

TEXTS = (
    "id", "name", "side", "home_currency", "lei", "tax_number", "tax_country", "address",
    "registration_number", "endpoint", "language", "number_format",
)  # fmt: skip
AGREEMENT = ("id", "version", "law", "opinion", "signatories", "from")
ACCOUNT = ("iban", "bban", "bic", "clearing_code")
FIRM = (*TEXTS, "owners", "accepts_conversion", "agreement", "account")
NEEDED = ("id", "name", "side", "home_currency", "agreement", "version", "law", "opinion",
          "signatories", "from")  # fmt: skip
COLUMNS = (*TEXTS, "owners", "accepts_conversion", "agreement", *AGREEMENT[1:],
           "account_currency", *ACCOUNT)  # fmt: skip
"""Columns of a table of firms; ``owners`` are divided by semicolons, each with its share if it is
known: ``Ada Alder 60 %; Bo Birch 40 %``."""
EXAMPLE_FIRMS = """\
# Firms that ask to be admitted. Two people admit them, by one act, and the gate judges each.

[[firm]]
id = "A1"                     # the id the house gives it
name = "Alder Pharma"
side = "A"
home_currency = "EUR"         # one of its side's currencies
accepts_conversion = true     # whether other currencies are set off at the fixing
owners = ["Anna Alder"]
lei = ""                      # legal entity identifier, if it has one
tax_number = ""
address = ""
endpoint = ""                 # where it receives e-invoices, such as 0088:5790000435975
language = "en"               # of its papers: en, de, fr, el, ru or ar
number_format = ""            # point-comma, indian, ...; the language's own if empty

[firm.agreement]              # nothing is set off without a set-off agreement in force
id = "SOA-1"
version = "1"
law = "NL"
opinion = "LO-1"
signatories = "Anna Alder, managing director"
from = 2026-01-01

[firm.account]                # where it is paid, one for each currency
EUR = { iban = "NL91ABNA0417164300", bic = "ABNANL2A" }
"""
TRUTH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def read_toml(path: str | Path) -> dict[str, object]:
    """Read a TOML file as it is.

    Raises:
        NoSuchFile: There is none.
        UnreadableFile: It is no TOML; the message says where.
    """
    place = Path(path)
    try:
        return tomllib.loads(place.read_bytes().decode("utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise NoSuchFile(f"{place} is not there, or is a folder") from None
    except ValueError as error:
        raise UnreadableFile(f"{place}: {error}", next_step="correct that line") from None
    except RecursionError:
        raise UnreadableFile(f"{place}: lists or tables in one another, too deep",
                             next_step="begin from: skontro init --example") from None  # fmt: skip


def read_rules(path: str | Path, rights: Collection[str]) -> HouseRules:
    """Read the rules of a house.

    Args:
        path: A file such as :func:`skontro.house.rules_file.example_rules` shows.
        rights: Every right there is: each must be held by two founders.

    Raises:
        InvalidRules: Naming the place and what is wrong there.
    """
    return HouseRules.from_mapping(read_toml(path), rights=rights)


# ---- firms -------------------------------------------------------------------------------------


def read_firms(path: str | Path) -> list[Firm]:
    """Read firms that ask to be admitted.

    Args:
        path: TOML with a table ``[[firm]]`` for each, or a table (CSV, Parquet, XLSX) with the
            columns of :data:`COLUMNS`; a firm with accounts in several currencies needs TOML.

    Raises:
        InvalidParticipants: Naming the place and what is wrong there.
    """
    place = Path(path)
    try:
        if place.suffix.lower() == ".toml":
            page = Section(read_toml(place), "", ("firm",))
            sections = list(page.listed("firm", FIRM))
        else:
            sections = [
                Section(values, f"row {row}", FIRM) for row, values in _firm_rows(place)
            ]
        firms = [_firm(section) for section in sections]
    except InvalidRules as error:
        raise _of_file(place, error) from None
    if not firms:
        raise InvalidParticipants(f"{place.name}: there is no firm",
                                  next_step="begin each with [[firm]]")  # fmt: skip
    return firms


def read_agreement(path: str | Path) -> Agreement:
    """Read a set-off agreement from TOML: id, version, law, opinion, signatories, from.

    Raises:
        InvalidParticipants: Naming what is wrong there.
    """
    place = Path(path)
    try:
        return _agreement(Section(read_toml(place), "", AGREEMENT))
    except InvalidRules as error:
        raise _of_file(place, error) from None


def _of_file(path: Path, error: InvalidRules) -> InvalidParticipants:
    """Return a refusal of what a file says, with the file's own name."""
    step = error.next_step.replace("house.toml", path.name)
    return InvalidParticipants(f"{path.name}: {error.message}", next_step=step)


def _firm_rows(path: Path) -> list[tuple[int, dict[str, object]]]:
    """Return the rows of a table of firms in the shape of the TOML file."""
    rows = _text_rows("firms", path, COLUMNS)
    check_columns("firms", list(rows[0][1]) if rows else [], NEEDED)
    found = []
    for number, row in rows:
        said: dict[str, object] = {name: row[name] for name in TEXTS if row.get(name)}
        if row.get("owners"):
            said["owners"] = [one.strip() for one in row["owners"].split(";") if one.strip()]
        if row.get("accepts_conversion"):
            said["accepts_conversion"] = row["accepts_conversion"]
        said["agreement"] = {"id": row["agreement"]} | {name: row[name] for name in AGREEMENT[1:]}
        account = {name: row[name] for name in ACCOUNT if row.get(name)}
        if account:
            currency = row.get("account_currency") or row["home_currency"]
            said["account"] = {currency: account}
        found.append((number, said))
    return found


def _firm(section: Section) -> Firm:
    texts = {name: section.text(name, "") for name in TEXTS[4:]}
    return Firm(
        id=section.text("id"),
        name=section.text("name"),
        side=section.text("side"),
        home_currency=section.currency("home_currency"),
        agreement=_agreement(section.section("agreement", AGREEMENT)),
        accounts=_accounts(section),
        accepts_conversion=_truth(section, "accepts_conversion"),
        owners=tuple(map(said_owner, section.words("owners"))) if "owners" in section else (),
        **texts,
    )


def _agreement(signed: Section) -> Agreement:
    return Agreement(
        id=signed.text("id"),
        version=signed.text("version"),
        law=signed.text("law"),
        opinion=signed.text("opinion"),
        signatories=signed.text("signatories"),
        from_day=signed.day("from").isoformat(),
    )


def _truth(section: Section, key: str) -> bool:
    value = section.values.get(key, True)
    if isinstance(value, bool):
        return value
    return TRUTH[section.choice(key, tuple(TRUTH))]


def _accounts(section: Section) -> dict[str, BankAccount]:
    found = dict[str, BankAccount]()
    for currency, one in section.named("account", ACCOUNT):
        parts = {name: one.text(name, "") for name in ACCOUNT}
        found[currency] = bank_account(**parts, field=one.place)
    return found


# ---- a fixing and limits -----------------------------------------------------------------------


def read_fixing(path: str | Path, unit: str) -> dict[str, str]:
    """Read the rates of a fixing.

    Args:
        path: A table with columns ``currency`` and ``rate``; ``unit_of_account`` may stand there
            too.
        unit: The house's unit.

    Returns:
        Worth of one unit of each currency in the house's unit, as an exact fraction.

    Raises:
        Rejected: A rate is malformed, or the unit of account is another.
    """
    rows = _text_rows("fixing", Path(path), ("currency", "rate", "unit_of_account"))
    check_columns("fixing", list(rows[0][1]) if rows else [], ("currency", "rate"))
    table = pa.table({
        "currency": [row["currency"] for _, row in rows],
        "unit_of_account": [row.get("unit_of_account") or unit for _, row in rows],
        "rate": [row["rate"] for _, row in rows],
    })
    fixing = Fixing.from_table(table, rows=[number for number, _ in rows])
    if fixing.unit != unit:
        raise InvalidFixing(
            f"the fixing counts in {fixing.unit}, the house in {unit}",
            next_step=f"give what one unit of each currency is worth in {unit}",
        )  # fmt: skip
    return {code: f"{rate.numerator}/{rate.denominator}" for code, rate in fixing.rates.items()}


def read_pay_in_limits(path: str | Path) -> list[tuple[str, str, int]]:
    """Read pay-in limits: columns ``participant``, ``limit`` and ``currency``.

    Returns:
        Participant, currency and limit in minor units of each.
    """
    rows = _text_rows("pay_in_limits", Path(path), ("participant", "limit", "currency"))
    check_columns("pay_in_limits", list(rows[0][1]) if rows else [],
                  ("participant", "limit", "currency"))  # fmt: skip
    return [
        (row["participant"], row["currency"],
         parse_decimal(row["limit"], exponent(row["currency"])))
        for _, row in rows
    ]  # fmt: skip


def read_bank_lines(path: str | Path) -> list[tuple[str, str, int, str, str]]:
    """Read lines of a bank's statements: side, currency, amount, bank_reference, end_to_end.

    Returns:
        The same of each, the amount in minor units: below nought where money left.
    """
    columns = ("side", "currency", "amount", "bank_reference", "end_to_end")
    rows = _text_rows("bank lines", Path(path), columns)
    check_columns("bank lines", list(rows[0][1]) if rows else [], columns[:4])
    return [
        (row["side"], row["currency"], _signed(row["amount"], row["currency"]),
         row["bank_reference"], row.get("end_to_end", ""))
        for _, row in rows
    ]  # fmt: skip


def _signed(text: str, currency: str) -> int:
    amount = parse_decimal(text.removeprefix("-"), exponent(currency))
    return -amount if text.startswith("-") else amount


def _text_rows(
    name: str, path: Path, known: Collection[str]
) -> list[tuple[int, Mapping[str, str]]]:
    """Return the rows of a short table as texts, with their numbers; every row must be right."""
    raw = read_table(name, path)
    raw.whole()
    Section(dict.fromkeys(raw.table.column_names), name, known)
    table = raw.table
    for item in table.schema:
        if pa.types.is_floating(item.type):
            raise InexactColumn(f"{name}: column {item.name!r} is of type {item.type}")
    columns = {column: to_text(table.column(column)).to_pylist() for column in table.column_names}
    return [
        (int(number), {column: texts[place] or "" for column, texts in columns.items()})
        for place, number in enumerate(raw.row)
    ]
