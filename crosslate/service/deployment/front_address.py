"""Where Ray Serve has its port, for a replica that asks whether clients reach it there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosslate.service.local_ray.port_owner import local_host

if TYPE_CHECKING:
    from ray.serve.config import HTTPOptions

    from crosslate.service.http.front import FrontAddress


def front_address() -> FrontAddress | None:
    """Of this node's proxy; None where there is none on each node, or where it cannot be asked.

    Whoever hands the application to a Serve that runs already (`serve deploy`) gives Serve a port of its own,
    and the application a prefix. To be called in a replica. It blocks.
    """
    from ray import serve
    from ray.serve.context import _get_global_client

    client = _get_global_client()
    if client is None:
        return None
    return address_of(client.http_config, client.get_serve_details(), serve.get_replica_context().app_name)


def address_of(options: HTTPOptions, details: Mapping[str, Any], application: str) -> FrontAddress | None:
    """What Serve says of it, its details as Ray's `ServeInstanceDetails` has them."""
    from crosslate.service.http.front import FrontAddress

    found = details["applications"].get(application)
    is_here = details["proxy_location"] == "EveryNode"
    if found is None or not is_here or options.host is None or options.ssl_certfile:
        return None
    prefix = (found["route_prefix"] or "").rstrip("/")
    return FrontAddress(local_host(options.host), options.port, prefix)
