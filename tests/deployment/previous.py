"""The version before this one: the newest tag, or the commit below where there is none yet."""

import importlib.util
import subprocess
from pathlib import Path

from tests.deployment.engine import ROOT, run

# The last commit before `packaging` was declared.
BEFORE_ANY_TAG = "d165aa5"


def previous_revision() -> str:
    """The commit that an upgrade begins at."""
    tagged = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--tags", "--abbrev=0", "HEAD~1"],
        capture_output=True,
        text=True,
        check=False,
    )
    return tagged.stdout.strip() or BEFORE_ANY_TAG


def previous_with_packaging(image: str) -> None:
    """Add `packaging` to an image that lacks it, as operators of that version had to."""
    imports = ["docker", "run", "--rm", image, "python", "-c", "import packaging"]
    if subprocess.run(imports, capture_output=True, check=False).returncode == 0:
        return
    where = run(
        "docker", "run", "--rm", image, "python", "-c", "import celery; print(celery.__path__[0])"
    )
    spec = importlib.util.find_spec("packaging")
    assert spec is not None
    assert spec.origin is not None
    container = run("docker", "create", image).strip()
    try:
        run(
            "docker",
            "cp",
            str(Path(spec.origin).parent),
            f"{container}:{Path(where.strip()).parent}",
        )
        run("docker", "commit", container, image)
    finally:
        run("docker", "rm", container)
