# SPDX-License-Identifier: Apache-2.0
"""The house's papers as a person reads them: plain text, the same for the same paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.money import exponents
from skontro.core.standing import DEMONSTRATION
from skontro.messages.report_text import grouped

if TYPE_CHECKING:
    from skontro.messages.papers import Paper

ERASED = "name erased"
Content = Mapping[str, Any]


def paper_text(paper: Paper) -> str:
    """Lay a paper out as plain text.

    Names are those of the paper; where one was erased it says so. A demonstration house's paper
    says at both ends what it is.
    """
    content = paper.content
    lines = [*_LAYOUTS[paper.kind](content, _Names(paper.names)), *_foot(paper)]
    if content["demonstration"]:
        mark = f"{DEMONSTRATION}: made up, nobody owes or is owed any of this"
        lines = [mark, "", *lines, "", mark]
    return "\n".join(_plain(line).rstrip() for line in lines) + "\n"


class _Names:
    """Names by id, as a paper has them."""

    def __init__(self, names: Mapping[str, str | None]) -> None:
        self.names = names

    def __call__(self, firm: str) -> str:
        """An id with its name."""
        return f"{firm} ({self.names.get(firm) or ERASED})"


def _plain(text: str) -> str:
    """A line without anything that could steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int) -> list[str]:
    """Columns side by side; those from one on are numbers, to the right."""
    cells = [list(heads), *(list(row) for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heads))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if place >= numbers_from else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _money(text: str | None, currency: str) -> str:
    """An amount of minor units with its thousands apart; points where it counts in these."""
    if text is None:
        return "-"
    code = currency.split("/")[0]
    if code != currency or code not in exponents():
        return f"{int(text):,} points"
    return grouped(int(text), code)


def _value(points: str, grid: Content) -> str:
    """Points in units of account, exactly, as far as these have decimals."""
    per, unit = int(grid["unit_minor_points"]), grid["unit"]
    if unit is None:
        return "-"
    minor, rest = divmod(abs(int(points)), per)
    sign = "-" if int(points) < 0 else ""
    text = grouped(minor, unit)
    return f"{sign}{text}" + (f" and {rest}/{per} of a minor unit" if rest else "")


def _head(title: str, content: Content) -> list[str]:
    rows = [title, "=" * len(title), "", f"Number        {content['number']}",
            f"House         {content['house']}"
            + (f" ({content['house_name']})" if "house_name" in content else "")]  # fmt: skip
    if "run" in content:
        run = content["run"]
        rows.append(f"Cycle         {run['cycle']}, {run['kind']} run")
    elif "cycle" in content:
        rows.append(f"Cycle         {content['cycle']}")
    return rows


def _foot(paper: Paper) -> list[str]:
    content, rows = paper.content, [""]
    if "digests" in content:
        rows.append(f"Result digest {content['digests']['result']}")
    if "journal" in content:
        head = content["journal"]
        rows.append(f"Journal head  entry {head['entry']}, {head['hash']}")
    return [
        *rows,
        f"Signed with   key {paper.key_id}",
        "Check it with skontro verify FILE --house-key KEY",
    ]


# ---- the single papers -------------------------------------------------------------------------


def _set_off_notice(content: Content, names: _Names) -> list[str]:
    lines = _head("Set-off notice", content)
    lines += [
        f"Participant   {names(content['participant'])}, side {content['side'] or '-'}",
        f"Value date    {content['value_date']}",
        f"Published     {content['published_at']}",
        *(
            f"Legal basis   agreement {one['agreement']}, version {one['version']}, "
            f"law {one['law']}, in force from {one['in_force_from']}"
            for one in content["legal_basis"]
        ),
    ]
    declared = content["fixing"]
    if declared is not None:
        rates = ", ".join(
            f"1 {code} = {rate} {declared['unit']}" for code, rate in declared["rates"].items()
        )
        lines.append(f"Fixing        {rates} ({declared['source']}, {declared['dated']})")
    lines += ["", "The debts below are set off against each other, as far as the column says. "
              "Set-off is final."]  # fmt: skip
    for role, title in (("debtor", "What you owe"), ("creditor", "What you are owed")):
        lines += _obligations(content, names, role, title)
    lines += _taxes(content)
    lines += _counter(content)
    lines += _bookings(content)
    lines += _payments(content)
    if content["left_out"]:
        lines += ["", "Not in this cycle", ""]
        rows = [
            (str(one["obligation"]), one["own_reference"] or one["document"] or "-",
             names(one["counterparty"]), one["currency"], one["why"])
            for one in content["left_out"]
        ]  # fmt: skip
        heads = ("no.", "reference", "other party", "", "why")
        lines += _table(heads, rows, len(heads))
    return lines


