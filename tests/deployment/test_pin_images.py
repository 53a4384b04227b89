"""Base images by digest, from a registry on loopback that wants a token, as Docker Hub does."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts.pin_images import FILES, Image, images_of, parse, pinned
from tests.paths import ROOT

OLD, NEW = f"sha256:{'0' * 64}", f"sha256:{'a' * 64}"
TAGS = {"python:3.13-slim", "astral/uv:0.13.9", "postgres:18"}


class Registry(BaseHTTPRequestHandler):
    """Says the digest of each of its tags to who has fetched a token for that repository."""

    def do_HEAD(self) -> None:
        repository, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
        scope = f"repository:{repository}:pull"
        if self.headers.get("Authorization") != f"Bearer for {scope}":
            realm = f"http://{self.headers['Host']}/token"
            self._answer(401, **{"WWW-Authenticate": f'Bearer realm="{realm}",scope="{scope}"'})
        elif f"{repository}:{tag}" in TAGS and "image.index" in self.headers["Accept"]:
            self._answer(200, **{"Docker-Content-Digest": NEW})
        else:
            self._answer(404)

    def do_GET(self) -> None:
        (scope,) = parse_qs(urlsplit(self.path).query)["scope"]
        body = json.dumps({"token": f"for {scope}"}).encode()
        self._answer(200, **{"Content-Length": str(len(body))})
        self.wfile.write(body)

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
        """Nothing: the test says what matters."""


@contextmanager
def registry() -> Iterator[str]:
    """The address of a registry."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def checkout(folder: Path, host: str, database: str = "postgres:18") -> None:
    """Two files as ours, with the images of a registry."""
    (folder / "Dockerfile").write_text(
        f"FROM {host}/python:3.13-slim AS build\nCOPY --from={host}/astral/uv:0.13.9@{OLD} /uv /\n"
        f"FROM {host}/python:3.13-slim\nCOPY --from=build /a /b\n"
    )
    (folder / "docker-compose.yml").write_text(
        f"services:\n  a:\n    image: overheard\n  b:\n    image: {host}/{database}\n"
    )


def pin(folder: Path) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-m", "scripts.pin_images", str(folder)]
    return subprocess.run(words, cwd=ROOT, text=True, capture_output=True, check=False)


def test_every_tag_gets_its_digest_and_an_old_one_is_renewed(tmp_path: Path) -> None:
    with registry() as host:
        checkout(tmp_path, host)
        first = pin(tmp_path)
        once = [(tmp_path / name).read_text() for name in FILES]
        again = pin(tmp_path)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert set(first.stdout.split()) == {f"{host}/{tag}@{NEW}" for tag in TAGS}
    assert [(tmp_path / name).read_text() for name in FILES] == once
    assert once[0].count(NEW) == 3
    assert OLD not in once[0]
    assert "COPY --from=build /a" in once[0]
    assert once[1].endswith(f"image: overheard\n  b:\n    image: {host}/postgres:18@{NEW}\n")


def test_an_image_that_is_not_found_changes_nothing(tmp_path: Path) -> None:
    with registry() as host:
        checkout(tmp_path, host, "postgres:none")
        before = [(tmp_path / name).read_text() for name in FILES]
        refused = pin(tmp_path)
    assert refused.returncode == 1
    assert f"{host}/postgres:none" in refused.stderr
    assert refused.stderr.endswith("nothing was changed\n")
    assert [(tmp_path / name).read_text() for name in FILES] == before


def test_every_foreign_image_of_ours_is_pinned() -> None:
    texts = [(ROOT / name).read_text() for name in FILES]
    images = {image for text in texts for image in images_of(text)}
    assert {parse(image).repository for image in images} == {
        "astral-sh/uv",
        "docker/dockerfile",
        "grafana/grafana",
        "library/postgres",
        "library/python",
        "prom/prometheus",
        "valkey/valkey",
    }
    lines = "\n".join(pinned(text, dict.fromkeys(images, NEW)) for text in texts).splitlines()
    named = [line for line in lines if re.match(r"(# syntax=|FROM|COPY --from=| +image:)", line)]
    assert {line.split()[-1] for line in named if NEW not in line} == {
        "overheard",
        "overheard-flower",
        "overheard-speech",
        "/opt/overheard",
    }


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("postgres:18", Image("registry-1.docker.io", "library/postgres", "18")),
        ("docker.io/library/postgres:18", Image("registry-1.docker.io", "library/postgres", "18")),
        ("prom/prometheus:v3.5.0", Image("registry-1.docker.io", "prom/prometheus", "v3.5.0")),
        ("ghcr.io/astral-sh/uv:0.13.9", Image("ghcr.io", "astral-sh/uv", "0.13.9")),
        ("localhost:5000/a:1", Image("localhost:5000", "a", "1")),
    ],
)
def test_a_reference_has_a_registry_a_repository_and_a_tag(reference: str, image: Image) -> None:
    assert parse(reference) == image
