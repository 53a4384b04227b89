"""`overheard status --watch`: one screen of work, rates, workers and failures."""

import pytest

from tests.factories import execute, new_episode
from tests.integration.commands import Run, run
from workers.cli import watch
from workers.cli.watch import Rates

__all__ = ["run"]

_JOB = (
    "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses,"
    " republished, run_after, created_at, started_at, finished_at, reason, message, worker)"
    " VALUES ('parse', :id, 'fetch', false, 5, :state, 1, 0, 0, now(), now(),"
    " now() - interval '95 s', now(),"
    " 'http_404', 'it answered 404', 'work@here')"
)


@pytest.mark.usefixtures("run")
def test_watch_shows_work_rates_and_failures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "responding_workers", lambda: ["work@here"])
    monkeypatch.setattr(watch, "REFRESH_SECONDS", 0.0)
    execute(_JOB, id=new_episode(title="The slow one"), state="running")
    execute(_JOB, id=new_episode(), state="dead")
    watch.watch(times=2)
    screen = " ".join(capsys.readouterr().out.split())
    for text in ("The slow one", "work@here", "http_404", "it answered 404", "parse"):
        assert text in screen
    for label in ("feeds due", "jobs done"):
        assert label in screen


def test_rates_two_readings_are_compared() -> None:
    rates = Rates()
    rates.update({"job_done": 10}, 100.0)
    rates.update({"job_done": 30}, 110.0)
    assert rates.shown["job_done"] == 2.0
    rates.update({"job_done": 30}, 112.0)
    assert rates.shown["job_done"] == 2.0, "no metrics were saved since"
    rates.update({"job_done": 30}, 200.0)
    assert rates.shown == {}, "nothing was done for a while"


def test_status_watch_option_refreshes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bool] = []
    monkeypatch.setattr("workers.cli.status.watch", lambda: calls.append(True))
    assert run("status", "--watch").code == 0
    assert calls == [True]
