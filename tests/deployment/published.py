"""A podcast world that containers can reach: the shared one where it is, else the demo's own."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from tests.acceptance.gold import place_of, read_gold, share_near, share_under_label, without
from tests.acceptance.gold_misreadings import MISREAD_EPISODES
from tests.deployment.engine import ROOT
from workers.local.demo.files import FEEDS, load_files

ADDRESS = "http://world:8890"
# A sixth of the shared world, in most of its formats.
SELECTED = (
    "changelog-rfc",
    "changelog-spotlight",
    "changelog-brainscience",
    "changelog-backstage",
    "changelog-founderstalk",
    "changelog-news",
    "talkpython",
    "bitcoin-chaincode-podcast",
    "buzzcast",
)
Speakers = list[Mapping[str, Any]]


class Published(Protocol):
    """Feeds that a service `world` of Compose serves, and what has to be counted."""

    feeds: list[str]
    episodes: int
    folder: Path
    command: list[str]
    is_controlled: bool

    def episodes_of(self, shows: int) -> int:
        """How many episodes the first shows have."""

    def differences(self, speakers: Speakers, shows: int) -> list[str]:
        """What is counted otherwise than published, of the first shows."""


class PublishedDemo:
    """The demo's invented shows, as files."""

    is_controlled = False

    def __init__(self, folder: Path) -> None:
        for path, file in load_files(ADDRESS).items():
            target = folder / path.removeprefix("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.body)
        self.folder = folder
        self.feeds = [ADDRESS + path for path in FEEDS]
        self.command = ["python", "-m", "http.server", "8890", "--directory", "/world"]
        expected: Any = json.loads(
            (files("workers.local.demo") / "expected.json").read_text("utf-8")
        )
        self._podcasts: list[Any] = expected["podcasts"]
        self.episodes = self.episodes_of(len(self.feeds))

    def episodes_of(self, shows: int) -> int:
        """How many episodes the first shows have."""
        return sum(len(each["episodes"]) for each in self._podcasts[:shows])

    def differences(self, speakers: Speakers, shows: int) -> list[str]:
        """Labels that are not counted exactly as the demo's makers say."""
        counted: dict[str, dict[str, int]] = {}
        for row in speakers:
            counted.setdefault(row["episode_guid"], {})[row["label"]] = row["appearances"]
        expected = {
            episode["guid"]: episode["labels"]
            for podcast in self._podcasts[:shows]
            for episode in podcast["episodes"]
            if episode["labels"]
        }
        return [] if counted == expected else [f"{counted} instead of {expected}"]


class PublishedShared:
    """Real shows of the shared world, by its own server: those that are named, or all 17."""

    is_controlled = True

    def __init__(self, folder: Path, slugs: Sequence[str] = ()) -> None:
        listed: list[Any] = json.loads((folder / "world.json").read_text())["shows"]
        by_slug = {show["slug"]: show for show in listed}
        shows = [by_slug[slug] for slug in slugs or by_slug]
        self.folder = folder
        self._slugs = [show["slug"] for show in shows]
        self._lengths = [len(show["episodes"]) for show in shows]
        self.feeds = [f"{ADDRESS}/feeds/{slug}.xml" for slug in self._slugs]
        self.episodes = sum(self._lengths)
        self.command = ["python", "/world/serve.py", "--bind", "0.0.0.0", "--port", "8890"]  # noqa: S104  in a network of its own

    def episodes_of(self, shows: int) -> int:
        """How many episodes the first shows have."""
        return sum(self._lengths[:shows])

    def differences(self, speakers: Speakers, shows: int) -> list[str]:
        """The limits that are missed; the gold itself misreads some episodes."""
        first = set(self._slugs[:shows])
        ours = Counter({place_of(row): row["appearances"] for row in speakers if row["label"]})
        gold = Counter(
            {p: n for p, n in read_gold(self.folder).segments.items() if p.show in first}
        )
        ours, gold = without(ours, MISREAD_EPISODES), without(gold, MISREAD_EPISODES)
        near, under = share_near(ours, gold, least=5, within=0.01), share_under_label(ours, gold)
        print(f"{ours.total():,} appearances; {under:.4%} of the gold's under their label")
        return [
            f"{name}: {share:.4%} is less than {least:.2%}"
            for name, share, least in (("near", near, 0.99), ("under", under, 0.9995))
            if share < least
        ]


def published(empty: Path, whole: bool = False, shared: Path = ROOT.parent / "shared") -> Published:
    """The shared world where it is; else the demo's, written into the empty folder."""
    world = shared / "world"
    if not (world / "serve.py").is_file():
        return PublishedDemo(empty)
    return PublishedShared(world, () if whole else SELECTED)
