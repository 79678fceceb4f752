"""Checks of Ray: that it runs a task, and who reaches what of it, here and on a cluster's nodes."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from crosslate.service.local_ray import exposure
from crosslate.service.local_ray.exposure import Listener, describe
from crosslate.service.local_ray.finding import Finding

RAY_START_LIMIT_S = 90

_RAY_PROBE = """
import sys
import ray

address = sys.argv[1]
ray.init(
    address=address,
    num_cpus=1 if address == "local" else None,
    include_dashboard=False,
    log_to_driver=False,
    configure_logging=False,
)
answer = ray.remote(lambda: 42)
assert ray.get(answer.remote(), timeout=60) == 42
ray.shutdown()
"""
_NODES_PROBE = """
import sys
from crosslate.service.local_ray.ray_checks import look_at_nodes

look_at_nodes(sys.argv[1], float(sys.argv[2]))
"""
_CLUSTER_REMEDY = "check that the cluster runs, with this version of Ray and of Python"
_SEVERITY = ("ok", "warn", "fail")


def check_exposure() -> Finding:
    """What of a Ray that runs on this machine can be reached from others, and what asks who they are."""
    return _judged(exposure.find_listeners())


def _judged(listeners: Sequence[Listener]) -> Finding:
    reached = [listener for listener in listeners if not listener.is_local]
    doors = [listener for listener in reached if listener.is_proxy]
    inner = [listener for listener in reached if not listener.is_proxy]
    if not listeners:
        return Finding("ok", "no Ray of this user runs on this machine")
    if open_doors := [listener for listener in inner if not listener.asks_for_token]:
        return Finding(
            "fail",
            f"whoever reaches these ports can run programs here: {describe(open_doors)}",
            "set RAY_AUTH_MODE=token for `ray start` on every node and for `crosslate serve`, after "
            "`ray get-auth-token --generate`; or let a firewall keep all but the cluster's nodes out",
        )
    if inner:
        detail = f"other machines reach {describe([*doors, *inner])}; to run programs takes Ray's token"
        remedy = "let a firewall keep all but the cluster's nodes from every port but the service's own"
        return Finding("warn", detail, remedy)
    if doors:
        detail = (
            f"{_counted(listeners)}, of which other machines reach {describe(doors)}, which asks for nothing"
        )
        return Finding("warn", detail, "put something before it that knows who may use it")
    return Finding("ok", f"{_counted(listeners)}, for this machine only")


def _counted(listeners: Sequence[Listener]) -> str:
    return "1 port" if len(listeners) == 1 else f"{len(listeners)} ports"


def in_cluster() -> bool:
    """Whether `RAY_ADDRESS` names a Ray that is there already."""
    return _address() != "local"


def _address() -> str:
    return os.environ.get("RAY_ADDRESS", "local")


def check_ray(limit_s: float = RAY_START_LIMIT_S) -> Finding:
    """A small task runs on a fresh local Ray, or on the cluster that `RAY_ADDRESS` names."""
    if in_cluster():
        where, remedy = f"the cluster at {_address()}", _CLUSTER_REMEDY
    else:
        where = "a local Ray"
        remedy = "stop other Ray processes with `ray stop`; look at the newest session folder under /tmp/ray"
    try:
        _run(_RAY_PROBE, _address(), limit_s=limit_s)
    except subprocess.TimeoutExpired:
        return Finding("fail", f"{where} did not answer within {limit_s:.0f} s", remedy)
    except subprocess.CalledProcessError as error:
        return Finding("fail", f"{where} failed: {_last_line(error)}", remedy)
    return Finding("ok", f"{importlib.metadata.version('ray')}: {where} ran a task")


def check_nodes(limit_s: float = RAY_START_LIMIT_S) -> Finding:
    """As `check_exposure`, on every node of the cluster that `RAY_ADDRESS` names."""
    try:
        found = json.loads(_run(_NODES_PROBE, _address(), str(limit_s / 2), limit_s=limit_s).splitlines()[-1])
    except subprocess.TimeoutExpired:
        return Finding("fail", f"its nodes did not answer within {limit_s:.0f} s", _CLUSTER_REMEDY)
    except subprocess.CalledProcessError as error:
        return Finding("fail", f"its nodes could not be looked at: {_last_line(error)}", _CLUSTER_REMEDY)
    findings = {node: _of_node(answer) for node, answer in found.items()}
    worst = max(findings.values(), key=lambda finding: _SEVERITY.index(finding.status))
    details = "; ".join(f"{node}: {finding.detail}" for node, finding in findings.items())
    return dataclasses.replace(worst, detail=details)


def _of_node(answer: str | list[Mapping[str, object]]) -> Finding:
    if isinstance(answer, str):
        remedy = "install this version of Crosslate on every node, and see that the node runs tasks"
        return Finding("warn", f"could not be looked at: {answer}", remedy)
    return _judged([Listener(**fields) for fields in answer])  # type: ignore[arg-type]


def look_at_nodes(address: str, limit_s: float) -> None:
    """Print, as JSON, what listens on each node that is alive, or why that is not known."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    def look() -> list[dict[str, object]]:
        others = (found for found in exposure.find_listeners() if found.pid != os.getpid())
        return [dataclasses.asdict(listener) for listener in others]

    ray.init(address=address, log_to_driver=False, configure_logging=False)
    task = ray.remote(num_cpus=0)(look)
    asked = {
        node["NodeManagerAddress"]: task.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        ).remote()
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"]
    }
    ray.wait(list(asked.values()), num_returns=len(asked), timeout=limit_s)
    found: dict[str, object] = {}
    for node, answer in asked.items():
        try:
            found[node] = ray.get(answer, timeout=0)
        except ray.exceptions.RayError as error:
            found[node] = str(error).strip().splitlines()[-1]
    print(json.dumps(found))
    ray.shutdown()


def _run(probe: str, *arguments: str, limit_s: float) -> str:
    """What it printed; raises what `subprocess.run` does."""
    from crosslate.service.local_ray.ray_environment import RAY_DEFAULTS
    from crosslate.service.local_ray.ray_token import token_variables

    done: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-c", probe, *arguments],
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=True,
        env={**os.environ, **RAY_DEFAULTS, **token_variables(os.environ)},
    )
    return done.stdout


def _last_line(error: subprocess.CalledProcessError) -> str:
    return (str(error.stderr).strip().splitlines() or ["no message"])[-1]
