"""No command prints a URL or a secret of a private podcast, with or without `--json`.

The commands are those of the table: one that is added later is run too, and the test fails if
its arguments are not in this file.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import one
from tests.integration.commands import Run, run
from tests.integration.web.private_world import (
    MARK,
    PASSWORD,
    PLAIN_URL,
    SECRET_URL,
    SLUG,
    TOKEN,
    USER,
    PlantedUrl,
    PrivateWorld,
    private_world,
)
from tests.integration.web.searched import Indexed, indexed
from tests.servers.fault_server import FaultServer
from workers.celery_app import app as celery_app
from workers.cli.lazy_group import lazy_commands

__all__ = ["indexed", "run"]

pytestmark = pytest.mark.slow

LEAK = re.compile(rf".{{0,60}}({MARK}|media\.example).{{0,60}}", re.IGNORECASE)
COMMANDS = dict(lazy_commands())
# Processes that stay, and checks that print one sentence of ours. What processes say is their log.
PROCESSES = {"up", "down", "demo", "worker", "beat", "web", "indexer"}
PROCESSES |= {"health worker", "health beat", "health indexer", "health web"}
# The file has all that the database has, for its owner alone; the commands print counts.
PROCESSES |= {"backup", "restore"}
# In this order: what only reads, what changes something, what ends it. {…} is filled in.
ARGUMENTS = {
    "status": "",
    "doctor": "",
    "logs": "",
    "explain": "{podcast}\n{episode}\n{person}",
    "recount": "",
    "migrate": "",
    "reingest": "podcast:{podcast} --stage parse --dry-run\npodcast:{podcast} --stage parse",
    "reingests list": "",
    "reingests show": "{request}",
    "reingests pause": "{request}",
    "reingests resume": "{request}",
    "reingests cancel": "{request}",
    "read transcript": "{transcript_url}",
    "read feed": "{secret_url}",
    "read opml": "{opml}",
    "read name": "Ida",
    "podcasts list": "\n--all --limit 0",
    "podcasts show": "{podcast}\n{feed_url}",
    "search": "ferry\nhunter",
    "speech run": "podcast:{podcast} --dry-run",
    "speech status": "",
    "speech list": "--podcast {podcast}\n--degraded",
    "speech set": "{podcast} --mode always",
    "speech pause": "",
    "speech resume": "",
    "speech cancel": "--podcast {podcast}",
    "speech-models list": "",
    "speech-models pull": "none",
    "speech-models verify": "",
    "plans list": "",
    "plans assign": "none pro",
    "plans export": "",
    "plans verify": "",
    "blog publish": "--all",
    "blog list": "",
    "blog show": "2026-w02",
    "blog posts": "",
    "podcasts find": "{secret_url}",
    "podcasts export": "",
    "feeds list": "\n--failing",
    "feeds show": "{podcast} --history\n{failing} --history",
    "episodes list": "",
    "episodes show": "{episode}\n{unread}",
    "people list": "",
    "people show": "{person}",
    "speakers list": "",
    "suggestions list": "",
    "coverage": "\n--podcast {podcast} --episodes",
    "jobs list": "",
    "jobs show": "{job}",
    "queues list": "",
    "index status": "",
    "accounts list": "",
    "keys list": "",
    "audit": "--sample 5",
    "podping": "",
    "podcasts add": "{feed_url}\n{missing} --private\n{open}",
    "podcasts import": "{opml} --private",
    "ingest": "{feed_url} --no-wait",
    "podcasts poll": "{podcast}",
    "podcasts pause": "{podcast}",
    "podcasts resume": "{podcast}",
    "podcasts private": "{podcast}\n{missing}",
    "podcasts public": "{open}",
    "podcasts merge": "{failing} {podcast}",
    "podcasts unmerge": "{failing}",
    "people alias": "{person} Idabel --podcast {podcast}",
    "people assign": "{person} --episode {episode} --label unheard",
    "people split": "{person} --as Idabel --podcast {podcast}",
    "people never-merge": "{person} idabel",
    "people merge": "idabel {person}",
    "people rename": "{person} Ida",
    "people not-a-person": "Nobody --podcast {podcast}",
    "people quarantine": "{person} --podcast {podcast}",
    "people release": "{person} --podcast {podcast}",
    "people suppress": "{person}",
    "decisions list": "",
    "decisions export": "",
    "decisions import": "{decisions}",
    "people undo": "{decision}",
    "suggestions accept": "1",
    "suggestions reject": "1",
    "jobs retry": "--all",
    "queues pause": "parse",
    "queues resume": "parse",
    "queues drain": "parse --seconds 1",
    "queues purge": "parse",
    "queues rebuild": "parse",
    "index rebuild": "",
    "accounts first-link": "",
    "accounts create": "Zoe --password-stdin",
    "accounts password": "Zoe --password-stdin",
    "accounts role": "Zoe reader",
    "accounts disable": "Zoe",
    "accounts enable": "Zoe",
    "accounts sign-out": "Zoe",
    "keys create": "copy",
    "keys revoke": "none",
    "podcasts remove": "{podcast}\n{missing}",
}


@pytest.fixture(autouse=True)
def _surroundings(
    broker: object, broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del broker
    celery_app.conf.broker_url = broker_url
    monkeypatch.setenv("OVERHEARD_LOG_DIR", str(tmp_path))


@pytest.fixture(params=[SECRET_URL, PLAIN_URL], ids=["secret-url", "operators-word"])
def planted(
    request: pytest.FixtureRequest, publisher: FaultServer, indexed: Indexed
) -> PrivateWorld:
    """A private podcast with a secret everywhere, followed and ingested."""
    url: PlantedUrl = request.param
    world = private_world(publisher, url)
    indexed()
    return world


def test_every_command_is_run_or_is_a_process() -> None:
    assert COMMANDS.keys() == ARGUMENTS.keys() | PROCESSES


def test_no_command_prints_a_secret_of_a_private_podcast(
    planted: PrivateWorld, publisher: FaultServer, run: Run, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    leaks, ended_well = [], set[str]()
    for words in _lines(planted, publisher, tmp_path):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"correct horse battery\n")))
        ended = run(*words)
        if ended.code == 0:
            ended_well.add(_command_of(words))
        output = f"{ended.out} {ended.err}"
        assert "Traceback" not in output, output
        if leak := LEAK.search(output):
            leaks.append(f"{' '.join(words)}: {leak[0]}")
    assert leaks == []
    # A command that refuses its arguments has shown nothing.
    assert ARGUMENTS.keys() - ended_well <= _MAY_FAIL


_MAY_FAIL = {
    "doctor",  # with the servers of the tests it has something to say
    "reingests pause",  # nothing of it is left to do
    "reingests resume",
    "reingests cancel",
    "people merge",  # they were marked as different
    "suggestions accept",  # there is none
    "suggestions reject",
    "people assign",  # nobody has this label
    "queues drain",  # nothing takes its messages
    "keys revoke",
    "podcasts public",
    "plans list",  # there are no plans
    "plans assign",
    "speech-models pull",  # no such model
}


def _lines(world: PrivateWorld, publisher: FaultServer, folder: Path) -> Iterator[list[str]]:
    """Every command line, alone and with `--json` where there is that option."""
    for name, variants in ARGUMENTS.items():
        options = [option for each in COMMANDS[name].load().params for option in each.opts]
        for variant in variants.split("\n"):
            filled = variant.format(**_values(world, publisher, folder))
            yield [*name.split(), *filled.split()]
            if "--json" in options:
                yield [*name.split(), *filled.split(), "--json"]


def _command_of(words: list[str]) -> str:
    return " ".join(words[:2]) if " ".join(words[:2]) in ARGUMENTS else words[0]


def _values(world: PrivateWorld, publisher: FaultServer, folder: Path) -> dict[str, object]:
    decisions, opml = folder / "decisions.jsonl", folder / "feeds.txt"
    decisions.touch()
    # What is only read is not known to be an operator's: its URL has to say it.
    secret = publisher.url(f"/private/feed?token={TOKEN}").replace("://", f"://{USER}:{PASSWORD}@")
    transcript = publisher.url(f"/transcripts/1.vtt?token={TOKEN}")
    opml.write_text(f"{secret}\n")
    return {
        "podcast": world.podcast_id,
        "failing": world.podcast_id + 2,
        "episode": world.episode_id,
        "unread": world.episode_id - 1,
        "person": SLUG,
        "job": world.job_id,
        "feed_url": world.feed_url,
        "missing": publisher.url(f"/missing/{MARK}?token={TOKEN}"),
        "secret_url": secret,
        "open": publisher.url("/open.xml"),
        "transcript_url": transcript.replace("://", f"://{USER}:{PASSWORD}@"),
        "opml": opml,
        "decisions": decisions,
        "request": _latest("reingest_request"),
        "decision": _latest("identity_event"),
    }


def _latest(table: str) -> object:
    return one(f"SELECT coalesce(max(id)::text, '0') FROM {table}")  # noqa: S608
