"""The API under a fuzzer: what its description allows, and what it does not allow.

It sends OVERHEARD_FUZZ_REQUESTS requests, more or less.
"""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.integration.web.world import shown_world
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow

REQUESTS = int(os.environ.get("OVERHEARD_FUZZ_REQUESTS", "2000"))
UNAVAILABLE_SHARE = 0.001


@pytest.fixture
def base_url(server_urls: ServerUrls, worker_number: int) -> Iterator[str]:
    with shown_world(server_urls.database_url, f"fuzz_{worker_number}") as world:
        yield f"{world.url}/api/v1"


def test_fuzzed_api_has_no_errors_of_the_service(base_url: str) -> None:
    description = httpx.get(f"{base_url}/openapi.json", trust_env=False, timeout=60).json()
    schema = schemathesis.openapi.from_dict(description)
    found: list[Any] = list(schema.get_all_operations())
    operations = [one.ok() for one in found]
    seen: Counter[int] = Counter()
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _fuzz(operation, mode, base_url, REQUESTS // len(operations) // 2, seen)
    total = sum(seen.values())
    print(f"{total} requests: {dict(sorted(seen.items()))}")
    assert total > REQUESTS / 2  # some operations have fewer different requests
    assert not [status for status in seen if status >= 500 and status != 503]
    assert seen[503] <= UNAVAILABLE_SHARE * total


def _fuzz(operation: Any, mode: Any, base: str, examples: int, seen: Counter[int]) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def fuzz(case: Any) -> None:
        # A client of its own for some of them each, or the rate limit would answer.
        client = f"2001:db8:{seen.total() // 100 % 65_536:x}::1"
        answer = case.call(base_url=base, headers={"X-Forwarded-For": client})
        seen[answer.status_code] += 1
        assert answer.status_code < 500 or answer.status_code == 503, case.as_curl_command()
        if answer.status_code == 503:
            assert "retry-after" in answer.headers

    fuzz()