def _obligations(content: Content, names: _Names, role: str, title: str) -> list[str]:
    mine = [one for one in content["obligations"] if one["role"] == role]
    if not mine:
        return ["", title, "", "  nothing in this cycle"]
    is_settled = content["stage"] == "settled"
    heads = ["no.", "your reference", "their reference", "document", "other party", "due", "",
             "before", "set off", "after", "settled" if is_settled else "to be settled",
             "still owed"]  # fmt: skip
    rows = []
    for one in mine:
        code = one["currency"]
        money = one["settled_minor"] if is_settled else one["planned_minor"]
        rows.append((
            str(one["obligation"]), one["own_reference"] or "-", one["their_reference"] or "-",
            one["document"] or "-", names(one["counterparty"]), one["due_date"] or "-", code,
            *(_money(one[name], code) for name in ("before_minor", "set_off_minor",
                                                   "after_minor")),
            _money(money, code), _money(one["residual_minor"], code),
        ))  # fmt: skip
    return ["", title, "", *_table(heads, rows, 7)]


def _taxes(content: Content) -> list[str]:
    """Net and tax of each part, rate by rate."""
    money = "settled" if content["stage"] == "settled" else "planned"
    rows = [
        (str(one["obligation"]), f"{tax['rate'] or '-'} %", one["currency"],
         *(_money(tax[f"{name}_{part}_minor"], one["currency"])
           for name in ("set_off", money, "residual") for part in ("net", "tax")))
        for one in content["obligations"] for tax in one["taxes"]
    ]  # fmt: skip
    if not rows:
        return []
    words = "settled" if money == "settled" else "to be settled"
    heads = ("no.", "rate", "", "set off: net", "tax", f"{words}: net", "tax", "still owed: net",
             "tax")  # fmt: skip
    return ["", "Net and tax by rate", "", *_table(heads, rows, 3)]


def _counter(content: Content) -> list[str]:
    counter, grid = content["counter_obligations"], content["grid"]
    lines = ["", "What was set off against what, in sum", ""]
    rows = [
        (words, one["currency"], _money(one["set_off_minor"], one["currency"]),
         _value(one["value_points"], grid))
        for words, name in (("what you owed", "payables"), ("what you were owed", "receivables"))
        for one in counter[name]
    ]  # fmt: skip
    unit = grid["unit"]
    lines += _table(("", "", "set off", f"worth in {unit}" if unit else ""), rows, 2)
    lines.append("")
    if unit is None:
        lines.append("  Each currency by itself: nothing was converted, nothing was rounded.")
        return lines
    if counter["exchange"]:
        lines.append("  Set off across currencies, at the fixing (what you owed less what you "
                     "were owed):")  # fmt: skip
        lines += [
            f"    {one['currency']} {_money(one['net_minor'], one['currency'])}, worth "
            f"{_value(one['value_points'], grid)} {unit}"
            for one in counter["exchange"]
        ]
    lines.append(
        f"  Rounding difference: {_value(counter['difference_points'], grid)} {unit} "
        f"({counter['difference_points']} points of {grid['unit_minor_points']} to the minor unit)"
    )
    return lines


def _bookings(content: Content) -> list[str]:
    if not content["bookings"]:
        return []
    rows = [
        (one["side"], one["account"], one["currency"],
         _money(one["amount_minor"], one["currency"]), one["booked_currency"],
         _money(one["booked_minor"], one["booked_currency"]))
        for one in content["bookings"]
    ]  # fmt: skip
    return [
        "", "Proposed bookings", "",
        *_table(("", "account", "", "amount", "", "at the fixing"), rows, 3), "",
        "  If your books carry an amount at another rate, the difference is an exchange gain or "
        "loss.",
    ]  # fmt: skip


