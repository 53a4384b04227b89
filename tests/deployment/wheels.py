"""The wheel of this checkout, and empty environments that it is installed into."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.deployment.engine import ROOT

UV = ROOT / ".make" / "uv" / "bin" / "uv"
BUILD_SECONDS = 600

# Modules that are imported only where a setting turns them on, with what they need of an extra.
NEEDS_EXTRA = {
    "web.middleware.request_spans": "opentelemetry.sdk",
    "workers.telemetry.error_reports": "sentry_sdk",
    "workers.telemetry.spans": "opentelemetry.sdk",
    "workers.telemetry.statement_spans": "opentelemetry.sdk",
    "workers.telemetry.task_spans": "opentelemetry.sdk",
    "workers.telemetry.tracing": "opentelemetry.sdk",
}
# Imports whatever the wheel brought; what cannot be imported is named.
_IMPORT_ALL = f"""
import importlib, importlib.util, pkgutil, sys
failed, number, needs = [], 0, {NEEDS_EXTRA}
def lacks(name):
    try:
        return name in needs and importlib.util.find_spec(needs[name]) is None
    except ModuleNotFoundError:
        return True
for name in ("models", "tasks", "web", "workers"):
    package = importlib.import_module(name)
    assert "site-packages" in package.__file__, package.__file__
    for module in pkgutil.walk_packages(package.__path__, f"{{name}}."):
        if lacks(module.name):
            continue
        number += 1
        try:
            importlib.import_module(module.name)
        except BaseException as error:
            failed.append(f"{{module.name}}: {{error!r}}")
print(number)
sys.exit("\\n".join(failed) or 0)
"""


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, its dependencies, and nothing else."""

    folder: Path

    @property
    def programs(self) -> Path:
        """Where its scripts are."""
        return self.folder / "bin"

    def environment(self, **settings: str) -> dict[str, str]:
        """An environment without anybody else's settings of Overheard."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return inherited | {"PATH": path} | settings

    def run(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run one of its programs, in its own folder: never among the sources."""
        return subprocess.run(
            [str(self.programs / words[0]), *words[1:]],
            env=self.environment(**settings),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )

    def import_all(self) -> int:
        """Import every module; how many there are.

        Raises:
            AssertionError: some cannot be imported; each is named.
        """
        done = self.run("python", "-c", _IMPORT_ALL)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout."""
    _uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path, extra: str = "") -> Installed:
    """Install a wheel with the locked versions of its dependencies, as the image does."""
    with_extra = ["--extra", extra] if extra else []
    locked = folder.with_suffix(".txt")
    _uv(
        "export",
        "--quiet",
        "--frozen",
        "--no-default-groups",
        "--no-emit-project",
        "--no-hashes",
        "--project",
        str(ROOT),
        "--output-file",
        str(locked),
        *with_extra,
    )
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    python = str(folder / "bin" / "python")
    add = ("pip", "install", "--quiet", "--compile-bytecode", "--python", python)
    _uv(*add, "--requirements", str(locked))
    _uv(*add, "--no-deps", str(wheel))
    return Installed(folder)


def _uv(*words: str) -> None:
    environment = os.environ | {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(
        [str(UV), *words],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
