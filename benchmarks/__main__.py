"""Runs every measurement (`make bench`), or the named ones: `python -m benchmarks storing`.

With `--smallest` each runs at the smallest size that still runs, which measures nothing.
"""

import argparse
import importlib
import os
import platform

from benchmarks.sizes import use_the_smallest

MEASUREMENTS = (
    "feed_parsing",
    "transcript_parsing",
    "labels",
    "storing",
    "merging_people",
    "reingest",
    "end_to_end",
    "polling_simulation",
    "polling",
    "slow_host",
    "claiming",
    "pages",
    "painting",
    "search",
    "paging",
    "metering",
    "fuzzing",
)


def main() -> None:
    """Print the machine and versions, then each measurement."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--smallest", action="store_true", help="show that it runs, in seconds")
    options = parser.parse_args()
    if options.smallest:
        use_the_smallest()
    print(
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}"
    )
    for name in options.names or MEASUREMENTS:
        print(f"\n== {name.replace('_', ' ')} ==", flush=True)
        importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main()
