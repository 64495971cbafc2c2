# SPDX-License-Identifier: Apache-2.0
"""Synthetic networks of obligations that look like a country's month or a closed circle's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from skontro.core.errors import InvalidOptions, UnknownFormat
from skontro.core.money import exponent
from skontro.lab.figures import describe
from skontro.lab.walks import Int32, Int64, Shape, fill_numbers, walk_rows, words

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BANDS", "PRESETS", "describe", "generate", "network_arrays"]

PRESETS = {
    "nation": Shape(
        through=420, payers=290, closed=10, closed_steps=8, answered=28, onward=100, open_steps=6,
        from_payer=350, to_payee=600, jitter=300, flattest=10, scale_minor=15_000,
    ),
    "community": Shape(
        through=350, payers=290, closed=90, closed_steps=8, answered=30, onward=730, open_steps=10,
        from_payer=350, to_payee=560, jitter=200, flattest=30, scale_minor=5_000,
    ),
}  # fmt: skip
BANDS = {
    "nation": {
        "net_internal_debt_share": (0.60, 0.92),
        "clears_share": (0.01, 0.35),
        "reciprocity": (0.015, 0.05),
        "giant_component_share": (0.15, 0.50),
    },
    "community": {
        "net_internal_debt_share": (0.15, 0.30),
        "clears_share": (0.25, 0.67),
        "reciprocity": (0.015, 0.05),
        "giant_component_share": (0.15, 0.50),
    },
}
"""Where the figures of each preset lie from some 3,000 firms on; see docs/networks.md."""

FEWEST_FIRMS = 10
MOST_SIDES = 26
FIRST_DAY = date(2026, 1, 1)
INVENTED_RATES = {
    "AED": "1/4", "BRL": "1/6", "CHF": "21/20", "CNY": "1/8", "EUR": "1", "GBP": "6/5",
    "INR": "1/90", "JPY": "1/160", "TRY": "1/40", "USD": "9/10", "ZAR": "1/20",
}  # fmt: skip
"""What a major unit is worth in a synthetic network; no market ever quoted these."""
_OTHER_RATE = "1/2"
_HOME_STREAM = (1 << 40) + 1


class _Homes:
    """Side and home currency of each firm.

    A firm's home currency is one of its side's; the currencies are dealt out to the sides in turn.
    """

    def __init__(self, firms: int, currencies: Sequence[str], sides: int, seed: int) -> None:
        drawn = words(seed, _HOME_STREAM, firms)
        self.side = (drawn % np.uint64(sides)).astype(np.int64)
        count = len(currencies)
        dealt = [[k for k in range(count) if k % sides == s] for s in range(sides)]
        dealt = [own or [s % count] for s, own in enumerate(dealt)]
        own_count = np.array([len(own) for own in dealt], np.int64)
        own_table = np.zeros((sides, int(own_count.max())), np.int64)
        for s, own in enumerate(dealt):
            own_table[s, : len(own)] = own
        pick = (drawn >> np.uint64(32)).astype(np.int64) % own_count[self.side]
        self.currency = own_table[self.side, pick]


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


def network_arrays(
    preset: str, firms: int, obligations: int, seed: int
) -> tuple[Int32, Int32, Int64]:
    """Return debtor, creditor and amount in minor units of each obligation of a network.

    The same arguments give the same rows on any machine, whatever the threads.

    Args:
        preset: ``nation`` or ``community``.
        firms: How many firms to draw from, at least ten; a small firm may come out with no row.
        obligations: How many rows.
        seed: Any whole number from 0.

    Returns:
        Debtor and creditor as firm numbers from 0, shape (obligations,), and the amounts.

    Raises:
        InvalidOptions: The preset is not known, or a size is too small.

    Example:
        >>> debtor, creditor, amount_minor = network_arrays("community", 100, 1000, seed=7)
        >>> bool((debtor != creditor).all() and (amount_minor > 0).all())
        True
    """
    shape = _shape_of(preset, firms, obligations)
    debtor = np.empty(obligations, np.int32)
    creditor = np.empty(obligations, np.int32)
    amount_minor = np.empty(obligations, np.int64)
    at = 0
    for rows in walk_rows(shape, firms, obligations, seed):
        upto = at + rows.debtor.shape[0]
        debtor[at:upto] = rows.debtor
        creditor[at:upto] = rows.creditor
        amount_minor[at:upto] = rows.amount_minor
        at = upto
    return debtor, creditor, amount_minor


def generate(
    preset: str,
    firms: int,
    obligations: int,
    seed: int,
    path: str | os.PathLike[str],
    *,
    currencies: Sequence[str] = ("EUR",),
    sides: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Write a synthetic network, a part at a time, so that memory does not grow with its size.

    Obligations go to ``path``. With several sides or currencies the firms' sides and homes go
    beside it (``NAME-participants``), with several currencies an invented fixing too
    (``NAME-fixing.csv``). An obligation is in its creditor's home currency.

    Args:
        preset: ``nation`` or ``community``.
        firms: How many firms, at least ten.
        obligations: How many rows.
        seed: Any whole number from 0; the same seed gives the same rows on any machine.
        path: Where to write; ``.parquet`` (with ``amount_minor``) or ``.csv`` (with ``amount``).
        currencies: Codes; the first is the unit of account of the fixing.
        sides: How many sides, named A, B, ...
        progress: Told the stage, the rows written and the rows in all.

    Returns:
        The files written, the obligations first.

    Raises:
        InvalidOptions: The preset is not known, or a size does not fit.
        UnknownCurrency: A code is not one of ISO 4217.
        UnknownFormat: The name ends neither in ``.parquet`` nor in ``.csv``.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in generate("nation", 50, 200, 7, f"{folder}/n.csv", sides=2)]
        ['n.csv', 'n-participants.csv']
    """
    shape = _shape_of(preset, firms, obligations)
    target = Path(path)
    if target.suffix not in (".parquet", ".csv"):
        raise UnknownFormat(
            f"{target.name}: a network is written as .parquet or .csv",
            next_step="give a name that ends in one of them",
        )
    codes = list(dict.fromkeys(currencies))
    if not codes or not 1 <= sides <= min(MOST_SIDES, firms):
        raise InvalidOptions(f"at least one currency and 1 to {MOST_SIDES} sides are needed")
    homes = _Homes(firms, codes, sides, seed)
    width = max(7, len(str(firms)))
    parts = _obligation_tables(shape, firms, obligations, seed, codes, homes, target.suffix)
    written = [target]
    _write_parts(target, _told(parts, obligations, progress))
    if sides > 1 or len(codes) > 1:
        beside = target.with_name(f"{target.stem}-participants{target.suffix}")
        _write_parts(beside, iter([_participants_table(firms, width, codes, homes)]))
        written.append(beside)
    if len(codes) > 1:
        beside = target.with_name(f"{target.stem}-fixing.csv")
        _write_parts(beside, iter([_fixing_table(codes)]))
        written.append(beside)
    return written


