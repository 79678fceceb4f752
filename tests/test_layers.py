"""Imports point down only: cli, app → deployment → http → pipeline → models."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The first prefix that fits gives a module's layer; a module imports from its own layer and those below.
LAYERS = (
    ("crosslate.models", 0),
    ("crosslate.service.errors", 1),
    ("crosslate.service.process.garbage", 1),
    ("crosslate.service.process.machine", 1),
    ("crosslate.service.process.user_folders", 1),
    ("crosslate.service.process.weights_folder", 2),
    ("crosslate.service.process.signals", 5),
    ("crosslate.service.process.lost_interrupts", 5),
    ("crosslate.service.problems", 1),
    ("crosslate.service.section", 1),
    ("crosslate.service.store", 1),
    ("crosslate.service.pipeline", 1),
    ("crosslate.service.auth", 2),
    ("crosslate.service.settings.config", 2),
    ("crosslate.service.settings.replica_settings", 2),
    ("crosslate.service.settings.config_sources", 2),
    ("crosslate.service.settings.validation", 2),
    ("crosslate.service.settings.plain_words", 2),
    ("crosslate.service.settings.unique_keys", 2),
    ("crosslate.service.settings.served_origins", 2),
    ("crosslate.service.local_ray.port_owner", 5),
    ("crosslate.service.loading.kernels", 2),
    ("crosslate.service.loading.loading", 2),
    ("crosslate.service.logs.printable", 1),
    ("crosslate.service.logs.recurring", 1),
    ("crosslate.service.logs", 2),
    ("crosslate.service.documents", 2),
    ("crosslate.service.glossaries", 2),
    ("crosslate.service.serving", 2),
    ("crosslate.service.tracing", 2),
    ("crosslate.service.http", 3),
    ("crosslate.service.assembly", 4),
    ("crosslate.service.haproxy", 5),
    ("crosslate.service.local_ray.ray_environment", 5),
    ("crosslate.service.local_ray.ray_folder", 5),
    ("crosslate.service.local_ray.ray_token", 5),
    ("crosslate.service.local_ray.port_claims", 5),
    ("crosslate.service.local_ray.ray_sessions", 5),
    ("crosslate.service.local_ray.ray_start", 5),
    ("crosslate.service.local_ray.ray_watch", 5),
    ("crosslate.service.local_ray.process_tree", 5),
    ("crosslate.service.local_ray.cluster_application", 5),
    ("crosslate.service.local_ray.ray_errors", 5),
    ("crosslate.service.local_ray.ray_runtime", 5),
    ("crosslate.service.terminal.serve_log", 5),
    ("crosslate.service.terminal.stages", 5),
    ("crosslate.service.deployment", 5),
    ("crosslate.service", 6),
    ("crosslate.client", -1),
    ("crosslate.__main__", 6),
    ("crosslate", 0),
)

# Where each heavy package may be imported at all.
HOMES = {
    "ray": (
        "crosslate.service.local_ray.cluster_application",
        "crosslate.service.local_ray.ray_errors",
        "crosslate.service.local_ray.ray_runtime",
        "crosslate.service.deployment",
        "crosslate.service.haproxy.template",
        "crosslate.service.app",
        "crosslate.service.local_ray.ray_checks",
    ),
    "fastapi": (
        "crosslate.service.http",
        "crosslate.service.assembly",
        "crosslate.service.deployment.replicas",
    ),
    "starlette": (
        "crosslate.service.http",
        "crosslate.service.assembly",
        "crosslate.service.deployment.replicas",
        "crosslate.service.haproxy.answers",
        "crosslate.service.haproxy.cross_origin",
    ),
    "uvicorn": ("crosslate.service.http",),
    "opentelemetry": (
        "crosslate.service.tracing.engine",
        "crosslate.service.tracing.tracing",
        "crosslate.service.http.tracing",
    ),
    "prometheus_client": (
        "crosslate.service.serving.metrics",
        "crosslate.service.serving.engine_metrics",
        "crosslate.service.deployment.replicas",
    ),
    "pydantic": (
        "crosslate.service.auth.settings",
        "crosslate.service.documents.jobs.settings",
        "crosslate.service.documents.jobs.stored",
        "crosslate.service.glossaries.settings",
        "crosslate.service.settings.config",
        "crosslate.service.settings.replica_settings",
        "crosslate.service.settings.config_sources",
        "crosslate.service.section",
        "crosslate.service.store.settings",
        "crosslate.service.tracing.settings",
        "crosslate.service.settings.validation",
        "crosslate.service.http",
        "crosslate.service.commands.cli",
        "crosslate.service.commands.key_commands",
    ),
    "sqlalchemy": ("crosslate.service.store", "crosslate.service.commands.usage_report"),
    "alembic": ("crosslate.service.store",),
    "psutil": ("crosslate.service.local_ray.exposure", "crosslate.service.local_ray.process_tree"),
    "httpx": ("crosslate.client", "crosslate.service.commands.known_models"),
    "lxml": ("crosslate.service.documents", "crosslate.service.glossaries.tmx"),
    "fsspec": ("crosslate.service.documents.jobs.files",),
    "cryptography": ("crosslate.service.documents.jobs.sealing",),
    "fluent": ("crosslate.service.documents.formats.localization",),
    "polib": ("crosslate.service.documents.formats.localization.gettext",),
    "typer": (
        "crosslate.service.commands.calibrate_command",
        "crosslate.service.commands.cli",
        "crosslate.service.terminal.console",
        "crosslate.service.commands.document_command",
        "crosslate.service.commands.key_commands",
        "crosslate.service.commands.align_command",
        "crosslate.service.commands.pair_lines",
        "crosslate.service.commands.text_commands",
        "crosslate.service.commands.options",
        "crosslate.service.commands.pair_options",
    ),
}

NOT_INSTALLED = ("loadtests", "tests", "training")
"""Folders of the repository that the wheel does not hold."""

DATA = (
    "crosslate.models.arrays",
    "crosslate.models.engine.scores.copy_rule",
    "crosslate.models.errors",
    "crosslate.models.checkpoints.key_map",
    "crosslate.models.specs",
    "crosslate.models.engine.extraction",
    "crosslate.models.engine.limits",
    "crosslate.models.engine.request",
)
"""Modules that say what things are, and do nothing with them."""

READERS_OF_FOLDERS = (
    "adapter_folder",
    "bergamot_folder",
    "bergamot_safetensors",
    "ctranslate2",
    "ctranslate2_folder",
    "encoder_decoder_folder",
    "fairseq_folder",
    "hugging_face",
    "registry",
    "fsmt_text",
    "listed_text",
    "lora",
    "marian_vocabularies",
    "opennmt_folder",
    "parts",
    "prophetnet_text",
    "seamless_text",
    "tokenizers",
    "torch_files",
)
"""The other families say what a network is like and what its tensors are called."""

# The first prefix that fits says what else of `models` such modules may import, at any place of theirs.
BOUNDS = (
    *((module, DATA) for module in DATA),
    *((f"crosslate.models.families.{reader}", ("crosslate.models",)) for reader in READERS_OF_FOLDERS),
    *(
        (
            f"crosslate.models.families.{name}",
            (*DATA, "crosslate.models.families", "crosslate.models.checkpoints.stored_tensors"),
        )
        for name in ("tying", "encoder_decoder_names")
    ),
    (
        "crosslate.models.families",
        (*DATA, "crosslate.models.families", "crosslate.models.alignment.alignment_config"),
    ),
    ("crosslate.models.native", ("crosslate.models.native", "crosslate.models.arrays")),
    (
        "crosslate.models.engine.search",
        ("crosslate.models.engine", "crosslate.models.arrays", "crosslate.models.errors"),
    ),
)

TEXT = (
    "crosslate.models.tokenizers",
    "crosslate.models.language",
    "crosslate.models.configs",
    "crosslate.models.families",
    "crosslate.models.loading",
)
"""What knows text or checkpoints: nothing for the engine."""

ROOMS = ("crosslate.models.engine.scores", "crosslate.models.engine.search", "crosslate.models.engine.rows")
"""Each may know those before it."""

MODELS = "crosslate.models"
GROUND_OF_MODELS = ("arrays", "errors", "freed_memory", "json_files", "whole_file")
"""What they are all built on: each module of the models may know it."""
MODELS_ROOMS = (
    "language",
    "tokenizers",
    "specs",
    "native",
    "layers",
    "attention",
    "network",
    "checkpoints",
    "gpu",
    "int8",
    "engine",
    "alignment",
    "configs",
    "families",
    "starter",
    "loading",
)
"""All else of them, from the bottom up: each knows the ground and those before it."""

PIPELINE = "crosslate.service.pipeline"
GROUND = ("links", "notices")
"""What answers say: each module of the pipeline may know it."""
PIPELINE_ROOMS = (
    "text",
    "language",
    "sentences",
    "wording",
    "placement",
    "markup",
    "fidelity.protected",
    "fidelity.numbers",
    "fidelity.signs",
    "fidelity.stand_ins",
    "glossary",
    "degeneration",
    "types",
    "engines",
    "layout.machine",
    "layout.data",
    "layout.plain",
    "layout.markdown",
    "layout.restoring",
    "layout",
    "parts",
    "passes",
    "alignment",
    "translation",
    "summarization.types",
    "summarization.length",
    "summarization.reading",
    "summarization.remarks",
    "summarization.reduction",
    "summarization.extraction",
    "summarization",
)
"""All else of it, from the bottom up: each knows the ground and those before it."""
TWO_TASKS = ("translation", "summarization")
"""Neither knows the other."""

SERVICE = "crosslate.service"
GROUND_OF_SERVICE = ("problems", "errors", "section")
"""What may go wrong, and what sections of settings have in common: each module of the service may know it."""
SERVICE_ROOMS = (
    "process",
    "store",
    "pipeline",
    "auth",
    "glossaries",
    "documents.jobs.settings",
    "tracing.settings",
    "settings",
    "logs",
    "documents",
    "tracing",
    "serving",
    "loading",
    "http",
    "assembly",
    "haproxy",
    "local_ray",
    "terminal",
    "calibration",
    "deployment",
    "app",
    "commands",
)
"""All else of it, from the bottom up: each knows the ground and those before it."""

FORMATS = "crosslate.service.documents.formats"
FORMATS_ROOMS = (
    "common",
    "formulas",
    "opendocument",
    "ooxml",
    "spreadsheets",
    "web",
    "office",
    "subtitles",
    "localization",
    "media_types",
    "registry",
)
"""Of what files are read: each knows those before it."""

ORDERS = {
    MODELS: (*GROUND_OF_MODELS, *MODELS_ROOMS),
    PIPELINE: (*GROUND, *PIPELINE_ROOMS),
    SERVICE: (*GROUND_OF_SERVICE, *SERVICE_ROOMS),
    FORMATS: FORMATS_ROOMS,
}
"""Of each package's rooms, from the bottom up."""

