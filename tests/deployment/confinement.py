"""What a container of ours may do: next to nothing."""

from tests.deployment.compose import Deployment
from tests.deployment.test_compose import LASTING

# Writes wherever it may, and says where: only what Compose mounts for writing.
_PLACES = "/ /opt/overheard /etc /tmp /search /home"
_WRITE = f"for d in {_PLACES}; do (: >$d/probe) 2>/dev/null && echo $d; done"
_RIGHTS = "id -u; sed -n 's/^CapEff:\\t*//p' /proc/self/status"


def assert_confined(deployed: Deployment) -> None:
    """Each runs as nobody in particular, without capabilities, on a read-only file system."""
    for name, service in LASTING.items():
        inside = f"docker compose exec -T {name} sh -c"
        assert deployed.shell(f'{inside} "{_RIGHTS}"').split() == ["10001", "0" * 16], name
        writable = {"/tmp"} | ({"/search"} if "volumes" in service else set())
        assert set(deployed.shell(f"{inside} '{_WRITE} ; true'").split()) == writable, name