def _shape_of(preset: str, firms: int, obligations: int) -> Shape:
    if preset not in PRESETS:
        raise InvalidOptions(
            f"there is no preset {preset!r}",
            next_step=f"use one of: {', '.join(PRESETS)}",
            details={"preset": preset},
        )
    if firms < FEWEST_FIRMS or obligations < 1:
        raise InvalidOptions(
            f"a network needs at least {FEWEST_FIRMS} firms and one obligation",
            next_step="ask for more firms or obligations",
            details={"firms": firms, "obligations": obligations},
        )
    return PRESETS[preset]


def _told(
    parts: Iterator[pa.Table], total: int, progress: Callable[[str, int, int], None] | None
) -> Iterator[pa.Table]:
    done = 0
    for part in parts:
        yield part
        done += part.num_rows
        if progress is not None:
            progress("generating", done, total)


def _obligation_tables(
    shape: Shape,
    firms: int,
    obligations: int,
    seed: int,
    codes: list[str],
    homes: _Homes,
    suffix: str,
) -> Iterator[pa.Table]:
    """Yield the obligations as tables of one chunk each."""
    import pyarrow as pa

    firm_width, row_width = max(7, len(str(firms))), max(8, len(str(obligations)))
    firm_ids = _numbered("F", np.arange(1, firms + 1), firm_width)
    code_array = pa.array(codes)
    begun = 0
    for rows in walk_rows(shape, firms, obligations, seed):
        count = rows.debtor.shape[0]
        index = homes.currency[rows.creditor]
        minor = _in_currency(rows.amount_minor, index, codes)
        sums = (
            ("amount_minor", pa.array(minor))
            if suffix == ".parquet"
            else ("amount", _decimal_text(minor, index, codes))
        )
        due = np.datetime64(FIRST_DAY, "D") + rows.day.astype(np.int64)
        yield pa.table(
            {
                "id": _numbered("o", np.arange(begun + 1, begun + count + 1), row_width),
                "debtor": firm_ids.take(pa.array(rows.debtor)),
                "creditor": firm_ids.take(pa.array(rows.creditor)),
                sums[0]: sums[1],
                "currency": code_array.take(pa.array(index)),
                "due_date": pa.array(due),
            }
        )
        begun += count


