"""Where a feed has moved to, decided from what was seen and how often."""

from datetime import UTC, datetime, timedelta

from tasks.feeds.feed_urls import feed_url_key
from tasks.podcasts.relocation_rules import (
    BELIEVED_AFTER,
    RedirectSighting,
    Relocation,
    decide_gone,
    decide_move,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "https://old.example/feed", "https://new.example/feed"


def seen(looks: int, ago: timedelta, url: str = NEW) -> RedirectSighting:
    return RedirectSighting(url, NOW - ago, looks)


def test_no_redirect_forgets_what_was_seen() -> None:
    assert decide_move(OLD, None, seen(5, timedelta(days=9)), NOW) == Relocation()


def test_a_redirect_seen_once_is_remembered_and_not_believed() -> None:
    assert decide_move(OLD, NEW, None, NOW).sighting == RedirectSighting(NEW, NOW, 1)


def test_a_redirect_is_believed_when_it_was_permanent_for_days_and_in_several_looks() -> None:
    assert decide_move(OLD, NEW, seen(2, BELIEVED_AFTER), NOW) == Relocation(NEW, "moved_for_days")


def test_many_looks_in_one_afternoon_are_not_days() -> None:
    move = decide_move(OLD, NEW, seen(20, timedelta(hours=5)), NOW)
    assert move.url is None
    assert move.sighting == RedirectSighting(NEW, NOW - timedelta(hours=5), 21)


def test_days_with_hardly_a_look_are_not_enough() -> None:
    assert decide_move(OLD, NEW, seen(1, timedelta(days=30)), NOW).url is None


def test_another_target_begins_anew() -> None:
    other = "https://other.example/feed"
    assert decide_move(OLD, other, seen(9, timedelta(days=9)), NOW).sighting == RedirectSighting(
        other, NOW, 1
    )


def test_the_same_address_over_https_is_believed_at_once() -> None:
    assert decide_move("http://a.example/f", "https://a.example/f", None, NOW) == Relocation(
        "https://a.example/f", "https"
    )


def test_a_feed_never_goes_back_to_an_address_that_it_left() -> None:
    former = {feed_url_key(NEW)}
    assert decide_move(OLD, NEW, seen(9, timedelta(days=9)), NOW, former=former).url is None
    assert decide_gone(OLD, 404, seen(1, timedelta(days=1)), NEW, former=former).url is None


def test_a_gone_address_is_left_for_where_it_pointed() -> None:
    once = seen(1, timedelta(hours=1))
    assert decide_gone(OLD, 404, once, None) == Relocation(NEW, "gone_after_redirect")
    assert decide_gone(OLD, 410, None, NEW) == Relocation(NEW, "gone_new_feed_url")


def test_a_failing_address_is_not_gone() -> None:
    once = seen(1, timedelta(hours=1))
    assert decide_gone(OLD, 503, once, NEW) == Relocation(sighting=once)


def test_a_target_that_is_no_address_is_nowhere() -> None:
    assert decide_move(OLD, "https://", None, NOW) == Relocation()
    assert decide_gone(OLD, 404, None, "file:///etc/passwd").url is None