OF_THE_PIPELINE = (
    "crosslate.service.pipeline.glossary.given_phrases",
    "crosslate.service.pipeline.glossary.terms",
    "crosslate.service.pipeline.language.detected",
    "crosslate.service.pipeline.language.languages",
    "crosslate.service.pipeline.links",
    "crosslate.service.pipeline.markup.options",
    "crosslate.service.pipeline.markup.references",
    "crosslate.service.pipeline.notices",
    "crosslate.service.pipeline.summarization.types",
    "crosslate.service.pipeline.text.offsets",
    "crosslate.service.pipeline.types",
)
"""What dialects may know: languages, terms, what answers say and how, and what to ask `serving` with."""

TORCH_FREE = (
    "crosslate.models.engine.request",
    "crosslate.models.engine.scheduler",
    "crosslate.models.engine.sequence",
)


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "crosslate").rglob("*.py")):
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


def strays(is_stray: Callable[[str, str], bool]) -> list[str]:
    """Which module imports what, of that which a module (the first) must not import (the second)."""
    return [
        f"{module} imports {name}"
        for module, path in ALL
        for name in imported(path, module)
        if is_stray(module, name)
    ]


def is_above(module: str, name: str) -> bool:
    own, other = layer(module), layer(name)
    return own is not None and other is not None and other > own


