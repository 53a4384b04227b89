"""Decides which user the servers run as, and finds out what that user can reach."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.local.embedded.errors import EmbeddedServerError

# PostgreSQL refuses to run as root: the servers of root get one made for it, or for nothing.
SERVICE_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The user that the servers run as and that owns their files."""

    name: str
    uid: int
    gid: int

    @property
    def switched(self) -> bool:
        """Whether the servers run as somebody else than we do (only root can)."""
        return self.uid != os.geteuid()

    def run(self, argv: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[str]":
        """Run a short command as this account, in a folder that it can enter.

        Raises:
            OSError: the account cannot reach the program or the folder.
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
        """The `user` of a subprocess that runs as this account; None leaves it as it is."""
        return self.uid if self.switched else None

    @property
    def switch_group(self) -> int | None:
        """The `group` of a subprocess that runs as this account."""
        return self.gid if self.switched else None

    @property
    def switch_extra_groups(self) -> list[int] | None:
        """The `extra_groups` of a subprocess that runs as this account: none of root's."""
        return [] if self.switched else None

    def can_enter(self, folder: Path) -> bool:
        """Whether this account may use what lies in a folder (asked of the kernel: ACLs count)."""
        result = self.run(["/bin/sh", "-c", 'cd "$0"', str(folder)], Path("/"))
        return result.returncode == 0


def choose_account(*owned: Path) -> Account:
    """The account for the servers: ourselves, or as root the owner of the files that are there.

    Files of an ordinary user keep that user's servers when root looks in; files of root, or none
    at all, get one of SERVICE_ACCOUNTS.

    Raises:
        EmbeddedServerError: root finds none of the accounts on this machine.
    """
    if os.geteuid() != 0:
        return _account(os.geteuid())
    owners = [path.stat().st_uid for path in owned if path.exists()]
    for uid in owners:
        if uid != 0:
            return _account(uid)
    return _service_account()


def server_environment() -> dict[str, str]:
    """The environment of the servers: nothing of ours, so that no PG… variable changes them."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a container run under a bare number; initdb will say that it wants a name
        return Account(str(uid), uid, os.getegid())
    return Account(entry.pw_name, uid, entry.pw_gid)


def _service_account() -> Account:
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL does not run as root, and there is no account to run it under: create one "
        "(useradd --system postgres), start Overheard as an ordinary user, or set "
        "OVERHEARD_DATABASE_URL and OVERHEARD_BROKER_URL"
    )
