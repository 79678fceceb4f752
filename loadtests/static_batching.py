"""The starter model behind `@serve.batch`: static batching, to compare `loadtests.open_loop` with.

    uv run python -m loadtests.static_batching --port 8001
    uv run python -m loadtests.open_loop --url http://127.0.0.1:8001 --rate 20

A batch is gathered, decoded to its longest output and answered as a whole; what arrives meanwhile waits.
The weights, the kernels, the replicas and the threads of each are those of `crosslate serve`; only the
batching differs. It serves whoever compares, and nobody else: it checks nothing.
"""

# No `from __future__ import annotations` here: Ray reads the types of what it calls.
import argparse
import asyncio
import logging
import os
import signal
import threading
from typing import Any

from service.ray_environment import local_ray_environment

APP_NAME = "static-batching"
MAX_BATCH_SIZE = 32
BATCH_WAIT_S = 0.01


def build_app(num_replicas: int) -> Any:  # noqa: ANN401  (a Ray Serve application, which is imported late)
    """Replicas of one engine each."""
    import torch
    from ray import serve
    from starlette.requests import Request

    from models.engine.request import GenerationRequest
    from models.loading import load_engine

    class StaticBatching:
        def __init__(self) -> None:
            self._engine = load_engine("starter/en-pt")
            self._num_threads = max(1, (os.cpu_count() or 1) // num_replicas)

        async def __call__(self, request: Request) -> dict[str, Any]:
            body = await request.json()
            return {"translations": [{"text": await self._translate(body["text"])}]}

        @serve.batch(max_batch_size=MAX_BATCH_SIZE, batch_wait_timeout_s=BATCH_WAIT_S)
        async def _translate(self, texts: list[str]) -> list[str]:
            return await asyncio.to_thread(self._generate, texts)

        def _generate(self, texts: list[str]) -> list[str]:
            torch.set_num_threads(self._num_threads)
            tokenizer = self._engine.tokenizer
            assert tokenizer is not None
            requests = [
                GenerationRequest(source_ids=tokenizer.encode_source(text, "en", "pt")) for text in texts
            ]
            return [tokenizer.decode(output.token_ids) for output in self._engine.generate(requests)]

    deploy = serve.deployment(
        num_replicas=num_replicas, max_ongoing_requests=4096, ray_actor_options={"num_cpus": 1}
    )
    return deploy(StaticBatching).bind()


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.static_batching",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--replicas", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    stopped = threading.Event()
    with local_ray_environment():
        import ray
        from ray import serve
        from ray.serve.config import HTTPOptions
        from ray.serve.schema import LoggingConfig

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
            serve.run(build_app(options.replicas), name=APP_NAME)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stopped.set())
            print(f"http://127.0.0.1:{options.port} answers, until Ctrl-C", flush=True)
            stopped.wait()
        finally:
            serve.shutdown()  # type: ignore[no-untyped-call]
            ray.shutdown()


if __name__ == "__main__":
    main()
