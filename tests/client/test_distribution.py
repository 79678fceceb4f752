"""The client alone, as a distribution of its own."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.test_layers import imported

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "crosslate" / "client"
PROJECT = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


def test_it_needs_what_it_says() -> None:
    roots = {
        name.partition(".")[0]
        for path in CLIENT.glob("*.py")
        for name in imported(path, f"client.{path.stem}")
    }
    declared = {re.split(r"[>=<]", one)[0] for one in PROJECT["dependencies"]}
    assert roots - set(sys.stdlib_module_names) == declared | {"crosslate"}


@pytest.mark.slow
def test_it_is_built_from_the_same_files_with_the_same_version(tmp_path: Path) -> None:
    if shutil.which("uv") is None:
        pytest.skip("needs uv")
    build = ["uv", "build", "--quiet", "--wheel", "clients/python", "--out-dir", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as built:
        held = {name: built.read(name) for name in built.namelist()}
    files = {
        f"crosslate/client/{path.name}": path.read_bytes() for path in CLIENT.iterdir() if path.is_file()
    }
    assert {name: held[name] for name in held if ".dist-info/" not in name} == files
    metadata = message_from_bytes(next(held[name] for name in held if name.endswith("/METADATA")))
    server = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["Version"] == server["version"]
    assert set(PROJECT["dependencies"]) <= set(server["dependencies"])


def test_what_it_offers_is_listed() -> None:
    (listed,) = (
        ast.literal_eval(node.value)
        for node in ast.parse((CLIENT / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
    )
    import crosslate.client

    assert [name for name in listed if not hasattr(crosslate.client, name)] == []
