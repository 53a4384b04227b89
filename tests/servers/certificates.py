"""Certificates for servers of tests, signed by an authority of their own: made with OpenSSL."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.debian import Account

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


@dataclass(frozen=True)
class Certificates:
    """The files of an authority, and of a server that it signed."""

    authority: Path
    certificate: Path
    key: Path

    def owned_by(self, account: Account, folder: Path) -> "Certificates":
        """Copies in the folder of a server that only its account may read."""
        return Certificates(
            *(_copy(path, account, folder) for path in (self.authority, self.certificate, self.key))
        )


def make_certificates(folder: Path, names: str = "DNS:localhost,IP:127.0.0.1") -> Certificates:
    """Make an authority and a certificate of a server with these names, valid for two days."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    authority, signing = folder / "authority.pem", folder / "authority.key"
    made = Certificates(authority, folder / "server.pem", folder / "server.key")
    extension = "basicConstraints=critical,CA:TRUE"
    _make(authority, signing, "-subj", "/CN=Authority of tests", "-addext", extension)
    signed = ("-CA", str(authority), "-CAkey", str(signing), "-subj", "/CN=server")
    leaf = ("-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE")
    _make(made.certificate, made.key, *signed, *leaf)
    return made


def _copy(path: Path, account: Account, folder: Path) -> Path:
    copy = folder / path.name
    shutil.copyfile(path, copy)
    copy.chmod(0o600)
    os.chown(copy, account.uid, account.gid)
    return copy


def _make(certificate: Path, key: Path, *words: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", *_KEY, "-keyout", key, "-out", certificate, *words],
        check=True,
        capture_output=True,
    )
