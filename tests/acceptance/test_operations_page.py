"""Every command that the pages show to an operator is run, on a machine that has nothing yet.

One service (`overheard up`, on servers that it starts itself) follows the demo's podcasts and one
that has troubles; around it every command of docs/operations.md and of README.md is run with every
option that is shown there, each at its place in the story. What cannot be run here is listed in
ELSEWHERE, with the reason or the test that does it. A command or an option that is new on a page
and in neither makes this fail.
"""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from models.database.migrate import NEWEST_REVISION
from tests.acceptance.operating import GONE, Machine, machine, serve_troubles
from tests.acceptance.shared_world import free_port
from tests.acceptance.worlds import opml
from tests.paths import DATA, ROOT
from tests.servers.answers import Answer
from tests.servers.worker import wait_until
from tests.typed import Use, typed_lines, typed_options, typed_spans, uses, uses_of_rows
from workers.local.embedded import EmbeddedServers

__all__ = ["machine"]

pytestmark = pytest.mark.slow

PAGES = (ROOT / "docs" / "operations.md", ROOT / "README.md")

_COMPOSE = "a container engine; tests/deployment/test_compose.py runs the services' commands"
_WALK = "a container engine; tests/deployment/test_compose_walk.py runs it there"
_OURS = "a container engine; the command after `cli` is run here"
_BACKUP = "a container engine; tests/integration/models/test_backup.py runs both tools"
_UNITS = "systemd; tests/unit/workers/test_systemd.py verifies the units"
_CHART = "a cluster; tests/deployment/test_helm_pods.py starts the pods of the chart"
# What is typed and not run here, as a page shows it, and why or where instead.
ELSEWHERE = {
    "docker compose up --detach --build": _COMPOSE,
    "docker compose up --detach": _COMPOSE,
    "docker compose ps": _COMPOSE,
    "docker compose rm --stop --force indexer web": _WALK,
    "docker volume rm overheard_search": _WALK,
    "docker compose restart": _WALK,
    "docker compose down": _WALK,
    "git pull": "a checkout with a newer version to pull",
    "docker compose up --detach --build --remove-orphans": _WALK,
    "docker compose exec -T indexer overheard index rebuild": _WALK,
    "docker compose --profile speech stop beat worker-poll worker-parse worker-ops worker-speech"
    " web indexer": _COMPOSE,
    "docker compose up --detach --scale worker-parse=3": _COMPOSE,
    "docker compose logs --follow --since 10m worker-parse": _COMPOSE,
    "docker compose --profile monitoring up --detach": _COMPOSE,
    "docker compose run --rm cli overheard podcasts add https://changelog.com/podcast/feed": _OURS,
    "docker compose run --rm cli overheard status": _OURS,
    "docker compose run --rm cli overheard accounts first-link": _OURS,
    "docker compose run --rm -T cli overheard podcasts import /dev/stdin"
    " < subscriptions.opml": _OURS,
    "docker compose run --rm cli overheard recount": _OURS,
    "docker compose run --rm cli overheard doctor": _OURS,
    "docker compose run --rm --volume overheard_search:/search --env OVERHEARD_SEARCH_INDEX=/search"
    " cli overheard index rebuild --restored": _OURS,
    "docker compose exec -T postgres pg_dump --username overheard --format custom overheard"
    " > overheard.dump": _BACKUP,
    "docker compose exec -T postgres pg_dump --username overheard --format custom overheard"
    " > before.dump": _BACKUP,
    "docker compose exec -T postgres pg_restore --username overheard --dbname overheard"
    " --clean --if-exists --single-transaction < overheard.dump": _BACKUP,
    "ops/secrets.sh": "tests/deployment/test_compose.py runs it",
    "docker inspect": "a container engine; the walk reads what it shows",
    "FLOWER_READ_ONLY=true FLOWER_ENABLE_EVENTS=false celery --app workers.celery_app flower"
    " --address=127.0.0.1": "tests/integration/workers/worker/test_flower.py starts it",
    "your-podping-listener | overheard podping": "a listener; the command behind it is run here",
    "celery --app workers.celery_app call overheard.reingest.reingest --queue ops "
    '--kwargs \'{"scope": '
    '{"podcast": "https://podcast.example/feed"}, "request_id": "nightly-7", "stage": "parse"}\'': (
        "tests/integration/tasks/reingest/test_reingest.py sends it"
    ),
    "LPUSH overheard:ops": (
        "tests/integration/tasks/reingest/test_reingest.py does it with the page's message"
    ),
    "make": "the help of the Makefile; .ci/run makes what counts",
    "make run": "tests/acceptance/test_demo.py runs its command",
    "make test": ".ci/run",
    "make acceptance": "this",
    "make check": ".ci/run",
    "make test-compose": "a container engine; it runs tests/deployment/test_compose_walk.py",
    "make bench": "minutes of measuring",
    "cp -a": "typed without `overheard`, in after_all_of_it",
    "cp ops/systemd/* /etc/systemd/system/ && systemctl daemon-reload": _UNITS,
    "systemctl enable --now overheard.target": _UNITS,
    "journalctl --unit 'overheard-*' --follow": _UNITS,
    "kubectl create secret generic overheard --from-env-file=secret.env": _CHART,
    "helm install overheard ops/helm --set image.repository=registry.internal/podcasts": _CHART,
    "helm upgrade overheard ops/helm --reset-then-reuse-values"
    " --set workers.parse.replicas=3": _CHART,
    "pg_dump": _BACKUP,
    "dmesg": "the kernel of the machine",
}
_DEMO = Use("demo")  # run by tests/acceptance/test_demo.py


