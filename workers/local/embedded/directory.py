"""The data directory: its place, its contents, and its permissions."""

import contextlib
import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from workers.local.embedded.account import ServerAccount, choose_account
from workers.local.embedded.errors import EmbeddedServerError

# sun_path has 104 bytes on macOS and the BSDs, 108 on Linux, with the final NUL (unix(7)).
SOCKET_PATH_BYTES = 103
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
PLAIN_PATH = re.compile(r"[\w./~+-]+", re.ASCII)
PRIVATE = 0o700


@dataclass(frozen=True)
class DataDirectory:
    """The directories of one data directory, and the account that the servers run as."""

    path: Path
    account: ServerAccount

    @property
    def run(self) -> Path:
        """Lock files: of the servers' users, of starting and stopping, and of the servers."""
        return self.path / "run"

    @property
    def log(self) -> Path:
        """Logs of the servers."""
        return self.path / "log"

    @property
    def programs(self) -> Path:
        """Copies of the servers' programs, for an account that cannot reach the originals."""
        return self.path / "programs"

    @property
    def sockets(self) -> Path:
        """The private directory of both Unix sockets.

        A socket's path is limited to 103 bytes, and not every URL can contain commas or spaces.
        A data directory with such a path gets a socket directory in /tmp. Its name depends only
        on the data directory, so all commands find the same one without recording it.
        """
        inside = self.path / "sockets"
        longest = str(inside / LONGEST_SOCKET_NAME)
        if len(longest) <= SOCKET_PATH_BYTES and PLAIN_PATH.fullmatch(longest):
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path("/tmp") / f"overheard-{self.account.uid}-{digest}"  # noqa: S108 (make_private checks its owner)

    def remove_outside_sockets(self) -> None:
        """Remove our socket directory if it is outside the data directory and empty."""
        if self.sockets.parent == self.path:
            return
        with contextlib.suppress(OSError):
            if self.sockets.lstat().st_uid == self.account.uid:
                self.sockets.rmdir()

    def make_private(self, folder: Path) -> Path:
        """Create a directory that only the servers' account (and root) can enter, or check one.

        Raises:
            EmbeddedServerError: the directory belongs to another user, or is open to others. In
                /tmp, any user can create a name first, so such a directory is never used.
        """
        try:
            folder.mkdir(mode=PRIVATE)
        except FileExistsError:
            pass
        else:
            if self.account.switched:
                os.chown(folder, self.account.uid, self.account.gid)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != self.account.uid:
            raise EmbeddedServerError(f"{folder} does not belong to {self.account.name}: remove it")
        if status.st_mode & 0o077:
            raise EmbeddedServerError(f"{folder} is open to other users: chmod 700 {folder}")
        return folder


def open_data_dir(path: Path) -> DataDirectory:
    """Create what is missing in a data directory, and check that the servers can use it.

    Nothing outside of it gets other permissions.

    Raises:
        EmbeddedServerError: it cannot be created, or the servers' account cannot enter or write it.
    """
    path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 (resolve() would replace a chosen symbolic link)
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
        _open_to_account(directory)
    for folder in (directory.run, directory.log):
        _create_for_owner(folder, path)
    if not os.access(directory.run, os.R_OK | os.W_OK | os.X_OK):
        owner = path.stat().st_uid
        raise PermissionError(errno.EACCES, f"it belongs to user {owner}", str(directory.run))
    return directory


def _open_to_account(directory: DataDirectory) -> None:
    """Let the servers' account pass through a data directory that only we can enter."""
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
    """Create a directory with the owner of the data directory."""
    if folder.exists():
        return
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    owner = data_dir.stat()
    if owner.st_uid != os.geteuid():
        os.chown(folder, owner.st_uid, owner.st_gid)