# One test a rule, not one a module: these are two thousand checks, and take a moment.


def test_modules_import_only_from_their_layer_and_below() -> None:
    assert [module for module, _ in ALL if layer(module) is None] == []
    assert strays(is_above) == []


def test_heavy_packages_stay_at_home() -> None:
    def is_stray(module: str, name: str) -> bool:
        return any(
            within(name, package) and not any(within(module, home) for home in homes)
            for package, homes in HOMES.items()
        )

    assert strays(is_stray) == []


def test_what_is_installed_needs_nothing_that_is_not() -> None:
    assert strays(lambda _, name: any(within(name, folder) for folder in NOT_INSTALLED)) == []


def test_the_wheel_holds_the_package_only() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"] == {"packages": ["crosslate"]}


def test_no_module_imports_itself_by_others_types_included() -> None:
    """A package's `__init__` counts as a module of its own, not as what everything inside it imports."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for folder in ("crosslate", *NOT_INSTALLED)
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


def test_modules_know_no_more_than_their_kind_may() -> None:
    inside = [(module, path) for module, path in ALL if within(module, "crosslate.models")]
    assert [f"{module} imports {name}" for module, path in inside for name in unknown(module, path)] == []


def unknown(module: str, path: Path) -> list[str]:
    """What one of the models' modules imports of them that it should not know of."""
    allowed = next((packages for prefix, packages in BOUNDS if within(module, prefix)), ("crosslate.models",))
    names = [name for name in imported_for_types_too(path) if within(name, "crosslate.models")]
    found = [name for name in names if not any(within(name, package) for package in allowed)]
    if within(module, "crosslate.models.engine"):
        found += [name for name in names if any(within(name, package) for package in TEXT)]
    for rank, room in enumerate(ROOMS):
        if within(module, room):
            found += [name for name in names if any(within(name, later) for later in ROOMS[rank + 1 :])]
    return found