def test_operations_tests_named_elsewhere_exist() -> None:
    tests = re.findall(r"tests/[\w/]+\.py", " ".join(ELSEWHERE.values()))
    assert all((ROOT / name).exists() for name in tests)


def test_operations_every_command_works_on_a_clean_machine(machine: Machine) -> None:
    before_anything_runs(machine)
    with machine.lasting("up", "Overheard is up"):
        for chapter in CHAPTERS:
            began = time.monotonic()
            chapter(machine)
            print(f"{time.monotonic() - began:5.1f} s  {chapter.__name__}")
    after_all_of_it(machine)
    assert left_out(machine) == []


def left_out(machine: Machine) -> list[object]:
    """What the pages show, and was not typed and is not listed."""
    typed = machine.typed | {_DEMO}
    wanted: set[Use] = set()
    options: set[str] = set()
    lines: list[str] = []
    for page in PAGES:
        text = page.read_text()
        wanted |= set(uses_of_rows(text))
        for shown in [*typed_lines(text), *typed_spans(text)]:
            wanted |= set(uses(shown))
            lines += [shown] if not re.match(r"(\.venv/bin/)?overheard( |$)", shown) else []
        options |= typed_options(text)
    options -= set().union(*(use.options for use in typed))
    unknown = [shown for shown in lines if shown not in ELSEWHERE]
    unknown += [shown for shown in ELSEWHERE if shown not in lines]
    unknown += [one for one in options if not any(one in line for line in ELSEWHERE)]
    return [*(use for use in wanted if not any(use.is_part_of(one) for one in typed)), *unknown]


def before_anything_runs(machine: Machine) -> None:
    machine.type("--help", "Who said what, on which podcast")
    machine.type("--version", "overheard ")
    machine.type("down", "nothing was running")
    machine.type("logs", "no log files in", code=1)
    for part in ("worker", "beat", "web", "indexer"):
        machine.type(part, "set OVERHEARD_", code=1)  # they start no servers
    machine.type("health worker", "never completed a task", code=1)
    machine.type("health beat", "beat has sent no tick", code=1)
    machine.type("health indexer", "no index has been built yet", code=1)
    machine.type("health web", "no answer from", code=1)
    machine.type("migrate", f"schema new -> {NEWEST_REVISION}")
    machine.type("migrate", f"schema at {NEWEST_REVISION}")
    machine.type("migrate --quiet")
    machine.type("migrate --wait 60", f"schema at {NEWEST_REVISION}")


def following(machine: Machine) -> None:
    machine.type(f"podcasts add {machine.troubled}", "added", "6 episodes")
    wait_until(lambda: machine.ask(_UNDONE) == 0)
    machine.type(f"podcasts add {machine.troubled}", "already added")
    machine.type(
        f"podcasts add {machine.server.url('/page.html')}", "refused", "no_feed_found", code=1
    )
    listed = opml(machine.world)
    machine.type("podcasts import /dev/stdin", "added", given=listed)
    machine.file("subscriptions.opml").write_text(listed)
    machine.type("ingest subscriptions.opml --no-wait")
    machine.type("ingest subscriptions.opml", "Marisol Quennerby │ 36 │ 6 │ 1 │")
    machine.type("migrate", f"schema at {NEWEST_REVISION}")
    wait_until(lambda: machine.ask(_UNDONE) == 0)
    wait_until(lambda: machine.ask("SELECT count(*) FROM suggestion") == 2)


