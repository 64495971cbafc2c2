# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from skontro.core import errors
from skontro.core.errors import (
    CertificateFailed,
    InvariantViolation,
    Rejected,
    SkontroError,
    invariant,
)


def _below(kind: type[SkontroError]) -> set[type[SkontroError]]:
    return {kind}.union(*(_below(sub) for sub in kind.__subclasses__()))


def test_every_error_says_what_happened_and_what_to_do() -> None:
    for kind in _below(SkontroError):
        if kind.__module__ != errors.__name__:
            continue
        error = kind("it happened", details={"row": 3})
        assert error.code == kind.__name__
        assert str(error) == error.message == "it happened"
        assert error.next_step
        assert error.details == {"row": 3}
        assert kind.__name__ in (errors.__doc__ or "") or kind is SkontroError


def test_an_invariant_that_holds_is_silent() -> None:
    invariant(True, "not raised")


def test_an_invariant_that_fails_is_ours_and_never_theirs() -> None:
    with pytest.raises(CertificateFailed, match="does not check") as caught:
        invariant(False, "does not check", error=CertificateFailed, details={"pair": 7})
    assert isinstance(caught.value, InvariantViolation)
    assert not isinstance(caught.value, Rejected)
    assert caught.value.details == {"pair": 7}
