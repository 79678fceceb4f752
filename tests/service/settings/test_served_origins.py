"""The file by which others than replicas know whose pages may call the service."""

from __future__ import annotations

from pathlib import Path

from crosslate.service.settings import served_origins


def test_what_was_written_last_is_read(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    served_origins.keep_in(tmp_path, environ)
    assert (served_origins.read(environ), served_origins.origins_file(environ)) == ([], None)
    for origins in (["https://a.example", "http://[::1]:8080"], ["*"]):
        served_origins.write(origins, environ)
        assert served_origins.read(environ) == origins
        file = served_origins.origins_file(environ)
        assert file is not None
        assert file.read_text().splitlines() == origins
    served_origins.write([], environ)
    assert (served_origins.read(environ), served_origins.origins_file(environ)) == ([], None)
    assert len(list(tmp_path.iterdir())) == 1


def test_an_outer_services_file_is_not_written_to(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    (tmp_path / "inner").mkdir()
    served_origins.keep_in(tmp_path, environ)
    served_origins.keep_in(tmp_path / "inner", environ)
    served_origins.write(["*"], environ)
    assert not list(tmp_path.glob("origins*"))


def test_where_there_is_no_file_nobody_may() -> None:
    """On a cluster, whose nodes no variable tells of one."""
    served_origins.write(["*"], {})
    assert (served_origins.read({}), served_origins.origins_file({})) == ([], None)
