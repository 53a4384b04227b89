"""The data directory: where it is, what lies in it, and who may enter."""

import contextlib
import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from workers.local.embedded.account import Account, choose_account
from workers.local.embedded.errors import EmbeddedServerError

# sun_path holds 104 bytes on macOS and the BSDs, 108 on Linux, each with a closing NUL (unix(7)).
SOCKET_PATH_BYTES = 103
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
PLAIN_PATH = re.compile(r"[\w./~+-]+", re.ASCII)
PRIVATE = 0o700


@dataclass(frozen=True)
class DataDirectory:
    """The folders of one data directory, and the account that the servers run as."""

    path: Path
    account: Account

    @property
    def run(self) -> Path:
        """Locks: who uses the servers, who starts or stops them, and the servers themselves."""
        return self.path / "run"

    @property
    def log(self) -> Path:
        """What the servers print."""
        return self.path / "log"

    @property
    def programs(self) -> Path:
        """Copies of the servers' programs, for an account that cannot reach the originals."""
        return self.path / "programs"

    @property
    def sockets(self) -> Path:
        """The private folder of both unix sockets.

        A socket's path is limited to 103 bytes, and a comma or a space in it does not survive
        every URL, so a data directory with such a path gets a folder in /tmp. Its name follows
        from the data directory alone: nothing has to be recorded that could go stale, and two
        commands with different environments find the same one.
        """
        inside = self.path / "sockets"
        longest = str(inside / LONGEST_SOCKET_NAME)
        if len(longest) <= SOCKET_PATH_BYTES and PLAIN_PATH.fullmatch(longest):
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path("/tmp") / f"overheard-{self.account.uid}-{digest}"  # noqa: S108 (make_private checks whose it is)

    def remove_outside(self) -> None:
        """Remove our socket folder when it lies outside of the data directory and is empty."""
        if self.sockets.parent == self.path:
            return
        with contextlib.suppress(OSError):
            if self.sockets.lstat().st_uid == self.account.uid:
                self.sockets.rmdir()

    def make_private(self, folder: Path) -> Path:
        """Create a folder that only the servers' account (and root) can enter, or check that it is.

        Raises:
            EmbeddedServerError: the folder is there but somebody else's, or open to others. In
                /tmp anybody can be first to take a name, so nothing is put into such a folder.
        """
        try:
            folder.mkdir(mode=PRIVATE)
        except FileExistsError:
            pass
        else:
            if self.account.switched:
                os.chown(folder, self.account.uid, self.account.gid)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.account.uid:
            raise EmbeddedServerError(f"{folder} does not belong to {self.account.name}: remove it")
        if found.st_mode & 0o077:
            raise EmbeddedServerError(f"{folder} is open to other users: chmod 700 {folder}")
        return folder


def default_data_dir() -> Path:
    """OVERHEARD_DATA, or the platform's place for a user's data, or /var/lib/overheard for root.

    Root is an exception because its servers run under another account, which cannot enter
    root's home, where the platform's convention would put the data.
    """
    configured = os.environ.get("OVERHEARD_DATA")
    if configured:
        return Path(configured)
    if os.geteuid() == 0:
        return Path("/var/lib/overheard")
    return platformdirs.user_data_path("overheard", appauthor=False)


def open_data_dir(path: Path) -> DataDirectory:
    """Create what is missing of a data directory and check that the servers can live in it.

    Permissions change on nothing outside of it.

    Raises:
        EmbeddedServerError: it cannot be created, written or entered by whom it must be.
    """
    path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 (resolve() would leave a link that was chosen)
    try:
        return _open(path)
    except OSError as error:
        raise EmbeddedServerError(
            f"the data directory {path} cannot be used: {error.strerror} ({error.filename}); "
            "choose another one with OVERHEARD_DATA"
        ) from error


def _open(path: Path) -> DataDirectory:
    path.mkdir(parents=True, exist_ok=True)
    directory = DataDirectory(path, choose_account(path / "postgres", path))
    if directory.account.switched:
        _let_in(directory)
    for folder in (directory.run, directory.log):
        _create_for_owner(folder, path)
    if not os.access(directory.run, os.R_OK | os.W_OK | os.X_OK):
        owner = path.stat().st_uid
        raise PermissionError(errno.EACCES, f"it belongs to user {owner}", str(directory.run))
    return directory


def _let_in(directory: DataDirectory) -> None:
    """Let the servers' account pass through a data directory that is ours alone."""
    path = directory.path
    ours = not any(path.iterdir()) or directory.run.exists()
    if ours and path.stat().st_uid == os.geteuid():
        path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o011)
    if directory.account.can_enter(path):
        return
    closed = next(
        folder
        for folder in [*reversed(path.parents), path]
        if not directory.account.can_enter(folder)
    )
    raise EmbeddedServerError(
        f"the servers run as {directory.account.name}, not as root, and {directory.account.name} "
        f"cannot enter {closed}: choose a data directory elsewhere with OVERHEARD_DATA, "
        f"or allow it with chmod o+x {closed}"
    )


def _create_for_owner(folder: Path, data_dir: Path) -> None:
    """Create a folder that belongs to whom the data directory belongs to."""
    if folder.exists():
        return
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    owner = data_dir.stat()
    if owner.st_uid != os.geteuid():
        os.chown(folder, owner.st_uid, owner.st_gid)
