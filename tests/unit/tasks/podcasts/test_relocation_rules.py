"""The rules by which a feed is relocated, from the redirects that polls saw."""

from datetime import UTC, datetime, timedelta

from tasks.feeds.feed_urls import feed_url_key
from tasks.podcasts.relocation_rules import (
    MIN_REDIRECT_AGE,
    RedirectSighting,
    Relocation,
    decide_gone,
    decide_move,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "https://old.example/feed", "https://new.example/feed"


def seen(polls: int, ago: timedelta, url: str = NEW) -> RedirectSighting:
    return RedirectSighting(url, NOW - ago, polls)


def test_response_without_redirect_forgets_sighting() -> None:
    assert decide_move(OLD, None, seen(5, timedelta(days=9)), NOW) == Relocation()


def test_redirect_seen_once_is_remembered_only() -> None:
    assert decide_move(OLD, NEW, None, NOW).sighting == RedirectSighting(NEW, NOW, 1)


def test_permanent_redirect_for_days_relocates_feed() -> None:
    assert decide_move(OLD, NEW, seen(2, MIN_REDIRECT_AGE), NOW) == Relocation(
        NEW, "moved_for_days"
    )


def test_many_polls_in_one_afternoon_do_not_relocate() -> None:
    move = decide_move(OLD, NEW, seen(20, timedelta(hours=5)), NOW)
    assert move.url is None
    assert move.sighting == RedirectSighting(NEW, NOW - timedelta(hours=5), 21)


def test_days_with_too_few_polls_do_not_relocate() -> None:
    assert decide_move(OLD, NEW, seen(1, timedelta(days=30)), NOW).url is None


def test_redirect_to_another_target_starts_again() -> None:
    other = "https://other.example/feed"
    assert decide_move(OLD, other, seen(9, timedelta(days=9)), NOW).sighting == RedirectSighting(
        other, NOW, 1
    )


def test_redirect_to_https_relocates_at_once() -> None:
    assert decide_move("http://a.example/f", "https://a.example/f", None, NOW) == Relocation(
        "https://a.example/f", "https"
    )


def test_feed_never_returns_to_a_former_url() -> None:
    former = {feed_url_key(NEW)}
    assert decide_move(OLD, NEW, seen(9, timedelta(days=9)), NOW, former=former).url is None
    assert decide_gone(OLD, 404, seen(1, timedelta(days=1)), NEW, former=former).url is None


def test_gone_feed_relocates_to_its_last_target() -> None:
    once = seen(1, timedelta(hours=1))
    assert decide_gone(OLD, 404, once, None) == Relocation(NEW, "gone_after_redirect")
    assert decide_gone(OLD, 410, None, NEW) == Relocation(NEW, "gone_new_feed_url")


def test_failing_feed_does_not_relocate() -> None:
    once = seen(1, timedelta(hours=1))
    assert decide_gone(OLD, 503, once, NEW) == Relocation(sighting=once)


def test_invalid_target_does_not_relocate() -> None:
    assert decide_move(OLD, "https://", None, NOW) == Relocation()
    assert decide_gone(OLD, 404, None, "file:///etc/passwd").url is None