def _in_currency(amount_minor: Int64, index: Int64, codes: list[str]) -> Int64:
    """Turn minor units of EUR into those of each row's currency, down, at least one."""
    if codes == ["EUR"]:
        return amount_minor
    factors = [Fraction(10) ** (exponent(code) - 2) / _rate(code) for code in codes]
    numerator = np.array([factor.numerator for factor in factors], np.int64)
    denominator = np.array([factor.denominator for factor in factors], np.int64)
    amount: Int64 = np.maximum(1, amount_minor * numerator[index] // denominator[index])
    return amount


def _rate(code: str) -> Fraction:
    return Fraction(INVENTED_RATES.get(code, _OTHER_RATE))


def _decimal_text(minor: Int64, index: Int64, codes: list[str]) -> pa.Array:
    """Write amounts as decimal text with as many decimals as each row's currency has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wide = np.zeros((minor.shape[0], 2), np.int64)
    wide[:, 0] = minor
    decimals = np.array([exponent(code) for code in codes], np.int64)[index]
    text = None
    for places in sorted(set(decimals.tolist())):
        exact = pa.Array.from_buffers(
            pa.decimal128(38, places), minor.shape[0], [None, pa.py_buffer(wide)]
        )
        written = pc.cast(exact, pa.string())
        if text is None:
            text = written
        else:
            text = pc.if_else(pa.array(decimals == places), written, text)
    return text


def _numbered(prefix: str, number: NDArray[np.int64], width: int) -> pa.Array:
    """Write ids of one length: a letter and a number with leading noughts."""
    import pyarrow as pa

    count = number.shape[0]
    letters = fill_numbers(number, ord(prefix), width)
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width + 1)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))


def _participants_table(firms: int, width: int, codes: list[str], homes: _Homes) -> pa.Table:
    import pyarrow as pa

    names = pa.array([chr(ord("A") + s) for s in range(MOST_SIDES)])
    ids = _numbered("F", np.arange(1, firms + 1), width)
    return pa.table(
        {
            "id": ids,
            "name": ids,
            "side": names.take(pa.array(homes.side)),
            "home_currency": pa.array(codes).take(pa.array(homes.currency)),
            "accepts_conversion": pa.repeat("yes", firms),
        }
    )


def _fixing_table(codes: list[str]) -> pa.Table:
    import pyarrow as pa

    rates = [str(_rate(code) / _rate(codes[0])) for code in codes]
    return pa.table({"currency": codes, "unit_of_account": [codes[0]] * len(codes), "rate": rates})


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _write_parts(path: Path, parts: Iterator[pa.Table]) -> None:
    """Write tables one after the other to a file aside, then give it its name."""
    import pyarrow.csv
    import pyarrow.parquet

    first = next(parts)
    writer: _Writer
    handle, name = tempfile.mkstemp(".part", f".{path.name}.", path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            aside.chmod(0o666 & ~_umask())
            if path.suffix == ".parquet":
                writer = pyarrow.parquet.ParquetWriter(
                    stream, first.schema, use_dictionary=["currency"], compression="snappy"
                )
            else:
                stream.write((",".join(first.column_names) + "\n").encode())
                options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
                writer = pyarrow.csv.CSVWriter(stream, first.schema, write_options=options)
            writer.write_table(first)
            for part in parts:
                writer.write_table(part)
            writer.close()
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