def is_in(module: str, package: str, rooms: Iterable[str]) -> bool:
    return any(within(module, f"{package}.{room}") for room in rooms)


@pytest.mark.parametrize("package", ORDERS)
def test_all_modules_are_in_a_room(package: str) -> None:
    rooms = ORDERS[package]
    around = {module for module, _ in ALL if any(within(f"{package}.{room}", module) for room in rooms)}
    inside = [module for module, _ in ALL if within(module, package) and module not in around]
    assert [module for module in inside if not is_in(module, package, rooms)] == []


@pytest.mark.parametrize(
    ("package", "room"), [(package, room) for package in ORDERS for room in ORDERS[package]]
)
def test_rooms_know_those_before_them(package: str, room: str) -> None:
    rooms = ORDERS[package]
    other = set(TWO_TASKS) - {room} if package == PIPELINE and room in TWO_TASKS else set()
    known = [one for one in rooms[: rooms.index(room) + 1] if one not in other]
    assert [
        f"{module} imports {name}"
        for module, path in ALL
        if is_in(module, package, [room])
        for name in imported_for_types_too(path)
        if within(name, package) and not is_in(name, package, known)
    ] == []


def test_dialects_ask_the_models_through_serving_alone() -> None:
    folder = ROOT / "crosslate" / "service" / "http" / "dialects"
    assert [
        f"{path.relative_to(folder)} imports {name}"
        for path in sorted(folder.rglob("*.py"))
        for name in imported_for_types_too(path)
        if within(name, "crosslate.service.pipeline")
        and not any(within(name, known) for known in OF_THE_PIPELINE)
    ] == []


@pytest.mark.parametrize("module", TORCH_FREE)
def test_planning_needs_no_torch(module: str) -> None:
    path = dict(ALL)[module]
    assert not [name for name in imported(path, module) if within(name, "torch")]


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import crosslate.models", ("ray", "fastapi", "pydantic", "prometheus_client")),
        ("import crosslate.client", ("torch", "ray", "fastapi", "pydantic", "crosslate.models")),
        (
            "import crosslate.service.commands.cli",
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
