"""Plans from TOML, quotas, warnings, and what a change of plan does."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tasks.plans.plan_file import Plan, PlanFileInvalid, Plans, parse_plans, read_plans
from tasks.plans.quotas import Quota, crossed, effect_of_change, month_of, next_month
from tests.paths import DATA

MONTH = date(2026, 11, 1)
LIMITED = Plan("free", "Free", requests_a_month=10)


@pytest.fixture
def plans() -> Plans:
    return read_plans(DATA / "plans" / "plans.toml")


def test_plans_keep_the_order_of_the_file(plans: Plans) -> None:
    assert [plan.key for plan in plans.all] == ["free", "pro", "unlimited"]
    assert plans.default.key == plans.of(None).key == plans.of("gone").key == "free"
    assert plans.of("unlimited").requests_a_month is None
    assert (plans.known("pro"), plans.known("gone")) == (plans.all[1], None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plans = ", "no TOML"),
        ("", "no table"),
        ("[plans.a]\nprize = '1'", "unknown fields: prize"),
        ("[plans.a]\nresults = 0", "results of .plans.a. must be a number from 1"),
        ("[plans.a]\nresults = true", "a number from 1"),
        ("[plans.a]\nhours_heard = -1", "a number from 0"),
        ("[plans.a]\nexport = 'no'", "true or false"),
        ("[plans.a]\nname = 1", "text"),
        ("[plans.a]\ndefault = true\n[plans.b]\ndefault = true", "only one"),
        ("[plans]\na = 1", "no table"),
    ],
)
def test_invalid_file_says_where_and_why(text: str, message: str) -> None:
    with pytest.raises(PlanFileInvalid, match=message):
        parse_plans(text)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanFileInvalid, match="OVERHEARD_PLANS"):
        read_plans(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("used", "left", "warning"),
    [(0, 10, None), (7, 3, None), (8, 2, 80), (10, 0, 100), (12, 0, 100)],
)
def test_quota_has_what_is_left_and_a_warning(used: int, left: int, warning: int | None) -> None:
    quota = Quota(LIMITED, MONTH, used)
    assert (quota.left, quota.warning) == (left, warning)


def test_each_warning_is_crossed_by_exactly_one_request() -> None:
    assert [crossed(LIMITED, used) for used in range(1, 13)] == [
        *[None] * 7,
        80,
        None,
        100,
        None,
        None,
    ]
    assert crossed(Plan("a", "A"), 10**9) is None
    assert crossed(Plan("a", "A", requests_a_month=1), 1) == 100


def test_month_is_that_of_utc() -> None:
    assert month_of(datetime.fromisoformat("2026-12-01T00:30:00+01:00")) == MONTH
    assert next_month(date(2026, 12, 1)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert next_month(MONTH) == datetime(2026, 12, 1, tzinfo=UTC)


def test_change_of_plan_says_what_it_does(plans: Plans) -> None:
    free, pro, _ = plans.all
    assert effect_of_change(free, pro, 8, MONTH) == [
        "From Free to Pro: 8 requests used this month, 99,992 of 100,000 left.",
        "Requests a minute: 60 before, 600 after.",
        "Results per response: 5 before, no limit after.",
        "Hours of audio a month: 1 before, no limit after.",
        "Export: allowed after the change.",
    ]
    assert "refused until 2026-12-01" in " ".join(effect_of_change(pro, free, 50, MONTH))
    assert effect_of_change(free, free, 1, MONTH) == ["Nothing changes: the plan is already Free."]
