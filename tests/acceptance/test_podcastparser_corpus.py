"""podcastparser's pairs of feed and expected result, compared on our fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import Feed, Item
from tests.acceptance.corpora import corpus

FOLDER = corpus("podcastparser")
FEEDS = sorted(FOLDER.glob("*.rss"))
# podcastparser's tests use files; URLs resolved against a file URL are refused here.
FILE_BASE, OUR_BASE = "file://tests/", "http://tests.invalid/"

# Intended differences: pair -> fields, by reason.
DIFFERENT: dict[str, dict[str, set[str]]] = {
    # A GUID identifies an episode for ever: it must not change with the feed URL.
    "a guid that is no address stays as published, and is no link": {
        **{
            name: {"guid", "link"}
            for name in (
                *("chapters", "duration", "itunes_duration", "itunes_episode_image"),
                *("itunes_no_xmlns", "itunes_subtitle", "itunes_xmlns", "media_episode_thumbnail"),
                "media_episode_thumbnail_group",
            )
        },
        "permalink": {"guid"},
        "image_and_audio": {"link"},
    },
    "the plain description or summary comes first, the content stands in when it is missing": {
        "atom_content_encoded": {"description"},
        "html_in_description_rss_both_different": {"description"},
    },
    "Atom's summary is a description; podcastparser does not read it": {
        "atom_published_updated": {"description"},
        "atom_updated": {"description"},
    },
    "each address is one enclosure, also when Media RSS repeats it": {
        "multi_enclosures": {"enclosures"},
    },
    "a title is not made up from a file's name": {"no_title": {"title"}, "no_guid": {"title"}},
    "an item is an episode even when it has no title or nothing to play; its transcript counts": {
        "no_enclosure": {"episodes"},
        "no_title_multi_enclosure": {"episodes"},
        "no_url": {"episodes"},
    },
    "podcastparser was told to stop after one episode": {"max_episodes": {"episodes"}},
}


def load(path: Path) -> tuple[Feed, dict[str, Any]]:
    feed = parse_feed(path.read_bytes(), url=f"{OUR_BASE}data/{path.name}")
    expected = path.with_suffix(".json").read_text(encoding="utf-8").replace(FILE_BASE, OUR_BASE)
    return feed, json.loads(expected)


def test_corpus_has_seventy_pairs() -> None:
    assert len(FEEDS) == 70


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_pair_agrees_except_listed_fields(path: Path) -> None:
    feed, expected = load(path)
    listed = set().union(*(pairs.get(path.stem, set()) for pairs in DIFFERENT.values()))
    found = differences(feed, expected, path.stem)
    assert set(found) == listed, found


def differences(feed: Feed, expected: dict[str, Any], name: str) -> dict[str, str]:
    """The differences by field, of the feed and its episodes."""
    trees = expected.pop("itunes_categories", [])
    if trees:  # a list of paths through the tree; we store its names
        expected["itunes_categories"] = tuple(word for tree in trees for word in tree if word)
    found = compared(feed_fields(feed, name), expected)
    episodes = expected.get("episodes", [])
    if len(feed.items) != len(episodes):
        return found | {"episodes": f"{len(feed.items)} is not {len(episodes)}"}
    if feed.type == "serial":  # podcastparser reverses these, oldest first
        episodes = episodes[::-1]
    for item, episode in zip(feed.items, episodes, strict=True):
        found |= compared(item_fields(item), episode)
    return found


def compared(ours: dict[str, Any], expected: dict[str, Any]) -> dict[str, str]:
    return {
        field: f"{ours[field]!r} is not {value!r}"
        for field, value in expected.items()
        if field in ours and ours[field] != value
    }


def feed_fields(feed: Feed, name: str) -> dict[str, Any]:
    return {
        "title": feed.title or name,  # podcastparser uses the file's name if there is no title
        "description": feed.description,
        "link": feed.link,
        "language": feed.language,
        "cover_url": feed.image,
        "itunes_author": feed.author,
        "explicit": feed.explicit,
        "type": feed.type,
        "new_url": feed.new_feed_url,
        "itunes_keywords": list(feed.keywords),
        "paged_feed_next": feed.next_page_url,
        "itunes_categories": feed.categories,
    }


def item_fields(item: Item) -> dict[str, Any]:
    return {
        "title": item.title,
        "description": item.description,
        "link": item.link or "",
        # podcastparser resolves and fills in GUIDs; here the identity does that.
        "guid": item.guid or item.link or next((m.url for m in item.enclosures), None),
        "published": int(item.published_at.timestamp()) if item.published_at else 0,
        "total_time": (item.duration_ms or 0) // 1000,
        "episode_art_url": item.image,
        "itunes_author": item.author,
        "explicit": item.explicit,
        "type": item.type,
        "number": item.number,
        "season": item.season,
        "chapters_json_url": item.chapters_url,
        "transcript_url": item.transcripts[0].url if item.transcripts else None,
        "enclosures": [
            {
                "url": media.url,
                "mime_type": media.type or "application/octet-stream",
                "file_size": -1 if media.length is None else media.length,
            }
            for media in item.enclosures
        ],
        "persons": [
            {"name": p.name, "role": p.role, "group": p.group, "href": p.href, "img": p.img}
            for p in item.persons
        ],
    }
