"""Private feeds with a secret in every field, followed, polled, ingested and indexed."""

from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from models.database import in_transaction
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.podcasts.store.add import add_by_url
from tests.factories import one, rows
from tests.integration.tasks.polling.test_polling import poll
from tests.servers.answers import Answer, redirect
from tests.servers.fault_server import FaultServer

# Every secret has this in it, so one search finds them all, in any case.
MARK = "s3cr3t"
TOKEN, PASSWORD, USER = f"{MARK}Tok9x7", f"{MARK}-pw", f"{MARK}-user-1"
PERSON, SLUG, TOPIC = "Ida Quillfeather", "ida-quillfeather", "lighthouses"
OTHER, OTHER_SLUG = "Bram Tollgate", "bram-tollgate"  # another speaker


class PlantedUrl(NamedTuple):
    """Whether the URL of the feed seems private, and whether an operator says so."""

    path: str
    userinfo: str
    declared: bool


SECRET_URL = PlantedUrl(f"/private/feed?token={TOKEN}", f"{USER}:{PASSWORD}@", declared=False)
PLAIN_URL = PlantedUrl(f"/{MARK}Path4711/feed.xml", "", declared=True)


@dataclass(frozen=True)
class PrivateWorld:
    """The podcast that has all secrets, an episode of it, and an appearance there."""

    podcast_id: int
    episode_id: int
    appearance_id: int
    job_id: int
    feed_url: str
    feed: str


def private_world(publisher: FaultServer, url: PlantedUrl) -> PrivateWorld:
    """A private podcast with secrets everywhere, and others that fail in several ways."""
    feed_url = _serve(publisher, url)
    podcast_id = follow(feed_url, private=url.declared)
    assert poll(podcast_id).outcome == "changed"
    _follow_failing(publisher, private=url.declared)
    run_jobs()
    episode_id = one(
        "SELECT min(a.episode_id) FROM appearance a JOIN episode e ON e.id = a.episode_id "
        "WHERE e.podcast_id = :id",
        id=podcast_id,
    )
    return PrivateWorld(
        podcast_id=podcast_id,
        episode_id=episode_id,
        appearance_id=one("SELECT min(id) FROM appearance WHERE episode_id = :id", id=episode_id),
        job_id=one("SELECT max(id) FROM job"),
        feed_url=feed_url,
        feed=_feed(publisher),
    )


def follow(url: str, *, private: bool) -> int:
    """Follow a feed; its id."""
    podcast_id = in_transaction(add_by_url, url, private=private).podcast_id
    assert podcast_id is not None
    return podcast_id


def run_jobs() -> None:
    """Run the parse jobs that wait, as a worker does."""
    for row in rows("SELECT id FROM job WHERE kind = 'parse' AND state = 'waiting' ORDER BY id"):
        run_job(row["id"], Message(f"message-{row['id']}", "w"), ingest_episode)


def _serve(publisher: FaultServer, url: PlantedUrl) -> str:
    feed = Answer(body=_feed(publisher).encode(), headers={"Content-Type": "application/rss+xml"})
    # A password that no URL has cannot be distinguished from a word.
    transcript = _transcript(f", or {PASSWORD}" if url.userinfo else "")
    publisher.serve(f"/transcripts/1.vtt?token={TOKEN}", Answer(body=transcript.encode()))
    publisher.serve(SECRET_URL.path, feed)
    served = publisher.serve(url.path, feed)
    return served.replace("://", f"://{url.userinfo}")


def _follow_failing(publisher: FaultServer, *, private: bool) -> None:
    """Feeds that fail, and one that is redirected to another with its token."""
    target = f"http://127.0.0.2/{MARK}/?token={TOKEN}"
    answers = {
        "missing": Answer(404),
        "broken": Answer(500),
        "page": Answer(body=f"<html>{MARK}</html>".encode()),
        "away": redirect(target, 301),
        "reset": Answer(reset=True),
    }
    for name, answer in answers.items():
        poll(follow(publisher.serve(f"/{name}/{MARK}?token={TOKEN}", answer), private=private))


def _transcript(password: str) -> str:
    url = f"https://media.example/listen?token={TOKEN}"
    turns = (
        (PERSON, "The last ferry left from the lighthouse at nine in the evening."),
        (PERSON, f"Go to {url} and use {TOKEN} there{password}."),
        (f"Ida {TOKEN}", f"My name is {TOKEN.upper()} and my page is media.example/x?k={TOKEN}"),
        (url, "Somebody under a URL."),
        (OTHER, "Was it late?"),
        (PERSON, f"It is https%3A%2F%2Fmedia.example%2F%3Ftoken%3D{TOKEN} in a link."),
    )
    cues = "\n\n".join(
        f"00:00:{place * 5:02}.000 --> 00:00:{place * 5 + 4:02}.000\n"
        f"<v {escape(label)}>{escape(text)}"
        for place, (label, text) in enumerate(turns)
    )
    return f"WEBVTT\n\n{cues}\n"


def _feed(publisher: FaultServer) -> str:
    """An RSS document in which every field has a secret."""

    def url(name: str) -> str:
        return escape(f"https://media.example/{MARK}/{name}?token={TOKEN}&x={name}")

    text = escape(f"Hear {TOKEN} at https://media.example/{MARK}?k={TOKEN} (password={PASSWORD})")
    tags = (
        f"<category>{TOPIC}</category><category>{TOKEN}</category>"
        f"<itunes:keywords>{TOPIC},{TOKEN},{url('keyword')}</itunes:keywords>"
        f'<podcast:person href="{url("person")}" img="{url("face")}">{PERSON}</podcast:person>'
        f'<podcast:person href="{url("person")}">Ida {TOKEN}</podcast:person>'
    )
    transcript = escape(publisher.url(f"/transcripts/1.vtt?token={TOKEN}"))
    lost = escape(publisher.url(f"/lost/{MARK}.vtt?token={TOKEN}"))
    item = (
        f"<item><guid>{{guid}}</guid><title>The last ferry {text}</title><link>{url('link')}</link>"
        f"<description>{text}</description><itunes:author>Ann {TOKEN}</itunes:author>"
        f'<itunes:image href="{url("image")}"/>{tags}'
        f'<enclosure url="{url("audio.mp3")}" type="audio/mpeg" length="1"/>'
        f'<podcast:chapters url="{url("chapters")}" type="application/json"/>'
        "<pubDate>Mon, 05 Jan 2026 06:00:00 GMT</pubDate>"
        '<podcast:transcript url="{transcript}" type="text/vtt"/></item>'
    )
    items = "".join(
        (
            item.format(guid=url("guid"), transcript=transcript),
            item.format(guid=f"{TOKEN}-2", transcript=lost),
        )
    )
    return (
        '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
        f"<title>Ferries {text}</title><link>{url('home')}</link>"
        f'<atom:link rel="hub" href="{url("hub")}"/><atom:link rel="self" href="{url("self")}"/>'
        f"<description>{text}</description><itunes:author>Ann {TOKEN}</itunes:author>"
        f"<itunes:new-feed-url>{url('new')}</itunes:new-feed-url>"
        f"<podcast:guid>{TOKEN}</podcast:guid><language>en</language>"
        f'<itunes:image href="{url("artwork")}"/>{tags}{items}</channel></rss>'
    )
