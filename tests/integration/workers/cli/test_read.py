"""The commands `read …` in processes of their own: files, URLs, standard input, refusals."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.commands import Ended, run_process
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada Quist>Good morning.\n"
FEED = b"""<?xml version="1.0"?>
<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>
<title>Lamps</title><item><title>Oil</title><guid>a</guid>
<pubDate>Tue, 11 Feb 2025 07:05:54 +0000</pubDate>
<enclosure url="oil.mp3" type="audio/mpeg" length="7"/>
<podcast:transcript url="oil.vtt" type="text/vtt"/>
<podcast:person role="Guest">Ada Quist</podcast:person></item></channel></rss>"""
OPML = b'<opml><body><outline type="rss" text="A" xmlUrl="https://a.example/f"/></body></opml>'


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def no_service(tmp_path: Path) -> dict[str, str]:
    """An environment in which a command that needs a database or a broker fails."""
    return {
        "OVERHEARD_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0",
        "OVERHEARD_DATA_DIR": str(tmp_path / "data"),
    }


def read(tmp_path: Path, *words: object, **environment: str) -> Ended:
    return run_process("read", *map(str, words), **no_service(tmp_path), **environment)


def test_read_transcript_file_gives_segments_and_labels(tmp_path: Path) -> None:
    (file := tmp_path / "a.vtt").write_bytes(VTT)
    ended = read(tmp_path, "transcript", file, "--json")
    assert ended.code == 0
    [record] = ended.json
    assert record["file"] == str(file)
    assert record["format"] == "webvtt"
    assert record["segments"] == [
        {"label": "Ada Quist", "text": "Good morning.", "start_ms": 1000, "end_ms": 2000}
    ]
    [label] = record["labels"]
    assert label.keys() == {"label", "count", "accepted", "reason"}
    assert (label["label"], label["count"], label["accepted"]) == ("Ada Quist", 1, True)
    assert label["reason"] == "tagged"


def test_read_transcript_takes_the_language_for_its_charset(tmp_path: Path) -> None:
    (file := tmp_path / "a.txt").write_bytes(
        "Łucja: Tak.\n\nJan: Nie.\n\nŁucja: Źle.".encode("cp1250")
    )
    [record] = read(tmp_path, "transcript", file, "--language", "pl", "--json").json
    assert record["segments"][0]["label"] == "Łucja"


def test_read_feed_resolves_urls_and_lists_people(tmp_path: Path) -> None:
    (file := tmp_path / "feed.xml").write_bytes(FEED)
    [record] = read(tmp_path, "feed", file, "--json").json
    podcast = {"title": "Lamps", "guid": None, "link": None, "language": None}
    assert record["podcast"] == podcast | {"author": "", "people": []}
    url = "http://x.example/oil.mp3"
    assert record["episodes"] == [
        {
            "guid": "a",
            "title": "Oil",
            "published_at": "2025-02-11T07:05:54Z",
            "duration_ms": None,
            "link": None,
            "audio_url": url,
            "enclosures": [{"url": url, "type": "audio/mpeg", "length": 7}],
            "transcripts": [{"url": "http://x.example/oil.vtt", "type": "text/vtt"}],
            "people": [{"name": "Ada Quist", "role": "guest"}],
        }
    ]


def test_read_opml_gives_each_row_with_its_problem(tmp_path: Path) -> None:
    (file := tmp_path / "list.opml").write_bytes(OPML)
    [record] = read(tmp_path, "opml", file, "--json").json
    assert record["feeds"] == [{"title": "A", "feed_url": "https://a.example/f", "problem": None}]


def test_read_name_takes_labels_and_standard_input(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "workers.cli", "read", "name", "Ada Quist", "-", "--json"],
        env=os.environ | no_service(tmp_path),
        input="Ada\nHost: Bo Lindt\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    records: list[dict[str, Any]] = json.loads(ended.stdout)
    assert [(each["label"], each["person"]) for each in records] == [
        ("Ada Quist", "Ada Quist"),
        ("Ada", None),
        ("Host: Bo Lindt", "Bo Lindt"),
    ]
    assert all(each["reason"] for each in records)


def test_read_refusals_keep_the_order_and_end_with_1(tmp_path: Path) -> None:
    (page := tmp_path / "page.json").write_bytes(b'{"a": 1}')
    (file := tmp_path / "a.vtt").write_bytes(VTT)
    ended = read(tmp_path, "transcript", page, tmp_path / "none", file, "--json")
    assert ended.code == 1
    assert [each.get("refused") for each in ended.json] == ["not_a_transcript", "unreadable", None]
    assert all(each["message"].endswith(".") for each in ended.json[:2])


def test_read_table_shows_rows_and_names_what_is_refused(tmp_path: Path) -> None:
    (file := tmp_path / "a.vtt").write_bytes(VTT)
    ended = read(tmp_path, "transcript", file, tmp_path / "none", COLUMNS="120")
    assert ended.code == 1
    assert "Ada Quist" in ended.out
    assert "Good morning." in ended.out
    assert f"{tmp_path / 'none'}: No such file or directory. (unreadable)" in ended.err


def test_read_url_goes_through_the_guarded_client(tmp_path: Path, server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=FEED))
    [refused] = read(tmp_path, "feed", url, "--json").json
    assert refused["refused"] == "address_refused"
    assert server.connections == 0
    allowed = {"OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1:{server.port}"}
    [record] = read(tmp_path, "feed", url, "--json", **allowed).json
    assert record["episodes"][0]["audio_url"] == server.url("/oil.mp3")


def test_read_hundred_files_are_one_start(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.vtt" for number in range(100)]
    for file in files:
        file.write_bytes(VTT)
    records = read(tmp_path, "transcript", *files, "--json").json
    assert [each["file"] for each in records] == [str(file) for file in files]


def test_read_table_shortens_long_texts(tmp_path: Path) -> None:
    feed = tmp_path / "long.xml"
    feed.write_text(f"<rss><channel><item><title>{'Aa, ' * 50_000}</title></item></channel></rss>")
    shown = read(tmp_path, "feed", feed)
    assert shown.code == 0, shown.err
    assert "…" in shown.out
    assert len(shown.out) < 10_000


def test_read_document_over_its_budget_is_refused(tmp_path: Path) -> None:
    feed = tmp_path / "costly.xml"
    feed.write_text(f"<rss><channel><item>{'&' * 2_000_000}</item></channel></rss>")
    costly = read(tmp_path, "feed", "--json", feed, OVERHEARD_DOCUMENT_MEMORY_MB="60")
    assert costly.code == 1
    (record,) = json.loads(costly.out)
    assert record["refused"] == "over_budget"
