"""Guessing is slowed, for those who guess, and not for those whose name is guessed at."""

from datetime import timedelta

import pytest

from tasks.auth.throttling import FREE_FAILURES, LONGEST_WAIT, throttle_keys, wait_after_failures


@pytest.mark.parametrize("kind", FREE_FAILURES)
def test_a_few_failures_cost_nothing_and_each_further_one_twice_as_much(kind: str) -> None:
    free = FREE_FAILURES[kind]
    assert [wait_after_failures(kind, number) for number in range(free + 1)] == [None] * (free + 1)
    assert wait_after_failures(kind, free + 1) == timedelta(seconds=2)
    assert wait_after_failures(kind, free + 2) == timedelta(seconds=4)


def test_nobody_waits_longer_than_the_limit() -> None:
    assert wait_after_failures("pair", 10_000) == LONGEST_WAIT


def test_a_thousand_guesses_take_days() -> None:
    waits = [wait_after_failures("pair", number) for number in range(1, 1001)]
    assert sum((wait for wait in waits if wait), timedelta()) > timedelta(days=10)


def test_an_address_is_let_fail_more_often_than_one_of_its_people() -> None:
    assert FREE_FAILURES["pair"] < FREE_FAILURES["ip"] < FREE_FAILURES["name"]


def test_keys_of_two_kinds_are_never_the_same() -> None:
    assert len(set(throttle_keys("::1", "::1").values())) == 3
