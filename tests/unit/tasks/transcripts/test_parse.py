"""Parsing in every format: refusals, encodings and limits."""

# ruff: noqa: RUF001 - letters of many scripts

import gzip
import json
import time
from contextlib import suppress

import pytest

from tasks.transcripts import parse as parsing
from tasks.transcripts.formats import decode as decoding
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import Segment, TranscriptRefused


def refusal(body: bytes, **declared: str) -> str:
    with pytest.raises(TranscriptRefused) as refused:
        parse_transcript(body, **declared)
    assert str(refused.value)
    return refused.value.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"\xef\xbb\xbf", "no_segments"),
        (b"%PDF-1.7 and so on", "binary"),
        (gzip.compress(b"WEBVTT", mtime=0), "binary"),  # gzip would store the time otherwise
        (bytes(range(32)) * 100, "binary"),
        (b"{\\rtf1 hello}", "not_a_transcript"),
        (b'{"segments": {}}', "not_a_transcript"),
        (b'{"a": ' * 100_000, "broken_json"),
        (b'[{"a": ' * 100_000, "broken_json"),
        (b'{"segments": [' + b"9" * 10_000 + b"]}", "broken_json"),
        (b'{"segments": []}', "no_segments"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\n", "no_segments"),
        (b"# Only\n\n## headings\n\n[00:01:02]\n", "no_segments"),
        (b"<?xml version='1.0'?><rss/>", "not_a_transcript"),
    ],
)
def test_invalid_transcript_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    assert refusal(body) == reason


def test_format_comes_from_the_bytes_not_the_declared_type() -> None:
    body = b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n"
    for declared in ("text/vtt", "application/json", "text/html", "nonsense/\x00", ""):
        assert parse_transcript(body, declared_type=declared).format == "srt"


def test_page_without_speakers_counts_only_if_declared_as_html() -> None:
    page = b"<html><body><p>Not found, or a monologue.</p></body></html>"
    assert refusal(page, declared_type="text/vtt") == "not_a_transcript"
    assert parse_transcript(page, declared_type="text/html").segments[0].label == ""
    named = b"<html><nav>x</nav><p>Ada: Hi.</p><p>Bo: Hi.</p><p>Ada: So.</p></html>"
    assert len(parse_transcript(named, declared_type="text/vtt").segments) == 3


def test_sign_in_brackets_that_never_close_is_text() -> None:
    segments = parse_transcript(b"<v A - hello there", declared_type="text/plain").segments
    assert [segment.text for segment in segments] == ["<v A - hello there"]


def test_site_with_a_link_below_its_transcript_heading_is_no_transcript() -> None:
    page = b"<html><nav>x</nav><h2>Transcript</h2><p>Members read it here.</p></html>"
    assert refusal(page, declared_type="text/html") == "not_a_transcript"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark_gives_the_encoding(encoding: str) -> None:
    body = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Zoë>Grüße.\n".encode(encoding)
    assert parse_transcript(body).segments == (Segment("Zoë", "Grüße.", 0, 1_000),)


def test_declared_charset_is_used_for_bytes_that_are_not_utf8() -> None:
    polish = "Łódź".encode("iso-8859-2")
    declared = parse_transcript(polish, content_type="text/plain; charset=ISO-8859-2")
    assert declared.segments[0].text == "Łódź"
    page = '<meta charset="windows-1251"><p>Да, да</p>'.encode("cp1251")
    assert parse_transcript(b"<html>" + page).segments[0].text == "Да, да"
    assert parse_transcript(b"caf\xe9", content_type="x; charset=rot13").segments[0].text == "café"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark_is_decoded(encoding: str) -> None:
    for name in ("Zoë", "Ольга"):
        body = f"WEBVTT\n\n00:00.000 --> 00:01.000\n<v {name}>Да.\n".encode(encoding)
        assert parse_transcript(body).segments == (Segment(name, "Да.", 0, 1_000),)


LEGACY = [
    ("ru-RU", "cp1251", "Сегодня мы говорим о лампах. Да, да."),
    ("ru", "koi8_r", "Сегодня мы говорим о лампах. Да, да."),
    ("pl", "cp1250", "Dziś mówimy o lampach. Zażółć gęślą jaźń."),
    ("cs", "cp1250", "Dnes mluvíme o lampách. Příliš žluťoučký kůň."),
    ("tr", "cp1254", "Bugün lambaları konuşuyoruz. Şimdi, ağır ağır."),
    ("el", "cp1253", "Σήμερα μιλάμε για λάμπες. Ναι, ναι."),
    ("he", "cp1255", "היום נדבר על מנורות. כן, כן."),
    ("ar", "cp1256", "اليوم نتحدث عن المصابيح. نعم، نعم."),
    ("ja", "cp932", "今日はランプの話をします。はい、そうです。"),
    ("ja", "euc_jp", "今日はランプの話をします。はい、そうです。"),
    ("zh-CN", "gb18030", "今天我们谈谈灯。对，没错。"),
    ("zh-TW", "big5", "今天我們談談燈。對，沒錯。"),
    ("ko", "cp949", "오늘은 등불 이야기를 합니다. 네, 맞아요."),
    ("th", "cp874", "วันนี้เราพูดถึงโคมไฟ ใช่ ใช่"),
    ("de", "cp1252", "Heute über Öllampen – „so“."),
    ("", "cp1252", "Aujourd’hui, les lampes : où ça ? À côté, déjà créées."),
]


