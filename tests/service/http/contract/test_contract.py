"""The description against what answers, by a tool that knows neither: Schemathesis.

It sends what the description allows and what it forbids, and looks at statuses, headers, media types and
bodies. It takes the same examples each time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from crosslate.service.settings.config import Settings
from tests.service.auth.accounts import SECRET, auth_settings, make_access
from tests.service.http.fakes import Service, create_service
from tests.service.http.running import running

CONFIG = Path(__file__).with_name("schemathesis.toml")
KEY = f"Authorization: Bearer {SECRET}"


def examined(service: Service, *options: str) -> subprocess.CompletedProcess[str]:
    """What the tool says of a service that runs."""
    tool = [str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG), "run"]
    with running(service.app, service.close) as url:
        return subprocess.run(
            [*tool, f"{url}/openapi.json", *options],
            cwd=CONFIG.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )


def test_the_service_does_what_its_description_says(tmp_path: Path) -> None:
    said = examined(create_service(Settings(state_dir=tmp_path)))
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Tested: 19" in said.stdout


def test_nothing_that_needs_a_key_is_answered_without_one(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, auth=auth_settings({"name": "a", "key": SECRET}))
    service = create_service(settings, access=make_access())
    said = examined(service, "--checks", "ignored_auth", "--phases", "examples,coverage", "-H", KEY)
    assert said.returncode == 0, said.stdout + said.stderr
