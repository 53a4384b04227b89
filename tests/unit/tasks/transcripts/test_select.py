"""Ranking of the transcripts that a feed lists."""

from tasks.feeds.values import TranscriptLink
from tasks.transcripts.select import is_in_language_of, rank_transcripts


def link(name: str, type_: str = "", language: str | None = None, rel: str = "") -> TranscriptLink:
    return TranscriptLink(f"https://example.org/{name}?sig=a.vtt", type_, language, rel or None)


def test_formats_with_speakers_and_times_rank_first() -> None:
    listed = [
        link("a.txt", "text/plain"),
        link("b", "text/html"),
        link("c", "application/x-subrip"),
        link("d", "text/vtt; charset=utf-8"),
        link("e", "Application/JSON"),
        link("f"),
    ]
    assert [ranked.url[20] for ranked in rank_transcripts(listed)] == [
        "e",
        "d",
        "c",
        "b",
        "a",
        "f",
    ]


def test_podcast_language_ranks_before_the_format() -> None:
    german = link("de", "application/json", "de")
    english = link("en", "text/plain", "en-GB")
    undeclared = link("any", "text/html")
    assert rank_transcripts([german, undeclared, english], podcast_language="en_US") == [
        english,
        undeclared,
        german,
    ]


def test_captions_rank_after_transcripts_of_the_same_format() -> None:
    captions, transcript = link("a", "text/vtt", rel="captions"), link("b", "text/vtt")
    assert rank_transcripts([captions, transcript, link("c", "text/html")])[:2] == [
        transcript,
        captions,
    ]


def test_url_suffix_gives_the_format_without_a_media_type() -> None:
    suffix, plain = link("a.vtt"), link("b.json", "text/plain")
    assert rank_transcripts([suffix, plain]) == [plain, suffix]


def test_repeated_url_ranks_once_and_broken_url_is_harmless() -> None:
    broken = TranscriptLink("https://[broken/x.json")
    assert rank_transcripts([link("a"), link("a"), broken]) == [link("a"), broken]


def test_ranking_without_transcripts_is_empty() -> None:
    assert rank_transcripts([]) == []


def test_timed_formats_of_other_tools_rank_by_their_speakers() -> None:
    listed = [link("a.sbv"), link("b.ttml"), link("c", "application/ttml+xml"), link("d.txt")]
    assert [ranked.url[20] for ranked in rank_transcripts(listed)] == ["b", "c", "a", "d"]


def test_transcripts_without_a_language_may_be_of_any() -> None:
    german, english, any_ = link("a", language="de-AT"), link("b", language="en"), link("c")
    assert is_in_language_of(german, link("d", language="de"))
    assert is_in_language_of(german, any_)
    assert not is_in_language_of(german, english)
