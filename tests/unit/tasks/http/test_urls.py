"""Which URLs are fetched, how they are written, and when two are one podcast."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.http.urls import (
    MAX_LENGTH,
    UrlRefused,
    host_of,
    may_share_credentials,
    normal_url,
    split_credentials,
    url_key,
)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://Example.COM", "http://example.com/"),
        ("https://example.com:443/feed", "https://example.com/feed"),
        ("http://example.com:80/feed", "http://example.com/feed"),
        ("http://example.com:8080/feed", "http://example.com:8080/feed"),
        ("https://example.com/feed#top", "https://example.com/feed"),
        (" https://example.com/feed\n", "https://example.com/feed"),
        ("https://münchen.example/Feed", "https://xn--mnchen-3ya.example/Feed"),
        ("https://my_show.example.com/", "https://my_show.example.com/"),
        ("http://[2606:4700:0::1]/", "http://[2606:4700::1]/"),
        ("feed://example.com/rss", "https://example.com/rss"),
        ("feed:https://example.com/rss", "https://example.com/rss"),
        ("FEED:http://example.com/rss", "http://example.com/rss"),
        ("itpc://example.com/rss", "https://example.com/rss"),
        ("pcast://example.com/rss", "https://example.com/rss"),
        ("https://example.com/a%2fb/?sig=a%2Bb%3D&b", "https://example.com/a%2fb/?sig=a%2Bb%3D&b"),
        ("https://example.com/a b/é?ü=%zz|", "https://example.com/a%20b/%C3%A9?%C3%BC=%zz%7C"),
        ("https://me:pw@Example.com/feed", "https://me:pw@example.com/feed"),
    ],
)
def test_a_url_is_written_in_one_way_and_its_path_and_query_as_published(
    url: str, normal: str
) -> None:
    assert normal_url(url) == normal
    assert normal_url(normal) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/feed", "https://example.com/feed"),
        ("https://example.com/feed", "https://EXAMPLE.com/feed/"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/feed/?a=1", "https://example.com/feed?a=1"),
        ("https://example.com/%7Eme/%c3%a9", "https://example.com/~me/%C3%A9"),
        ("feed://example.com/feed", "https://example.com/feed#x"),
        ("https://me:old@example.com/feed", "https://me:new@example.com/feed"),
    ],
)
def test_two_spellings_of_one_podcast_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/feed", "https://www.example.com/feed"),
        ("https://example.com/feed", "https://example.com/Feed"),
        ("https://example.com/feed", "https://example.com:8443/feed"),
        ("https://example.com/?a=1&b=2", "https://example.com/?b=2&a=1"),
        ("https://example.com/feed//", "https://example.com/feed"),
        ("https://example.com/a%2Fb", "https://example.com/a/b"),
        ("https://me@example.com/feed", "https://you@example.com/feed"),
        ("https://example.com/feed", "https://example.com/feed?a=1"),
    ],
)
def test_what_may_be_two_podcasts_has_two_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


def test_a_key_holds_no_password() -> None:
    assert "secret" not in url_key("https://me:secret@example.com/feed")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "scheme_refused"),
        ("ftp://example.com/feed", "scheme_refused"),
        ("gopher://example.com/", "scheme_refused"),
        ("javascript:alert(1)", "scheme_refused"),
        ("data:text/xml,<rss/>", "scheme_refused"),
        ("example.com/feed", "scheme_refused"),
        ("", "scheme_refused"),
        ("http://", "bad_url"),
        ("http:///feed", "bad_url"),
        ("http://user@/feed", "bad_url"),
        ("http://2130706433/", "bad_url"),
        ("http://0177.0.0.1/", "bad_url"),
        ("http://0x7f.0.0.1/", "bad_url"),
        ("http://0x7f000001/", "bad_url"),
        ("http://127.1/", "bad_url"),
        ("http://127.0.0.1./", "bad_url"),
        ("http://0/", "bad_url"),
        ("http://1.2.3.4.5/", "bad_url"),
        ("http://example.com/\x00", "bad_url"),
        ("http://example.com/a\r\nHost: other", "bad_url"),
        ("http://exa\tmple.com/", "bad_url"),
        ("http://example.com\\@127.0.0.1/", "bad_url"),
        ("http://good.com@evil.com@127.0.0.1/", "bad_url"),
        ("http://good.com%40127.0.0.1/", "bad_url"),
        ("http://exam ple.com/", "bad_url"),
        ("http://example..com/", "bad_url"),
        ("http://example.com:0/", "bad_url"),
        ("http://example.com:99999/", "bad_url"),
        ("http://example.com:80a/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://[fe80::1%25eth0]/", "bad_url"),
        ("http://[::g]/", "bad_url"),
        ("http://" + "a" * 64 + ".com/", "bad_url"),
        ("https://example.com/" + "a" * MAX_LENGTH, "bad_url"),
    ],
)
def test_what_is_never_fetched_is_refused_by_name(url: str, reason: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        normal_url(url)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://good.com@127.0.0.1/", "http://[::1]/", "http://localhost/"]
)
def test_where_a_url_leads_is_not_for_its_text_to_decide(url: str) -> None:
    normal_url(url)  # must not raise: the SSRF guard checks the IP address when it is dialled


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://me@A.example:8443/x", "a.example"),
        ("/x", "the server"),
        ("http://[", "the server"),
    ],
)
def test_host_of_any_text_is_the_host_or_a_placeholder(url: str, host: str) -> None:
    assert host_of(url) == host


def test_full_width_digits_are_the_address_that_they_stand_for() -> None:
    full_width = "\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT SEVEN}"
    assert normal_url(f"http://{full_width}.0.0.1/") == "http://127.0.0.1/"


def test_credentials_leave_the_url_and_become_a_header() -> None:
    url, credentials = split_credentials(
        "https://m%40il.example:p%3Aw%C3%BC@example.com:8443/f?a=b"
    )
    assert url == "https://example.com:8443/f?a=b"
    assert credentials is not None
    # The user, a colon and the password in UTF-8 and base64 (RFC 7617).
    assert credentials.header() == "Basic bUBpbC5leGFtcGxlOnA6d8O8"
    assert "il" not in repr(credentials)


def test_a_url_without_userinfo_has_no_credentials() -> None:
    assert split_credentials("https://example.com/f") == ("https://example.com/f", None)


@pytest.mark.parametrize(
    ("old", "new", "shared"),
    [
        ("https://a.example/x", "https://a.example/y", True),
        ("http://a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://b.example/x", False),
        ("https://a.example/x", "https://sub.a.example/x", False),
        ("https://a.example/x", "https://a.example:8443/x", False),
        ("http://a.example:8080/x", "https://a.example/x", False),
    ],
)
def test_credentials_stay_with_their_origin_or_move_up_to_https(
    old: str, new: str, shared: bool
) -> None:
    assert may_share_credentials(old, new) is shared


@given(st.text(max_size=60))
def test_any_text_is_either_refused_by_name_or_written_in_one_way(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.com/{text}"):
        try:
            normal = normal_url(url)
        except UrlRefused:
            continue
        assert normal_url(normal) == normal
        assert url_key(normal) == url_key(url)