def inspecting(machine: Machine) -> None:
    lamp, episode = machine.lamp_room, machine.ask("SELECT min(id) FROM episode")
    podcast = machine.ask("SELECT podcast_id FROM episode WHERE id = %(id)s", id=episode)
    machine.type("status", "unfinished jobs", "parse │ dead │ 1")
    machine.type("doctor", "1 ")
    machine.type("podcasts list", "The Lamp Room", "Troubles")
    machine.type("podcasts list --all", "Troubles")
    machine.type("podcasts list --json", "feed_url")
    machine.type(f"podcasts find {machine.troubled}", "Troubles")
    machine.type("blog publish --all", "published")
    machine.type("blog list", "week")
    machine.type("blog show 2025", "most_heard")
    machine.type("blog posts")
    machine.type(f"podcasts show {lamp}", "The Lamp Room", "Marisol Quennerby")
    machine.type("episodes list", "A glass beehive")
    machine.type(f"episodes show {episode}", "transcripts")
    machine.type("people list", "Marisol Quennerby │ 36")
    machine.type(f"people list --podcast {lamp}", "Marisol Quennerby │ 36")
    machine.type(
        "people show 'Marisol Quennerby'", "36 appearances (segments spoken) in 6 episodes"
    )
    machine.type("people show marisol-quennerby", "36 appearances (segments spoken) in 6 episodes")
    machine.type("speakers list", "full_name")
    machine.type(f"speakers list --podcast {lamp} --episode {episode}")
    machine.type("coverage", "The Lamp Room")
    machine.type(f"coverage --episodes --podcast {lamp}", "A glass beehive")
    for what in (episode, lamp, f"podcast:{podcast}", "'Tobias Okwandu'", "tobias-okwandu"):
        machine.type(f"explain {what}")
    machine.type("explain 'Nobody At All'", "not found", code=1)
    machine.type("feeds list", "The Lamp Room")
    machine.type(f"feeds show {lamp}")
    machine.type(f"feeds show {lamp} --history", "poll log")
    machine.type("recount", "0 differences found")
    assert machine.type("recount --json").json["changed"] == 0
    machine.type("recount --fix", "0 differences repaired")
    machine.type(
        "health worker --name work --seconds 200 --ready",
        "completed a task",
        variables=machine.urls,
    )
    machine.type("health worker --name ops", "completed a task", variables=machine.urls)
    machine.type("health beat --seconds 60", "the last tick was sent", variables=machine.urls)
    machine.type("health web", "is ready", variables=machine.urls)
    machine.type("health indexer --seconds 600 --ready", "segments", variables=machine.urls)


def reading_logs(machine: Machine) -> None:
    job = machine.ask("SELECT min(id) FROM job")
    episode = machine.ask("SELECT subject FROM job WHERE id = %(id)s", id=job)
    machine.type("logs", "event=job_done")
    machine.type(f"logs --podcast {machine.troubled} --event job_dead", "reason=binary")
    machine.type(f"logs --episode {episode}", f"episode_id={episode}")
    machine.type(f"logs --job {job}", f"job_id={job}")
    machine.type("logs --level warning --since 1h", "event=job_dead")
    machine.type("logs --since 10m --lines 5")
    line = json.loads(machine.type("logs --lines 1 --json --event job_done").out)
    machine.type(f"logs --correlation {line['correlation_id']}", line["correlation_id"])


