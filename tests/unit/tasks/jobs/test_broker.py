"""Errors of the broker connection."""

import pytest
import redis
from kombu.exceptions import OperationalError

from tasks.jobs.broker import BrokerUnavailable, broker_errors


@pytest.mark.parametrize(
    "error", [OperationalError("down"), redis.ConnectionError("down"), ConnectionResetError("down")]
)
def test_broker_error_of_any_library_is_broker_unavailable(error: Exception) -> None:
    with pytest.raises(BrokerUnavailable, match="down") as raised, broker_errors():
        raise error
    assert raised.value.__cause__ is error


def test_other_error_passes_unchanged() -> None:
    with pytest.raises(KeyError), broker_errors():
        raise KeyError
