"""What a response says of a plan: what is left of its month, and what to do without. Pure."""

from datetime import datetime

from tasks.plans.quotas import Quota


def quota_headers(quota: Quota, now: datetime) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers-10 has them: the policy, and what is left of it."""
    if quota.left is None:
        return {}
    left = max(0, quota.left - 1)
    return {
        "ratelimit-policy": f'"month";q={quota.plan.requests_a_month}',
        "ratelimit": f'"month";r={left};t={quota.seconds_left(now)}',
    }


def payment_fields(quota: Quota, now: datetime, step: str = "") -> dict[str, str | int | None]:
    """What a 402 says besides its reason: what was used, when a month begins, and what to do."""
    return {
        "plan": quota.plan.key,
        "used": quota.used,
        "limit": quota.plan.requests_a_month,
        "resets_in_seconds": quota.seconds_left(now),
        "what_to_do": f"{step}change to another plan: see /pricing",
    }
