# SPDX-License-Identifier: Apache-2.0
"""The routes, a module for each noun. What a route takes stands in its ``x-permission``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from skontro.api.bodies import Problem
from skontro.api.problems import PROBLEM

_WHY = {
    400: "The request cannot be read, or lacks its Idempotency-Key.",
    401: "Nobody is signed in.",
    403: "The caller may not.",
    404: "There is none within what the caller may see.",
    409: "What is there says otherwise, or the same request is under way.",
    412: "It changed since the caller saw it.",
    413: "The request is too large.",
    415: "The content is of a type that is not read here.",
    422: "A field or a rule refuses it.",
    429: "Too many requests.",
    503: "Not possible now: try again.",
}


def router(tag: str) -> APIRouter:
    """Return a router whose routes say all the ways in which they refuse."""
    return APIRouter(tags=[tag], responses={
        status: {"model": Problem, "description": why, "content": {PROBLEM: {}}}
        for status, why in _WHY.items()
    })  # fmt: skip


def takes(permission: str) -> dict[str, Any]:
    """Return what the description of a route says of the permission it takes.

    Args:
        permission: See ``house/roles.py``; empty: anybody who is signed in; ``-``: anybody.
    """
    return {"x-permission": permission}
