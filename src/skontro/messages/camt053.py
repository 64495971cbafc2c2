# SPDX-License-Identifier: Apache-2.0
"""Account statements as camt.053.001.08, for participants that feed their own books with them.

The house speaks as a bank does: a credit is a credit in the house's books. Each account of the
participant in each currency is a statement; its identification is the house's own. What rounding
moved is counted in points, which is no currency, and stays in the signed paper.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from skontro.core.errors import Rejected
from skontro.core.money import exponents
from skontro.core.standing import DEMONSTRATION
from skontro.house.journal import ENTRY_KINDS
from skontro.messages.papers import Paper
from skontro.messages.schema_check import check_schema
from skontro.messages.sheets import Amount

NAME = "camt.053.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ISSUER = "SKONTRO"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_DIGITS = 18


def camt053_of(paper: Paper) -> bytes:
    """Return an account statement as camt.053; the same paper gives the same bytes.

    Args:
        paper: An account statement.

    Raises:
        Rejected: It is another paper, has no account with money, or a sum has more digits than
            the message can carry.
    """
    from lxml import etree

    content = paper.content
    if paper.kind != "account statement":
        raise Rejected(f"a paper of the kind {paper.kind!r} is no camt.053", code="NoSuchForm",
                       next_step="account statements are")  # fmt: skip
    accounts = [one for one in content["accounts"] if one["currency"] in exponents()]
    if not accounts:
        raise Rejected(
            f"{content['number']}: no account moved, and camt.053 needs one", code="NothingToSay",
            next_step="write the paper in another form",
        )
    moves = [move for one in content["accounts"] for move in one["movements"]]
    at = max((move["at"] for move in moves), default="1970-01-01T00:00:00Z")
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    body = _put(root, "BkToCstmrStmt")
    header = _put(body, "GrpHdr")
    _put(header, "MsgId", _short(content["number"]))
    _put(header, "CreDtTm", at)
    if content["demonstration"]:
        _put(header, "AddtlInf", f"{DEMONSTRATION}: made up, nobody owes or is owed any of this")
    for one in accounts:
        _statement(body, paper, one, at)
    data = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    check_schema(data, NAME)
    return bytes(data)


def _put(parent: Any, name: str, text: str | None = None) -> Any:
    from lxml import etree

    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        made.text = text
    return made


def _short(text: str) -> str:
    """A stable id of at most 35 characters."""
    if len(text) <= 35:
        return _clean(text, 35)
    return "S" + hashlib.sha256(text.encode()).hexdigest()[:34]


def _clean(text: str, most: int) -> str:
    """A text that XML can hold, of at most so many characters."""
    return _NOT_IN_XML.sub("\ufffd", text)[:most].strip() or "?"


def _statement(body: Any, paper: Paper, one: Mapping[str, Any], at: str) -> None:
    content, code = paper.content, one["currency"]
    firm = content["participant"]
    own = f"{one['account']}:{firm}:{code}"
    made = _put(body, "Stmt")
    _put(made, "Id", _short(f"{content['number']}/{one['account']}/{code}"))
    _put(made, "CreDtTm", at)
    account = _put(made, "Acct")
    other = _put(_put(account, "Id"), "Othr")
    _put(other, "Id", own if len(own) <= 34 and not _NOT_IN_XML.search(own) else _short(own)[:34])
    _put(other, "Issr", ISSUER)
    _put(account, "Ccy", code)
    _put(account, "Nm", _clean(one["shows"], 70))
    owner = _put(account, "Ownr")
    name = paper.names.get(firm)
    if name is not None:
        _put(owner, "Nm", _clean(name, 140))
    days = [move["business_day"] for move in one["movements"]]
    first, last = (min(days), max(days)) if days else (at[:10], at[:10])
    _balance(made, "OPBD", int(one["opening_minor"]), code, first)
    _balance(made, "CLBD", int(one["closing_minor"]), code, last)
    for move in one["movements"]:
        _entry(made, move, code)
    _put(made, "AddtlStmtInf", _clean(f"signed paper {content['number']}, key {paper.key_id}", 500))


def _amount(parent: Any, minor: int, code: str) -> None:
    if len(str(abs(minor))) > _MOST_DIGITS:
        raise Rejected(
            f"{abs(minor)} minor units of {code} have more than {_MOST_DIGITS} digits",
            code="AmountTooLarge", next_step="write the paper in another form",
        )
    _put(parent, "Amt", Amount(abs(minor), code).exact).set("Ccy", code)
    _put(parent, "CdtDbtInd", "DBIT" if minor > 0 else "CRDT")


def _balance(made: Any, kind: str, minor: int, code: str, day: str) -> None:
    balance = _put(made, "Bal")
    _put(_put(_put(balance, "Tp"), "CdOrPrtry"), "Cd", kind)
    _amount(balance, minor, code)
    _put(_put(balance, "Dt"), "Dt", day)


def _entry(made: Any, move: Mapping[str, Any], code: str) -> None:
    entry = _put(made, "Ntry")
    _put(entry, "NtryRef", str(move["entry"]))
    _amount(entry, int(move["amount_minor"]), code)
    _put(_put(entry, "Sts"), "Cd", "BOOK")
    for name in ("BookgDt", "ValDt"):
        _put(_put(entry, name), "Dt", move["business_day"])
    kind = _put(_put(entry, "BkTxCd"), "Prtry")
    _put(kind, "Cd", move["kind"])
    _put(kind, "Issr", ISSUER)
    cycle = f", cycle {move['cycle']}" if move["cycle"] else ""
    _put(entry, "AddtlNtryInf", _clean(ENTRY_KINDS.get(move["kind"], move["kind"]) + cycle, 500))
