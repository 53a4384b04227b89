"""Titles, names, labels and words of strangers are shown as what they are: text."""

from collections.abc import Iterator

import httpx
import pytest
from lxml import etree, html

from tests.integration.web.reading import Page, crawl
from tests.integration.web.world import ShownWorld

pytestmark = pytest.mark.slow

_TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@pytest.fixture(scope="module")
def reader(world: ShownWorld) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=world.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def pages(reader: httpx.Client) -> list[Page]:
    found = crawl(reader).values()
    return [page for page in found if "html" in page.answer.headers["content-type"]]


def test_no_markup_of_a_stranger_becomes_an_element(pages: list[Page]) -> None:
    seen = 0
    for page in pages:
        seen += page.answer.text.count("window.hostile")
        assert page.root.xpath("//img[not(starts-with(@src, '/artwork/'))]") == []
        scripts = page.attributes("//script/@src")
        assert len(scripts) == len(
            page.root.xpath("//script[@type!='application/ld+json']|//script[not(@type)]")
        )
        assert all(script.startswith("/static/") for script in scripts)
        assert "<script>window" not in page.answer.text
    assert seen > 20, "the hostile podcast is not shown at all"


def test_nothing_is_inline_and_no_attribute_runs(pages: list[Page]) -> None:
    for page in pages:
        for element in page.root.iter():
            names = set(map(str, element.attrib)) if isinstance(element, html.HtmlElement) else ()
            assert not [name for name in names if name.startswith("on") or name == "style"]
        assert page.root.xpath("//style") == []


def test_no_link_leads_to_anything_but_the_web(pages: list[Page]) -> None:
    for page in pages:
        for href in page.attributes("//@href | //@src"):
            assert href.startswith(("/", "#", "http://", "https://")), href
            assert "javascript:" not in href.lower()


def test_bidi_marks_and_null_bytes_do_not_reach_the_page(pages: list[Page]) -> None:
    for page in pages:
        assert not _TURNS & set(page.answer.text)
        assert "\0" not in page.answer.text


def test_templates_of_strangers_are_not_worked_out(pages: list[Page]) -> None:
    assert any("{{7*7}}" in page.answer.text for page in pages)
    assert not any("gnp.exe49" in page.answer.text for page in pages)


def test_an_endless_title_does_not_make_an_endless_page(pages: list[Page]) -> None:
    assert any("A title that does not end." in page.answer.text for page in pages)
    assert max(len(page.answer.content) for page in pages) < 120_000


def test_files_of_hostile_words_are_whole(reader: httpx.Client) -> None:
    feed = etree.fromstring(reader.get("/people/mallory-quillfeather/feed.atom").content)
    assert "<script>" in "".join(map(str, feed.itertext()))
    assert feed.xpath("//*[local-name() = 'script']") == []
    answer = reader.get("/people/mallory-quillfeather/appearances.csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "'=HYPERLINK" in answer.text  # no spreadsheet takes it for a formula


@pytest.mark.parametrize(
    "address",
    [
        "/people/%00",
        "/people/'; DROP TABLE person",
        "/people/marisol-quennerby?after=x",
        "/people/marisol-quennerby?after=2024-01-01.99999999999999999999.1",
        "/people?after=~",
        "/people?after=1~%00",
        "/people?sort=new&after=soon~a",
        "/people?letter=%25&q=%00",
        "/podcasts/99999999999999999999",
        "/podcasts/0",
        "/podcasts/abc",
        "/podcasts?after=1~x",
        "/podcasts?sort=latest&after=-~1",
        "/episodes/1?begin=-1",
        "/episodes/1?begin=1e9",
        "/topics/%F0%9F%98%80",
        "/topics?q=%00",
        "/charts?of=all",
        "/charts?days=-1",
        "/add/progress?ids=1..2",
        "/appearances/9223372036854775807",
        "/artwork/podcasts/7777",
        "/people/marisol-quennerby?year=0",
        "/people/marisol-quennerby?podcast=x",
        "/people/marisol-quennerby?q=%00",
        "/people/marisol-quennerby/appearances.csv?q=%00",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_an_address_that_means_nothing_is_answered_as_such(
    reader: httpx.Client, address: str
) -> None:
    answer = reader.get(address, follow_redirects=True)
    assert answer.status_code in {200, 400, 404, 422}
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Traceback" not in answer.text