@pytest.mark.parametrize(("language", "charset", "text"), LEGACY)
def test_legacy_charset_is_chosen_by_the_language(language: str, charset: str, text: str) -> None:
    parsed = parse_transcript(text.encode(charset), language=language)
    assert " ".join(segment.text for segment in parsed.segments) == text


@pytest.mark.parametrize("charset", ["cp1251", "koi8_r"])
def test_cyrillic_without_a_language_is_never_mojibake(charset: str) -> None:
    body = "Ольга Иванова: Где лампа?\n\nИван Петров: Здесь.\n\nОльга Иванова: Да.".encode(charset)
    labels = [segment.label for segment in parse_transcript(body).segments]
    assert labels == ["Ольга Иванова", "Иван Петров", "Ольга Иванова"]


def test_one_stray_byte_keeps_utf8() -> None:
    body = "Сегодня мы говорим о лампах. ".encode() + b"\xff" + "Да.".encode()
    assert parse_transcript(body, language="ru").segments[0].text.startswith("Сегодня мы говорим")


def test_bytes_that_read_well_in_no_charset_are_refused() -> None:
    assert refusal(b"\xfd " * 100) == "unknown_charset"


def test_labels_of_structured_formats_are_short_and_storable() -> None:
    item = {"speaker": "A\x00\ud800" + "b" * 10_000, "body": "words"}
    (segment,) = parse_transcript(json.dumps({"segments": [item]}).encode()).segments
    assert segment.label == "A" + "b" * 199


def test_transcript_over_a_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_BYTES", 100)
    assert refusal(b"x" * 101) == "too_large"
    monkeypatch.undo()
    monkeypatch.setattr(decoding, "MAX_LINES", 10)
    assert refusal(b"x\n" * 11) == "too_large"
    monkeypatch.undo()
    monkeypatch.setattr(parsing, "MAX_SEGMENTS", 3)
    assert refusal(json.dumps({"segments": [{"body": "x"}] * 4}).encode()) == "too_large"
    assert refusal(b"a\n\n" * 200_001) == "too_large"


ENDLESS = [
    b"*", b"* ", b"_a", b"**a", b"[", b"[](", b"](a", b"<", b"<a", b"<p><b>", b"<time>", b"&",
    b"&#", b"a:", b" ", b"\n ", b"#", b"\\", b"\\[", b"`a", b"> ", b"00:00 ", b"[00:00]", b"-->",
    b"<v ", b"<v&nbsp;", b"- <v a>", b"<p>", b"<span>", b"a='", b"\n--&gt;", b"\xa0", b"</v ",
    b"\n[0 --> ", b"\t",
    b"(", b"- ", "\u0315\u0300".encode(), "\uff1aa".encode(), b"</h1> ", b"<!--", b"[a](b(c)",
]  # fmt: skip
CUE = b"1\n00:00:00,0 --> 00:00:01,0\n"
BEFORE = [
    b"", b"<p>", b"WEBVTT\n\n00:00 --> 00:01\n<v ", CUE, b"---\n", b"0:00:00.000,0:00:01.000\n",
    b"<tt><body><p begin='1s'>", b"<timedtext><p t='1' d='", b'[{"text": "<v ',
    b"start\tend\ttext\n", b"[00:00.000 --> 00:01.000] ",
]  # fmt: skip


@pytest.mark.parametrize("before", BEFORE)
def test_parsing_any_repeated_text_takes_linear_time(before: bytes) -> None:
    for unit in ENDLESS:
        begin = time.process_time()
        with suppress(TranscriptRefused):
            end = b'"}]' if before.startswith(b"[{") else b""
            parse_transcript(before + unit * (200_000 // len(unit)) + end)
        # Some tens of milliseconds; quadratic time would take minutes.
        assert time.process_time() - begin < 15, unit


def test_sound_without_a_speaker_in_json_is_nobodys_and_ends_no_turn() -> None:
    items = [
        {"speaker": "Ada", "startTime": 0, "body": "That is the harbour."},
        {"startTime": 1, "body": "(sound of wind)"},
        {"startTime": 2, "body": "And that was wind."},
    ]
    document = json.dumps({"version": "1.0.0", "segments": items}).encode()
    found = parse_transcript(document, declared_type="application/json").segments
    assert [segment.label for segment in found] == ["Ada", "", "Ada"]
