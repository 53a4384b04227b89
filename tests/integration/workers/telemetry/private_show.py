"""A private show whose every name, word, URL and address is a secret to find again."""

from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

TOKEN = "t0ps3cretvalue"
SECRETS = (
    TOKEN,
    "s3cretpw",
    "Zyxwena",
    "Quillfeather",
    "zyxwena@owner.example",
    "velocipedes",
    "Marmalade Hour",
    "unguessable-guid",
    "secret-path",
)
_VTT = """WEBVTT

00:00.000 --> 00:04.000
<v Zyxwena Quillfeather>Welcome to the hour of velocipedes.

00:04.000 --> 00:09.000
<v Benedikta Overmars>More velocipedes than ever, I hear.
"""
_FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
    xmlns:podcast="https://podcastindex.org/namespace/1.0">
<channel><title>The Marmalade Hour</title><language>en</language>
<itunes:owner><itunes:email>zyxwena@owner.example</itunes:email></itunes:owner>
<podcast:person role="host">Zyxwena Quillfeather</podcast:person>
<item><title>With Zyxwena Quillfeather</title><guid>unguessable-guid</guid>
<pubDate>Thu, 28 Aug 2025 06:00:00 +0000</pubDate>
<enclosure url="{url}" type="audio/mpeg" length="1"/>
<podcast:transcript url="{transcript}" type="text/vtt"/></item>
</channel></rss>"""


def serve_private_show(publisher: FaultServer) -> str:
    """Serve it; the URL of its feed, with a password and a token."""
    transcript = publisher.serve(
        f"/secret-path/1.vtt?token={TOKEN}",
        Answer(body=_VTT.encode(), headers={"Content-Type": "text/vtt"}),
    )
    body = _FEED.format(transcript=transcript, url=transcript.replace("vtt", "mp3")).encode()
    headers = {"Content-Type": "application/rss+xml"}
    url = publisher.serve(f"/secret-path?token={TOKEN}", Answer(body=body, headers=headers))
    return url.replace("://", "://ann:s3cretpw@")
