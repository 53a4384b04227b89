"""What is left of a plan, when a warning is due, and what a change of plan would do. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tasks.plans.plan_file import Plan

WARNINGS = (80, 100)
HOUR_MS = 3_600_000


def month_of(now: datetime) -> date:
    """The first day of the month, in UTC: what requests are counted by."""
    return now.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> datetime:
    """When the counter of a month begins again."""
    following = (month + timedelta(days=31)).replace(day=1)
    return datetime(following.year, following.month, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Quota:
    """The use of a month under a plan."""

    plan: Plan
    month: date
    used: int

    @property
    def left(self) -> int | None:
        """How many requests are left; None without a limit."""
        limit = self.plan.requests_a_month
        return None if limit is None else max(0, limit - self.used)

    @property
    def warning(self) -> int | None:
        """80 or 100 once so many percent are used."""
        limit = self.plan.requests_a_month
        if limit is None:
            return None
        return max((each for each in WARNINGS if self.used * 100 >= limit * each), default=None)

    def seconds_left(self, now: datetime) -> int:
        """Seconds until the month is over."""
        return max(1, int((next_month(self.month) - now).total_seconds()))


def crossed(plan: Plan, used: int) -> int | None:
    """The percentage of the quota that exactly this request has reached: 80, 100 or none."""
    limit = plan.requests_a_month
    if limit is None:
        return None
    reached = [each for each in WARNINGS if used * 100 >= limit * each > (used - 1) * 100]
    return max(reached, default=None)


def effect_of_change(before: Plan, after: Plan, used: int, month: date) -> list[str]:
    """What a change of plan would do now, in sentences."""
    if before.key == after.key:
        return [f"Nothing changes: the plan is already {after.name}."]
    quota = Quota(after, month, used)
    left = (
        "no limit" if quota.left is None else f"{quota.left:,} of {after.requests_a_month:,} left"
    )
    sentences = [f"From {before.name} to {after.name}: {used:,} requests used this month, {left}."]
    if quota.left == 0:
        until = next_month(month).date().isoformat()
        sentences.append(f"Further requests would be refused until {until}.")
    sentences += [
        f"{label}: {_amount(old)} before, {_amount(new)} after."
        for label, old, new in (
            ("Requests a minute", before.requests_a_minute, after.requests_a_minute),
            ("Results per response", before.results, after.results),
            ("Hours of audio a month", before.hours_heard, after.hours_heard),
        )
        if old != new
    ]
    if before.export != after.export:
        sentences.append(
            f"Export: {'allowed' if after.export else 'not allowed'} after the change."
        )
    return sentences


def _amount(limit: int | None) -> str:
    return "no limit" if limit is None else f"{limit:,}"