def _payments(content: Content) -> list[str]:
    lines = []
    for one in content["payments"]:
        code = one["currency"]
        if int(one["pay_in_minor"]):
            lines.append(f"  You pay in {_money(one['pay_in_minor'], code)} {code}, one net sum.")
        if int(one["pay_out_minor"]):
            lines.append(f"  You are paid {_money(one['pay_out_minor'], code)} {code}, one net "
                         "sum, against cover.")  # fmt: skip
    return ["", "Money, by the final run", "", *lines] if lines else []


def _account_statement(content: Content, names: _Names) -> list[str]:
    period = content["period"]
    until = "the close of the cycle" if period["closed"] else "so far"
    lines = [
        *_head("Account statement", content),
        f"Participant   {names(content['participant'])}, side {content['side'] or '-'}",
        f"Period        after entry {period['after_entry']}, to entry {period['to_entry']} "
        f"({until})",
        "", "Amounts above nought are debits in the house's books, below nought credits.",
    ]  # fmt: skip
    for one in content["accounts"]:
        code = one["currency"]
        lines += ["", f"{one['account']} {code}: {one['shows']}", ""]
        rows = [("", "opening", "", "", _money(one["opening_minor"], code))]
        rows += [
            (str(move["entry"]), move["kind"], move["cycle"] or "-", move["business_day"],
             _money(move["amount_minor"], code))
            for move in one["movements"]
        ]  # fmt: skip
        rows.append(("", "closing", "", "", _money(one["closing_minor"], code)))
        lines += _table(("entry", "what", "cycle", "day", code), rows, 4)
    if content["pay_ins"]:
        lines += ["", "Pay-ins", ""]
        rows_in = [
            (one["reference"], one["state"], one["currency"],
             *(_money(one[name], one["currency"])
               for name in ("due_minor", "arrived_minor", "covered_minor", "used_minor")))
            for one in content["pay_ins"]
        ]  # fmt: skip
        heads = ("reference", "", "", "due", "arrived", "from the pool", "used")
        lines += _table(heads, rows_in, 3)
    if content["pay_outs"]:
        lines += ["", "Pay-outs", ""]
        rows_out = [
            (one["purpose"], one["state"], one["currency"],
             _money(one["amount_minor"], one["currency"]))
            for one in content["pay_outs"]
        ]  # fmt: skip
        lines += _table(("for", "", "", "amount"), rows_out, 3)
    return lines


def _default_notice(content: Content, names: _Names) -> list[str]:
    lines = [
        *_head("Default notice", content),
        f"Participant   {names(content['participant'])}, side {content['side'] or '-'}",
        f"Reason        {content['reason']}",
        f"Began         {content['opened_at']}",
        f"House knew    {content['known_at']}",
        f"Approved      {content['act']['approved_at']}, act {content['act']['number']}, by "
        f"{content['act']['maker']} and {content['act']['checker']}",
        "", "What stood then", "",
    ]  # fmt: skip
    lines += [f"  {line}" for line in _spelled(content["standing"])]
    return [*lines, "", "What follows", "", *(f"  {one}" for one in content["follows"])]


def _spelled(value: Any, name: str = "") -> list[str]:
    """Plain values, a line each."""
    if isinstance(value, Mapping):
        pairs = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(str(place), inner) for place, inner in enumerate(value, 1)]
    else:
        return [f"{name}: {'-' if value is None else value}"]
    return [
        line for key, inner in pairs for line in _spelled(inner, f"{name} {key}".strip())
    ]


