"""Imports point down only: cli, app → deployment → http → pipeline → models."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The first prefix that fits gives a module's layer; a module imports from its own layer and those below.
LAYERS = (
    ("models", 0),
    ("service.errors", 1),
    ("service.machine", 1),
    ("service.streams", 1),
    ("service.printable", 1),
    ("service.pipeline", 1),
    ("service.config", 2),
    ("service.validation", 2),
    ("service.loading", 2),
    ("service.logging", 2),
    ("service.metering", 2),
    ("service.metrics", 2),
    ("service.log_relay", 2),
    ("service.http", 3),
    ("service.assembly", 4),
    ("service.haproxy", 5),
    ("service.haproxy_edits", 5),
    ("service.haproxy_template", 5),
    ("service.ray_environment", 5),
    ("service.ray_start", 5),
    ("service.replica_port", 5),
    ("service.replicas", 5),
    ("service.deployment", 5),
    ("service", 6),
)

# Where each heavy package may be imported at all.
HOMES = {
    "ray": (
        "service.deployment",
        "service.haproxy_template",
        "service.replica_port",
        "service.replicas",
        "service.app",
        "service.doctor",
    ),
    "fastapi": ("service.http", "service.assembly", "service.replicas"),
    "starlette": ("service.http", "service.assembly", "service.replicas"),
    "uvicorn": ("service.http",),
    "prometheus_client": ("service.metrics", "service.replicas"),
    "pydantic": (
        "service.config",
        "service.validation",
        "service.http",
        "service.cli",
    ),
    "psutil": ("service.exposure",),
    "typer": ("service.cli", "service.console", "service.options"),
}

NOT_INSTALLED = ("loadtests", "tests", "training")
"""Folders of the repository that the wheel does not hold."""

TORCH_FREE = ("models.engine.request", "models.engine.scheduler", "models.engine.sequence")


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("models", "service"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(path: Path, module: str) -> Iterator[str]:
    """Full names of what a file imports, inside functions too, but not for type checking alone."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def layer(name: str) -> int | None:
    return next((rank for package, rank in LAYERS if within(name, package)), None)


ALL = list(modules())


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_a_module_imports_only_from_its_layer_and_below(module: str, path: Path) -> None:
    own = layer(module)
    assert own is not None
    above = [name for name in imported(path, module) if (rank := layer(name)) is not None and rank > own]
    assert not above, f"{module} (layer {own}) imports {above}"


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_heavy_packages_stay_at_home(module: str, path: Path) -> None:
    strays = [
        name
        for name in imported(path, module)
        for package, homes in HOMES.items()
        if within(name, package) and not any(within(module, home) for home in homes)
    ]
    assert not strays, f"{module} imports {strays}"


@pytest.mark.parametrize(("module", "path"), ALL, ids=[name for name, _ in ALL])
def test_what_is_installed_needs_nothing_that_is_not(module: str, path: Path) -> None:
    strays = [name for name in imported(path, module) for folder in NOT_INSTALLED if within(name, folder)]
    assert not strays, f"{module} imports {strays}"


def test_the_wheel_holds_the_two_packages_only() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"] == {"packages": ["models", "service"]}


@pytest.mark.parametrize("module", TORCH_FREE)
def test_planning_needs_no_torch(module: str) -> None:
    path = dict(ALL)[module]
    assert not [name for name in imported(path, module) if within(name, "torch")]


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import models", ("ray", "fastapi", "pydantic", "prometheus_client")),
        (
            "import service.cli",
            ("torch", "transformers", "ray", "fastapi", "pydantic", "matplotlib", "lingua"),
        ),
    ],
)
def test_importing_stays_light(statement: str, absent: tuple[str, ...]) -> None:
    script = f"import sys; {statement}; print(*(m for m in {absent!r} if m in sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
