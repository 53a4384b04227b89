"""The Helm chart, rendered by Helm's own library, and what its containers would be started with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import helm_python as helm
import yaml

from tests.paths import ROOT

CHART = ROOT / "ops" / "helm"
RELEASE = "overheard"
# A release with everything that is off by default.
EVERYTHING: dict[str, Any] = {
    "image": {"pullSecrets": ["registry"]},
    "secretSettings": {"OVERHEARD_METRICS_TOKEN": "metrics-token"},
    "web": {"replicas": 2},
    "speech": {"enabled": True, "storage": {"className": "fast"}},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "host": "podcasts.example",
        "annotations": {"example.com/note": "1"},
        "tlsSecret": "certificate",
    },
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "busy", "operator": "Exists"}],
}

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Container:
    """One container of a rendered pod."""

    manifest: Manifest
    pod: Mapping[str, Any]
    text: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What runs in it, as the components of the chart are called."""
        component = self.manifest["metadata"]["labels"]["app.kubernetes.io/component"]
        return str(self.text["name"] if self.text["name"] == "indexer" else component)

    @property
    def secrets(self) -> dict[str, str]:
        """The variables that come from the Secret, with their keys."""
        from_secret = (each for each in self.text["env"] if "valueFrom" in each)
        return {each["name"]: each["valueFrom"]["secretKeyRef"]["key"] for each in from_secret}

    @property
    def values(self) -> dict[str, str]:
        """The variables whose values stand in the manifest."""
        return {each["name"]: each["value"] for each in self.text["env"] if "value" in each}

    @property
    def probes(self) -> dict[str, Mapping[str, Any]]:
        """What the kubelet asks of it: startupProbe, livenessProbe, readinessProbe."""
        return {name: probe for name, probe in self.text.items() if name.endswith("Probe")}

    @property
    def mounts(self) -> dict[str, str]:
        """Volumes by the path where they are mounted."""
        return {each["mountPath"]: each["name"] for each in self.text["volumeMounts"]}


def rendered(values: Mapping[str, Any] | None = None) -> list[Manifest]:
    """All manifests of a release, as Helm would send them.

    Raises:
        helm_python.HelmError: the values do not agree with values.schema.json.
    """
    with helm.Chart.load(str(CHART)) as chart:
        texts = chart.render(dict(values or {}), name=RELEASE, namespace="podcasts")
    documents = (
        yaml.safe_load_all(text) for name, text in texts.items() if not name.endswith(".txt")
    )
    return [manifest for each in documents for manifest in each if manifest]


def containers(manifests: list[Manifest]) -> Iterator[Container]:
    """Every container of every pod."""
    for manifest in manifests:
        if manifest["kind"] in {"Deployment", "Job"}:
            pod = manifest["spec"]["template"]["spec"]
            for text in pod["containers"]:
                yield Container(manifest, pod, text)
