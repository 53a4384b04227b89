"""Throttling slows the attacker who guesses, not the account owner."""

from datetime import timedelta

import pytest

from tasks.auth.throttling import FREE_FAILURES, LONGEST_WAIT, throttle_keys, wait_after_failures


@pytest.mark.parametrize("kind", FREE_FAILURES)
def test_wait_after_free_failures_doubles(kind: str) -> None:
    free = FREE_FAILURES[kind]
    assert [wait_after_failures(kind, number) for number in range(free + 1)] == [None] * (free + 1)
    assert wait_after_failures(kind, free + 1) == timedelta(seconds=2)
    assert wait_after_failures(kind, free + 2) == timedelta(seconds=4)


def test_wait_is_never_longer_than_the_limit() -> None:
    assert wait_after_failures("pair", 10_000) == LONGEST_WAIT
    assert wait_after_failures("device", 10_000) == LONGEST_WAIT


@pytest.mark.parametrize("kind", ["ip", "name"])
def test_wait_that_strangers_cause_is_a_minute_at_most(kind: str) -> None:
    assert wait_after_failures(kind, 10_000) == timedelta(minutes=1)


def test_known_device_counts_alone() -> None:
    assert throttle_keys("ada", "192.0.2.1", "1.ab") == {"device": "device:1.ab"}


def test_wait_of_a_thousand_guesses_is_days() -> None:
    waits = [wait_after_failures("pair", number) for number in range(1, 1001)]
    assert sum((wait for wait in waits if wait), timedelta()) > timedelta(days=10)


def test_free_failures_grow_from_pair_to_ip_to_name() -> None:
    assert FREE_FAILURES["pair"] < FREE_FAILURES["ip"] < FREE_FAILURES["name"]


def test_throttle_keys_of_different_kinds_are_different() -> None:
    assert len(set(throttle_keys("::1", "::1").values())) == 3
