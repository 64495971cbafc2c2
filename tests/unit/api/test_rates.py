# SPDX-License-Identifier: Apache-2.0
"""How often somebody may ask."""

from skontro.api.rates import Rates


def test_a_minute_begins_with_the_first_request() -> None:
    """Whoever begins shortly before a full minute of the clock is counted all the same."""
    now = 59.0
    rates = Rates(lambda: now)
    assert [rates.lets("one", 2) for _ in range(2)] == [True, True]
    now = 61.0
    assert not rates.lets("one", 2)
    assert rates.lets("another", 2)
    now = 119.5
    assert rates.lets("one", 2)


def test_who_is_gone_is_forgotten() -> None:
    """Strangers fill no memory: what is older than a minute goes."""
    now = 0.0
    rates = Rates(lambda: now)
    for number in range(1_000):
        rates.lets(f"stranger {number}", 5)
    now = 61.0
    rates.lets("one", 5)
    assert list(rates._counts) == ["one"]
