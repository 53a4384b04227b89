"""What a worker has loaded is not looked through for garbage again."""

import gc
from collections.abc import Iterator

import pytest
from celery.signals import worker_before_create_process

import workers.memory  # noqa: F401  its signal


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_before_the_first_process_is_forked_what_is_loaded_is_kept_and_only_then() -> None:
    assert gc.get_freeze_count() == 0
    worker_before_create_process.send(sender=None)
    kept = gc.get_freeze_count()
    assert kept > 10_000
    made_later: list[list[int]] = [[] for _ in range(10)]
    worker_before_create_process.send(sender=None)
    assert gc.get_freeze_count() == kept
    del made_later
