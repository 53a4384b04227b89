"""Images of the profile `monitoring`: those of the compose file, or stand-ins.

Where no registry of images can be reached, Prometheus is Debian's, with the folder, the user and
the entry point of the official image; Flower is our image with the extra's package; and Grafana
is left out, since no package of it is to be had. The metrics of its dashboard are queried instead.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.deployment.engine import ROOT, Engine, run

_PROMETHEUS, _FLOWER, _DEBIAN = "overheard-prometheus", "overheard-flower", "overheard-debian"
_FOLDER = "install -d -o 65534 -g 65534 /prometheus"
_OFFICIAL = ("USER 65534:65534", "WORKDIR /prometheus", 'ENTRYPOINT ["/usr/bin/prometheus"]')
_INSTALL = (
    "python3 -m venv /tmp/pip && "
    "/tmp/pip/bin/pip --quiet --python /opt/overheard/bin/python install flower=={}"
)


@dataclass(frozen=True)
class Monitoring:
    """Images by service, and which services are started: all of the profile if empty."""

    by_service: Mapping[str, str] = field(default_factory=dict)
    started: str = ""


def monitoring_images(engine: Engine, ours: str) -> Monitoring:
    """Make the stand-ins where they are needed."""
    if engine.script is None:
        return Monitoring()
    debian = engine.script.with_name("debian.sh")
    run("bash", str(debian), _DEBIAN, "trixie", "prometheus", "wget")
    _derive(_PROMETHEUS, _DEBIAN, _FOLDER, *_OFFICIAL)
    locked = re.search(r'name = "flower"\nversion = "([^"]+)"', (ROOT / "uv.lock").read_text())
    assert locked
    _derive(_FLOWER, ours, _INSTALL.format(locked[1]), "USER 10001:10001")
    images = {"prometheus": _PROMETHEUS, "flower": _FLOWER}
    return Monitoring(images, started=" ".join(images))


def _derive(image: str, base: str, script: str, *changes: str) -> None:
    """Make an image of another one by a script that root runs there; Compose has the command."""
    name = f"making-{image}"
    words = ("--user", "0", "--network", "host")
    try:
        run("docker", "run", "--name", name, *words, base, "sh", "-c", script)
        changed = [word for each in changes for word in ("--change", each)]
        run("docker", "commit", *changed, name, image)
    finally:
        run("docker", "rm", "--force", name)
