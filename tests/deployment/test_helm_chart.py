"""The Helm chart: valid for Kubernetes, and started and confined as docker-compose.yml does it.

`make test-helm` runs it, in an environment that has Helm's library.
"""

import re
import tomllib
from typing import Any

import pytest

from models import Settings
from tests.deployment.confinement import in_bytes
from tests.deployment.test_compose import LASTING, OURS, interpolated, queues_of, seconds
from tests.paths import ROOT

helm = pytest.importorskip("helm_python", reason="run it by: make test-helm")
kubernetes_validate = pytest.importorskip("kubernetes_validate")

from tests.deployment.helm_chart import (  # noqa: E402
    CHART,
    EVERYTHING,
    Container,
    Manifest,
    containers,
    rendered,
)

# The oldest that Chart.yaml allows, and the newest that the schemas know.
KUBERNETES = ("1.27", "1.36")
DEFAULT = rendered()
WHOLE = rendered(EVERYTHING)
CONTAINERS = {each.name: each for each in containers(WHOLE)}
# What Compose's services are called here.
COMPONENTS = {name: name for name in LASTING if name != "flower"} | {"migrate": "migrate"}


@pytest.fixture(params=sorted(CONTAINERS))
def container(request: pytest.FixtureRequest) -> Container:
    return CONTAINERS[request.param]


def test_chart_has_no_findings() -> None:
    findings = helm.lint(str(CHART))
    serious = [each for each in findings["messages"] if each["severity"] > 1]
    assert (serious, findings["errors"]) == ([], [])


