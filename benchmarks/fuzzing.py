"""Sends 100,000 random search queries to the API: none may fail, none may take long.

``FUZZED=1000`` sends fewer.
"""

import http.client
import os
import random
import time
from collections import Counter
from urllib.parse import urlencode

from benchmarks.asking import asking
from benchmarks.database import data_folder, empty_database
from benchmarks.sizes import size_from
from benchmarks.spoken import invented_language, make
from models import get_settings
from tasks.search.indexer import rebuild_index

SEARCHES = size_from("FUZZED", 100_000, 200)
TIME_LIMIT_MS = 1000
EPISODES = 80
_SIGNS = (
    '"',
    "“",
    "(",
    ")",
    "*",
    "-",
    " ",
    " AND ",
    " OR ",
    " NOT ",
    "\x00",
    "\u202e",
    "ß",
    "机器",
    "💥",
    "\n",
    "é",
    "'",
    "&",
    "%",
    "\\",
    "/",
    "a" * 150,
    "ka*",
    "0",
)


def run() -> None:
    """Send the queries, print the statuses and the slowest response."""
    language = invented_language()
    with empty_database(), data_folder() as folder:
        os.environ["OVERHEARD_SEARCH_INDEX"] = str(folder / "search")
        os.environ["OVERHEARD_API_RATE_PER_MINUTE"] = "1000000000"
        get_settings.cache_clear()
        make(EPISODES)
        rebuild_index(folder / "search")
        randomness, statuses, slowest = random.Random(17), Counter[int](), (0.0, "")
        with asking() as connect:
            connection = connect()
            _status_of(connection, "anything")  # the first one opens the index and the database
            for _ in range(SEARCHES):
                query = _nonsense(randomness, language.words[:400])
                began = time.perf_counter()
                status = _status_of(connection, query)
                statuses[status] += 1
                slowest = max(slowest, ((time.perf_counter() - began) * 1000, query))
                assert status in {200, 422}, (status, query)
    print(
        f"{SEARCHES:,} searches: {dict(statuses)}, the slowest {slowest[0]:.0f} ms: {slowest[1]!r}"
    )
    assert slowest[0] < TIME_LIMIT_MS


def _status_of(connection: http.client.HTTPConnection, query: str) -> int:
    connection.request("GET", f"/api/v1/search?{urlencode({'q': query})}")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _nonsense(randomness: random.Random, words: list[str]) -> str:
    """Operators and words in random order."""
    return "".join(
        randomness.choice((randomness.choice(_SIGNS), randomness.choice(words), " "))
        for _ in range(randomness.randint(0, 14))
    )


if __name__ == "__main__":
    run()
