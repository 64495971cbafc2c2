# SPDX-License-Identifier: Apache-2.0
"""The ways in which two people may deal with money in suspense: the one table of them.

The flow does what an act says by its way, the console offers a line's ways, and the command line
has an option for each; a test holds all three against this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from skontro.core.errors import invariant


class Way(NamedTuple):
    """One way.

    Attributes:
        name: Of the way.
        says: What it says of the line, before the number it takes.
        field: What it fills in of the act, beside the line; empty: nothing.
        value: What it fills in; empty: a number of :attr:`of`.
        of: What the number is of: ``pay_in``, ``money_line``, ``pay_out``, ``border_payment``.
        sign: 1 for money that is nobody's, -1 for money that is missing, 0 for both.
    """

    name: str
    says: str
    field: str = ""
    value: str = ""
    of: str = ""
    sign: int = 1


WAYS = (
    Way("to", "it is this pay-in:", "to", of="pay_in"),
    Way("return", "return it to whoever paid it"),
    Way("missing", "it came back of what this line paid too much:", "missing", of="money_line"),
    Way("back_of_pay_out", "it came back of this pay-out, with a part missing or not:",
        "back_of_pay_out", of="pay_out"),
    Way("back_of_border", "it came back of this border payment, with a part missing or not:",
        "back_of_border", of="border_payment"),
    Way("charge", "it is a charge of the bank", "as_what", "charge", sign=-1),
    Way("difference", "write it off: it is small", "as_what", "difference", sign=0),
)  # fmt: skip
"""Every way; what an act says is exactly one of them."""
BY_NAME: dict[str, Way] = {one.name: one for one in WAYS}
_BACK_OF = {"pay_out": "back_of_pay_out", "border_payment": "back_of_border"}


def way_of(content: Mapping[str, Any]) -> Way:
    """Return the way that the content of an act ``suspense.assign`` says.

    Example:
        >>> way_of({"line": 4, "pay_in": 7, "open_minor": 5}).name
        'to'
        >>> way_of({"line": 4, "pay_in": None, "back_of": {"pay_out": 2}}).name
        'back_of_pay_out'
        >>> way_of({"line": 4, "pay_in": None}).name
        'return'
    """
    said = [content["as"]] if content.get("as") else []
    said += [_BACK_OF[what] for what in content.get("back_of") or ()]
    said += ["missing"] if content.get("missing") is not None else []
    said += ["to"] if content.get("pay_in") is not None else []
    invariant(len(said) < 2, "an act says two ways at once")
    return BY_NAME[said[0] if said else "return"]
