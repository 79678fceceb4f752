"""What users install: a wheel that is built from the source distribution, outside this tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NATIVE = ROOT / "crosslate" / "models" / "native"
UV = shutil.which("uv")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(UV is None, reason="uv builds it")]

# Stands for the C compiler, which takes 20 s: gives the kernels that were compiled for this tree.
_COMPILER = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
cp "{native}/$(basename "$2" .new)" "$2"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both distributions."""
    folder = tmp_path_factory.mktemp("dist")
    compiler = folder / "cc"
    compiler.write_text(_COMPILER.format(native=NATIVE))
    compiler.chmod(0o755)
    command = [str(UV), "build", "--quiet", "--out-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "CC": str(compiler)}, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_the_source_distribution_holds_what_a_wheel_is_built_from(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert names == {
        *("crosslate", "hatch_build.py", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"),
        *("PKG-INFO", ".gitignore"),
    }


def test_the_wheel_holds_one_package_with_types_and_kernels(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"crosslate"}
    assert "crosslate/py.typed" in names
    kernels = {path.name for path in NATIVE.glob("*.so")}
    assert {name.rsplit("/", 1)[1] for name in names if name.endswith(".so")} == kernels


def test_it_works_beside_what_users_call_their_modules(wheel: Path, tmp_path: Path) -> None:
    installed, own = tmp_path / "installed", tmp_path / "own"
    own.mkdir()
    for name in ("models", "service"):
        (own / f"{name}.py").write_text("raise ImportError('of the user')")
    command = [str(UV), "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
    subprocess.run([*command, "--target", str(installed), str(wheel)], check=True)

    def run(*arguments: str) -> str:
        # The tree is installed in this interpreter, too, behind what PYTHONPATH names.
        environ = {**os.environ, "PYTHONPATH": str(installed)}
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=own, env=environ, capture_output=True, text=True, check=True)
        return done.stdout

    assert run("-c", "import crosslate.models; print(crosslate.__file__)").startswith(str(installed))
    assert run("-m", "crosslate", "--version").startswith("crosslate ")
    assert "starter/en-pt" in run("-m", "crosslate", "models")
    translated = run("-m", "crosslate", "translate", "The black cat sleeps.", "--to", "pt")
    assert translated == "O gato preto dorme.\n"
