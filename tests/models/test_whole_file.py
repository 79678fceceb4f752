from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from crosslate.models.whole_file import write_whole


def test_a_file_is_written_with_the_mode_that_it_had_and_by_its_link(tmp_path: Path) -> None:
    file, link = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"before")
    file.chmod(0o604)
    link.symlink_to(file)
    write_whole(link, b"after")
    assert (file.read_bytes(), file.stat().st_mode & 0o777, link.is_symlink()) == (b"after", 0o604, True)
    write_whole(tmp_path / "c", b"new")
    assert {each.name for each in tmp_path.iterdir()} == {"a", "b", "c"}


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"before")
    write = Path.write_bytes

    def fill(path: Path, data: bytes) -> int:
        write(path, data[:1])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OSError, match="No space left") as raised:
        write_whole(file, b"after")
    assert raised.value.filename == str(file)
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"text")
    reader.join()
    assert read == [b"text"]
    assert pipe.is_fifo()
