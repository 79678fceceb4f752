"""A bucket of Amazon's S3, as moto serves it over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine

from tests.service.documents.jobs.places import Place, placed


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_url(
    s3_server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A folder in a bucket, for each test another one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fsspec.filesystem("s3", skip_instance_cache=True).makedirs("documents", exist_ok=True)
    yield f"s3://documents/{abs(hash(request.node.nodeid))}"
    fsspec.get_filesystem_class("s3").clear_instance_cache()  # each of which remembers an endpoint


@pytest.fixture
async def place(store_url: str, tmp_path: Path, opened: Callable[[str], Engine]) -> AsyncIterator[Place]:
    async for made in placed(str(tmp_path / "files"), store_url, tmp_path, opened):
        yield made


@pytest.fixture
async def place_on_s3(
    bucket_url: str, store_url: str, tmp_path: Path, opened: Callable[[str], Engine]
) -> AsyncIterator[Place]:
    async for made in placed(bucket_url, store_url, tmp_path, opened):
        yield made
