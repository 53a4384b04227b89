"""Posts: front matter, and Markdown that is harmless whatever is in it."""

from datetime import date
from pathlib import Path

import pytest
from lxml import html

from tasks.blog.post_folder import posts
from tasks.blog.posts import PostRefused, read_post, to_html

POST = "---\ntitle: What we changed\ndate: 2026-11-29\nsummary: In short.\n---\n# Hello\n\n*So.*\n"
HOSTILE = (
    "<script>window.hostile = 1</script>",
    "<img src=x onerror=alert(1)>",
    "![](https://evil.example/pixel.png)",
    "[a](javascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='https://ok.example' onclick='alert(1)'>a</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<style>body{display:none}</style>",
    "<form action='https://evil.example'><input name=a></form>",
    "<b style='position:fixed'>b</b>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "[a]: javascript:alert(1)\n\n[a]",
    "<!--><script>alert(1)</script>-->",
    "<" * 5000,
    "> " * 500 + "deep",
)


def test_post_has_title_day_and_rendered_words() -> None:
    post = read_post("what-we-changed", POST)
    assert post is not None
    assert (post.title, post.day, post.summary) == (
        "What we changed",
        date(2026, 11, 29),
        "In short.",
    )
    assert post.html == "<h2>Hello</h2>\n<p><em>So.</em></p>\n"


@pytest.mark.parametrize("markdown", HOSTILE)
def test_hostile_markdown_is_harmless(markdown: str) -> None:
    rendered = to_html(markdown)
    if not rendered.strip():
        return
    root = html.fromstring(f"<div>{rendered}</div>")
    assert root.xpath("//script|//img|//iframe|//svg|//style|//form|//input|//base|//meta") == []
    for element in root.iter():
        for name, value in ((str(key), str(text)) for key, text in element.attrib.items()):
            assert not name.startswith("on")
            assert name in {"href", "title", "rel", "start"}
            assert not value.lower().strip().startswith(("javascript:", "data:"))


@pytest.mark.parametrize(
    ("slug", "text", "message"),
    [
        ("Bad Name", POST, "file name"),
        ("a", "no front matter", "front matter"),
        ("a", "---\ndate: 2026-11-29\n---\n", "title"),
        ("a", "---\ntitle: T\ndate: yesterday\n---\n", "date"),
    ],
)
def test_file_that_is_no_post_says_what_to_correct(slug: str, text: str, message: str) -> None:
    with pytest.raises(PostRefused, match=message):
        read_post(slug, text)


def test_folder_lists_posts_newest_first_and_problems(tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text(POST)
    (tmp_path / "old.md").write_text(POST.replace("2026", "2025"))
    (tmp_path / "draft.md").write_text(POST.replace("title:", "draft: true\ntitle:"))
    (tmp_path / "bad.md").write_text("nothing")
    (tmp_path / "huge.md").write_text("x" * 1_000_001)
    (tmp_path / "secret.md").symlink_to("/etc/hostname")
    found, problems = posts(tmp_path)
    assert [each.slug for each in found] == ["new", "old"]
    assert [each.name for each in problems] == ["bad.md", "huge.md", "secret.md"]
    (tmp_path / "new.md").write_text(POST.replace("changed", "altered again"))
    assert posts(tmp_path)[0][0].title == "What we altered again"
    assert posts(None) == ([], [])
