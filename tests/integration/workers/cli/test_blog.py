"""The commands of the blog: publish once, list, show the same bytes, and problems of posts."""

import json
from datetime import date
from pathlib import Path

import pytest

from models import get_settings
from tests.integration.commands import Run, run
from tests.integration.tasks.blog.test_issues import TALK, heard

__all__ = ["run"]


def test_blog_publish_makes_issues_once(run: Run) -> None:
    heard(date(2026, 2, 24), *TALK)
    printed = run("blog", "publish", "--all").out
    assert "published  2026-w09" in printed
    assert "nothing to publish" in run("blog", "publish", "--all").out
    assert "nothing to publish" in run("blog", "publish", "2026-w09").out
    names = [row["name"] for row in run("blog", "list", "--json").json]
    assert {"2026-w09", "2026-02"} <= set(names)


def test_blog_show_prints_the_frozen_document(run: Run) -> None:
    heard(date(2026, 2, 24), *TALK)
    run("blog", "publish", "2026-w09")
    shown = run("blog", "show", "2026-w09").out
    heard(date(2026, 2, 25), *TALK)
    assert run("blog", "show", "2026-w09").out == shown
    assert json.loads(shown)["sections"][0]["name"] == "most_heard"


def test_blog_with_unknown_names_fails_with_a_sentence(run: Run) -> None:
    ended = run("blog", "show", "2026-w09")
    assert (ended.code, ended.err.strip()) == (1, "no such issue: 2026-w09")
    assert run("blog", "publish", "last week").code == 2


def test_blog_posts_lists_problems(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.md").write_text("---\ntitle: Good\ndate: 2026-11-29\n---\nText\n")
    (tmp_path / "bad.md").write_text("Text\n")
    monkeypatch.setenv("OVERHEARD_BLOG_POSTS", str(tmp_path))
    get_settings.cache_clear()
    ended = run("blog", "posts", "--json")
    assert ended.code == 1
    assert [(row["name"], row["problem"] is None) for row in ended.json] == [
        ("good.md", True),
        ("bad.md", False),
    ]