def what_failed(machine: Machine) -> None:
    machine.type("jobs list --state dead", "binary")
    machine.type("jobs list --state waiting --limit 5", "http_404")
    machine.type("jobs list --state dead --state waiting", "binary", "http_404")
    job = machine.ask("SELECT id FROM job WHERE state = 'waiting' AND reason = 'http_404'")
    machine.type(f"jobs show {job}", "http_404")
    machine.server.serve(
        f"/troubles/{GONE}.txt", Answer(body=b"Ann Marlowe: I am back.\n\nBo Carver: Good.\n")
    )
    machine.type(f"jobs retry {job}", "1 job is now waiting for a worker")
    wait_until(lambda: machine.ask("SELECT state FROM job WHERE id = %(id)s", id=job) == "done")
    machine.type("people show ann-marlowe", "1 appearance ")
    machine.type("reingest failed:any", code=1)
    machine.type("reingest failed:http_404", "nothing to do in this scope", code=1)
    machine.type("jobs retry --reason http_403", "0 jobs are now waiting for a worker")
    machine.type("jobs retry --all", "1 job is now waiting for a worker")
    machine.server.serve("/troubles/feed.xml", Answer(503))
    machine.type(f"reingest podcast:{machine.troubled} --stage fetch", code=1)
    machine.type("feeds list --failing", "Troubles", "http_503")
    machine.type("feeds list --reason http_503", "Troubles")
    serve_troubles(machine.server)
    wait_until(lambda: machine.ask(_UNDONE) == 0)


def doing_again(machine: Machine) -> None:
    lamp, episode = machine.lamp_room, machine.ask("SELECT min(id) FROM episode")
    machine.type(f"reingest podcast:{lamp} --dry-run", "0 of 6 episodes would change")
    machine.type(f"reingest episode:{episode} --stage fetch")
    machine.type("reingest person:tobias-okwandu --stage people")
    machine.type("reingest since:2025-01-01 --stage parse")
    machine.type("reingest outdated", "nothing to do in this scope", code=1)
    machine.type("reingest all --stage counts")
    machine.type("reingest all --stage parse")
    machine.type(f"reingest podcast:{lamp} --stage fetch --request-id nightly-7")
    machine.type(f"reingest podcast:{lamp} --request-id nightly-7", "was requested before", code=1)
    machine.type("reingests list", "nightly-7")
    machine.type("reingests show nightly-7 --wait", "nightly-7: done")
    machine.type("reingests show nightly-8", "no such request", code=1)
    machine.type("queues pause parse", "parse is paused")
    machine.type(f"reingest podcast:{lamp} --stage parse --request-id nightly-8 --no-wait")
    machine.type("reingests pause nightly-8", "nightly-8: paused")
    machine.type("reingests resume nightly-8", "nightly-8: running")
    machine.type("reingests cancel nightly-8", "nightly-8: cancelled")
    machine.type("queues resume parse", "parse is open")
    machine.type("logs --correlation nightly-7", "correlation_id=nightly-7")


def queues(machine: Machine) -> None:
    machine.type("queues list", "parse │ open")
    machine.type("queues drain parse --seconds 60", "parse is empty and paused")
    machine.type("queues purge parse", "messages deleted")
    machine.type("queues rebuild parse", "messages published")
    machine.type("queues resume parse", "parse is open")


def deciding(machine: Machine) -> None:
    lamp = machine.lamp_room
    episode = machine.ask("SELECT episode_id FROM speaker WHERE label = 'Speaker 1'")
    machine.type("suggestions list", "Gerhard Lazu", "Theresa Whitcombe")
    first, second = (
        row["id"] for row in machine.own.query("SELECT id FROM suggestion ORDER BY id")
    )
    machine.type(f"suggestions accept {first}", "merge")
    machine.type(f"suggestions reject {second}", "never_merge")
    merged = machine.type("people merge haruki-delacroze ingrid-vasmer --reason 'a typo'")
    (event,) = re.findall(r"decision (\d+): merge", merged.out)
    machine.type("people never-merge haruki-delacroze ingrid-vasmer", "same_person", code=1)
    machine.type(f"people undo {event}", "undo")
    machine.type(f"people undo {event}", "already_undone", code=1)
    machine.type("people never-merge haruki-delacroze ingrid-vasmer", "never_merge")
    split = f"people split zoe-lindqvale-amari --as 'Zoë The Other' --podcast {lamp}"
    machine.type(split, "split")
    machine.type(f"people alias tobias-okwandu Tobi --podcast {lamp}", "alias")
    machine.type(f"people assign ann-marlowe --episode {episode} --label 'Speaker 1'", "assign")
    new = f"people assign 'Bea Newcomer' --new --episode {episode} --label 'Speaker 1'"
    machine.type(new, "assign")
    machine.type(f"people not-a-person 'Jingle Bellson' --podcast {machine.troubled}")
    machine.type("people quarantine ingrid-vasmer", "quarantine")
    machine.type("suggestions list", "ingrid-vasmer", "by_decision")
    machine.type("people release ingrid-vasmer", "release")
    machine.type("people rename haruki-delacroze 'Haruki D.'", "rename")
    machine.type("people suppress benedikta-ofarrow --reason 'asked us'", "suppress")
    machine.type("audit --sample 2 --seed 7", "is the name right? y, n", given="y\nn\n")
    machine.type("decisions list", "suppress")
    lines = machine.type("decisions export").out
    machine.file("ledger.jsonl").write_text(lines)
    known = len(lines.splitlines())
    machine.type("decisions import ledger.jsonl", f"0 imported, {known} known, 0 left out")
    machine.type("recount", "0 differences found")


