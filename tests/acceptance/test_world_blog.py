"""The blog of the demo world: an issue for each week, the same bytes again, each number clicked.

Numbers are clicked in the newest issue of each kind. `BLOG_ISSUES=all` clicks those of every issue,
and `BLOG_WORLD=shared` takes the shared world, which both take minutes more.
"""

import contextlib
import http.client
import os
import re
import subprocess
from collections.abc import Iterator

import pytest
from lxml import html

from tests.acceptance.conftest import Ingested
from tests.acceptance.contents import contents
from tests.acceptance.installation import Installation

WORLD = os.environ.get("BLOG_WORLD", "demo")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.parametrize("world", [pytest.param(WORLD, id=f"{WORLD}-world")], indirect=True),
]

# Of complete weeks: the two last days wait for their transcripts.
_WEEKS = """
    SELECT DISTINCT to_char(day, 'IYYY-"w"IW') AS name FROM person_day
    JOIN person o ON o.id = person_id AND o.state = 'active'
    WHERE date_trunc('week', day) + interval '7 days' <= current_date - 2
"""
_DOCUMENTS = "SELECT name, document FROM blog_issue"
_FORGET = "DELETE FROM blog_issue"
# Everything that was read from transcripts; the raw bodies stay.
_LOSE = """
    DELETE FROM appearance;
    DELETE FROM speaker;
    UPDATE transcript SET parser_version = 0 WHERE is_selected;
"""
_CLICKED = {
    "all": "SELECT name FROM blog_issue",
    "newest": "SELECT DISTINCT ON (period) name FROM blog_issue ORDER BY period, ends_on DESC",
}[os.environ.get("BLOG_ISSUES", "newest")]

Documents = dict[str, str]


def published(own: Installation) -> Documents:
    """The documents of all issues, published now."""
    with own.connect() as connection:
        connection.execute(_FORGET)
    own.overheard("blog", "publish", "--all")
    return {row["name"]: row["document"] for row in own.query(_DOCUMENTS)}


@pytest.fixture(scope="module")
def documents(ingested: Ingested) -> Documents:
    return published(ingested.installation)


def test_each_week_with_speech_has_an_issue(ingested: Ingested, documents: Documents) -> None:
    weeks = {row["name"] for row in ingested.installation.query(_WEEKS)}
    assert weeks
    assert {name for name in documents if "w" in name} == weeks
    print(f"{ingested.world.name}: {len(documents)} issues, {len(weeks)} of weeks")


def test_issues_are_the_same_bytes_twice(ingested: Ingested, documents: Documents) -> None:
    assert published(ingested.installation) == documents


def test_issues_are_the_same_bytes_after_a_rebuild(
    ingested: Ingested, documents: Documents
) -> None:
    own = ingested.installation
    with own.connect() as connection:
        before = connection.execute("SELECT max(id) AS id FROM appearance").fetchone()
        connection.execute(_LOSE)
    own.overheard("recount", "--fix")
    with ingested.world.unreachable():
        own.overheard("reingest", "all", "--stage", "parse")
    with own.connect() as connection:
        after = connection.execute("SELECT min(id) AS id FROM appearance").fetchone()
        assert contents(connection) == ingested.contents
    assert before
    assert after
    assert after["id"] > before["id"]
    assert published(own) == documents


@contextlib.contextmanager
def web(own: Installation) -> Iterator[http.client.HTTPConnection]:
    """A connection to a web process."""
    environment = own.environment | {
        "OVERHEARD_WEB_PORT": "0",
        "OVERHEARD_LOG_LEVEL": "info",
        "OVERHEARD_DATABASE_URL": own.urls.database_url,
        "OVERHEARD_BROKER_URL": own.urls.broker_url,
    }
    process = subprocess.Popen(
        own.command("web"), env=environment, cwd=own.data, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    port = next(found[1] for line in lines if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
    drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
    try:
        yield http.client.HTTPConnection("127.0.0.1", int(port), timeout=120)
    finally:
        process.terminate()
        process.wait(timeout=30)
        drain.wait(timeout=30)


def page(connection: http.client.HTTPConnection, path: str) -> html.HtmlElement:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, answer.status)
    return html.fromstring(body)


def test_each_number_clicked_gives_that_number(ingested: Ingested, documents: Documents) -> None:
    assert documents
    names = {row["name"] for row in ingested.installation.query(_CLICKED)}
    clicked = 0
    with web(ingested.installation) as connection:
        for name in sorted(names):
            for link in page(connection, f"/blog/{name}").xpath("//a[@data-number]"):
                number = page(connection, link.get("href"))
                assert number.xpath("//@data-frozen") == [link.get("data-number")]
                frozen, now = number.xpath("//*[@data-frozen] | //*[@data-now]")
                assert frozen.text_content() == now.text_content()
                parts = map(int, number.xpath("//@data-amount"))
                assert sum(parts) == int(link.get("data-number"))
                clicked += 1
    assert clicked > 10
    print(f"{ingested.world.name}: {clicked} numbers of {len(names)} issues clicked")
