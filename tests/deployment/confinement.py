"""What a container may do and knows: next to nothing, in bounded memory."""

import json
import re
from pathlib import Path

from tests.deployment.compose import Deployment
from tests.deployment.test_compose import LASTING, NOT_OURS, SERVICES, is_started_by_default

# Writes wherever it may, and says where: only what Compose mounts for writing.
_PLACES = "/ /opt/overheard /etc /tmp /search /home"
WRITE_EVERYWHERE = f"for d in {_PLACES}; do (: >$d/probe) 2>/dev/null && echo $d; done"
# Limits of both versions of control groups.
_CONFINEMENT = """
id -u
sed -n 's/^CapEff:\\t*//p' /proc/self/status
cd /sys/fs/cgroup
cat memory/memory.limit_in_bytes 2>/dev/null || cat memory.max
cat pids/pids.max 2>/dev/null || cat pids.max
stat -f -c '%b %S' /tmp
sed -n 's/^NoNewPrivs:\\t*//p; s/^CapBnd:\\t*//p' /proc/1/status
"""
_UNITS = {"m": 1 << 20, "g": 1 << 30}
# CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID: what an image needs to become another user.
_BECOME_ANOTHER_USER = 0b11001011
WHO_NEEDS = {
    "POSTGRES_PASSWORD": {"postgres", "migrate"},
    "SERVICE_PASSWORD": {"migrate", *LASTING},
    "VALKEY_PASSWORD": {"valkey", *LASTING} - {"indexer"},
    "GRAFANA_ADMIN_PASSWORD": {"grafana"},
}


def assert_confined(deployed: Deployment) -> None:
    """Everything below, of the services that run."""
    for name in filter(is_started_by_default, [*LASTING, *NOT_OURS]):
        assert_bounded(deployed, name)
    for name in filter(is_started_by_default, LASTING):
        assert_writes_nowhere_else(deployed, name)
    assert_secrets_are_where_they_are_needed(deployed)
    assert_networks_are_apart(deployed)
    assert_the_servers_refuse_more(deployed)


def assert_bounded(deployed: Deployment, name: str) -> None:
    """The kernel has the limits of the file, no process gains rights, and ours have none."""
    user, rights, memory, pids, blocks, size, bounding, no_new = inside(
        deployed, name, _CONFINEMENT
    ).split()
    service = SERVICES[name]
    assert (int(memory), int(pids)) == (in_bytes(service["mem_limit"]), service["pids_limit"]), name
    assert int(blocks) * int(size) == in_bytes("64m"), name
    assert no_new == "1", name
    assert int(bounding, 16) | _BECOME_ANOTHER_USER == _BECOME_ANOTHER_USER, name
    if name in LASTING:
        assert (user, rights, bounding) == ("10001", "0" * 16, "0" * 16), name


def assert_writes_nowhere_else(deployed: Deployment, name: str) -> None:
    """The file system of a service of ours is read-only, but for /tmp and its volume."""
    writable = {"/tmp"} | ({"/search"} if "volumes" in LASTING[name] else set())
    assert set(inside(deployed, name, f"{WRITE_EVERYWHERE}; true").split()) == writable, name


def assert_secrets_are_where_they_are_needed(deployed: Deployment) -> None:
    """A password is known to those alone that use it, and no list of processes shows it."""
    lines = (deployed.folder / ".env").read_text().splitlines()
    secrets = dict(line.split("=") for line in lines)
    assert set(WHO_NEEDS) == set(secrets)
    knowing: dict[str, set[str]] = {name: set() for name in secrets}
    for container in deployed.containers():
        for name, value in secrets.items():
            if value in json.dumps(container):
                knowing[name].add(container["Config"]["Labels"]["com.docker.compose.service"])
    running = {name for name in SERVICES if is_started_by_default(name)}
    assert knowing == {name: who & running for name, who in WHO_NEEDS.items()}
    shown = b"".join(map(_command_line, Path("/proc").glob("[0-9]*")))
    assert [name for name, value in secrets.items() if value.encode() in shown] == []


def assert_networks_are_apart(deployed: Deployment) -> None:
    """A service reaches the servers that it uses; who fetches nothing has no way out."""
    addresses = {name: _addresses(deployed, name) for name in ("valkey", "world")}
    assert _reaches(deployed, "worker-poll", [*addresses["valkey"][:1]], 6379)
    assert _reaches(deployed, "worker-poll", [*addresses["world"][:1]], 8890)
    assert not _reaches(deployed, "indexer", addresses["valkey"], 6379)
    assert not _reaches(deployed, "beat", addresses["world"], 8890)


def assert_the_servers_refuse_more(deployed: Deployment) -> None:
    """The broker wants its password, and the role of the service creates no table."""
    assert "NOAUTH" in inside(deployed, "valkey", "REDISCLI_AUTH= valkey-cli ping")
    create = (
        "import os, psycopg\n"
        "with psycopg.connect(os.environ['OVERHEARD_DATABASE_URL']) as c:\n"
        "    try: c.execute('CREATE TABLE mine (id int)')\n"
        "    except psycopg.errors.InsufficientPrivilege: print('refused')"
    )
    assert inside(deployed, "worker-ops", f'python -c "{create}"').strip() == "refused"


def inside(deployed: Deployment, name: str, script: str) -> str:
    """What a script of the shell prints in a container of a service."""
    done = deployed.inside(name, "sh", "-c", script)
    assert done.returncode == 0, f"{name}: {script}\n{done.stdout}{done.stderr}"
    return done.stdout


def in_bytes(size: str) -> int:
    """A size as Compose writes it (512m, 2g), or the default of a variable."""
    plain = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", size)
    return int(plain[:-1]) * _UNITS[plain[-1]]


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""  # it has ended


def _addresses(deployed: Deployment, name: str) -> list[str]:
    (container,) = deployed.containers(name)
    return [each["IPAddress"] for each in container["NetworkSettings"]["Networks"].values()]


def _reaches(deployed: Deployment, name: str, addresses: list[str], port: int) -> bool:
    connect = (
        "import socket, sys\n"
        "for address in sys.argv[2:]:\n"
        "    try: socket.create_connection((address, int(sys.argv[1])), 2)\n"
        "    except OSError: continue\n"
        "    print('reached')"
    )
    script = f'python -c "{connect}" {port} {" ".join(addresses)}'
    return "reached" in inside(deployed, name, script)