def test_chart_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with helm.Chart.load(str(CHART)) as chart:
        assert chart.metadata["appVersion"] == project["version"]


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("manifests", [DEFAULT, WHOLE], ids=["default", "everything"])
def test_manifests_are_valid(manifests: list[Manifest], version: str) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_manifest_with_a_wrong_field_is_not_valid() -> None:
    (beat,) = (each for each in DEFAULT if each["metadata"]["name"] == "overheard-beat")
    wrong = beat | {"spec": beat["spec"] | {"replica": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES[-1], strict=True)


def test_every_service_of_compose_has_its_container() -> None:
    assert set(CONTAINERS) == set(COMPONENTS)


def test_nothing_optional_is_there_by_default() -> None:
    kinds = [(each["kind"], each["metadata"]["name"]) for each in DEFAULT]
    assert sorted(kinds) == [
        ("Deployment", "overheard-beat"),
        ("Deployment", "overheard-web"),
        ("Deployment", "overheard-worker-ops"),
        ("Deployment", "overheard-worker-parse"),
        ("Deployment", "overheard-worker-poll"),
        ("Job", "overheard-migrate"),
        ("NetworkPolicy", "overheard-closed"),
        ("NetworkPolicy", "overheard-web"),
        ("Service", "overheard-web"),
    ]


def test_container_runs_the_command_of_compose(container: Container) -> None:
    service = OURS[container.name]
    words = [str(word) for word in container.text["command"]]
    assert words[: len(service["command"])] == service["command"]
    assert set(words[len(service["command"]) :]) <= {"--concurrency", "1", "2"}


def test_container_has_the_memory_of_compose(container: Container) -> None:
    memory = container.text["resources"]["limits"]["memory"]
    assert in_bytes(memory.removesuffix("i").lower()) == in_bytes(OURS[container.name]["mem_limit"])


def test_container_is_confined(container: Container) -> None:
    assert container.text["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    user, _, group = OURS[container.name]["user"].partition(":")
    assert container.pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user),
        "runAsGroup": int(group),
        "fsGroup": int(group),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container.pod["automountServiceAccountToken"] is False


def test_service_links_make_no_settings(container: Container) -> None:
    assert container.pod["enableServiceLinks"] is False


def test_container_writes_where_compose_lets_it(container: Container) -> None:
    volumes = [each.split(":")[1] for each in OURS[container.name].get("volumes", [])]
    assert set(container.mounts) == {"/tmp", *volumes}
    kinds = {each["name"]: each for each in container.pod["volumes"]}
    assert kinds[container.mounts["/tmp"]]["emptyDir"] == {"medium": "Memory", "sizeLimit": "64Mi"}


def test_containers_of_a_pod_share_the_index_alone() -> None:
    web, indexer = CONTAINERS["web"].mounts, CONTAINERS["indexer"].mounts
    assert set(web.values()) & set(indexer.values()) == {"search"}


def test_container_knows_the_secrets_that_compose_gives_it(container: Container) -> None:
    keys = {
        "OVERHEARD_DATABASE_URL": "database-url",
        "OVERHEARD_BROKER_URL": "broker-url",
        "OVERHEARD_MIGRATION_DATABASE_URL": "owner-database-url",
    }
    wanted = {
        name: key for name, key in keys.items() if name in OURS[container.name]["environment"]
    }
    assert container.secrets == wanted | {"OVERHEARD_METRICS_TOKEN": "metrics-token"}


def test_values_of_compose_are_the_same_here(container: Container) -> None:
    """Where a variable of a service has a fixed value in both."""
    compose = OURS[container.name]["environment"]
    own = {"OVERHEARD_SPEECH": "true", "OVERHEARD_TRUSTED_PROXIES": _proxies()}
    for name, value in container.values.items():
        assert value == own.get(name, interpolated(str(compose[name]))), name


def _proxies() -> str:
    """Those of Compose, without this host: a pod has no proxy on its own loopback."""
    named = interpolated(OURS["web"]["environment"]["OVERHEARD_TRUSTED_PROXIES"])
    return named.removeprefix("127.0.0.1,")


def test_no_variable_is_there_twice(container: Container) -> None:
    names = [each["name"] for each in container.text["env"]]
    assert sorted(set(names)) == sorted(names)


def test_variable_of_the_chart_is_refused_among_the_settings(container: Container) -> None:
    own = {*container.values, *container.secrets} - {*EVERYTHING["secretSettings"]}
    for name in own - {"OVERHEARD_CONTACT_URL"}:
        with pytest.raises(helm.HelmError, match=name):
            _validate({"settings": {name: "1"}})


def test_every_variable_is_a_setting(container: Container) -> None:
    settings = {f"OVERHEARD_{field.upper()}" for field in Settings.model_fields}
    assert {*container.values, *container.secrets} <= settings


def test_container_is_probed_by_the_check_of_compose(container: Container) -> None:
    if container.name in {"migrate", "web"}:
        return
    check = OURS[container.name]["healthcheck"]["test"][1:]
    for name, probe in container.probes.items():
        command = probe["exec"]["command"]
        assert command == ([*check, "--ready"] if name == "readinessProbe" else check)
        assert probe["timeoutSeconds"] <= probe["periodSeconds"] or name == "startupProbe"


def test_pages_are_probed_at_their_health_addresses() -> None:
    addresses = {name: probe["httpGet"]["path"] for name, probe in CONTAINERS["web"].probes.items()}
    assert addresses == {
        "startupProbe": "/health/live",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }


def test_a_pod_has_the_grace_period_of_compose(container: Container) -> None:
    grace = seconds(OURS[container.name]["stop_grace_period"])
    assert container.pod["terminationGracePeriodSeconds"] == grace


def test_every_queue_of_compose_has_a_worker() -> None:
    served = {queue for each in OURS.values() for queue in queues_of(each)}
    here = {queue for each in CONTAINERS.values() for queue in queues_of(dict(each.text))}
    assert here == served


def test_selectors_choose_the_pods_of_their_own_component() -> None:
    for manifest in WHOLE:
        if manifest["kind"] == "Deployment":
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert manifest["spec"]["selector"]["matchLabels"] == labels
    (service,) = (each for each in WHOLE if each["kind"] == "Service")
    assert service["spec"]["selector"]["app.kubernetes.io/component"] == "web"


def test_the_migration_runs_before_everything_else() -> None:
    (job,) = (each for each in DEFAULT if each["kind"] == "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"


def test_only_the_pages_accept_connections() -> None:
    policies = {
        each["metadata"]["name"]: each["spec"]
        for each in DEFAULT
        if each["kind"] == "NetworkPolicy"
    }
    assert "ingress" not in policies["overheard-closed"]
    assert (
        policies["overheard-web"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        == "web"
    )


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"worker": {}}, "worker"),
        ({"settings": {"OVERHEARD_BROKER_URL": "redis://host"}}, "OVERHEARD_BROKER_URL"),
        ({"settings": {"OVERHEARD_SPEECH_MODEL": "small"}}, "OVERHEARD_SPEECH_MODEL"),
        ({"settings": {"CONTACT_URL": "https://a.example"}}, "CONTACT_URL"),
        ({"settings": {"OVERHEARD_CONCURRENCY": 2}}, "OVERHEARD_CONCURRENCY"),
        ({"web": {"memory": "lots"}}, "memory"),
        ({"workers": {"poll": {"queues": ["pole"]}}}, "queues"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(helm.HelmError, match=re.escape(named)):
        _validate(values)


def test_an_ingress_without_a_host_is_refused() -> None:
    with pytest.raises(helm.HelmError, match=r"ingress\.host"):
        rendered({"ingress": {"enabled": True}})


def test_values_of_the_chart_agree_with_its_schema() -> None:
    _validate({})
    _validate(EVERYTHING)


def _validate(values: dict[str, Any]) -> None:
    with helm.Chart.load(str(CHART)) as chart:
        chart.validate_schema(chart.merge_values(values))
