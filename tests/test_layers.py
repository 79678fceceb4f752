"""Imports point down only: cli, app → deployment → http → pipeline → models."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The first prefix that fits gives a module's layer; a module imports from its own layer and those below.
LAYERS = (
    ("models", 0),
    ("service.errors", 1),
    ("service.garbage", 1),
    ("service.machine", 1),
    ("service.streams", 1),
    ("service.printable", 1),
    ("service.section", 1),
    ("service.store", 1),
    ("service.pipeline", 1),
    ("service.auth", 2),
    ("service.config", 2),
    ("service.validation", 2),
    ("service.limits", 2),
    ("service.loading", 2),
    ("service.logging", 2),
    ("service.metering", 2),
    ("service.documents", 2),
    ("service.glossaries", 2),
    ("service.accounts", 2),
    ("service.metrics", 2),
    ("service.log_relay", 2),
    ("service.serving", 2),
    ("service.http", 3),
    ("service.assembly", 4),
    ("service.haproxy", 5),
    ("service.ray_environment", 5),
    ("service.port_claims", 5),
    ("service.ray_sessions", 5),
    ("service.ray_start", 5),
    ("service.replica_port", 5),
    ("service.remote_engine", 5),
    ("service.replicas", 5),
    ("service.signals", 5),
    ("service.deployment", 5),
    ("service", 6),
)

# Where each heavy package may be imported at all.
HOMES = {
    "ray": (
        "service.deployment",
        "service.haproxy.template",
        "service.remote_engine",
        "service.replica_port",
        "service.replicas",
        "service.app",
        "service.doctor",
    ),
    "fastapi": ("service.http", "service.assembly", "service.replicas"),
    "starlette": ("service.http", "service.assembly", "service.replicas", "service.haproxy.answers"),
    "uvicorn": ("service.http",),
    "prometheus_client": ("service.metrics", "service.replicas"),
    "pydantic": (
        "service.auth.settings",
        "service.documents.jobs.settings",
        "service.glossaries.settings",
        "service.config",
        "service.section",
        "service.store.settings",
        "service.validation",
        "service.http",
        "service.cli",
        "service.key_commands",
    ),
    "sqlalchemy": ("service.store", "service.usage_report"),
    "alembic": ("service.store",),
    "psutil": ("service.exposure",),
    "lxml": ("service.documents",),
    "fsspec": ("service.documents.jobs.files",),
    "cryptography": ("service.documents.jobs.sealing",),
    "polib": ("service.documents.formats.gettext",),
    "typer": (
        "service.cli",
        "service.console",
        "service.document_command",
        "service.key_commands",
        "service.text_commands",
        "service.options",
    ),
}

NOT_INSTALLED = ("loadtests", "tests", "training")
"""Folders of the repository that the wheel does not hold."""

DATA = (
    "models.arrays",
    "models.copy_rule",
    "models.errors",
    "models.key_map",
    "models.spec",
    "models.engine.extraction",
    "models.engine.limits",
    "models.engine.request",
)
"""Modules that say what things are, and do nothing with them."""

READERS_OF_FOLDERS = ("bergamot_folder", "bergamot_safetensors", "hugging_face", "parts", "tokenizers")
"""The other families say what a network is like and what its tensors are called."""

# The first prefix that fits says what else of `models` such modules may import, at any place of theirs.
BOUNDS = (
    *((module, DATA) for module in DATA),
    *((f"models.families.{reader}", ("models",)) for reader in READERS_OF_FOLDERS),
    ("models.families.tying", (*DATA, "models.families", "models.weight_files")),
    ("models.families", (*DATA, "models.families", "models.alignment")),
    ("models.native", ("models.native", "models.arrays")),
    ("models.engine.search", ("models.engine", "models.arrays", "models.errors")),
)

TEXT = (
    "models.tokenizer",
    "models.hub_tokenizer",
    "models.byte_tokenizer",
    "models.marian_tokenizer",
    "models.multilingual_tokenizer",
    "models.sentencepiece_tokenizer",
    "models.added_tokens",
    "models.graphemes",
    "models.language_tokens",
    "models.language_groups",
    "models.task_settings",
    "models.families",
    "models.loading",
)
"""What knows text or checkpoints: nothing for the engine."""

ROOMS = ("models.engine.scores", "models.engine.search", "models.engine.rows")
"""Each may know those before it."""

OF_THE_PIPELINE = (
    "service.pipeline.glossary.terms",
    "service.pipeline.languages",
    "service.pipeline.markup.options",
    "service.pipeline.notices",
    "service.pipeline.summarization.types",
    "service.pipeline.types",
)
"""What dialects may know: languages, terms, what answers say, and what to ask `service.serving` with."""

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


def imported_for_types_too(path: Path) -> Iterator[str]:
    """As `imported`, with what is for type checking alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def circles(graph: Mapping[str, Set[str]]) -> list[list[str]]:
    """Modules that reach each other, a list for each such group; by Tarjan's algorithm (1972)."""
    found: list[list[str]] = []
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        path.append(module)
        for below in graph[module]:
            if below not in order:
                visit(below)
            if below in path:
                lowest[module] = min(lowest[module], lowest[below])
        if lowest[module] == order[module]:
            group = path[path.index(module) :]
            del path[-len(group) :]
            if len(group) > 1 or module in graph[module]:
                found.append(sorted(group))

    for module in graph:
        if module not in order:
            visit(module)
    return found