def _house_report(content: Content, names: _Names) -> list[str]:
    lines = [
        *_head("House report", content),
        f"Value date    {content['value_date']}",
        f"Published     {content['published_at']}",
    ]
    for block in content["blocks"]:
        lines += _report_block(block)
    unit = content["blocks"][0]["unit"] if len(content["blocks"]) == 1 else ""
    if content["border"]:
        lines += ["", "Border positions", ""]
        rows = [
            (leg["debtor_side"] or "the hub", leg["creditor_side"] or "the hub", leg["state"],
             *(_money(leg[name], unit) for name in ("flow_minor", "hard_minor", "carried_minor")))
            for leg in content["border"]
        ]  # fmt: skip
        lines += _table(("owes", "to", "", "this cycle", "hard", "carried"), rows, 3)
    if content["money"]:
        lines += ["", "Money", ""]
        paid = [
            (one["side"], one["currency"],
             *(_money(one[name], one["currency"]) for name in (
                 "called_minor", "arrived_minor", "covered_minor", "used_minor",
                 "pay_outs_minor")))
            for one in content["money"]
        ]  # fmt: skip
        paid_heads = ("side", "", "called", "arrived", "from the pool", "used", "pay-outs")
        lines += _table(paid_heads, paid, 2)
    lines += ["", "Not in this cycle", ""]
    lines += [f"  {why}: {number}" for why, number in content["left_out"].items()]
    settings = content["settings"]
    lines += ["", "Settings in force", "",
              f"  rules: version {settings['rules_version']}, {settings['rules_digest']}",
              f"  engine: {settings['engine_version']}"]  # fmt: skip
    lines += [f"  {line}" for line in _spelled(settings["parameters"])]
    for one in content["run"]["lists"]:
        lines.append(f"  list {one['number']}: {one['name']} of {one['dated']}, {one['digest']}")
    lines.append(f"  rules of the gate: {', '.join(content['run']['gate_rules']) or '-'}")
    if settings["fixing"] is not None:
        lines += [f"  fixing {line}" for line in _spelled(settings["fixing"])]
    if content["earlier"]:
        lines += ["", "Earlier cycles", ""]
        before = [
            (one["cycle"], one["unit"], _share(one["set_off_share"]),
             *(_money(one[name], one["unit"]) for name in (
                 "gross_minor", "compensable_minor", "set_off_minor", "planned_minor")))
            for one in content["earlier"]
        ]  # fmt: skip
        heads = ("cycle", "", "share", "gross", "compensable", "set off", "planned with money")
        lines += _table(heads, before, 2)
    return lines


def _report_block(block: Content) -> list[str]:
    unit = block["unit"]
    grid = {"unit": unit, "unit_minor_points": block["unit_minor_points"]}
    rows = [
        (words, _money(block[name], unit), share)
        for words, name, share in (
            ("gross", "gross_minor", ""),
            ("compensable", "compensable_minor", _share(block["compensable_share"])),
            ("set off", "set_off_minor", _share(block["set_off_share"])),
            ("planned to be settled", "planned_minor", ""),
            ("settled with money", "settled_minor", _share(block["settled_share"])),
            ("still owed", "residual_minor", ""),
        )
    ]
    lines = ["", f"{block['obligations']} obligations of {block['participants']} participants, "
             f"in {unit}", "", *_table(("", unit, "of gross"), rows, 1)]  # fmt: skip
    lines += ["", *_table(("currency", "obligations", "gross", "set off", "planned", "share"), [
        (one["currency"], str(one["obligations"]), *(_money(one[name], one["currency"])
         for name in ("gross_minor", "set_off_minor", "planned_minor")), _share(one["share"]))
        for one in block["currencies"]
    ], 1)]  # fmt: skip
    side_heads = ("side", "firms", "gaining", "gross", "set off", "share", "net position")
    lines += ["", *_table(side_heads, [
        (one["side"] or "-", str(one["firms"]), str(one["gaining"]),
         _value(one["gross_points"], grid), _value(one["set_off_points"], grid),
         _share(one["share"]), _value(one["net_points"], grid))
        for one in block["sides"]
    ], 1)]  # fmt: skip
    size_heads = ("size", "firms", "gaining", "from", "to", "set off", "share")
    lines += ["", *_table(size_heads, [
        (f"group {one['group']}", str(one["firms"]), str(one["gaining"]),
         _value(one["from_points"], grid), _value(one["to_points"], grid),
         _value(one["set_off_points"], grid), _share(one["share"]))
        for one in block["sizes"]
    ], 1)]  # fmt: skip
    fair = block["fairness"]
    return [
        *lines, "",
        f"  {fair['without']} of {fair['firms']} firms have nothing set off; a quarter has up to "
        f"{_share(fair['lower_quartile_share'])} of its own, half up to "
        f"{_share(fair['median_share'])}, three quarters up to "
        f"{_share(fair['upper_quartile_share'])}.",
        f"  The largest tenth of firms has {_share(fair['largest_tenth_of_gross'])} of the gross "
        f"and {_share(fair['largest_tenth_of_set_off'])} of the set-off.",
    ]  # fmt: skip


