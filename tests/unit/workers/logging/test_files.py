"""Local log files: one for each process, limited in size, and read by time."""

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workers.logging.files import MAX_FILES, PARTS, ProcessLogFile, delete_old_files
from workers.logging.reader import LogDirectory, LogFilter, parse_since

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def handler(folder: Path, max_bytes: int = 1_000_000) -> ProcessLogFile:
    file = ProcessLogFile(folder, "parse", max_bytes)
    file.setFormatter(logging.Formatter("%(message)s"))
    return file


def log(file: ProcessLogFile, **line: Any) -> None:
    text = json.dumps({"timestamp": "2026-03-01T12:00:00Z", "level": "info"} | line)
    file.handle(logging.LogRecord("n", logging.INFO, "", 0, text, None, None))


def numbers(folder: Path, **fields: Any) -> list[Any]:
    return [line["n"] for line in LogDirectory(folder, LogFilter(**fields)).stored()]


def test_forked_process_writes_its_own_log_file(tmp_path: Path) -> None:
    file = handler(tmp_path)
    log(file, n=1)
    if (child := os.fork()) == 0:
        log(file, n=2)
        os._exit(0)
    os.waitpid(child, 0)
    log(file, n=3)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"parse-{os.getpid()}.jsonl",
        f"parse-{child}.jsonl",
    }
    assert (tmp_path / f"parse-{child}.jsonl").read_text().count("\n") == 1
    assert sorted(numbers(tmp_path)) == [1, 2, 3]


def test_log_files_stay_within_size_with_newest_lines(
    tmp_path: Path,
) -> None:
    file = handler(tmp_path, max_bytes=20_000)
    for n in range(2_000):
        log(file, n=n)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000 * (1 + 1 / PARTS)
    remaining = numbers(tmp_path)
    assert remaining[-1] == 1_999
    assert remaining == list(range(remaining[0], 2_000))


def test_number_of_log_files_is_limited(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 5):
        (tmp_path / f"old-{number}.jsonl").touch()
    delete_old_files(tmp_path, 1_000)
    assert len(list(tmp_path.iterdir())) == MAX_FILES


def test_deleted_log_file_is_created_again(tmp_path: Path) -> None:
    file = handler(tmp_path)
    log(file, n=1)
    file.path.unlink()
    log(file, n=2)
    assert numbers(tmp_path) == [2]


def test_unwritable_log_directory_does_not_stop_process(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log(handler(tmp_path / "file" / "logs"), n=1)


def write(folder: Path, name: str, *lines: dict[str, Any]) -> None:
    with (folder / name).open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def line(n: int, second: int, level: str = "info", **more: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-03-01T12:00:{second:02}.000000Z", "level": level, "n": n, **more}


def test_log_lines_of_processes_are_sorted_by_time(tmp_path: Path) -> None:
    write(tmp_path, "a-1.jsonl", line(1, 1), line(4, 4))
    write(tmp_path, "b-2.jsonl", line(2, 2), line(3, 3))
    assert numbers(tmp_path) == [1, 2, 3, 4]


def test_log_lines_are_filtered_by_fields(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a-1.jsonl",
        line(1, 1, podcast_id=7, job_id=1),
        line(2, 2, "warning", podcast_id=7),
        line(3, 3, "error", podcast_id=8, correlation_id="r"),
    )
    assert numbers(tmp_path, keys={"podcast_id": "7"}) == [1, 2]
    assert numbers(tmp_path, keys={"podcast_id": "7", "job_id": "1"}) == [1]
    assert numbers(tmp_path, keys={"correlation_id": "r"}) == [3]
    assert numbers(tmp_path, level="warning") == [2, 3]
    assert numbers(tmp_path, since="2026-03-01T12:00:02.000000Z") == [2, 3]


def test_truncated_log_line_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a-1.jsonl").write_text(json.dumps(line(1, 1)) + '\n{"timestamp": "20')
    assert numbers(tmp_path) == [1]


def test_followed_log_lines_come_once_across_rotation(tmp_path: Path) -> None:
    write(tmp_path, "a-1.jsonl", line(1, 1))
    files = LogDirectory(tmp_path, LogFilter())
    write(tmp_path, "a-1.jsonl", line(2, 2))
    assert [row["n"] for row in files.stored()] == [1]
    assert [row["n"] for row in files.new_lines()] == [2]
    write(tmp_path, "a-1.jsonl", line(3, 3))
    (tmp_path / "a-1.jsonl").rename(tmp_path / "a-1.5.jsonl")
    write(tmp_path, "a-1.jsonl", line(4, 4))
    write(tmp_path, "b-2.jsonl", line(5, 5))
    assert [row["n"] for row in files.new_lines()] == [3, 4, 5]
    assert files.new_lines() == []


def test_partial_log_line_is_yielded_when_complete(tmp_path: Path) -> None:
    text = json.dumps(line(1, 1)) + "\n"
    files = LogDirectory(tmp_path, LogFilter())
    (tmp_path / "a-1.jsonl").write_text(text[:20])
    assert files.new_lines() == []
    with (tmp_path / "a-1.jsonl").open("a") as file:
        file.write(text[20:])
    assert [row["n"] for row in files.new_lines()] == [1]


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("10m", "2026-03-01T11:50:00.000000Z"),
        ("2h", "2026-03-01T10:00:00.000000Z"),
        ("3d", "2026-02-26T12:00:00.000000Z"),
        ("2026-03-01T03:00:00+01:00", "2026-03-01T02:00:00.000000Z"),
        ("2026-03-01", "2026-03-01T00:00:00.000000Z"),
    ],
)
def test_since_accepts_relative_and_absolute_times(text: str, timestamp: str) -> None:
    assert parse_since(text, NOW) == timestamp


def test_since_refuses_invalid_time() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        parse_since("yesterday", NOW)
