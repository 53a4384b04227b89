"""The engine, the images of this version and of the one before, and a deployment to walk."""

import contextlib
import hashlib
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.deployment.compose import Deployment
from tests.deployment.engine import ROOT, Engine, EngineMissing, engine, run
from tests.deployment.previous import previous_revision, previous_with_packaging
from tests.deployment.published import Published, published

# In a file beside the Dockerfile, as with everybody who follows the README.
SECRET = "not-in-any-layer-8c1f"


@pytest.fixture(scope="session")
def container_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The engine; without one the test is skipped. Only `make test-compose` asks for it."""
    if not request.config.getoption("--compose"):
        pytest.skip("run it by: make test-compose")
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(engine())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        yield found


@pytest.fixture(scope="session")
def previous_image(container_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of the version before, made from its own Dockerfile."""
    revision = previous_revision()
    image = f"overheard-previous:{revision}"
    if not _has(image):
        folder = tmp_path_factory.mktemp("previous") / "checkout"
        run("git", "clone", "--quiet", str(ROOT), str(folder))
        run("git", "-C", str(folder), "checkout", "--quiet", revision)
        container_engine.build(folder, image)
        previous_with_packaging(image)
    return image


@pytest.fixture(scope="session")
def image(
    container_engine: Engine, previous_image: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The image of this checkout, once for the same files."""
    del previous_image
    image = f"overheard-current:{_inputs()}"
    if not _has(image):
        folder = tmp_path_factory.mktemp("image") / "checkout"
        run("git", "clone", "--quiet", str(ROOT), str(folder))
        (folder / ".env").write_text(f"POSTGRES_PASSWORD={SECRET}\n")
        container_engine.build(folder, image)
    return image


def _inputs() -> str:
    """A name for everything that the image is made of, as it is committed."""
    names = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    listed = run("git", "-C", str(ROOT), "ls-tree", "HEAD", "Dockerfile", ".dockerignore", *names)
    return hashlib.sha256(listed.encode()).hexdigest()[:12]


def _has(image: str) -> bool:
    words = ["docker", "image", "inspect", image]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def deployment(
    container_engine: Engine, image: str, world: Published, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A clean checkout, of which nothing is started yet; removed with its volumes."""
    run("docker", "tag", image, "overheard")
    folder = tmp_path_factory.mktemp("walk") / "overheard"
    yield from _prepared(Deployment(folder, container_engine, world, "overheard-walk"))


@pytest.fixture(scope="module")
def other_deployment(
    container_engine: Engine, world: Published, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Another one, beside it."""
    name, folder = "overheard-upgrade", tmp_path_factory.mktemp("upgrade") / "overheard"
    yield from _prepared(
        Deployment(folder, container_engine, world, name, address="127.0.0.2", image=name)
    )


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """What the deployments read."""
    whole = request.config.getoption("--whole-world")
    return published(tmp_path_factory.mktemp("world"), whole)


def _prepared(deployed: Deployment) -> Iterator[Deployment]:
    deployed.prepare()
    try:
        yield deployed
    finally:
        deployed.end()
