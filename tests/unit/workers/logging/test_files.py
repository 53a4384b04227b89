"""Local log files: one for each process, bounded, and read in the order of time."""

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workers.logging.files import MOST_FILES, PARTS, ProcessLogFile, make_room
from workers.logging.reader import LogFolder, Wanted, moment

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def handler(folder: Path, most_bytes: int = 1_000_000) -> ProcessLogFile:
    made = ProcessLogFile(folder, "parse", most_bytes)
    made.setFormatter(logging.Formatter("%(message)s"))
    return made


def say(file: ProcessLogFile, **line: Any) -> None:
    text = json.dumps({"timestamp": "2026-03-01T12:00:00Z", "level": "info"} | line)
    file.handle(logging.LogRecord("n", logging.INFO, "", 0, text, None, None))


def told(folder: Path, **wanted: Any) -> list[Any]:
    return [line["n"] for line in LogFolder(folder, Wanted(**wanted)).stored()]


def test_forked_process_writes_its_own_log_file(tmp_path: Path) -> None:
    file = handler(tmp_path)
    say(file, n=1)
    if (child := os.fork()) == 0:
        say(file, n=2)
        os._exit(0)
    os.waitpid(child, 0)
    say(file, n=3)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"parse-{os.getpid()}.jsonl", f"parse-{child}.jsonl",
    }  # fmt: skip
    assert (tmp_path / f"parse-{child}.jsonl").read_text().count("\n") == 1
    assert sorted(told(tmp_path)) == [1, 2, 3]


def test_log_files_stay_within_size_with_newest_lines(
    tmp_path: Path,
) -> None:
    file = handler(tmp_path, most_bytes=20_000)
    for n in range(2_000):
        say(file, n=n)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000 * (1 + 1 / PARTS)
    kept = told(tmp_path)
    assert kept[-1] == 1_999
    assert kept == list(range(kept[0], 2_000))


def test_number_of_log_files_is_limited(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 5):
        (tmp_path / f"old-{number}.jsonl").touch()
    make_room(tmp_path, 1_000)
    assert len(list(tmp_path.iterdir())) == MOST_FILES


def test_deleted_log_file_is_created_again(tmp_path: Path) -> None:
    file = handler(tmp_path)
    say(file, n=1)
    file.path.unlink()
    say(file, n=2)
    assert told(tmp_path) == [2]


def test_unwritable_log_directory_does_not_stop_process(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    say(handler(tmp_path / "file" / "logs"), n=1)


def write(folder: Path, name: str, *lines: dict[str, Any]) -> None:
    with (folder / name).open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def line(n: int, second: int, level: str = "info", **more: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-03-01T12:00:{second:02}.000000Z", "level": level, "n": n, **more}


def test_log_lines_of_processes_are_sorted_by_time(tmp_path: Path) -> None:
    write(tmp_path, "a-1.jsonl", line(1, 1), line(4, 4))
    write(tmp_path, "b-2.jsonl", line(2, 2), line(3, 3))
    assert told(tmp_path) == [1, 2, 3, 4]


def test_log_lines_are_filtered_by_fields(tmp_path: Path) -> None:
    write(
        tmp_path, "a-1.jsonl",
        line(1, 1, podcast_id=7, job_id=1), line(2, 2, "warning", podcast_id=7),
        line(3, 3, "error", podcast_id=8, correlation_id="r"),
    )  # fmt: skip
    assert told(tmp_path, keys={"podcast_id": "7"}) == [1, 2]
    assert told(tmp_path, keys={"podcast_id": "7", "job_id": "1"}) == [1]
    assert told(tmp_path, keys={"correlation_id": "r"}) == [3]
    assert told(tmp_path, level="warning") == [2, 3]
    assert told(tmp_path, since="2026-03-01T12:00:02.000000Z") == [2, 3]


def test_truncated_log_line_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a-1.jsonl").write_text(json.dumps(line(1, 1)) + '\n{"timestamp": "20')
    assert told(tmp_path) == [1]


def test_followed_log_lines_come_once_across_rotation(tmp_path: Path) -> None:
    write(tmp_path, "a-1.jsonl", line(1, 1))
    files = LogFolder(tmp_path, Wanted())
    write(tmp_path, "a-1.jsonl", line(2, 2))
    assert [each["n"] for each in files.stored()] == [1]
    assert [each["n"] for each in files.news()] == [2]
    write(tmp_path, "a-1.jsonl", line(3, 3))
    (tmp_path / "a-1.jsonl").rename(tmp_path / "a-1.5.jsonl")
    write(tmp_path, "a-1.jsonl", line(4, 4))
    write(tmp_path, "b-2.jsonl", line(5, 5))
    assert [each["n"] for each in files.news()] == [3, 4, 5]
    assert files.news() == []


def test_partial_log_line_is_yielded_when_complete(tmp_path: Path) -> None:
    text = json.dumps(line(1, 1)) + "\n"
    files = LogFolder(tmp_path, Wanted())
    (tmp_path / "a-1.jsonl").write_text(text[:20])
    assert files.news() == []
    with (tmp_path / "a-1.jsonl").open("a") as file:
        file.write(text[20:])
    assert [each["n"] for each in files.news()] == [1]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("10m", "2026-03-01T11:50:00.000000Z"),
        ("2h", "2026-03-01T10:00:00.000000Z"),
        ("3d", "2026-02-26T12:00:00.000000Z"),
        ("2026-03-01T03:00:00+01:00", "2026-03-01T02:00:00.000000Z"),
        ("2026-03-01", "2026-03-01T00:00:00.000000Z"),
    ],
)
def test_since_accepts_relative_and_absolute_times(said: str, meant: str) -> None:
    assert moment(said, NOW) == meant


def test_since_refuses_invalid_time() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        moment("yesterday", NOW)
