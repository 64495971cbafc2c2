# SPDX-License-Identifier: Apache-2.0
"""Keys that anybody can sign for are no keys; signatures made elsewhere are looked at."""

from __future__ import annotations

import pytest

from skontro.core.errors import Forbidden, Rejected
from skontro.house.acts import (
    WEAK_KEYS,
    Draft,
    Given,
    check_public_key,
    is_signed,
    signed_text,
)
from skontro.ops.keys import SigningKey


@pytest.mark.parametrize("key", sorted(WEAK_KEYS))
def test_a_key_of_small_order_is_refused_with_either_sign(key: str) -> None:
    raw = bytes.fromhex(key)
    for last in (raw[31] & 0x7F, raw[31] | 0x80):
        with pytest.raises(Rejected):
            check_public_key((raw[:31] + bytes([last])).hex())


def test_why_it_is_refused() -> None:
    """With such a key one signature holds for any text: nobody's will is behind it."""
    forged = "01" + "00" * 63
    texts = [signed_text(f"{number:064x}", "maker") for number in range(50)]
    assert all(is_signed("01" + "00" * 31, text, forged) for text in texts)


def test_a_signature_made_elsewhere_is_of_that_key_and_text() -> None:
    key, other = SigningKey.new(), SigningKey.new()
    check_public_key(key.public_key)
    assert Given(key.public_key, key.sign(b"text")).sign(b"text") == key.sign(b"text")
    for wrong in (key.sign(b"other"), other.sign(b"text"), "", "zz", "00"):
        with pytest.raises(Forbidden):
            Given(key.public_key, wrong).sign(b"text")
    with pytest.raises(Forbidden):
        Draft(key.public_key).sign(b"text")
