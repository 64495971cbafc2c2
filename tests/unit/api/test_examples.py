# SPDX-License-Identifier: Apache-2.0
"""Every route is described with an example of what it takes and of what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from tests.made_house import MadeHouse

from skontro.api.app import make_api
from skontro.api.examples import GOOD, JSON, Examples, add_examples
from skontro.ops.settings import Settings

BYTES = {"application/zip", "application/octet-stream", "application/xml", "application/pdf"}
"""What is no text has none."""
Holder = dict[str, Any]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    house = MadeHouse(tmp_path_factory.mktemp("examples") / "house").house
    return make_api(house, Settings()).openapi()


def holders(text: dict[str, Any]) -> Iterator[tuple[str, Holder]]:
    """What each route takes and each of its good answers, with where it stands."""
    for path, methods in text["paths"].items():
        for method, route in methods.items():
            where = f"{method.upper()} {path}"
            if "requestBody" in route:
                yield f"{where} takes", route["requestBody"]
            good = [status for status in GOOD if status in route["responses"]]
            assert good, where
            for status in good:
                yield f"{where} answers {status}", route["responses"][status]


def examples_of(media: Holder) -> list[Any]:
    several = [one["value"] for one in media.get("examples", {}).values()]
    return [media["example"]] if "example" in media else several


def test_every_route_has_an_example_of_all_it_takes_and_answers(text: dict[str, Any]) -> None:
    seen, without = 0, []
    for where, holder in holders(text):
        assert holder.get("content"), where
        for kind, media in holder["content"].items():
            seen += 1
            if kind not in BYTES and not examples_of(media):
                without.append((where, kind))
    assert without == []
    assert seen > 1.3 * sum(map(len, text["paths"].values()))
    named = [one for one in add_examples(unmade(text)) if one]  # a whole text says its own
    assert named == [], "say an example: beside the field, or in OF_NAMES"


def unmade(text: dict[str, Any]) -> dict[str, Any]:
    """The description without examples of whole bodies and answers."""
    paths = {
        path: {
            method: {
                "requestBody": _bare(route.get("requestBody", {})),
                "responses": {one: _bare(said) for one, said in route["responses"].items()},
            } for method, route in methods.items()
        } for path, methods in text["paths"].items()
    }  # fmt: skip
    return {"components": text["components"], "paths": paths}


def _bare(holder: Holder) -> Holder:
    content = holder.get("content", {})
    return {"content": {kind: {"schema": media["schema"]} for kind, media in content.items()
                        if kind == JSON}}  # fmt: skip


def test_every_example_is_as_its_own_description_says(text: dict[str, Any]) -> None:
    """Every one of a body and of an answer, and those of each field wherever it stands: all are
    fields of one object, whose schema has a field for each."""
    pairs = [
        (where, media["schema"], example)
        for where, holder in holders(text) for kind, media in holder["content"].items()
        if kind not in BYTES for example in examples_of(media)
    ] + [
        (f"{name}.{field}", said, example)
        for name, schema in text["components"]["schemas"].items()
        for field, said in schema.get("properties", {}).items()
        for example in said.get("examples", [])
    ]  # fmt: skip
    assert len(pairs) > 250
    named = {f"{place} {where}": (schema, one) for place, (where, schema, one) in enumerate(pairs)}
    schemas = {name: schema for name, (schema, _) in named.items()}
    validator = jsonschema_rs.validator_for(
        {"components": text["components"], "properties": schemas}
    )
    good = {name: one for name, (_, one) in named.items()}
    wrong = [f"{one.instance_path}: {one.message}" for one in validator.iter_errors(good)]
    assert wrong == []
    assert not validator.is_valid(good | {next(iter(good)): 7.5})


def test_what_has_no_example_is_named() -> None:
    made = Examples({})
    assert made.of({"properties": {"never_heard_of": {"type": "string"}}}) == {
        "never_heard_of": ""
    }
    assert made.missing == ["never_heard_of"]
