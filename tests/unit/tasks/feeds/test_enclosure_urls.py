"""The path of an enclosure, without counters, hosts and signatures."""

import pytest

from tasks.feeds.enclosure_urls import enclosure_path


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example/show/1.mp3",
        "http://cdn.example/show/1.mp3",
        "https://other-cdn.example/show/1.mp3?sig=abc&expires=1#t=0",
        "https://dts.podtrac.com/redirect.mp3/cdn.example/show/1.mp3",
        "https://www.podtrac.com/pts/redirect.mp3/cdn.example/show/1.mp3",
        "https://chrt.fm/track/ABC123/cdn.example/show/1.mp3",
        "https://pdst.fm/e/chtbl.com/track/X1/cdn.example/show/1.mp3",
        "https://op3.dev/e/https://cdn.example/show/1.mp3",
        "https://op3.dev/e,pg=123/cdn.example/show/1.mp3",
        "https://mgln.ai/e/42/cdn.example/show/1.mp3",
        "https://media.blubrry.com/show/cdn.example/show/1.mp3",
        "https://claritaspod.com/measure/cdn.example/show/1.mp3",
        "https://clrtpod.com/m/cdn.example/show/1.mp3",
        "https://swap.fm/track/abc/cdn.example/show/1.mp3",
        "https://prefix.up.audio/s/cdn.example/show/1.mp3",
        "https://verifi.podscribe.com/rss/p/cdn.example/show/1.mp3",
        "https://pscrb.fm/rss/p/cdn.example/show/1.mp3",
        "https://arttrk.com/p/ABCDE/cdn.example/show/1.mp3",
        "https://pdst.fm/e/pscrb.fm/rss/p/mgln.ai/e/1/op3.dev/e/cdn.example/show/1.mp3",
    ],
)
def test_counter_prefixes_do_not_change_the_path(url: str) -> None:
    assert enclosure_path(url) == "show/1.mp3"


def test_own_file_of_counter_has_its_path() -> None:
    assert enclosure_path("https://media.blubrry.com/show/1.mp3") == "show/1.mp3"


def test_url_without_path_has_no_enclosure_path() -> None:
    assert enclosure_path("https://cdn.example") == ""
    assert enclosure_path("https://cdn.example/?file=1") == ""