def accounts_and_keys(machine: Machine) -> None:
    secret = "a long password\n"
    machine.type("accounts first-link", "/first-account#", "it works once, within 24 hours")
    machine.type("accounts create ada", "ada can now sign in as operator", given=2 * secret)
    machine.type("accounts create bob --role reader --password-stdin", given=secret)
    machine.type("accounts create cleo --role operator --password-stdin", given=secret)
    machine.type("accounts first-link", "there is an account already", code=1)
    machine.type("accounts list", "ada", "operator", "bob", "reader")
    machine.type("accounts password bob --password-stdin", "a new password", given=secret)
    machine.type("accounts role bob operator", "the role of bob is now operator")
    machine.type("accounts disable bob", "bob is disabled")
    machine.type("accounts enable bob", "bob may sign in again")
    machine.type("accounts sign-out ada", "0 sessions of ada ended")
    key = machine.type("keys create nightly --scope read --scope operate").out.strip()
    machine.type("keys create reading --scope read")
    machine.type("keys list", "nightly", key[4:12])
    assert _status(machine, key) == 200
    machine.type(f"keys revoke {key[:12]}", "is revoked")
    machine.revoked = key


def _status(machine: Machine, key: str) -> int:
    """The status of the API's answer to a key."""
    url = f"http://127.0.0.1:{machine.own.settings['OVERHEARD_WEB_PORT']}/api/v1/people"
    request = Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        return error.code


def podcasts_come_and_go(machine: Machine) -> None:
    lamp, other = machine.lamp_room, machine.troubled
    machine.type("podcasts export", lamp, other)
    machine.type(f"podcasts pause {other}", f"paused {other}")
    machine.type(f"podcasts resume {other}", f"resumed {other}")
    machine.type(f"podcasts poll {other}", "1 feed is due")
    machine.type(f"podcasts remove {other}", f"removed {other}")
    machine.type("people show ann-marlowe", "0 appearances")
    machine.type(f"podcasts add {other}", "added")
    machine.type("people show ann-marlowe", "1 appearance ")
    machine.type(f"podcasts merge {other} {lamp}", "0 episodes in both, 6 moved")
    machine.type(f"podcasts unmerge {other}", "unmerged")
    ended = machine.type(
        "podping", "2 URLs: 1 of known feeds", given=f"{lamp}\n\nhttps://a.example/\n"
    )
    assert "1 unknown" in ended.printed
    machine.type(f"feeds show {lamp}", "podping")


def searching(machine: Machine) -> None:
    wait_until(lambda: _status(machine, machine.revoked) == 401)
    machine.type("index rebuild", "indexed")
    machine.type("index status", "segments")
    found = "search lamp --person 'Marisol Quennerby' --since 2000-01-01 --until 2100-01-01"
    machine.type(f"{found} --newest", "appearances")
    machine.type(f"search lamp --podcast {machine.lamp_room}", "appearances")
    machine.type("search lamp --year 1900", "nothing found")
    machine.type("index rebuild --restored", "indexed")
    machine.type("health indexer --ready", "segments", variables=machine.urls)


def privacy(machine: Machine) -> None:
    lamp = machine.lamp_room
    machine.type(f"podcasts private {lamp}", "private")
    shown = [machine.type(f"podcasts show {lamp} --reveal --json").json]
    assert lamp in {row["feed_url"] for row in shown}
    podcast = machine.ask("SELECT min(id) FROM podcast WHERE privacy = 'declared_private'")
    machine.type(f"podcasts public {podcast}", "public")
    machine.type(f"podcasts add {machine.troubled} --private", "already added")
    machine.type(f"podcasts public {machine.troubled}", "public")


