"""One thread per test process: on tiny networks more threads only wait for each other.

Without a GPU, Triton's interpreter runs the kernels, if it is told so before anything imports it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.dont_write_bytecode:
    # Tests start Python hundreds of times, Ray among it: each process would compile all that it imports.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix

os.environ.setdefault("OMP_NUM_THREADS", "1")
# As the service has it: threads of a test beyond the CPUs that are free would spin for each other.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests.databases import all_closed
from tests.distribution import FileScheduling, arrange, num_processes

# A slow machine is no fault of the code's, nor is an example that chance finds in what a change has not
# touched: where `CI` is set examples are the same at each run, and elsewhere new ones are looked for.
settings.register_profile(
    "crosslate", settings.get_profile("ci" if os.environ.get("CI") else "default"), deadline=None
)
settings.load_profile("crosslate")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    return num_processes(config)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling:
    return FileScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Without the garbage collector: it would go over modules and tests again and again, and find nothing."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    arrange(items, config.rootpath)


@pytest.fixture(scope="session", autouse=True)
def databases() -> Iterator[None]:
    with all_closed():
        yield
