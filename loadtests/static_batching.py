"""Crosslate with static batching (`@serve.batch`) in the place of its engine's, for `loadtests.open_loop`.

    uv run python -m loadtests.static_batching --port 8001
    uv run python -m loadtests.open_loop --url http://127.0.0.1:8001 --rate 20

A batch is gathered, decoded to its longest output and answered as a whole; what arrives meanwhile waits.
The weights, the kernels, the replicas, the threads of each and all that is done for a request from HTTP to
tokens and back are those of `crosslate serve`; only the batching differs. With `--bare` it makes tokens and
nothing else, as the shortest handler does that one can write: no sentences, guard, checks, log or metrics.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import time

from crosslate.service.local_ray.ray_environment import local_ray_environment
from crosslate.service.process.machine import available_cpus

APP_NAME = "static-batching"


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.static_batching",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--replicas", type=int, default=min(2, available_cpus()))
    parser.add_argument("--bare", action="store_true", help="tokens and nothing else")
    options = parser.parse_args()
    with local_ray_environment(max_timeout_s=300):
        import ray
        from ray import serve
        from ray.serve.config import HTTPOptions
        from ray.serve.schema import LoggingConfig

        from loadtests.static_engine import build_app

        ray.init(
            address="local",
            num_cpus=options.replicas + 1,
            include_dashboard=False,
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
        try:
            serve.start(
                http_options=HTTPOptions(host="127.0.0.1", port=options.port),
                logging_config=LoggingConfig(log_level="ERROR", enable_access_log=False),
            )
            num_threads = max(1, available_cpus() // options.replicas)
            serve.run(build_app(options.replicas, num_threads, is_bare=options.bare), name=APP_NAME)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.default_int_handler)
            print(f"http://127.0.0.1:{options.port} answers, until Ctrl-C", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    time.sleep(1)
        finally:
            serve.shutdown()  # type: ignore[no-untyped-call]
            ray.shutdown()


if __name__ == "__main__":
    main()
