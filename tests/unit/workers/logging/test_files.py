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


def test_a_forked_process_writes_a_file_of_its_own(tmp_path: Path) -> None:
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


def test_all_files_together_stay_within_their_size_and_the_newest_lines_are_kept(
    tmp_path: Path,
) -> None:
    file = handler(tmp_path, most_bytes=20_000)
    for n in range(2_000):
        say(file, n=n)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000 * (1 + 1 / PARTS)
    kept = told(tmp_path)
    assert kept[-1] == 1_999
    assert kept == list(range(kept[0], 2_000))


def test_no_more_files_are_kept_than_anybody_reads(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 5):
        (tmp_path / f"old-{number}.jsonl").touch()
    make_room(tmp_path, 1_000)
    assert len(list(tmp_path.iterdir())) == MOST_FILES


def test_a_file_that_somebody_deleted_is_begun_again(tmp_path: Path) -> None:
    file = handler(tmp_path)
    say(file, n=1)
    file.path.unlink()
    say(file, n=2)
    assert told(tmp_path) == [2]


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    say(handler(tmp_path / "file" / "logs"), n=1)


def write(folder: Path, name: str, *lines: dict[str, Any]) -> None:
    with (folder / name).open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def line(n: int, second: int, level: str = "info", **more: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-03-01T12:00:{second:02}.000000Z", "level": level, "n": n, **more}


def test_lines_of_all_processes_come_in_the_order_of_time(tmp_path: Path) -> None:
    write(tmp_path, "a-1.jsonl", line(1, 1), line(4, 4))
    write(tmp_path, "b-2.jsonl", line(2, 2), line(3, 3))
    assert told(tmp_path) == [1, 2, 3, 4]


def test_lines_are_chosen_by_what_they_are_about(tmp_path: Path) -> None:
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


def test_a_line_that_was_cut_off_with_its_process_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a-1.jsonl").write_text(json.dumps(line(1, 1)) + '\n{"timestamp": "20')
    assert told(tmp_path) == [1]


def test_what_comes_is_told_once_also_across_a_rotation(tmp_path: Path) -> None:
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


def test_half_a_line_is_told_when_it_is_whole(tmp_path: Path) -> None:
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
def test_a_time_is_said_as_people_say_it(said: str, meant: str) -> None:
    assert moment(said, NOW) == meant


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        moment("yesterday", NOW)
