"""The image: its size, its user, and what is not in it."""

import json
import subprocess

import pytest

from tests.deployment.conftest import SECRET
from tests.deployment.engine import ROOT, run

pytestmark = [pytest.mark.slow, pytest.mark.compose, pytest.mark.timeout(5400)]

MEGABYTE = 1_000_000
# Our own layers; the base image is Debian's Python and not ours.
LARGEST = 200 * MEGABYTE
# As git names the content of files.
_HASH_MODULES = """
import hashlib, pathlib, sys, sysconfig
root = pathlib.Path(sysconfig.get_path("purelib"))
for package in sys.argv[1:]:
    for path in (root / package).rglob("*.py"):
        body = path.read_bytes()
        blob = hashlib.sha1(b"blob %d\\0" % len(body) + body).hexdigest()
        print(path.relative_to(root), blob)
"""


def test_our_layers_are_small(image: str) -> None:
    sizes = run("docker", "history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", image)
    ours = 0
    for line in sizes.splitlines():
        size, _, made_by = line.partition(" ")
        if "useradd" in made_by or "COPY" in made_by:
            ours += int(size)
    (inspected,) = json.loads(run("docker", "image", "inspect", image))
    print(f"the image: {inspected['Size'] / MEGABYTE:.0f} MB, of ours {ours / MEGABYTE:.0f} MB")
    assert 0 < ours < LARGEST


def test_it_runs_as_a_user_without_rights(image: str) -> None:
    (inspected,) = json.loads(run("docker", "image", "inspect", image))
    assert inspected["Config"]["User"] == "10001:10001"
    assert run("docker", "run", "--rm", image, "id", "--user").strip() == "10001"


def test_it_has_the_code_of_this_checkout_and_of_no_build_before(image: str) -> None:
    packages = ("models", "tasks", "web", "workers")
    listed = run("git", "-C", str(ROOT), "ls-tree", "-r", "HEAD", *packages)
    lines = [line.replace("\t", " ").split(" ") for line in listed.splitlines()]
    committed = {path: blob for _, _, blob, path in lines if path.endswith(".py")}
    found = run("docker", "run", "--rm", image, "python", "-c", _HASH_MODULES, *packages)
    assert dict(line.split() for line in found.splitlines()) == committed


def test_no_layer_and_no_line_of_its_history_holds_a_secret(image: str) -> None:
    assert SECRET not in run("docker", "history", "--no-trunc", image)
    assert SECRET not in run("docker", "image", "inspect", image)
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
        assert saved.stdout is not None
        tail = b""
        while piece := saved.stdout.read(1 << 22):
            assert SECRET.encode() not in tail + piece
            tail = piece[-100:]
    assert saved.returncode == 0


def test_what_no_process_needs_is_not_in_it(image: str) -> None:
    lookup = "for name in gcc uv git postgres valkey-server; do command -v $name; done; true"
    assert run("docker", "run", "--rm", image, "sh", "-c", lookup) == ""


def test_no_package_of_a_development_group_is_in_it(image: str) -> None:
    find = (
        "from importlib.util import find_spec as f; print(*filter(f, ['pytest', 'mypy', 'ruff']))"
    )
    assert run("docker", "run", "--rm", image, "python", "-c", find).strip() == ""
