"""The Helm chart, rendered by Helm's own engine for several sets of values, and Kubernetes' schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosslate.service.settings.config import Settings

CHART = Path(__file__).parents[2] / "deploy" / "kubernetes"
INSTALL = "needs Helm's engine and Kubernetes' schemas: uv sync --group deploy"
chart = pytest.importorskip("helm_python.chart", reason=INSTALL)
kubernetes_validate = pytest.importorskip("kubernetes_validate", reason=INSTALL)

VERSIONS = ("1.25", "1.37")
STORED = {
    "models": {"enabled": True},
    "secretFiles": [{"env": "HF_TOKEN_PATH", "secretName": "hub", "key": "token"}],
    "env": [{"name": "TZ", "value": "UTC"}],
    "tolerations": [{"operator": "Exists"}],
    "imagePullSecrets": [{"name": "registry"}],
}
VALUES: dict[str, dict[str, Any]] = {
    "deployment": {},
    "deployment with all": {**STORED, "networkPolicy": {"from": [{"podSelector": {}}]}},
    "deployment with little": {
        "podDisruptionBudget": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "settings": {"drain_timeout_s": 90.5},
    },
    "deployment with operation port": {"settings": {"operation_port": 9000}},
    "rayservice with operation port": {"mode": "rayservice", "settings": {"operation_port": 9000}},
    "deployment with HAProxy's metrics": {"haproxyMetricsPort": 9101},
    "rayservice": {"mode": "rayservice"},
    "rayservice with all": {
        "mode": "rayservice",
        **STORED,
        "ray": {
            "authSecret": "ray-token",
            "operatorNamespace": "kuberay",
            "gcsFaultTolerance": {
                "redisAddress": "redis:6379",
                "username": "ray",
                "password": {"secretName": "redis", "key": "password"},
            },
        },
    },
}
all_values = pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
Manifest = dict[str, Any]


def render(values: dict[str, Any]) -> dict[str, Manifest]:
    """The manifests, by kind."""
    with chart.Chart.load(CHART) as loaded:
        texts = loaded.render(values, name="demo", namespace="apps").values()
    found = [manifest for text in texts for manifest in yaml.safe_load_all(text) if manifest]
    assert len({manifest["kind"] for manifest in found}) == len(found)
    return {manifest["kind"]: manifest for manifest in found}


def pod_templates(manifests: dict[str, Manifest]) -> list[Manifest]:
    if "Deployment" in manifests:
        return [manifests["Deployment"]["spec"]["template"]]
    cluster = manifests["RayService"]["spec"]["rayClusterConfig"]
    return [group["template"] for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


@all_values
def test_the_chart_passes_lint(values: dict[str, Any]) -> None:
    report = chart.lint(CHART, values, strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


@all_values
@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_are_what_kubernetes_takes(values: dict[str, Any], version: str) -> None:
    manifests = render(values)
    assert ("RayService" in manifests) == (values.get("mode") == "rayservice")
    for kind, manifest in manifests.items():
        if kind != "RayService":  # of KubeRay's, which has no schema here
            kubernetes_validate.validate(manifest, version, strict=True)
    for template in pod_templates(manifests):
        pod = {
            "apiVersion": "v1",
            "kind": "PodTemplate",
            "metadata": {"name": "pod"},
            "template": template,
        }
        kubernetes_validate.validate(pod, version, strict=True)


@all_values
def test_settings_are_settings(values: dict[str, Any]) -> None:
    manifests = render(values)
    if "ConfigMap" in manifests:
        settings = yaml.safe_load(manifests["ConfigMap"]["data"]["crosslate.yaml"])
    else:
        serve = yaml.safe_load(manifests["RayService"]["spec"]["serveConfigV2"])
        (application,) = serve["applications"]
        settings = application["args"]
        example = yaml.safe_load((CHART.parent / "serve.yaml").read_text(encoding="utf-8"))
        assert application["import_path"] == example["applications"][0]["import_path"]
        assert (serve["proxy_location"], serve["http_options"]) == (
            example["proxy_location"],
            example["http_options"],
        )
    Settings.model_validate(settings)


@all_values
def test_pods_have_few_rights_and_time_to_drain(values: dict[str, Any]) -> None:
    for template in pod_templates(render(values)):
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["automountServiceAccountToken"] is False
        drain_s = values.get("settings", {}).get("drain_timeout_s", Settings().drain_timeout_s)
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            waits_s = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
            assert spec["terminationGracePeriodSeconds"] >= waits_s + drain_s + 30
            mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
            volumes = {volume["name"]: volume for volume in spec["volumes"]}
            assert {"/tmp", "/dev/shm", "/home/crosslate"} <= set(mounts)
            assert volumes[mounts["/dev/shm"]]["emptyDir"]["medium"] == "Memory"
            assert set(mounts.values()) == set(volumes)


@all_values
def test_probes_need_no_program_in_the_image(values: dict[str, Any]) -> None:
    for template in pod_templates(render(values)):
        for container in template["spec"]["containers"]:
            # KubeRay adds its own, which run wget, where one of these is missing.
            for probe in ("readinessProbe", "livenessProbe"):
                assert "httpGet" in container[probe]


@pytest.mark.parametrize("mode", ["deployment", "rayservice"])
def test_probes_ask_where_the_settings_have_them(mode: str) -> None:
    manifests = render({"mode": mode, "settings": {"operation_port": 9000}})
    (container,) = pod_templates(manifests)[-1]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 9000}
    assert (False, [9000]) in open_ports(manifests)


@pytest.mark.parametrize("mode", ["deployment", "rayservice"])
def test_haproxys_metrics_are_for_the_cluster(mode: str) -> None:
    manifests = render({"mode": mode, "haproxyMetricsPort": 9101})
    (container,) = pod_templates(manifests)[-1]["spec"]["containers"]
    assert {"name": "RAY_SERVE_HAPROXY_METRICS_PORT", "value": "9101"} in container["env"]
    assert (False, [9101]) in open_ports(manifests)


def test_starting_may_take_as_long_as_the_settings_say() -> None:
    manifests = render({"settings": {"startup_timeout_s": 1801}})
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["startupProbe"]["failureThreshold"] * container["startupProbe"]["periodSeconds"] > 1801


def open_ports(manifests: dict[str, Manifest]) -> Iterator[tuple[bool, list[int]]]:
    """Of each rule of the NetworkPolicy: whether it is for everyone, and the ports (none: all)."""
    for rule in manifests["NetworkPolicy"]["spec"]["ingress"]:
        yield "from" not in rule, [port["port"] for port in rule.get("ports", ())]


def test_only_the_service_is_open_to_all() -> None:
    assert list(open_ports(render({}))) == [(True, [8000])]
    assert list(open_ports(render({"mode": "rayservice"}))) == [
        (True, [8000]),
        (False, []),
        (False, [8265, 8000]),
    ]


@all_values
def test_what_selects_pods_finds_them(values: dict[str, Any]) -> None:
    manifests = render(values)
    for template in pod_templates(manifests):
        labels = template["metadata"]["labels"].items()
        for kind in {"NetworkPolicy", "PodDisruptionBudget"} & set(manifests):
            spec = manifests[kind]["spec"]
            assert (spec.get("podSelector") or spec["selector"])["matchLabels"].items() <= labels
        selector = dict(manifests["Service"]["spec"]["selector"])
        assert (selector.pop("ray.io/node-type", None) == "worker") == ("RayService" in manifests)
        assert selector.items() <= labels


def test_a_rayservice_asks_for_a_token() -> None:
    cluster = render(VALUES["rayservice"])["RayService"]["spec"]["rayClusterConfig"]
    assert cluster["authOptions"] == {"mode": "token"}
    cluster = render(VALUES["rayservice with all"])["RayService"]["spec"]["rayClusterConfig"]
    assert cluster["authOptions"] == {"mode": "token", "secretName": "ray-token"}


def test_a_redis_keeps_what_the_head_knows_if_there_is_one() -> None:
    cluster = render(VALUES["rayservice"])["RayService"]["spec"]["rayClusterConfig"]
    assert "gcsFaultToleranceOptions" not in cluster
    cluster = render(VALUES["rayservice with all"])["RayService"]["spec"]["rayClusterConfig"]
    assert cluster["gcsFaultToleranceOptions"] == {
        "redisAddress": "redis:6379",
        "redisUsername": {"value": "ray"},
        "redisPassword": {"valueFrom": {"secretKeyRef": {"name": "redis", "key": "password"}}},
    }


def test_secrets_are_files() -> None:
    (template,) = pod_templates(render(VALUES["deployment with all"]))
    (container,) = template["spec"]["containers"]
    path = next(entry["value"] for entry in container["env"] if entry["name"] == "HF_TOKEN_PATH")
    assert Path(path).parent.as_posix() in [mount["mountPath"] for mount in container["volumeMounts"]]
    assert "secretKeyRef" not in json.dumps(template)


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "pod"},
        {"repicas": 2},
        {"settings": {"port": 9}},
        {"secretFiles": [{"env": "A"}]},
        {"ray": {"authsecret": "a"}},
        {"ray": {"gcsFaultTolerance": {"password": {"secretName": "redis", "key": "password"}}}},
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any]) -> None:
    with chart.Chart.load(CHART) as loaded, pytest.raises(Exception, match=next(iter(values))):
        loaded.validate_schema(values)