def plans(machine: Machine) -> None:
    variables = {"OVERHEARD_PLANS": str(DATA / "plans" / "plans.toml")}
    machine.type("plans list", "set OVERHEARD_PLANS", code=1)
    machine.type("plans list", "Pro", variables=variables)
    machine.type("plans assign cleo pro --dry-run", variables=variables)
    machine.type("plans assign cleo pro", "changed", variables=variables)
    machine.type("plans export --month 2026-11", "requests", variables=variables)
    machine.type("plans export --json", variables=variables)
    machine.type("plans verify", variables=variables)


def speech(machine: Machine) -> None:
    lamp = machine.lamp_room
    machine.type("speech status", "state", "off")
    machine.type(f"speech list --podcast {lamp} --degraded --limit 5 --json", "[]")
    machine.type(f"speech run podcast:{lamp} --stage download --dry-run", "of audio")
    machine.type(f"speech run podcast:{lamp} --speakers 2 --dry-run", "of audio")
    machine.type(f"speech set {lamp} --mode publisher_only", "publisher_only")
    machine.type(f"speech set {lamp} --mode if_missing", "if_missing")
    machine.type(f"speech set {lamp} --charge cleo", "charged to account:")
    machine.type(f"speech set {lamp} --charge ''", "if_missing")
    machine.type("speech pause", "speech to text is paused")
    machine.type("speech resume", "speech to text is open")
    machine.type(f"speech cancel --podcast {lamp}", "0 transcriptions cancelled")
    machine.type("speech-models list", "base")
    hub = {"OVERHEARD_SPEECH_HUB": machine.server.url("/no-hub")}
    machine.type("speech-models pull base", code=1, variables=hub)
    machine.type("speech-models verify")


def saving(machine: Machine) -> None:
    file = machine.file("all.backup")
    machine.type(f"backup {file}", "saved")
    machine.type(f"backup {file}", code=1)  # the file is there already
    machine.type(f"restore {file}", code=1)  # the database has rows, and is in use


def parts_of_their_own(machine: Machine) -> None:
    """What lasts, each beside the service, until SIGTERM."""
    apart = machine.urls | {
        "OVERHEARD_WEB_PORT": str(free_port()),
        "OVERHEARD_BEAT_FILE": str(machine.file("beat")),
        "OVERHEARD_SEARCH_INDEX": str(machine.file("search")),
    }
    parts = {
        "worker --queues poll,parse --name other --concurrency 1": "health worker --name other",
        "beat": "health beat",
        "web": "health web",
        "indexer": "health indexer",
    }
    with ExitStack() as lasting:
        for line in parts:
            lasting.enter_context(machine.lasting(line, variables=apart))
        for line, ready in (("logs --follow", "event="), ("status --watch", "last failures")):
            lasting.enter_context(machine.lasting(line, ready, by=signal.SIGINT))
        for line in parts.values():
            wait_until(lambda line=line: machine.is_well(line, apart))  # type: ignore[misc]


_UNDONE = """
    SELECT (SELECT count(*) FROM job
            WHERE state = 'running' OR state = 'waiting' AND run_after <= now())
         + (SELECT count(*) FROM crawl WHERE last_ok_at IS NULL AND claim_token IS NOT NULL)
"""


def reading(machine: Machine) -> None:
    transcript = machine.server.url("/troubles/one.txt")
    machine.type(f"read transcript {transcript} --type text/plain", "Gerhard Lazu")
    machine.type(f"read feed {machine.troubled}", "Troubles")
    machine.type("read opml subscriptions.opml", machine.lamp_room)
    machine.type("read name 'Dr. Ann Marlowe'", "Ann Marlowe")


CHAPTERS: tuple[Callable[[Machine], None], ...] = (
    following,
    reading,
    inspecting,
    reading_logs,
    what_failed,
    doing_again,
    queues,
    deciding,
    accounts_and_keys,
    podcasts_come_and_go,
    searching,
    privacy,
    plans,
    speech,
    saving,
    parts_of_their_own,
)


def after_all_of_it(machine: Machine) -> None:
    with machine.lasting("up --no-pages", "Overheard is up"):
        machine.type("health web", "no answer from", code=1)
    machine.type("down", "nothing was running")
    servers = EmbeddedServers(machine.own.data)
    servers.start()
    try:
        machine.type("down", "stopped")  # for all processes that use them
    finally:
        servers.stop()
    copy = machine.file("copy")
    subprocess.run(["cp", "-a", str(machine.own.data), str(copy)], check=True)
    machine.type("people list", "Marisol Quennerby │ 36", variables={"OVERHEARD_DATA": str(copy)})
