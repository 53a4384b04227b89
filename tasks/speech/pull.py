"""Download models from a hub into the folder of models, and verify them by their checksums.

A hub has the interface of huggingface.co: ``/api/models/REPOSITORY/tree/main`` lists files with the
SHA-256 of the large ones, ``/REPOSITORY/resolve/main/FILE`` is a file. A worker never downloads.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.http.download import download
from tasks.http.fetch import fetch
from tasks.http.settings import fetch_loop
from tasks.http.values import FetchFailed, FetchLimits, FetchRequest, status_failure
from tasks.speech.catalogue import KnownModel

CHECKSUMS = "sha256sums.json"
_LIST_LIMITS = FetchLimits(max_wire_bytes=4_000_000, max_body_bytes=4_000_000)
_FILE_LIMITS = FetchLimits(deadline_seconds=24 * 3600, max_wire_bytes=20_000_000_000)
_BLOCK = 1024 * 1024


class PullFailed(Exception):
    """A model cannot be downloaded; the message says why."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a hub: its size, and its SHA-256 where the hub has one (large files)."""

    path: str
    size: int
    sha256: str | None


def pull_model(hub: str, model: KnownModel, folder: Path) -> Iterator[HubFile]:
    """Download the files of a model that are missing; yield each when it is there.

    Raises:
        PullFailed: the hub cannot be reached, lacks a file, or sent another one.
    """
    listed = {one.path: one for one in _listed(hub, model)}
    found = [listed[path] for path in model.wanted if path in listed]
    if not found:
        raise PullFailed(f"{hub} has none of the files of {model.repository}")
    sums: dict[str, str] = {}
    for one in found:
        target = _target(model, folder, one.path)
        if not target.exists():
            _download(f"{hub}/{model.repository}/resolve/main/{one.path}", target, one)
        sums[target.name] = sha256_of(target)
        yield one
    _write_checksums(folder, model, sums)


def _target(model: KnownModel, folder: Path, path: str) -> Path:
    return folder / model.installed_as if model.file else folder / model.name / path


def _listed(hub: str, model: KnownModel) -> list[HubFile]:
    url = f"{hub}/api/models/{model.repository}/tree/main"
    try:
        fetched = fetch_loop().run(lambda client: fetch(client, FetchRequest(url), _LIST_LIMITS))
        if failure := status_failure(fetched):
            raise failure
        return [_hub_file(one) for one in json.loads(fetched.body or b"") if one["type"] == "file"]
    except FetchFailed as failure:
        raise PullFailed(f"{url}: {failure}") from failure
    except (ValueError, KeyError, TypeError) as error:
        raise PullFailed(f"{url} does not list files as a hub does") from error


def _hub_file(one: dict[str, Any]) -> HubFile:
    large = one.get("lfs") or {}
    return HubFile(str(one["path"]), int(one["size"]), large.get("oid"))


def _download(url: str, target: Path, expected: HubFile) -> None:
    """Download a file, resumed where it stopped; it appears under its name when it is verified."""
    unverified = target.with_name(f"{target.name}.unverified")
    try:
        fetch_loop().run(lambda client: download(client, url, unverified, _FILE_LIMITS))
    except FetchFailed as failure:
        raise PullFailed(f"{url}: {failure}") from failure
    size, digest = unverified.stat().st_size, sha256_of(unverified)
    if size != expected.size or expected.sha256 not in (None, digest):
        unverified.unlink()
        raise PullFailed(f"{url}: the file is not the one that the hub lists")
    unverified.replace(target)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _write_checksums(folder: Path, model: KnownModel, sums: dict[str, str]) -> None:
    file = folder / CHECKSUMS
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(known | {model.name: sums}, indent=2, sort_keys=True) + "\n")


def verify_model(model: KnownModel, folder: Path) -> list[str]:
    """What is wrong with an installed model, in sentences; nothing for a whole one."""
    file = folder / CHECKSUMS
    known = json.loads(file.read_text()).get(model.name, {}) if file.exists() else {}
    if not known:
        return [f"{model.name}: its checksums are unknown, since it was not pulled"]
    wrong = []
    for name, expected in known.items():
        path = folder / name if model.file else folder / model.name / name
        if not path.exists():
            wrong.append(f"{model.name}: {name} is missing")
        elif sha256_of(path) != expected:
            wrong.append(f"{model.name}: {name} has changed")
    return wrong
