# SPDX-License-Identifier: Apache-2.0
"""A participant's own pages: what it owes and is owed, its papers and proofs, its files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Response

from skontro.api.bodies import in_text
from skontro.api.routes.obligations import shown
from skontro.console.frame import Visit, Visitor
from skontro.console.script_texts import handed_to
from skontro.core.errors import Rejected
from skontro.core.money import exponents
from skontro.flow.previews import MOST_LINES as MOST_PREVIEWED
from skontro.store.listing import Wanted

routes = APIRouter()

KINDS = {"set-off-notice": "set-off notice", "account-statement": "account statement"}
FORMS = {"pdf": "application/pdf", "json": "application/json", "csv": "text/csv; charset=utf-8"}
PUBLISHED = ("final", "instructed", "planned", "settled", "closed")
"""States of cycles whose final run is published."""
PAGE = 1000
COLUMNS = ("number", "debtor", "creditor", "currency", "amount", "open", "document",
           "document_date", "due_date", "state", "why_not")  # fmt: skip


CLAIMS = (
    ("form", "The package is whole, and every file in its one written form."),
    ("signature", "The house's signature under the statement of publication holds."),
    ("whose", "The key is the one you gave."),
    ("people", "Two different people signed exactly this run."),
    ("run", "The statement is of this very run: the same digests, parameters and root."),
    ("public", "Everyone was shown the same root."),
    ("levelsOwn", "Your levels and your rows lie under that root, each at its one place."),
    ("levelsOthers", "So do the levels of those you deal with."),
    ("levelsHouse", "So do the levels of the house's own nodes."),
    ("sums", "Every row is yours and adds up: left is amount less set off less settled."),
    ("table", "The table obligations.csv says the same."),
    ("balance", "As much was set off of what you owe as of what you are owed; money closes the "
     "rest."),
    ("certificate", "No more could be set off over any pair of yours: the levels prove it."),
    ("split", "Set-off lies on your obligations as the rules of the run say."),
    ("rounding", "Every amount is the whole share rounded down or up, and no more."),
    ("totals", "The totals you were told are those of your rows."),
)
"""What the browser checks of a package, in its order, and in words: see ``static/proofs.js``."""
CANNOT = (
    "That the whole total is the greatest there is: that takes the levels of everybody.",
    "That all your obligations are here, and that your pay-in limit is the one agreed: compare "
    "them with your own books.",
    "That those you deal with were told the same: compare the rows with them.",
    "What others owe each other.",
)


def own_firm(visit: Visit) -> str:
    """Return the firm somebody works for.

    Raises:
        Rejected: They work for the house.
    """
    firms = sorted(visit.actor.scope("papers.read").firms)
    if not firms:
        raise Rejected("this page is for the people of a participant", code="NoSuchPage",
                       next_step="look at a participant from the list")  # fmt: skip
    return firms[0]


def totals(rows: Iterable[Mapping[str, Any]], firm: str) -> list[dict[str, Any]]:
    """Return what a firm owes and is owed in each currency, in all and confirmed.

    Example:
        >>> totals([{"debtor": "A", "creditor": "B", "currency": "EUR", "state": "registered",
        ...          "open_minor": 500}], "A")[0]["owes_minor"]
        500
    """
    found = dict[str, dict[str, Any]]()
    for row in rows:
        one = found.setdefault(row["currency"], {
            "currency": row["currency"], "owes_minor": 0, "owed_minor": 0, "owes_sure_minor": 0,
            "owed_sure_minor": 0,
        })  # fmt: skip
        way = "owes" if row["debtor"] == firm else "owed"
        one[f"{way}_minor"] += row["open_minor"]
        if row["state"] in ("confirmed", "matched", "entered"):
            one[f"{way}_sure_minor"] += row["open_minor"]
    return list(found.values())


@routes.get("/mine")
def mine(visit: Visitor) -> Response:
    """Show what a firm owes and is owed, its one payment, and its papers."""
    firm = own_firm(visit)
    rows = visit.seat.obligations.sums(firm)
    cycles = list(reversed(visit.seat.cycles.table()))
    money = in_text(visit.seat.books.money_of(cycles[0]["id"], firm)) if cycles else None
    return visit.page(
        "mine", firm=firm, sums=totals(rows, firm), rows=rows, money=money, cycles=cycles[:1],
        published=[one for one in cycles if one["state"] in PUBLISHED][:24], kinds=KINDS,
        forms=tuple(FORMS),
    )  # fmt: skip


@routes.get("/mine/preview")
def preview(visit: Visitor) -> Response:
    """Show what would clear for a firm, as of the calendar's last time."""
    firm = own_firm(visit)
    cycles = visit.seat.cycles.table()
    cycle = cycles[-1] if cycles else None
    found = None if cycle is None else visit.seat.cycles.preview(cycle["id"], firm)
    return visit.page("preview", firm=firm, cycle=cycle, one=found, most=MOST_PREVIEWED)


