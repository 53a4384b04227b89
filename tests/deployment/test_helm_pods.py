"""Every pod of the Helm chart in a real engine: its commands, variables, probes, and its end.

`make test-compose` runs it. The worker of `transcribe` needs another image, and is left out.
"""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

pytest.importorskip("helm_python", reason="run it by: make test-compose")

from tests.deployment.confinement import WRITE_EVERYWHERE
from tests.deployment.helm_chart import containers, rendered
from tests.deployment.pods import Cluster, Started, cluster

pytestmark = [pytest.mark.slow, pytest.mark.compose, pytest.mark.timeout(1800)]

CONTAINERS = {each.name: each for each in containers(rendered())}


@pytest.fixture(scope="module")
def migrated(image: str) -> Iterator[Cluster]:
    """A cluster in which the migration has run, as the hook before an installation does."""
    with cluster(image) as made:
        done = made.run_job(CONTAINERS["migrate"])
        assert done.returncode == 0, done.stderr
        yield made


@pytest.fixture(scope="module")
def pods(migrated: Cluster) -> Iterator[dict[str, Started]]:
    """All containers of the release, those of one pod in one network."""
    with ExitStack() as stack:
        started: dict[str, Started] = {}
        for name in sorted(CONTAINERS.keys() - {"migrate", "indexer"}):
            started[name] = stack.enter_context(migrated.started(CONTAINERS[name]))
        indexer = migrated.started(CONTAINERS["indexer"], beside=started["web"])
        yield started | {"indexer": stack.enter_context(indexer)}


def test_every_container_starts_lives_and_is_ready(pods: dict[str, Started]) -> None:
    for name, one in pods.items():
        print(f"{name} has started after {one.await_start():.0f} s more", flush=True)
    for name, one in pods.items():
        assert one.is_answering("livenessProbe"), (name, one.log())
        if "readinessProbe" in one.container.probes:
            one.await_ready()


def test_every_container_writes_to_its_volumes_alone(pods: dict[str, Started]) -> None:
    for name, one in pods.items():
        written = one.inside("sh", "-c", f"{WRITE_EVERYWHERE}; true").stdout.split()
        assert set(written) == set(one.container.mounts), name


def test_the_command_of_the_notes_finds_no_problem(pods: dict[str, Started]) -> None:
    done = pods["worker-ops"].inside("overheard", "doctor")
    assert "is not running" not in done.stdout, done.stdout


def test_a_migration_that_waits_ends_at_once(migrated: Cluster) -> None:
    """The first process of a container hears only signals for which it has a handler."""
    absent = {key: url.replace("@postgres:", "@absent:") for key, url in migrated.secret.items()}
    with replace(migrated, secret=absent).started(CONTAINERS["migrate"]) as one:
        one.await_handler(signal.SIGTERM)
        assert one.stop() == 128 + signal.SIGTERM


def test_every_container_ends_by_itself_within_its_grace(pods: dict[str, Started]) -> None:
    ended = reversed(pods.items())  # the network of a pod is its first container's
    codes = {name: one.stop() for name, one in ended}
    assert codes == dict.fromkeys(pods, 0)
