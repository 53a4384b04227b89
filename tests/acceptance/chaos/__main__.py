"""Runs the whole suite and prints its table: `make chaos`, or with names of cases or `--demo`."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.acceptance.chaos.cases import CASES, WHOLE, undisturbed
from tests.acceptance.chaos.stage import IntentVerdict, Stage, stage
from tests.acceptance.contents import Contents, contents
from tests.acceptance.demo_world import DemoWorld
from tests.acceptance.shared_world import SharedWorld, shared_world_folder
from tests.acceptance.worlds import World
from tests.servers.fault_server import FaultServer

_COLUMNS = ("case", "faults injected", "jobs", "lost", "doubled", "drift", "recovered in")


@contextmanager
def world_of(*, demo: bool) -> Iterator[World]:
    """The shared world where it is, else the demo's."""
    try:
        shared = None if demo else SharedWorld(shared_world_folder())
    except pytest.skip.Exception:
        shared = None
    if shared is None:
        with FaultServer() as server:
            yield DemoWorld(server)
        return
    shared.start()
    try:
        yield shared
    finally:
        shared.stop()


def main(words: list[str]) -> int:
    """Run the cases that are named, or all; exit code 1 when any is not clean."""
    demo = "--demo" in words
    chosen = [word for word in words if word != "--demo"] or list(CASES)
    verdicts = []
    with world_of(demo=demo) as world, stage(world) as made:
        wanted = _reference(made)
        print(f"world: {world.name}, {len(wanted['episode'])} episodes, "
              f"{sum(map(len, wanted.values()))} rows compared\n")  # fmt: skip
        print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
        for name in chosen:
            verdicts.append(_run(made, name, wanted))
            _show(verdicts[-1])
    return int(not all(verdict.is_clean for verdict in verdicts))


def _reference(made: Stage) -> Contents:
    made.reset()
    undisturbed(made, WHOLE)
    with made.own.connect() as connection:
        return contents(connection)


def _run(made: Stage, name: str, wanted: Contents) -> IntentVerdict:
    made.reset()
    faults, recovery = CASES[name](made, WHOLE)
    return made.judge(name, faults, recovery, wanted)


def _show(verdict: IntentVerdict) -> None:
    faults = ", ".join(f"{count} x {fault}" for fault, count in verdict.faults.items())
    cells = (verdict.case, faults, verdict.toll["jobs"], verdict.lost, verdict.doubled,
             verdict.drift, f"{verdict.recovery_seconds:.1f} s")  # fmt: skip
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
    if not verdict.is_clean:
        print(json.dumps(dict(verdict.different), indent=1)[:4000], file=sys.stderr)


if __name__ == "__main__":
    began = time.monotonic()
    code = main(sys.argv[1:])
    print(f"\n{time.monotonic() - began:.0f} s")
    sys.exit(code)
