"""Transcript parsing speed by format, compared with the minimum that any parser must do.

The least is ``json.loads`` for JSON and ``decode().split`` for the others; the ratio says how much
of the time is ours, whatever the machine is doing. Reads the shared world when it is there, and
transcripts made up here otherwise.
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.sizes import size
from tasks.transcripts.parse import parse_transcript

_SHARED = Path(os.environ.get("OVERHEARD_SHARED") or Path(__file__).parents[2] / "shared")
_SEGMENTS = 2_000
_REPEATS = size(3, 1)


def run() -> None:
    """Print segments/s and MB/s for each format, and the ratio to that minimum."""
    print(
        f"{'format':<14}{'files':>6}{'MB':>8}{'segments':>10}"
        f"{'segments/s':>12}{'MB/s':>8}{'of least':>10}"
    )
    for name, bodies in sorted(_bodies().items()):
        _measure(name, bodies)


def _measure(name: str, bodies: list[bytes]) -> None:
    segments = sum(len(parse_transcript(body).segments) for body in bodies)
    ours = _best_time(parse_transcript, bodies)
    least = _best_time(json.loads if "json" in name else _split, bodies)
    size = sum(map(len, bodies)) / 1e6
    print(
        f"{name:<14}{len(bodies):>6}{size:>8.1f}{segments:>10}"
        f"{segments / ours:>12.0f}{size / ours:>8.1f}{least / ours:>10.2f}"
    )


def _best_time(read: Callable[[bytes], object], bodies: Iterable[bytes]) -> float:
    times = []
    for _ in range(_REPEATS):
        begin = time.process_time()
        for body in bodies:
            read(body)
        times.append(time.process_time() - begin)
    return min(times)


def _split(body: bytes) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in body.decode().split("\n\n")]


def _bodies() -> dict[str, list[bytes]]:
    world = _SHARED / "world" / "world.json"
    if not world.exists():
        return {name: [body] * 10 for name, body in _made_up().items()}
    found: dict[str, list[bytes]] = defaultdict(list)
    for show in json.loads(world.read_text())["shows"]:
        for episode in show["episodes"][: size(40, 1)]:
            body = (world.parent / episode["transcript"]).read_bytes()
            found[parse_transcript(body).format].append(body)
    return found


def _made_up() -> dict[str, bytes]:
    words = "and that is what everybody in the studio had been waiting for since the morning " * 3
    turns = [(("Ada Example", "Bo Sample")[i % 2], i * 5, f"{i} {words}") for i in range(_SEGMENTS)]
    cues = [
        f"{i}\n00:{s // 60 % 60:02}:{s % 60:02},000 --> 01:00:00,000\n{name}: {text}\n"
        for i, (name, s, text) in enumerate(turns)
    ]
    voices = [
        f"00:{s // 60 % 60:02}:{s % 60:02}.000 --> 01:00:00.000\n<v {name}>{text}\n"
        for name, s, text in turns
    ]
    items = [
        {"speaker": name, "startTime": s, "endTime": s + 5, "body": text} for name, s, text in turns
    ]
    return {
        "html": "".join(
            f"<cite>{n}:</cite><time>{s // 60}:{s % 60:02}</time><p>{t}</p>" for n, s, t in turns
        ).encode(),
        "podcast_json": json.dumps({"segments": items}).encode(),
        "srt": "\n".join(cues).encode(),
        "text": "\n\n".join(f"**{name}:** {text}" for name, _, text in turns).encode(),
        "webvtt": ("WEBVTT\n\n" + "\n".join(voices)).encode(),
    }


if __name__ == "__main__":
    run()
