"""Models come from a hub over real HTTP, with their checksums."""

import hashlib
import json
from pathlib import Path

import pytest

from tasks.speech.catalogue import KnownModel
from tasks.speech.pull import PullFailed, pull_model, verify_model
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

WEIGHTS = b"weights " * 9_000
FOLDER = KnownModel("base", "faster-whisper", "Some/base", "MIT", 1, ("config.json", "model.bin"))
FILE = KnownModel("segmentation", "diarizer", "Some/segmentation", "MIT", 1, file="model.bin")


def hub(publisher: FaultServer, model: KnownModel, body: bytes = WEIGHTS) -> str:
    listed = [
        {"type": "file", "path": "config.json", "size": 2},
        {
            "type": "file",
            "path": "model.bin",
            "size": len(WEIGHTS),
            "lfs": {"oid": hashlib.sha256(WEIGHTS).hexdigest()},
        },
        {"type": "directory", "path": "old", "size": 0},
    ]
    tree = f"/api/models/{model.repository}/tree/main"
    publisher.serve(tree, Answer(body=json.dumps(listed).encode()))
    publisher.serve(f"/{model.repository}/resolve/main/config.json", Answer(body=b"{}"))
    publisher.serve(f"/{model.repository}/resolve/main/model.bin", Answer(body=body))
    return publisher.url("").rstrip("/")


def test_pulled_folder_is_verified_and_not_pulled_again(
    publisher: FaultServer, tmp_path: Path
) -> None:
    url = hub(publisher, FOLDER)
    assert [one.path for one in pull_model(url, FOLDER, tmp_path)] == ["config.json", "model.bin"]
    assert (tmp_path / "base" / "model.bin").read_bytes() == WEIGHTS
    assert verify_model(FOLDER, tmp_path) == []
    list(pull_model(url, FOLDER, tmp_path))
    assert len(publisher.seen("/Some/base/resolve/main/model.bin")) == 1


def test_single_file_has_the_name_of_its_model(publisher: FaultServer, tmp_path: Path) -> None:
    list(pull_model(hub(publisher, FILE), FILE, tmp_path))
    assert (tmp_path / "segmentation.onnx").read_bytes() == WEIGHTS
    assert verify_model(FILE, tmp_path) == []


def test_file_with_another_checksum_is_not_installed(
    publisher: FaultServer, tmp_path: Path
) -> None:
    url = hub(publisher, FOLDER, WEIGHTS.replace(b"w", b"W"))
    with pytest.raises(PullFailed, match="not the one"):
        list(pull_model(url, FOLDER, tmp_path))
    assert not (tmp_path / "base" / "model.bin").exists()


def test_changed_and_missing_files_are_found(publisher: FaultServer, tmp_path: Path) -> None:
    list(pull_model(hub(publisher, FOLDER), FOLDER, tmp_path))
    (tmp_path / "base" / "model.bin").write_bytes(b"other")
    (tmp_path / "base" / "config.json").unlink()
    assert sorted(verify_model(FOLDER, tmp_path)) == [
        "base: config.json is missing",
        "base: model.bin has changed",
    ]


@pytest.mark.parametrize("answer", [Answer(404), Answer(body=b"<html>"), Answer(body=b"[]")])
def test_hub_without_the_model_is_an_error(
    publisher: FaultServer, tmp_path: Path, answer: Answer
) -> None:
    publisher.serve("/api/models/Some/base/tree/main", answer)
    with pytest.raises(PullFailed):
        list(pull_model(publisher.url("").rstrip("/"), FOLDER, tmp_path))
