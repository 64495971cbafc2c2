# SPDX-License-Identifier: Apache-2.0
"""What an analyst calls: tables in, a calculation out. Nothing here has a legal effect."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.clearing import Progress, clear_intake
from skontro.core.errors import InvalidOptions
from skontro.core.result import ClearingResult
from skontro.lab.curves import cheap_curve
from skontro.lab.curves import curve as _curve
from skontro.lab.synthetic import generate
from skontro.messages.folder import write_folder
from skontro.messages.tables import TableLike, read_intake
from skontro.ops.measuring import run_facts
from skontro.ops.progress import Progress as Clock
from skontro.verify.folder import verify_folder
from skontro.verify.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["clear", "curve", "generate"]


def clear(
    obligations: TableLike,
    participants: TableLike | None = None,
    fixing: TableLike | None = None,
    pay_in_limits: TableLike | None = None,
    border_quotas: TableLike | None = None,
    *,
    split: str = "oldest",
    prefer: str | None = None,
    combined: bool = False,
    cash: str | None = None,
    sheet: str | None = None,
    progress: Progress | None = None,
) -> ClearingResult:
    """Find the largest set-off of a set of obligations, exactly, with its proof.

    Args:
        obligations: A path (CSV, Parquet, XLSX) or any object with the Arrow interface (pyarrow,
            Polars, pandas, DuckDB); columns ``id, debtor, creditor, amount, currency``, and
            ``due_date`` and others if there are any.
        participants: Likewise: ``id, name, side, home_currency, accepts_conversion``.
        fixing: Declared rates: ``currency, unit_of_account, rate``. Without it each currency
            clears by itself.
        pay_in_limits: ``participant, limit, currency``: cash over what remains.
        border_quotas: ``debtor_side, creditor_side, quota, currency``.
        split: ``oldest`` or ``pro-rata``: how a pair's set-off is divided over its obligations.
        prefer: ``oldest`` or ``smallest``: what goes first where the volume is the same.
        combined: Place cash and set-off together; a planning figure.
        cash: ``unlimited`` to let everybody pay in; not with ``pay_in_limits``.
        sheet: The sheet of a workbook.
        progress: Told what is done now: ``progress(stage, done, total)``, the last two or None.

    Raises:
        Rejected: An input cannot be used as a whole. Bad rows do not raise: see ``rejections``.

    Example:
        >>> import pyarrow as pa
        >>> result = clear(pa.table({
        ...     "id": ["1", "2", "3"], "debtor": ["A", "B", "C"], "creditor": ["B", "C", "A"],
        ...     "amount": ["100.00", "80.00", "60.00"], "currency": ["EUR"] * 3}))
        >>> result.summary["set_off_minor"], result.summary["share"]
        (18000, '0.750000')
        >>> result.verify().ok
        True
    """
    if cash is not None and pay_in_limits is not None:
        raise InvalidOptions("unlimited cash and pay-in limits cannot be had at once")
    clock = Clock(shown=False)

    def tell(stage: str, done: int | None = None, total: int | None = None) -> None:
        clock(stage, done, total)
        if progress is not None:
            progress(stage, done, total)

    with clock:
        intake = read_intake(
            obligations, participants, fixing, pay_in_limits, border_quotas, sheet, tell
        )
        result = clear_intake(
            intake, split=split, prefer=prefer, combined=combined, cash=cash, progress=tell
        )
    result.writer = partial(_write, clock.seconds)
    result.verifier = _verify
    return result


def _write(
    seconds: Mapping[str, float], result: ClearingResult, directory: Path, **options: Any
) -> None:
    """Write a result folder with the times of its making, and a curve where that is cheap."""
    run = run_facts(seconds)
    write_folder(result, directory, curve=cheap_curve(result.intake), run=run, **options)


def _verify(result: ClearingResult) -> Verdict:
    """Write the result where nobody keeps it and check it there."""
    with tempfile.TemporaryDirectory(prefix="skontro-") as folder:
        target = Path(folder) / "result"
        write_folder(result, target, format="parquet")
        return verify_folder(target)


def curve(
    obligations: TableLike,
    participants: TableLike | None = None,
    fixing: TableLike | None = None,
    pay_in_limits: TableLike | None = None,
    *,
    cash: Sequence[str] | None = None,
    border: Sequence[str] | None = None,
) -> pa.Table:
    """Find the share discharged for each budget of cash, or of money across the border.

    Set-off and cash are placed together, each point exactly; a planning figure.

    Args:
        obligations: As for ``clear``.
        participants: As for ``clear``.
        fixing: As for ``clear``.
        pay_in_limits: As for ``clear``; they hold whatever the budget.
        cash: Budgets, as shares of the net internal debt or as amounts in the unit; 0, 1, 5, 10
            and 20 % if neither these nor ``border`` are given.
        border: Likewise, for money across the border, instead of ``cash``.

    Returns:
        A row per budget: ``unit, kind, budget, budget_minor, net_internal_debt_minor,
        gross_minor, discharged_minor, share, budget_share, worth, effect``.

    Warns:
        UserWarning: Rows were refused and are not in the curve; ``clear`` lists them.

    Raises:
        Rejected: An input cannot be used as a whole, or a budget is none.

    Example:
        >>> import pyarrow as pa
        >>> points = curve(pa.table({
        ...     "id": ["1", "2"], "debtor": ["A", "B"], "creditor": ["B", "C"],
        ...     "amount": ["100.00", "80.00"], "currency": ["EUR"] * 2}), cash=["0", "50%", "100%"])
        >>> points["discharged_minor"].to_pylist()
        [0, 10000, 18000]
    """
    intake = read_intake(obligations, participants, fixing, pay_in_limits)
    refused = intake.rejections.num_rows
    if refused:
        first = intake.rejections.slice(0, 1).to_pylist()[0]
        warnings.warn(
            f"{refused} of the rows were refused and are not in the curve, the first of them row "
            f"{first['row']}: {first['field']} {first['value']!r}: {first['message']}",
            stacklevel=2,
        )
    return _curve(intake, cash=cash, border=border)
