"""Generates feeds that resemble real ones, for use without the collected ones."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_TALK = (
    "and then we spoke about how the kettle sings before it boils which nobody expected from a "
    "guest who builds bridges near Zürich over coffee — naïve perhaps yet rather good"
)
_WORDS = _TALK.split()
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Show {number}</title><link>https://show{number}.example/</link><language>en</language>
<atom:link rel="self" type="application/rss+xml" href="https://show{number}.example/feed.xml"/>
<itunes:author>Ada Kettle</itunes:author><itunes:explicit>no</itunes:explicit>
<description>{description}</description>
"""
_ITEM = """<item><title>{number}: {title}</title><guid isPermaLink="false">{guid}</guid>
<link>https://show.example/{number}</link><pubDate>{date}</pubDate>
<description><![CDATA[{html}]]></description><content:encoded><![CDATA[{html}]]></content:encoded>
<enclosure url="https://media.example/{guid}.mp3?source=feed" length="{length}" type="audio/mpeg"/>
<itunes:duration>{duration}</itunes:duration><itunes:episode>{number}</itunes:episode>
<itunes:image href="https://media.example/{guid}.jpg"/><itunes:explicit>no</itunes:explicit>
<itunes:episodeType>full</itunes:episodeType>
{transcript}<podcast:person role="guest">Bo Spout</podcast:person></item>
"""
_TRANSCRIPT = '<podcast:transcript url="https://media.example/{guid}.vtt" type="text/vtt"/>\n'
_START = datetime(2015, 1, 1, 6, tzinfo=UTC)


def generated_feed(number: int, episodes: int, *, transcripts: bool = True) -> bytes:
    """Return an RSS document; the same numbers give the same bytes."""
    chance = random.Random(number)
    head = _HEAD.format(number=number, description=_sentence(chance, 30))
    items = (_item(chance, each, transcripts) for each in range(episodes, 0, -1))
    return (head + "".join(items) + "</channel></rss>").encode()


def _item(chance: random.Random, number: int, transcripts: bool) -> str:
    seconds = chance.randrange(600, 9000)
    guid = f"{chance.getrandbits(64):x}"
    return _ITEM.format(
        number=number,
        title=_sentence(chance, 6),
        guid=guid,
        transcript=_TRANSCRIPT.format(guid=guid) if transcripts else "",
        date=format_datetime(_START + timedelta(days=7 * number)),
        html="".join(f"<p>{_sentence(chance, 40)} &amp; more</p>" for _ in range(4)),
        length=seconds * 16_000,
        duration=str(timedelta(seconds=seconds)),
    )


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))
