# SPDX-License-Identifier: Apache-2.0
"""A form for each kind of act, made from what the API takes: one description, two surfaces."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from skontro.api.act_bodies import DraftBody
from skontro.api.bodies import Asked
from skontro.core.errors import Rejected
from skontro.house.acts import ACTS

MOST_TEXT = 1_000_000


def _kinds_of(model: type[Asked]) -> tuple[str, ...]:
    return tuple(get_args(model.model_fields["kind"].annotation))


FORMS: dict[str, type[Asked]] = {
    kind: model
    for model in get_args(get_args(DraftBody)[0])
    for kind in _kinds_of(model)
}
"""The body of each kind of act that can be drafted."""


def does(kind: str) -> str:
    """Say what an act of a kind does.

    Example:
        >>> does("run.final")
        'publish the final run: set-off is final'
        >>> does("working_balance.change")
        "agree with a sponsor on a side's working balance"
    """
    if kind in ACTS:
        return ACTS[kind]
    said = (FORMS[kind].__doc__ or kind).strip().rstrip(".")
    return said[0].lower() + said[1:]


class Field(NamedTuple):
    """A field of a form.

    Attributes:
        name: Of the field.
        shape: ``text``, ``number``, ``long``, ``tick``, ``choice``, ``lines`` (one a line),
            ``pairs`` (``name = value``, one a line) or ``json``.
        value: What stands in it.
        is_needed: Whether it must be filled in.
        choices: Of a choice.
        hint: What to write, or an example.
    """

    name: str
    shape: str
    value: str
    is_needed: bool
    choices: tuple[str, ...]
    hint: str


def fields_of(model: type[Asked], given: Mapping[str, str]) -> list[Field]:
    """Return the fields of a form.

    Args:
        model: What the act takes.
        given: What stands in it already, by name.

    Example:
        >>> [one.name for one in fields_of(FORMS["payment.release"], {})]
        ['cycle', 'side', 'currency']
    """
    return [
        Field(name, _shape(info.annotation), _value(name, info, given),
              info.is_required(), _choices(info.annotation), _hint(info))
        for name, info in model.model_fields.items() if name != "kind"
    ]  # fmt: skip


def _value(name: str, info: FieldInfo, given: Mapping[str, str]) -> str:
    if name in given:
        return str(given[name])
    default = info.get_default(call_default_factory=True) if not info.is_required() else None
    return default if isinstance(default, str) else ""


def _bare(annotation: Any) -> Any:
    """A type without "or none", and without what pydantic is told of it."""
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(one for one in get_args(annotation) if one is not type(None)))
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    return annotation


def _inner(annotation: Any) -> tuple[Any, ...]:
    """The types within a list or a mapping."""
    return tuple(_bare(one) for one in get_args(annotation))


def _shape(annotation: Any) -> str:
    bare = _bare(annotation)
    origin = get_origin(bare)
    if origin is Literal:
        return "choice"
    if bare is bool:
        return "tick" if annotation is bool else "choice"
    if bare is int:
        return "number"
    if origin is dict and _inner(bare)[1] is str:
        return "pairs"
    if origin is list and _inner(bare)[0] in (str, int):
        return "lines"
    if origin in (dict, list) or (isinstance(bare, type) and issubclass(bare, Asked)):
        return "json"
    return "text"


def _choices(annotation: Any) -> tuple[str, ...]:
    bare = _bare(annotation)
    if bare is bool and annotation is not bool:
        return "", "yes", "no"
    return tuple(get_args(bare)) if get_origin(bare) is Literal else ()


def _hint(info: FieldInfo) -> str:
    if info.description:
        return info.description
    if info.examples:
        first = info.examples[0]
        if isinstance(first, dict):
            return ", ".join(f"{name} = {value}" for name, value in first.items())
        return str(first)
    bare = _bare(info.annotation)
    model = next((one for one in (bare, *_inner(bare)) if isinstance(one, type)
                  and issubclass(one, Asked)), None)  # fmt: skip
    return "" if model is None else "JSON: " + ", ".join(model.model_fields)


def given_by(
    model: type[Asked], kind: str, form: Mapping[str, Any], lists: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """Return what a form says, as the act's body takes it.

    Args:
        model: What the act takes.
        kind: Its kind.
        form: Fields of the form.
        lists: All values of each.

    Raises:
        Rejected: A field cannot be read.

    Example:
        >>> given_by(FORMS["fixing.declare"], "fixing.declare",
        ...          {"cycle": "2026-01", "rates": "EUR = 1", "source": "a bank"}, {})["rates"]
        {'EUR': '1'}
    """
    said: dict[str, Any] = {"kind": kind}
    for name, info in model.model_fields.items():
        text = form.get(name, "")
        if name == "kind" or not isinstance(text, str):
            continue
        if len(text) > MOST_TEXT:
            raise Rejected(f"{name}: too long", code="InvalidRequest")
        shape = _shape(info.annotation)
        if shape == "tick":
            said[name] = text == "yes"
        elif text.strip():
            said[name] = _read(name, shape, text, info)
    return said


def _read(name: str, shape: str, text: str, info: FieldInfo) -> Any:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if shape == "lines":
        inner = _inner(_bare(info.annotation))[0]
        parts = [part for line in lines for part in line.replace(",", " ").split()]
        if inner is int:
            return [_whole(name, part) for part in parts]
        return parts
    if shape == "pairs":
        return dict(_pair(name, line) for line in lines)
    if shape == "number":
        return _whole(name, text.strip())
    if shape == "choice" and _bare(info.annotation) is bool:
        return text == "yes"
    if shape == "json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Rejected(f"{name}: {error}", code="InvalidRequest",
                           next_step="write it as JSON, as the hint shows") from None  # fmt: skip
    return text if name in ("rules", "pack") else text.strip()


def _pair(name: str, line: str) -> tuple[str, str]:
    left, sign, right = line.partition("=")
    if not sign:
        raise Rejected(f"{name}: {line!r} is no pair", code="InvalidRequest",
                       next_step="write one a line, such as: EUR = 1")  # fmt: skip
    return left.strip(), right.strip()


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 16:
        raise Rejected(f"{name}: {text!r} is no number", code="InvalidRequest")
    return int(text)
