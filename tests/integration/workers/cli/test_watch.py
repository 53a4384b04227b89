"""`overheard status --watch`: one page says what is done, how fast, by whom, and what failed."""

import pytest

from tests.factories import execute, new_episode
from tests.integration.commands import Run, run
from workers.cli import watch
from workers.cli.watch import Rates

__all__ = ["run"]

_JOB = (
    "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses, republished,"
    " run_after, created_at, started_at, finished_at, reason, message, worker) VALUES ('parse',"
    " :id, 'fetch', false, 5, :state, 1, 0, 0, now(), now(), now() - interval '95 s', now(),"
    " 'http_404', 'it answered 404', 'work@here')"
)


@pytest.mark.usefixtures("run")
def test_the_page_shows_work_rates_and_failures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "responding_workers", lambda: ["work@here"])
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    execute(_JOB, id=new_episode(title="The slow one"), state="running")
    execute(_JOB, id=new_episode(), state="dead")
    watch.watch(times=2)
    page = " ".join(capsys.readouterr().out.split())
    for said in ("The slow one", "work@here", "http_404", "it answered 404", "parse",
                 "feeds due", "jobs done"):  # fmt: skip
        assert said in page


def test_a_rate_is_what_two_looks_differ_by() -> None:
    rates = Rates()
    rates.note({"job_done": 10}, 100.0)
    rates.note({"job_done": 30}, 110.0)
    assert rates.shown["job_done"] == 2.0
    rates.note({"job_done": 30}, 112.0)
    assert rates.shown["job_done"] == 2.0, "nothing was written down since"
    rates.note({"job_done": 30}, 200.0)
    assert rates.shown == {}, "nothing was done for long"


def test_the_command_watches(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[bool] = []
    monkeypatch.setattr("workers.cli.show.watch", lambda: watched.append(True))
    assert run("status", "--watch").code == 0
    assert watched == [True]
