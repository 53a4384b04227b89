"""How many rows a response has: as requested, and no more than the plan of the key allows.

A wish is read once, here, so what the plan is compared with is what the operation gets.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request

from tasks.plans.quotas import Quota
from web.api.payment import payment_fields
from web.api.problems import ApiError


def row_limit(default: int, most: int = 500) -> Callable[[Request, int], int]:
    """The parameter ``limit`` of an operation, with its own default and maximum."""
    query = Query(ge=1, le=most, description="Maximum number of items.")

    def limit_of_request(request: Request, limit: Annotated[int, query] = default) -> int:
        quota: Quota | None = getattr(request.state, "quota", None)
        results = quota.plan.results if quota else None
        if quota is None or results is None or limit <= results:
            return limit
        if "limit" not in request.query_params:
            return results
        raise _too_many(quota, results)

    return limit_of_request


def _too_many(quota: Quota, results: int) -> ApiError:
    detail = f"the plan {quota.plan.name} allows at most {results} results per response"
    step = f"send limit={results} or less, or "
    return ApiError(402, detail, **payment_fields(quota, datetime.now(UTC), step))


Limit = Annotated[int, Depends(row_limit(50))]
