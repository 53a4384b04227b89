"""Celery's line about a soft time limit stays out of the log; that about a hard one does not."""

import logging

import pytest
from celery.worker.request import Request

from workers.worker.celery_logging import SoftTimeLimitFilter


class SlowTask:
    """What Celery knows of a task when it writes the line."""

    id, name = "5b0c", "overheard.ingest.parse_episode"


@pytest.fixture
def filtered(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.addFilter(SoftTimeLimitFilter())
    return caplog


def test_soft_time_limit_is_logged_by_the_task_alone(filtered: pytest.LogCaptureFixture) -> None:
    Request.on_timeout(SlowTask(), soft=True, timeout=120)
    assert filtered.records == []


def test_hard_time_limit_stays_in_the_log(filtered: pytest.LogCaptureFixture) -> None:
    line = "Hard time limit (%ss) exceeded for %s[%s]"
    logging.getLogger(Request.__module__).error(line, 150, SlowTask.name, SlowTask.id)
    assert len(filtered.records) == 1
