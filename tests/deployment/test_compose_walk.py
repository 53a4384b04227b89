"""The README's deployment, typed word by word in a real engine; then an upgrade with its data.

`make test-compose` runs it. Without an engine it is skipped, and says so.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.deployment.compose import HEALTHY_SECONDS, PROJECT, Deployment, is_busy, page
from tests.deployment.confinement import WHO_NEEDS, assert_confined
from tests.deployment.engine import run
from tests.deployment.previous import previous_revision
from tests.deployment.readme import typed_under

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
    seconds, busy = deployed.await_health(), is_busy()
    print(f"         healthy after {seconds:.0f} s{' on a busy machine' if busy else ''}")
    assert busy or seconds <= HEALTHY_SECONDS
    assert "Overheard" in page("/")
    assert_confined(deployed)


def add(deployed: Deployment, command: str) -> None:
    deployed.type(command.replace(FEED, deployed.world.feeds[0]))
    deployed.await_work(deployed.world.episodes_of(1))
    assert_counted(deployed, shows=1)
    person = deployed.overheard("people list --limit 1")[0]
    assert person["name"] in page("/people")
    assert person["name"] in page(f"/people/{person['slug']}")


def scale(deployed: Deployment, command: str) -> None:
    deployed.type(command)
    deployed.await_health()
    assert len(deployed.containers("worker-parse")) == 3


def import_while_processes_die(deployed: Deployment, command: str) -> None:
    """All shows; meanwhile a worker, the broker and the database lose their main process."""
    deployed.write_subscriptions()
    deployed.type(command)
    for service in ("worker-parse", "valkey", "postgres"):
        unfinished = "SELECT count(*) FROM job WHERE state IN ('waiting', 'running')"
        if deployed.world.takes_minutes:
            assert int(deployed.ask(unfinished)) > 0, "the ingest is over: nothing was disturbed"
        deployed.kill_main_process(service)
        print(f"         {service} was killed and is back")
    deployed.await_health()
    seconds = deployed.await_work(deployed.world.episodes)
    print(f"         all is read after {seconds:.0f} s more")
    assert_counted(deployed, shows=len(deployed.world.feeds))


def recount(deployed: Deployment, command: str) -> None:
    assert "0" in deployed.type(command)
    assert deployed.overheard("recount")["changed"] == 0


def restart(deployed: Deployment, command: str) -> None:
    before = contents(deployed)
    deployed.type(command)
    deployed.await_health()
    assert contents(deployed) == before


def down(deployed: Deployment, command: str) -> None:
    before = contents(deployed)
    deployed.type(command)
    assert deployed.containers() == []
    deployed.notes["down"] = before
    deployed.forget_secrets("SERVICE_PASSWORD", "VALKEY_PASSWORD")  # and get others at the next up


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
    "git pull && ops/secrets.sh && docker compose up --detach --build": up_again,
    "docker compose exec -T search overheard index rebuild": rebuild,
}


# In words that tables of both versions have.
_PEOPLE = """SELECT json_agg(p ORDER BY p.slug) FROM (
    SELECT slug, name, appearances, episodes, podcasts, spoken_ms FROM person) p"""
_SPEAKERS = """SELECT json_agg(s ORDER BY s.id) FROM (
    SELECT id, episode_id, label, person_id, appearances FROM speaker) s"""


def contents(deployed: Deployment) -> list[str]:
    """What may not change by itself: people with their counts, and the counts of each speaker."""
    return [deployed.ask(query) for query in (_PEOPLE, _SPEAKERS)]


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
    assert "podcast" in page("/search?q=podcast")


def test_the_readme_is_typed_line_by_line(deployment: Deployment) -> None:
    assert typed_under("Deploy it") == list(CHECKS)
    for command, check in CHECKS.items():
        check(deployment, command)

    # The index is derived: a volume that is lost is made again by itself (docs/operations.md).
    deployment.type("docker compose rm --stop --force search web")
    run("docker", "volume", "rm", f"{PROJECT}_search")
    deployment.type("docker compose up --detach --no-build")
    deployment.await_health()
    assert_searchable(deployment)


def test_an_upgrade_keeps_the_data_of_the_version_before(
    deployment: Deployment, previous_image: str, image: str
) -> None:
    run("docker", "tag", previous_image, "overheard")
    present = deployment.use_compose_file_of(previous_revision())
    deployment.type(PASSWORD_OF_THE_VERSION_BEFORE)
    deployment.type("docker compose up --detach --no-build")
    deployment.type(f"docker compose run --rm cli overheard add {deployment.world.feeds[0]}")
    deployment.await_work(deployment.world.episodes_of(1))
    before = contents(deployment)

    run("docker", "tag", image, "overheard")
    (deployment.folder / "docker-compose.yml").write_text(present)
    deployment.type("ops/secrets.sh")
    deployment.type("docker compose up --detach --no-build")  # as after `git pull`, with its image
    deployment.await_health()
    assert {container["Config"]["Image"] for container in deployment.containers("web")} == {
        "overheard"
    }
    assert contents(deployment) == before
    assert_counted(deployment, shows=1)
    assert_searchable(deployment)
    assert_confined(deployment)
