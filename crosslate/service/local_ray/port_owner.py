"""Who is on a port that a service was to listen on: mostly another one of the same."""

from __future__ import annotations

import http.client
import json

_LIMIT_S = 0.5
_MAX_BYTES = 256 * 1024
_MAX_LISTED = 5


def local_host(host: str) -> str:
    """The address at which this machine reaches what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def who_serves(host: str, port: int) -> str | None:
    """Such as `Crosslate 0.1.0 runs there with starter/en-pt`; None where it is somebody else, or mute."""
    version = _asked(host, port, "/version")
    if version is None or version.get("name") != "crosslate":
        return None
    told = f"Crosslate {version.get('version')} runs there"
    models = (_asked(host, port, "/v1/models") or {}).get("data")
    if not isinstance(models, list) or not models:
        return told
    ids = [str(model["id"]) for model in models if isinstance(model, dict) and "id" in model]
    more = f" and {len(ids) - _MAX_LISTED} more" if len(ids) > _MAX_LISTED else ""
    return f"{told} with {', '.join(ids[:_MAX_LISTED])}{more}"


def _asked(host: str, port: int, path: str) -> dict[str, object] | None:
    connection = http.client.HTTPConnection(local_host(host), port, timeout=_LIMIT_S)
    try:
        connection.request("GET", path)
        content = json.loads(connection.getresponse().read(_MAX_BYTES))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return content if isinstance(content, dict) else None
