"""The configuration that the installed Ray Serve writes for HAProxy, with our edits, before it is used."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from crosslate.service.errors import ToldError
from crosslate.service.haproxy.edits import WORKS_WITH

APPLICATION = "http-crosslate"
_CHECK_LIMIT_S = 60


class TemplateError(ToldError):
    """HAProxy would not run as it should; the message says why and what to do."""


def write_configuration(folder: Path, host: str, port: int, replicas: Sequence[int], fallback: int) -> Path:
    """As Serve does for one application, with replicas and its own proxy on ports of this machine.

    Raises:
        TemplateError: this version of Ray does it in another way.
    """
    folder.mkdir(exist_ok=True)
    path = folder / "haproxy.cfg"
    try:
        from ray.serve._private.haproxy import BackendConfig, HAProxyApi, HAProxyConfig, ServerConfig
        from ray.serve.config import HTTPOptions

        backend = BackendConfig(
            name=APPLICATION,
            path_prefix="/",
            app_name="crosslate",
            servers=[ServerConfig(name=f"replica-{at}", host="127.0.0.1", port=at) for at in replicas],
            fallback_server=ServerConfig(name="fallback", host="127.0.0.1", port=fallback),
        )
        options = HAProxyConfig(
            http_options=HTTPOptions(host=host, port=port),
            is_head=True,
            socket_path=str(folder / "admin.sock"),
            server_state_base=str(folder),
            server_state_file=str(folder / "server-state"),
            metrics_socket_path=str(folder / "metrics.sock"),
        )
        api = HAProxyApi(options, {APPLICATION: backend} if replicas else {}, str(path))
        api.set_backend_configs(api.backend_configs)
        api._generate_config_file_internal()
    except (ImportError, AttributeError, TypeError) as error:
        raise TemplateError(
            f"Ray's HAProxy configuration cannot be written ({error}): install Ray {WORKS_WITH}, "
            "or set RAY_SERVE_ENABLE_HA_PROXY=0"
        ) from error
    return path


def check_template(folder: Path, wrapper: Path, host: str, port: int) -> None:
    """Have HAProxy read Serve's configuration with our edits; it opens no port.

    Raises:
        TemplateError: an edit finds no place in it, or HAProxy refuses the result, or does not run.
    """
    config = write_configuration(folder, host, port, replicas=[1], fallback=1)
    command = [str(wrapper), "-c", "-q", "-f", str(config)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_CHECK_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TemplateError(
            f"HAProxy does not run ({error}): set TMPDIR to a folder whose files may be executed, or "
            "RAY_SERVE_ENABLE_HA_PROXY=0 to do without, more slowly"
        ) from error
    if done.returncode:
        lines = [line for line in done.stderr.strip().splitlines() if not line.startswith("[NOTICE]")]
        raise TemplateError("\n".join(lines) or f"HAProxy ended with status {done.returncode}")