def modules_of(names: Iterable[str], known: Set[str]) -> set[str]:
    """The modules that hold these names, `package.module.name` or a module's own."""
    return {
        name if name in known else parent
        for name in names
        if name in known or (parent := name.rpartition(".")[0]) in known
    }


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


def test_no_module_imports_itself_by_others_types_included() -> None:
    """A package's `__init__` counts as a module of its own, not as what everything inside it imports."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for folder in ("models", "service", *NOT_INSTALLED)
        for path in (ROOT / folder).rglob("*.py")
    }
    graph = {
        module: modules_of(imported_for_types_too(path), paths.keys()) - {module}
        for module, path in paths.items()
    }
    assert circles(graph) == []


def test_circles_are_found() -> None:
    graph = {"a": {"b", "d"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": set[str](), "f": {"g"}, "g": {"f"}}
    assert sorted(circles(graph)) == [["a", "b", "c"], ["f", "g"]]


@pytest.mark.parametrize(("module", "path"), [pair for pair in ALL if within(pair[0], "models")], ids=str)
def test_modules_know_no_more_than_their_kind_may(module: str, path: Path) -> None:
    allowed = next((packages for prefix, packages in BOUNDS if within(module, prefix)), ("models",))
    names = [name for name in imported_for_types_too(path) if within(name, "models")]
    strays = [name for name in names if not any(within(name, package) for package in allowed)]
    if within(module, "models.engine"):
        strays += [name for name in names if any(within(name, package) for package in TEXT)]
    for rank, room in enumerate(ROOMS):
        if within(module, room):
            strays += [name for name in names if any(within(name, later) for later in ROOMS[rank + 1 :])]
    assert not strays, f"{module} imports {strays}"


@pytest.mark.parametrize("path", sorted((ROOT / "service" / "http" / "dialects").rglob("*.py")), ids=str)
def test_dialects_ask_the_models_through_serving_alone(path: Path) -> None:
    names = [name for name in imported_for_types_too(path) if within(name, "service.pipeline")]
    assert not [name for name in names if not any(within(name, known) for known in OF_THE_PIPELINE)]


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
            ("torch", "transformers", "ray", "fastapi", "pydantic", "matplotlib", "lingua", "sqlalchemy"),
        ),
    ],
)
def test_importing_stays_light(statement: str, absent: tuple[str, ...]) -> None:
    script = f"import sys; {statement}; print(*(m for m in {absent!r} if m in sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
