"""Run the whole suite and print its table: `make chaos`, or with names of cases or `--demo`."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.acceptance.chaos.cases import CASES, WHOLE, undisturbed
from tests.acceptance.chaos.system import CaseResult, System, chaos_system
from tests.acceptance.contents import Contents, contents
from tests.acceptance.demo_world import DemoWorld
from tests.acceptance.shared_world import SharedWorld, shared_world_folder
from tests.acceptance.worlds import World
from tests.servers.fault_server import FaultServer

_COLUMNS = ("case", "faults injected", "jobs", "lost", "doubled", "drift", "recovered in")


@contextmanager
def world_of(*, demo: bool) -> Iterator[World]:
    """The shared world if it exists, else the demo world."""
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


def main(arguments: list[str]) -> int:
    """Run the named cases, or all; exit code 1 if any is not clean."""
    demo = "--demo" in arguments
    chosen = [argument for argument in arguments if argument != "--demo"] or list(CASES)
    results = []
    with world_of(demo=demo) as world, chaos_system(world) as system:
        expected = _reference(system)
        rows = sum(map(len, expected.values()))
        print(f"world: {world.name}, {len(expected['episode'])} episodes, {rows} rows compared\n")
        print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
        for name in chosen:
            results.append(_run(system, name, expected))
            _show(results[-1])
    return int(not all(result.is_clean for result in results))


def _reference(system: System) -> Contents:
    system.reset()
    undisturbed(system, WHOLE)
    with system.installation.connect() as connection:
        return contents(connection)


def _run(system: System, name: str, expected: Contents) -> CaseResult:
    system.reset()
    faults, recovery = CASES[name](system, WHOLE)
    return system.compare(name, faults, recovery, expected)


def _show(result: CaseResult) -> None:
    faults = ", ".join(f"{count} x {fault}" for fault, count in result.faults.items())
    cells = (
        *(result.case, faults, result.job_totals["jobs"], result.lost, result.doubled),
        *(result.drift, f"{result.recovery_seconds:.1f} s"),
    )
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
    if not result.is_clean:
        print(json.dumps(dict(result.different), indent=1)[:4000], file=sys.stderr)


if __name__ == "__main__":
    started_at = time.monotonic()
    code = main(sys.argv[1:])
    print(f"\n{time.monotonic() - started_at:.0f} s")
    sys.exit(code)