def _share(text: str) -> str:
    """A share of six decimals in per cent, to the second decimal that it has."""
    millionths = int(text.replace(".", ""))
    hundredths = (millionths + 50) // 100
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def _publication(content: Content, names: _Names) -> list[str]:
    run, act = content["run"], content["act"]
    return [
        *_head("Statement of publication", content),
        f"Value date    {content['value_date']}",
        f"Published     {content['published_at']}",
        "",
        "With this statement the run sets off: set-off is final."
        if run["kind"] == "final" else
        f"Money goes by recast {run['number']}: it sets nothing off, and set-off stays as it is.",
        "",
        *(f"{name.capitalize():<14}{digest}" for name, digest in content["digests"].items()),
        f"Root          {content['root']} over {content['leaves']} leaves",
        f"Act           {act['number']}, {act['digest']}",
        f"Made by       {content['maker']['person']}, key {content['maker']['public_key']}",
        f"Checked by    {content['checker']['person']}, key {content['checker']['public_key']}",
        *(
            f"Screened      list {one['number']} {one['name']} of {one['dated']}, {one['digest']}"
            for one in run["lists"]
        ),
        f"              by the gate's rules {', '.join(run['gate_rules']) or '-'}",
    ]  # fmt: skip


def _house_keys(content: Content, names: _Names) -> list[str]:
    lines = _head("Keys of the house", content)
    for one in content["keys"]:
        until = one["until"] or "now"
        ends = "endorsed by the key before" if one["endorsement"] else "not endorsed"
        lines += ["", f"Key           {one['key_id']}", f"              {one['public_key']}",
                  f"              from {one['since']} until {until}, {ends}"]  # fmt: skip
    return lines


def _authority_report(content: Content, _: _Names) -> list[str]:
    """A case, or an obligation that is held, with whom and what it is about."""
    lines = [*_head("Report to the authority", content), ""]
    if content["case"] is not None:
        lines += _case_lines(content["case"])
    party = content["party"]
    if party is not None and "side" in party:
        lines += _party_lines(party)
        rows = [
            (one["obligation"], one["debtor"], one["creditor"], one["currency"],
             one["amount_minor"], one["open_minor"], one["state"])
            for one in content["exposure"]["obligations"]
        ]  # fmt: skip
        heads = ("obligation", "debtor", "creditor", "currency", "minor units", "open", "state")
        lines += ["", *_table(heads, rows, 4)]
    elif party is not None:
        lines += _other_lines(party)
    for one in content.get("parties", ()):
        lines += _party_lines(one)
    for one in content.get("obligations", ()):
        lines += _obligation_lines(one)
    return lines


def _case_lines(case: Content) -> list[str]:
    evidence = case["evidence"] or {}
    lines = [f"Case          {case['case']}, {case['state']}, opened {case['opened_at']}",
             f"Whom          {case['whom']}, {case['about']}",
             f"List          {case['list']}, entry {case['entry']}, score {case['score']}",
    ]  # fmt: skip
    if case["says"]:
        lines.append(f"Says          {case['says']}")
    lines += ["", "Compared"] if evidence.get("points") else []
    for point in evidence.get("points", ()):
        sides = f"{point['ours']} / {point['theirs']}"
        lines.append(f"  {point['points']:>6}  {point['what']}: {sides}")
    lines += ["", "What happened"]
    for one in case["events"]:
        who = one["person"] or (f"act {one['act']}" if one["act"] else "the gate")
        said = one["said"] or {}
        words = said.get("text") or said.get("reason") or one["digest"] or ""
        lines.append(f"  {one['at']}  {one['event']}, {who}: {words}")
    return lines


def _party_lines(party: Content) -> list[str]:
    lines = ["", f"Party         {party['id']}, side {party['side']}, {party['state']}"]
    return lines + [_record_line(one) for one in party["records"]]


