"""The commands of plans: list, assign with a preview, export, verify."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from models import get_settings
from models.database import in_transaction
from tasks.plans.plan_file import plans_of_service
from tasks.plans.store.usage import MeteredRequest, record_requests
from tests.factories import add_podcast, execute, one
from tests.integration.commands import Run, run
from tests.paths import DATA

__all__ = ["run"]


@pytest.fixture
def planned(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("OVERHEARD_PLANS", str(DATA / "plans" / "plans.toml"))
    get_settings.cache_clear()
    plans_of_service.cache_clear()
    yield run
    plans_of_service.cache_clear()


def key_prefix(run: Run) -> str:
    run("keys", "create", "=HYPERLINK(1)")
    return str(one("SELECT max(prefix) FROM api_key"))


def test_plans_list_shows_the_file(planned: Run) -> None:
    assert [row["key"] for row in planned("plans", "list", "--json").json] == [
        "free",
        "pro",
        "unlimited",
    ]


def test_plans_without_a_file_say_what_to_set(run: Run) -> None:
    plans_of_service.cache_clear()
    ended = run("plans", "list")
    assert (ended.code, "set OVERHEARD_PLANS" in ended.err) == (1, True)


def test_plans_assign_previews_and_changes(planned: Run) -> None:
    prefix = key_prefix(planned)
    preview = planned("plans", "assign", prefix, "pro", "--dry-run")
    assert "From Free to Pro" in preview.out
    assert one("SELECT plan FROM api_key") is None
    assert "changed" in planned("plans", "assign", prefix, "pro").out
    assert one("SELECT plan FROM api_key") == "pro"
    assert "unchanged" in planned("plans", "assign", prefix, "pro").out
    assert "no such plan" in planned("plans", "assign", prefix, "gold").err
    assert "no such account or key" in planned("plans", "assign", "nobody", "pro").err


def test_plans_export_is_the_log_as_csv_and_json(planned: Run) -> None:
    key_prefix(planned)
    key_id = one("SELECT id FROM api_key")
    holder = f"key:{key_id}"
    request = MeteredRequest(holder, "a", "/people", datetime(2026, 11, 29, tzinfo=UTC))
    in_transaction(record_requests, [request] * 3)
    table = planned("plans", "export", "--month", "2026-11").out
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["holder"], row["requests"], row["name"]) == (holder, "3", "'=HYPERLINK(1)")
    assert planned("plans", "export", "--month", "2026-11", "--json").json[0]["requests"] == 3
    assert planned("plans", "export", "--month", "2026-10", "--json").json == []
    assert planned("plans", "export", "--month", "November").code == 2
    assert planned("plans", "verify").code == 0
    execute("UPDATE usage_counter SET requests = 9")
    assert planned("plans", "verify", "--json").code == 1


def test_speech_set_charges_the_audio_of_a_podcast(planned: Run) -> None:
    prefix, podcast = key_prefix(planned), str(in_transaction(add_podcast))
    key = one("SELECT 'key:' || id FROM api_key")
    chosen = planned("speech", "set", podcast, "--charge", prefix, "--json").json
    assert (chosen["charged_to"], chosen["mode"]) == (key, "if_missing")
    assert f"charged to {key}" in planned("speech", "set", podcast, "--speakers", "2").out
    assert "no such account" in planned("speech", "set", podcast, "--charge", "nobody").err
    assert "charged" not in planned("speech", "set", podcast, "--charge", "").out
    assert one("SELECT charged_to FROM podcast_speech") is None
