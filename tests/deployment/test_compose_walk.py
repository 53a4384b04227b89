"""The README's deployment, typed word by word in a real engine, and an upgrade beside it.

`make test-compose` runs it. Without an engine it is skipped, and says so.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

import pytest

from tests.deployment.compose import HEALTHY_SECONDS, Deployment, is_busy
from tests.deployment.confinement import WHO_NEEDS, assert_confined
from tests.deployment.engine import run
from tests.deployment.previous import previous_revision

pytestmark = [pytest.mark.slow, pytest.mark.compose, pytest.mark.timeout(5400)]

FEED = "https://changelog.com/podcast/feed"
PASSWORD_OF_THE_VERSION_BEFORE = 'echo "POSTGRES_PASSWORD=$(openssl rand -hex 24)" > .env'
Check = Callable[[Deployment, str], None]


def secrets(deployed: Deployment, command: str) -> None:
    """The file with the passwords, for its owner's eyes; the second time it stays as it is."""
    deployed.type(command)
    written = (deployed.folder / ".env").read_text()
    deployed.type(command)
    assert (deployed.folder / ".env").read_text() == written
    assert {line.partition("=")[0] for line in written.splitlines()} == set(WHO_NEEDS)
    assert (deployed.folder / ".env").stat().st_mode & 0o777 == 0o600


def up(deployed: Deployment, command: str) -> None:
    deployed.type(command)
    deployed.await_health()
    seconds, busy = deployed.age(), is_busy()
    deployed.say(f"healthy after {seconds:.0f} s{' on a busy machine' if busy else ''}")
    assert busy or seconds <= HEALTHY_SECONDS
    assert "Overheard" in deployed.page("/")
    assert_confined(deployed)


def add(deployed: Deployment, command: str) -> None:
    deployed.type(command.replace(FEED, deployed.world.feeds[0]))
    deployed.await_work(deployed.world.episodes_of(1))
    assert_counted(deployed, shows=1)
    person = deployed.overheard("people list --limit 1")[0]
    assert person["name"] in deployed.page("/people")
    assert person["name"] in deployed.page(f"/people/{person['slug']}")


def scale(deployed: Deployment, command: str) -> None:
    deployed.type(command)
    assert len(deployed.listed("worker-parse")) == 3


def import_while_processes_die(deployed: Deployment, command: str) -> None:
    """All shows; meanwhile a worker, the broker and the database lose their main process."""
    deployed.write_subscriptions()
    with transcripts_that_take_a_second(deployed):
        deployed.type(command)
        for service in ("worker-parse", "valkey", "postgres"):
            kill_during_the_ingest(deployed, service)
    deployed.await_health()  # of the two workers that `--scale` added, too
    seconds = deployed.await_work(deployed.world.episodes)
    deployed.say(f"all is read after {seconds:.0f} s more")
    assert_counted(deployed, shows=len(deployed.world.feeds))


@contextmanager
def transcripts_that_take_a_second(deployed: Deployment) -> Iterator[None]:
    """So that on any machine the ingest lasts for as long as the kills."""
    deployed.control_world("/_fault", {"prefix": "/t/", "delay": 1, "times": None})
    yield
    deployed.control_world("/_reset", {})


def kill_during_the_ingest(deployed: Deployment, service: str) -> None:
    """End a main process while jobs run: after the kill before it, they do so again."""
    if deployed.world.is_controlled:
        deployed.await_answer("SELECT count(*) > 1 FROM job WHERE state = 'running'")
        deployed.say(f"{deployed.unfinished()} jobs are unfinished: {service} is killed")
    deployed.kill_main_process(service)
    deployed.say(f"{service} was killed and is back")


def recount(deployed: Deployment, command: str) -> None:
    assert "0" in deployed.type(command)
    assert deployed.overheard("recount")["changed"] == 0


def restart(deployed: Deployment, command: str) -> None:
    deployed.say(f"all is resolved after {deployed.await_resolved():.0f} s more")
    before = contents(deployed)
    deployed.type(command)
    deployed.await_health()
    assert contents(deployed) == before


def down(deployed: Deployment, command: str) -> None:
    before = contents(deployed)
    deployed.type(command)
    assert deployed.containers() == []
    deployed.notes["down"] = before
    deployed.forget_secrets("SERVICE_PASSWORD", "VALKEY_PASSWORD")
    deployed.type("ops/secrets.sh")  # others, for the next up


def up_again(deployed: Deployment, command: str) -> None:
    up(deployed, command)
    assert contents(deployed) == deployed.notes["down"]


def rebuild(deployed: Deployment, command: str) -> None:
    assert "indexed" in deployed.type(command)
    assert_searchable(deployed)


