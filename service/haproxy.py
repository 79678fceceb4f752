"""HAProxy in front of the replicas, and what it answers while there is none.

Ray Serve sends a replica nothing before its models are loaded, and HAProxy then says 404 to everything, or
holds the request until somebody's patience is at an end. What is said meanwhile should be the truth: the
service lives, and is not ready. Serve has no setting for that, so its configuration file is edited each time
that it is read; lines of another form stay as they are.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from service.errors import ServiceError
from service.http.errors import problem_body
from service.http.request_id import PATTERN

RETRY_AFTER_S = 5
_REQUEST_ID = "%[var(txn.crosslate_id)]"
_ANSWERS = """\
    http-request set-var(txn.crosslate_id) req.fhdr(x-request-id) if {{ req.fhdr_cnt(x-request-id) eq 1 }} {{ req.fhdr(x-request-id) -m reg ^{id_pattern}$ }}
    http-request set-var(txn.crosslate_id) uuid() if !{{ var(txn.crosslate_id) -m found }}
    http-request return status 200 content-type application/json string '{{"status":"ok"}}' hdr X-Request-ID {request_id} if {{ path /livez }}
    http-request return status 503 content-type application/problem+json lf-string '{problem}' hdr Retry-After {retry_after} hdr X-Request-ID {request_id}
"""  # noqa: E501  (HAProxy does not continue a line)
_EDITS = r"""
# Requests that no application takes: the answers above.
/^ *http-request return status 404 content-type text\/plain .* not found\. Ping /{
r %s
d
}
# An application takes requests only while it has a replica.
s/^\( *use_backend \([^ ]*\) if is_[^ ]*\)$/\1 { nbsrv(\2) gt 0 }/
# Serve's own proxy would hold requests until there is one.
s/^\( *server .* check backup\)$/\1 disabled/
"""
_WRAPPER = """\
#!/bin/sh
for argument; do
    [ "$previous" = -f ] && config=$argument
    previous=$argument
done
if [ -f "$config" ] && sed -f {edits} "$config" > "$config.edited"; then
    cat "$config.edited" > "$config"
fi
exec {binary} -dS "$@"
"""


def write_haproxy_wrapper(folder: Path, binary: str) -> Path:
    """An executable that is HAProxy with our answers and without splicing; it needs the folder's other files.

    With Serve's `option splice-request`, HAProxy 2.8 does not notice a client that leaves while its request
    is being worked on, if the body came in a later packet than the headers, as most clients send it. The
    replica would then work to the end for nobody. `-dS` turns splicing off.
    """
    answers, edits, wrapper = (folder / name for name in ("answers.cfg", "edits.sed", "haproxy"))
    answers.write_text(_answers(), encoding="utf-8")
    edits.write_text(_EDITS % answers, encoding="utf-8")
    wrapper.write_text(
        _WRAPPER.format(edits=shlex.quote(str(edits)), binary=shlex.quote(binary)), encoding="utf-8"
    )
    wrapper.chmod(0o755)
    return wrapper


def _answers() -> str:
    error = ServiceError(
        503,
        "loading",
        "Service loading",
        "The models are being loaded, or the service is stopping: send the request again in a few seconds.",
    )
    problem = json.dumps(problem_body(error, _REQUEST_ID), separators=(",", ":"))
    return _ANSWERS.format(
        problem=problem, request_id=_REQUEST_ID, retry_after=RETRY_AFTER_S, id_pattern=PATTERN
    )
