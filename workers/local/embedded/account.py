"""The operating system account that the embedded servers run as."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.local.embedded.errors import EmbeddedServerError

# PostgreSQL refuses to run as root, so root's servers run as the first of these that exists.
SERVICE_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class ServerAccount:
    """The user that the servers run as and that owns their files."""

    name: str
    uid: int
    gid: int

    @property
    def switched(self) -> bool:
        """Whether the servers run under another account than this process (only as root)."""
        return self.uid != os.geteuid()

    def run(self, argv: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[str]":
        """Run a short command as this account, in a directory that it can enter.

        Raises:
            OSError: the account cannot reach the program or the directory.
        """
        return subprocess.run(
            argv,
            cwd=folder,
            env=server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            user=self.switch_user,
            group=self.switch_group,
            extra_groups=self.switch_extra_groups,
        )

    @property
    def switch_user(self) -> int | None:
        """The `user` argument for a subprocess of this account; ``None`` keeps our own."""
        return self.uid if self.switched else None

    @property
    def switch_group(self) -> int | None:
        """The `group` argument for a subprocess of this account."""
        return self.gid if self.switched else None

    @property
    def switch_extra_groups(self) -> list[int] | None:
        """The `extra_groups` argument for a subprocess of this account: none of root's."""
        return [] if self.switched else None

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can enter a directory; tried out, so that ACLs count."""
        result = self.run(["/bin/sh", "-c", 'cd "$0"', str(folder)], Path("/"))
        return result.returncode == 0


def choose_account(*owned: Path) -> ServerAccount:
    """The account for the servers: our own, or for root the owner of the existing files.

    When root uses the data of an ordinary user, the servers run as that user. For files of root,
    or without files, they run as one of ``SERVICE_ACCOUNTS``.

    Raises:
        EmbeddedServerError: we are root, and none of these accounts exists.
    """
    if os.geteuid() != 0:
        return _account(os.geteuid())
    owners = [path.stat().st_uid for path in owned if path.exists()]
    for uid in owners:
        if uid != 0:
            return _account(uid)
    return _service_account()


def server_environment() -> dict[str, str]:
    """The environment of the servers: none of our variables, so that no PG… changes them."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _account(uid: int) -> ServerAccount:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a container with a numeric user; initdb will report that it needs a name
        return ServerAccount(str(uid), uid, os.getegid())
    return ServerAccount(entry.pw_name, uid, entry.pw_gid)


def _service_account() -> ServerAccount:
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL does not run as root, and no other account exists for it: create one "
        "(useradd --system postgres), start Overheard as an ordinary user, or set "
        "OVERHEARD_DATABASE_URL and OVERHEARD_BROKER_URL"
    )
