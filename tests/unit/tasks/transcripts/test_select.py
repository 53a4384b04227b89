"""Which of the offered transcripts is read first."""

from tasks.feeds.values import TranscriptLink
from tasks.transcripts.select import rank_transcripts


def link(name: str, type_: str = "", language: str | None = None, rel: str = "") -> TranscriptLink:
    return TranscriptLink(f"https://example.org/{name}?sig=a.vtt", type_, language, rel or None)


def test_speakers_and_times_come_first() -> None:
    offered = [
        link("a.txt", "text/plain"),
        link("b", "text/html"),
        link("c", "application/x-subrip"),
        link("d", "text/vtt; charset=utf-8"),
        link("e", "Application/JSON"),
        link("f"),
    ]
    assert [chosen.url[20] for chosen in rank_transcripts(offered)] == [
        "e",
        "d",
        "c",
        "b",
        "a",
        "f",
    ]


def test_the_podcasts_language_comes_before_the_format() -> None:
    german = link("de", "application/json", "de")
    english = link("en", "text/plain", "en-GB")
    unsaid = link("any", "text/html")
    assert rank_transcripts([german, unsaid, english], podcast_language="en_US") == [
        english,
        unsaid,
        german,
    ]


def test_captions_come_after_a_transcript_of_the_same_format() -> None:
    captions, whole = link("a", "text/vtt", rel="captions"), link("b", "text/vtt")
    assert rank_transcripts([captions, whole, link("c", "text/html")])[:2] == [whole, captions]


def test_the_address_says_the_format_when_the_type_does_not() -> None:
    named, plain = link("a.vtt"), link("b.json", "text/plain")
    assert rank_transcripts([named, plain]) == [plain, named]


def test_an_address_offered_twice_is_kept_once_and_a_broken_one_does_no_harm() -> None:
    broken = TranscriptLink("https://[broken/x.json")
    assert rank_transcripts([link("a"), link("a"), broken]) == [link("a"), broken]


def test_nothing_offered_is_nothing_ranked() -> None:
    assert rank_transcripts([]) == []