@routes.get("/mine/proofs")
def proofs(visit: Visitor) -> Response:
    """Show the page on which a package is checked in the browser."""
    firm = own_firm(visit)
    published = [one for one in reversed(visit.seat.cycles.table()) if one["state"] in PUBLISHED]
    return visit.page("proofs", firm=firm, published=published[:3], claims=CLAIMS, cannot=CANNOT,
                      places=exponents(), said=handed_to("proofs.js", visit.texts))  # fmt: skip


@routes.get("/mine/papers/{cycle}/{name}")
def paper(visit: Visitor, cycle: str, name: str) -> Response:
    """Give a paper as a file, or the package with the firm's proofs."""
    return _paper(visit, own_firm(visit), cycle, name)


@routes.get("/firms/{firm}/papers/{cycle}/{name}")
def paper_of(visit: Visitor, firm: str, cycle: str, name: str) -> Response:
    """Give a paper of a firm to whoever may read it: its people, the house, an auditor."""
    return _paper(visit, firm, cycle, name)


def _paper(visit: Visit, firm: str, cycle: str, name: str) -> Response:
    kind, _, form = name.partition(".")
    if (kind, form) == ("package", "zip"):
        return _file(visit.seat.books.package(cycle, firm), f"{cycle}-{firm}-{name}",
                     "application/zip")  # fmt: skip
    if kind not in KINDS or form not in FORMS:
        raise Rejected("there is no such paper", code="NoSuchPage", next_step="go back")
    data = visit.seat.books.paper_file(KINDS[kind], firm, cycle, form)
    return _file(data, f"{cycle}-{firm}-{name}", FORMS[form])


@routes.get("/mine/obligations.csv")
def obligations(visit: Visitor) -> Response:
    """Give all obligations of the firm as a table."""
    firm, after = own_firm(visit), 0
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    while True:
        page = visit.seat.obligations.page(Wanted(party=firm), after=after, most=PAGE)
        for one in page:
            row = shown(one)
            writer.writerow([_plain(row[name]) for name in COLUMNS])
        if len(page) < PAGE:
            break
        after = page[-1]["number"]
    return _file(text.getvalue().encode(), f"{firm}-obligations.csv", FORMS["csv"])


def _plain(value: Any) -> str:
    """Return a value that no program for tables takes for a formula.

    Example:
        >>> _plain("=1+1"), _plain(7)
        ("'=1+1", '7')
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _file(data: bytes, name: str, kind: str) -> Response:
    safe = "".join(one if one.isalnum() or one in "-._" else "_" for one in name)
    return Response(data, media_type=kind, headers={
        "Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "no-store",
    })  # fmt: skip


@routes.get("/mine/upload")
def upload_page(visit: Visitor) -> Response:
    """Lead to the page that takes tables from everybody."""
    _ = own_firm(visit)
    return visit.go("/intake")
