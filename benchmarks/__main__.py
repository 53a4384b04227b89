"""Runs every measurement (`make bench`), or the named ones: `python -m benchmarks storing`."""

import importlib
import os
import platform
import sys

MEASUREMENTS = (
    "feed_parsing",
    "transcript_parsing",
    "storing",
    "merging_people",
    "reingest",
    "end_to_end",
    "polling_simulation",
    "polling",
    "slow_host",
    "claiming",
    "pages",
    "search",
    "paging",
    "fuzzing",
)


def main() -> None:
    """Print the machine and versions, then each measurement."""
    print(
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}"
    )
    for name in sys.argv[1:] or MEASUREMENTS:
        print(f"\n== {name.replace('_', ' ')} ==", flush=True)
        importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main()
