"""Which URLs are fetched, their normal form, and the key that two URLs of one feed share."""

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
def test_normal_url_is_stable_with_path_and_query_unchanged(url: str, normal: str) -> None:
    assert normal_url(url) == normal
    assert normal_url(normal) == normal


@pytest.mark.parametrize(
    ("first", "second"),
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
def test_url_key_of_two_spellings_of_one_feed_is_equal(first: str, second: str) -> None:
    assert url_key(first) == url_key(second)


@pytest.mark.parametrize(
    ("first", "second"),
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
def test_url_key_of_two_possible_feeds_is_different(first: str, second: str) -> None:
    assert url_key(first) != url_key(second)


def test_url_key_has_no_password() -> None:
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
def test_normal_url_of_a_refused_url_raises_its_reason(url: str, reason: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        normal_url(url)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://good.com@127.0.0.1/", "http://[::1]/", "http://localhost/"]
)
def test_normal_url_accepts_internal_hosts(url: str) -> None:
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


def test_normal_url_converts_full_width_digits_to_an_ip_address() -> None:
    full_width = "\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT SEVEN}"
    assert normal_url(f"http://{full_width}.0.0.1/") == "http://127.0.0.1/"


def test_split_credentials_returns_bare_url_and_header() -> None:
    url, credentials = split_credentials(
        "https://m%40il.example:p%3Aw%C3%BC@example.com:8443/f?a=b"
    )
    assert url == "https://example.com:8443/f?a=b"
    assert credentials is not None
    # The user, a colon and the password in UTF-8 and base64 (RFC 7617).
    assert credentials.header() == "Basic bUBpbC5leGFtcGxlOnA6d8O8"
    assert "il" not in repr(credentials)


def test_split_credentials_without_userinfo_has_none() -> None:
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
def test_credentials_are_shared_with_the_origin_or_its_https(
    old: str, new: str, shared: bool
) -> None:
    assert may_share_credentials(old, new) is shared


@given(st.text(max_size=60))
def test_normal_url_of_any_text_is_stable_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.com/{text}"):
        try:
            normal = normal_url(url)
        except UrlRefused:
            continue
        assert normal_url(normal) == normal
        assert url_key(normal) == url_key(url)
