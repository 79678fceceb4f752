from __future__ import annotations

import importlib
import socket
import sys
from pathlib import Path

import fsspec
import pytest

from crosslate.service.documents.jobs.files import DocumentFiles, FilesAwayError, FilesError
from crosslate.service.documents.jobs.sealing import DocumentKey, SealError


@pytest.fixture(params=["folder", "memory", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> DocumentFiles:
    if request.param == "s3":
        return DocumentFiles.open(request.getfixturevalue("bucket_url"))
    return DocumentFiles.open(str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}")


def test_what_is_written_is_read_with_its_key_and_its_name_only(files: DocumentFiles) -> None:
    key = DocumentKey.new()
    files.write("a", "source", b"words", key)
    files.write("a", "result", b"other", key)
    assert files.read("a", "source", key) == b"words"
    with pytest.raises(SealError):
        files.read("a", "source", DocumentKey.new())
    files._fs.copy(files._path("a", "source"), files._path("a", "result"))
    with pytest.raises(SealError):
        files.read("a", "result", key)


def test_parts_are_listed_and_deleted_and_others_documents_stay(files: DocumentFiles) -> None:
    key = DocumentKey.new()
    for document in ("a", "b"):
        files.write_part(document, 0, b"x", key)
        files.write_part(document, 32, b"y", key)
        files.write(document, "result", b"z", key)
    assert list(files.parts("a")) == ["part-0", "part-32"]
    files.delete_parts("a")
    assert list(files.parts("a")) == []
    assert files.read("a", "result", key) == b"z"
    files.delete("a")
    files.delete("a")
    with pytest.raises(FileNotFoundError):
        files.read("a", "result", key)
    assert len(list(files.parts("b"))) == 2


def test_a_file_that_was_cut_off_is_no_file(files: DocumentFiles) -> None:
    key = DocumentKey.new()
    for sealed in (b"", b"short", key.seal("a/part-0", b"words")[:-1]):
        files._fs.makedirs(files._path("a", "").rstrip("/"), exist_ok=True)
        files._fs.pipe_file(files._path("a", "part-0"), sealed)
        with pytest.raises(SealError):
            files.read("a", "part-0", key)


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for url in (str(tmp_path / "file" / "folder"), "nonsense://x"):
        with pytest.raises(FilesError, match=r"documents\.url cannot be used") as failure:
            DocumentFiles.open(url)
        assert not isinstance(failure.value, FilesAwayError), "waiting is no help"


def test_without_the_package_for_s3_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(importlib.import_module("fsspec.registry")._registry, "s3", raising=False)
    with pytest.raises(FilesError, match=r"pip install 'crosslate\[s3\]'"):
        DocumentFiles.open("s3://bucket/folder")


def test_a_store_that_is_not_there_is_said_without_its_address(
    monkeypatch: pytest.MonkeyPatch, bucket_url: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(FilesAwayError, match=r"documents\.url cannot be used") as failure:
            DocumentFiles.open(bucket_url)
    assert "127.0.0.1" not in str(failure.value)


def test_nobodys_credentials_are_no_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch, bucket_url: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(FilesError, match="NoCredentialsError") as failure:
        DocumentFiles.open(bucket_url)
    assert not isinstance(failure.value, FilesAwayError)


def test_a_bucket_that_is_not_there_is_said_and_not_made(bucket_url: str) -> None:
    assert bucket_url.startswith("s3://documents/")
    with pytest.raises(FilesError, match="no such bucket"):
        DocumentFiles.open("s3://docments/folder")
    assert [str(name) for name in fsspec.filesystem("s3").ls("")] == ["documents"]


def test_a_bucket_that_goes_away_is_not_made_again(bucket_url: str) -> None:
    s3 = fsspec.filesystem("s3")
    s3.makedirs("passing")
    files, key = DocumentFiles.open("s3://passing/folder"), DocumentKey.new()
    s3.rmdir("passing")
    with pytest.raises(FilesError, match="cannot be reached"):
        files.write("a", "source", b"words", key)
    assert not s3.exists("passing")


@pytest.mark.parametrize("token", ["", "x", "ä" * 43, "A" * 44])
def test_what_is_no_key_is_none(token: str) -> None:
    assert DocumentKey.parse(token) is None


def test_a_key_is_the_same_after_its_token() -> None:
    key = DocumentKey.new()
    assert DocumentKey.parse(key.token) == key
