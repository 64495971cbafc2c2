# SPDX-License-Identifier: Apache-2.0
"""The journal as people read it: entries, balances, seals, and the check of all of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from skontro.store.database import Unit
from skontro.store.journal import (
    account_sums,
    append_entry,
    balances,
    head,
    read_acts,
    read_entries,
    read_postings,
    read_seals,
    write_seal,
)
from skontro.verify.journal import (
    ActRow,
    EntryRow,
    JournalVerdict,
    check_journal,
    seal_digest,
)

if TYPE_CHECKING:
    from skontro.flow.house import House


class Journal:
    """What happened, in order; and what stands on the accounts."""

    def __init__(self, house: House) -> None:
        self.house = house

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry: kept elsewhere, it guards all before it."""
        with self.house.database.read() as unit:
            return head(unit)

    def balances(self, prefix: str = "") -> dict[str, int]:
        """What stands on each account whose code begins so; debit above nought."""
        with self.house.database.read() as unit:
            return balances(unit, prefix)

    def trial_balance(self) -> dict[str, tuple[int, int]]:
        """Sum of debits and of credits of each account, since the house was opened.

        Reads the balances sealed last and the postings since; :meth:`verify` adds all up again.
        """
        with self.house.database.read() as unit:
            return account_sums(unit)

    def entries(
        self, *, first: int = 1, cycle: str | None = None, most: int = 100,
        but: Collection[str] = (),
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return entries by number, with what they say.

        Args:
            first: From which number on.
            cycle: Of which cycle alone.
            most: How many at most.
            but: Not those of these kinds.
        """
        found = list[dict[str, Any]]()
        with self.house.database.read() as unit:
            for row in read_entries(unit, first=first, cycle=cycle):
                if len(found) == most:
                    break
                if row.kind in but:
                    continue
                found.append(dict(row._mapping) | {"content": json.loads(row.content)})
        return found

    def seal(self, unit: Unit, cycle: str | None = None) -> None:
        """Seal the balances of all accounts: later sums begin from here.

        Must run in an exclusive unit of work.
        """
        sums = account_sums(unit)
        entry = append_entry(
            unit, "seal", {"accounts": len(sums), "balances": seal_digest(sums)},
            at=self.house.at, business_day=self.house.today, cycle=cycle,
        )  # fmt: skip
        write_seal(unit, entry.number, sums)

    def verify(self, heads: Mapping[int, str] | None = None) -> JournalVerdict:
        """Check the whole journal: chain, balances, seals, and the signatures behind entries.

        Args:
            heads: Hash of entries by number, kept elsewhere: from notices, statements, a backup.
        """
        with self.house.database.read() as unit:
            acts = {row.id: ActRow(*row) for row in read_acts(unit)}
            return check_journal(
                (EntryRow(*row) for row in read_entries(unit)),
                read_postings(unit),
                heads=heads,
                acts=acts,
                seals=read_seals(unit),
            )