def _record_line(one: Content) -> str:
    state = "" if one["in_force"] and not one["replaced"] else " (not in force)"
    return f"  {one['what']}: {one['says'] or ERASED}{state}"


def _other_lines(party: Content) -> list[str]:
    """An applicant, a payer or a payee."""
    records = party.get("records") or [party["record"]]
    lines = ["", f"Party         {party['kind']}"]
    lines += [_record_line(one) for one in records if one is not None]
    for one in party.get("bank_lines", ()):
        money = f"{one['amount_minor']} {one['currency']} in minor units"
        lines.append(f"  bank line {one['line']}, {one['value_day']}: {money}, {one['state']}; "
                     f"{one['payer'] or ''} {one['reference']}".rstrip())  # fmt: skip
    for one in party.get("pay_outs", ()):
        money = f"{one['amount_minor']} {one['currency']} in minor units"
        lines.append(f"  payment {one['pay_out']}: {money}, {one['purpose']}, {one['state']}")
    return lines


def _obligation_lines(one: Content) -> list[str]:
    """An obligation: what it is for, what customs know, and what the gate said of it last."""
    lines = ["", f"Obligation    {one['obligation']}: {one['debtor']} owes {one['creditor']} "
             f"{one['amount']} {one['currency']}, {one['state']}"]  # fmt: skip
    if one["document"]:
        lines.append(f"  document {one['document']}, {one['document_date'] or 'no date'}")
    for each in [one["trade"]] if one["trade"] and not one["lines"] else one["lines"]:
        said = (f"{name.replace('_', ' ')} {value}" for name, value in each.items()
                if value and name not in ("originals", "value_minor"))  # fmt: skip
        lines.append(f"  goods: {', '.join(said)}")
    lines += [f"  paper: {each['kind'].replace('_', ' ')} {each['number']}"
              for each in one["papers"]]  # fmt: skip
    for each in one["declarations"]:
        if not each["known_to_customs"]:
            lines.append(f"  declaration {each['reference']}: customs do not know it")
            continue
        lines.append(
            f"  declaration {each['reference']}, {each['accepted']}: {each['exporter']} to "
            f"{each['importer']}, {each['currency']}{', taken back' if each['cancelled'] else ''}"
        )
        for line in each["lines"]:
            values = line.values() if isinstance(line, dict) else line
            lines.append(f"    declared: {', '.join(str(value) for value in values)}")
    if one["verdicts"]:
        last = one["verdicts"][-1]
        lines.append(f"  gate: {last['outcome']}, {last['judged_at']}")
        lines += [f"    {why['code']}: {why['text']}" for why in last["reasons"]]
    return lines


def _trade_report(content: Content, _: _Names) -> list[str]:
    """What crossed a side's border, by country and chapter of goods."""
    lines = [*_head("Trade report", content),
             f"Side          {content['side']}, {content['jurisdiction']}",
             f"Value date    {content['value_date']}",
             f"Stage         {content['stage']}"]  # fmt: skip
    names = ("gross_minor", "set_off_minor", "paid_minor")
    words = {"in": "came in", "out": "went out"}
    for title, key, heads in (
        ("By country and chapter", "rows", ("", "country", "chapter", "")),
        ("In all", "totals", ("", "")),
    ):
        fields = ("way", "country", "chapter", "currency") if len(heads) > 2 else (
            "way", "currency"
        )
        rows = [
            (*(words.get(str(row[name]), str(row[name])) for name in fields),
             str(row["obligations"]), *(_money(row[name], row["currency"]) for name in names))
            for row in content[key]
        ]  # fmt: skip
        heads = (*heads, "obligations", "gross", "set off", "paid")
        lines += ["", title, "", *_table(heads, rows, len(fields))]
    return lines


_LAYOUTS: dict[str, Callable[[Content, _Names], list[str]]] = {
    "set-off notice": _set_off_notice,
    "account statement": _account_statement,
    "default notice": _default_notice,
    "house report": _house_report,
    "publication": _publication,
    "house keys": _house_keys,
    "report to the authority": _authority_report,
    "trade report": _trade_report,
}