# Every line of the README's deployment part, and what is checked after it.
CHECKS: dict[str, Check] = {
    "ops/secrets.sh": secrets,
    "docker compose up --detach --build": up,
    f"docker compose run --rm cli overheard podcasts add {FEED}": add,
    "docker compose up --detach --scale worker-parse=3": scale,
    "docker compose run --rm -T cli overheard podcasts import /dev/stdin < subscriptions.opml": (
        import_while_processes_die
    ),
    "docker compose run --rm cli overheard recount": recount,
    "docker compose restart": restart,
    "docker compose down": down,
    "docker compose up --detach": up_again,
    "docker compose exec -T indexer overheard index rebuild": rebuild,
}

# Of the recipe in docs/operations.md, what changes something.
UPGRADE = ["ops/secrets.sh", "docker compose up --detach --build --remove-orphans"]

# In words that tables of both versions have.
_PEOPLE = """SELECT json_agg(p ORDER BY p.slug) FROM (
    SELECT slug, name, appearances, episodes, podcasts, spoken_ms FROM person) p"""
_SPEAKERS = """SELECT json_agg(s ORDER BY s.id) FROM (
    SELECT id, episode_id, label, person_id, appearances FROM speaker) s"""


def contents(deployed: Deployment) -> list[str]:
    """What may not change by itself: people with their counts, and the counts of each speaker."""
    found = [deployed.ask(query) for query in (_PEOPLE, _SPEAKERS)]
    assert all(found)
    return found


def assert_counted(deployed: Deployment, shows: int) -> None:
    """As published, with nothing left out and nothing counted twice."""
    assert deployed.world.differences(deployed.overheard("speakers list --limit 0"), shows) == []
    states = Counter(row["state"] for row in deployed.overheard("episodes list --limit 0"))
    assert set(states) <= {"counted", "no_transcript"}, states
    assert deployed.overheard("recount")["changed"] == 0


def assert_searchable(deployed: Deployment) -> None:
    """The index has every segment, and the pages search it."""
    query = "SELECT count(*) FROM appearance"
    deployed.await_index(int(deployed.ask(query)))
    assert "podcast" in deployed.page("/search?q=podcast")


def walk_the_readme(deployed: Deployment, is_up: Event) -> None:
    """Type every line; the first two say how fast the service starts on this machine."""
    try:
        for command, check in CHECKS.items():
            check(deployed, command)
            if check is up:
                is_up.set()
        lose_the_index(deployed)
    finally:
        is_up.set()


def lose_the_index(deployed: Deployment) -> None:
    """The index is derived: a volume that is lost is made again by itself (docs/operations.md)."""
    deployed.type("docker compose rm --stop --force indexer web")
    run("docker", "volume", "rm", f"{deployed.project}_search")
    deployed.type("docker compose up --detach --no-build")
    deployed.await_health()
    assert_searchable(deployed)


def upgrade(deployed: Deployment, previous_image: str, image: str, may_begin: Event) -> None:
    """Start the version before, give it data, and start this version over it."""
    may_begin.wait()
    run("docker", "tag", previous_image, deployed.image)
    present = deployed.use_compose_file_of(previous_revision())
    deployed.type(PASSWORD_OF_THE_VERSION_BEFORE)
    deployed.type("docker compose up --detach --no-build")
    deployed.type(f"docker compose run --rm cli overheard add {deployed.world.feeds[0]}")
    deployed.await_work(deployed.world.episodes_of(1))
    before = contents(deployed)

    run("docker", "tag", image, deployed.image)
    deployed.use_compose_file(present)
    for command in UPGRADE:
        deployed.type(command.replace("--build", "--no-build"))  # this version's image is built
    deployed.await_health()
    (web,) = deployed.containers("web")
    (inspected,) = json.loads(run("docker", "image", "inspect", image))
    assert web["Image"] == inspected["Id"]
    assert contents(deployed) == before
    assert_counted(deployed, shows=1)
    assert_searchable(deployed)
    assert_confined(deployed)
    deployed.end()  # the other walk has the machine for itself


@dataclass(frozen=True)
class Walks:
    """Two deployments that know nothing of each other; a result is None, or the failure."""

    readme: Future[None]
    upgrade: Future[None]


@pytest.fixture(scope="module")
def walks(
    deployment: Deployment, other_deployment: Deployment, previous_image: str, image: str
) -> Iterator[Walks]:
    """Both, side by side, since each waits most of its time: for health checks and leases."""
    is_up = Event()
    with ThreadPoolExecutor(2) as pool:
        yield Walks(
            pool.submit(walk_the_readme, deployment, is_up),
            pool.submit(upgrade, other_deployment, previous_image, image, is_up),
        )


def test_the_readme_is_typed_line_by_line(walks: Walks) -> None:
    walks.readme.result()


def test_an_upgrade_keeps_the_data_of_the_version_before(walks: Walks) -> None:
    walks.upgrade.result()
