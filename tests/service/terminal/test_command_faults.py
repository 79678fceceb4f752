"""What the commands say of what cannot be, before a model is loaded for it."""

from __future__ import annotations

import errno
import io
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosslate.service.commands.cli import app
from crosslate.service.deployment.deployment import run
from crosslate.service.deployment.rollout import DeploymentError
from crosslate.service.settings.config import Settings
from crosslate.service.terminal.console import CommandError, write_text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder; no model is loaded."""

    def load(*_: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("crosslate.service.loading.loading.load_local_model", load)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "no-pairs.csv").write_text("cat\n")
    (tmp_path / "bad.tsv").write_bytes(b"a\tb\n\xff\n")
    (tmp_path / "blank.txt").write_text("\n")
    (tmp_path / "letter.txt").write_text("The house is small.")
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "broken.yaml").write_text("port: [\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        ("translat Hi", 2, "No such command 'translat'. Did you mean 'translate'"),
        ("translate Hi", 2, "Missing option '--to'"),
        ("translate Hi --too pt", 2, "No such option: --too"),
        ("translate Hi --to pt --alignment all", 2, "'all' is not one of 'none', 'links'"),
        ("translate Hi --to en --from en", 1, "from and to en: there is nothing to do"),
        ("translate Hi --to en-GB --from en-US", 1, "from and to en-GB: there is nothing to do"),
        ("translate Hi --to xx", 1, "No model translates into xx.*`crosslate models --for FROM-TO`"),
        ("translate Hi --to pt;x", 1, 'into an unknown language. .* given as codes, such as "en"'),
        ("translate Hi --to pt --from e! --model starter/en-pt", 1, 'codes, such as "en"'),
        ("translate letter.txt --to pt --output empty", 1, "empty cannot be written, for it is a folder"),
        ("translate Hi --to pt --model nowhere", 1, "there is no folder 'nowhere'"),
        ("translate Hi --to pt --model ./empty", 1, "empty holds no model"),
        ("translate Hi --to pt --model some/body", 1, "HF_HUB_OFFLINE forbids"),
        ("translate Hi --to pt --config nowhere.yaml", 1, "configuration nowhere.yaml: No such file"),
        (
            "translate Hi --to pt --config broken.yaml",
            1,
            "broken.yaml is not valid YAML: line 2,.*<stream end>",
        ),
        ("translate Hi --to pt --glossary nowhere.csv", 1, "No such file or directory: nowhere.csv"),
        ("translate Hi --to pt --glossary no-pairs.csv", 1, "no-pairs.csv: line 1: needs a term"),
        ("translate Hi --to pt --glossary bad.tsv", 1, r"bad.tsv: .* no valid UTF-8 .see byte 4.: save it"),
        ("translate Hi --to pt --glossary empty", 1, "Is a directory: empty"),
        ("translate Hi --to pt --column name", 2, "--column is an option for a document"),
        ("translate Hi --to pt --path a.*", 2, "--path is an option for a document"),
        ("translate --to pt --output out.txt", 2, "--output is an option for a document"),
        ("translate letter.txt --to pt --alignment links", 2, "--alignment is an option for a text"),
        ("translate letter.txt --to pt --json", 2, "--json is an option for a text"),
        ("translate letter.txt --to pt --path a.*", 1, "paths: is for .json only, not .txt"),
        ("translate letter.txt --to pt --column a", 1, "columns: is for .csv and .tsv only, not .txt"),
        ("translate letter.txt --to pt --output letter.pt.docx", 2, "the translation of a .txt file is one"),
        ("translate letter.txt --to pt --output letter.pt.pdf", 2, "the translation of a .txt file is one"),
        ("translate Hi --to pt --output out.txt", 1, "there is no file Hi"),
        ("translate leter.txt --to pt", 1, "there is no file leter.txt"),
        ("translate leter.pdf --to pt", 1, "there is no file leter.pdf; if that is the text itself"),
        ("translate some/Where.DOC --to pt", 1, "there is no file some/Where.DOC"),
        ("summarize leter.pdf", 1, "there is no file leter.pdf"),
        ("translate ./empty --to pt", 1, "./empty is a folder: name a file in it"),
        ("translate letter.pdf --to pt", 1, "A .pdf file says where letters stand"),
        ("align a --from en --to pt", 2, "give a text and its translation, or a file of them: --pairs FILE"),
        ("align a", 2, "Missing option '--from'"),
        ("align a b --from en --to en", 1, "from and to en: there is nothing to do"),
        (
            "align a b --from en --to pt --plot nowhere/map.svg",
            1,
            r"map.svg cannot be written, for there is no folder nowhere: name another file",
        ),
        ("align a b --from en --to pt --plot map.bmp", 2, "must end in .png or .svg"),
        ("summarize Hi --model starter/en-pt", 1, "starter/en-pt is a translation model"),
        ("summarize Hi --model nowhere", 1, "there is no folder 'nowhere'"),
        ("bench nowhere", 1, "there is no folder 'nowhere'"),
        ("bench --input nowhere.txt", 1, "No such file or directory: nowhere.txt"),
        ("bench --input blank.txt", 1, "blank.txt holds no text"),
        ("bench starter/en-pt --from en --to xx", 1, "No model translates|does not translate from en to xx"),
        ("bench --input bad.tsv", 1, "bad.tsv is not valid UTF-8: see byte 4; save it"),
        ("models --for en-tlh", 1, "no model of the catalogue translates en-tlh: name a folder"),
        ("usage --month 2026-13", 2, "is not of the form YYYY-MM"),
        ("doctor --config nowhere.yaml", 1, "configuration nowhere.yaml: No such file"),
        ("serve --port abc", 2, "should be a valid integer"),
        ("serve --pairs de", 2, "'de' is no pair of languages"),
    ],
)
def test_what_cannot_be_is_said_before_a_model_is_loaded(
    folder: Path, command: str, status: int, told: str
) -> None:
    result = CliRunner().invoke(app, command.split())
    assert re.search(told, " ".join(result.stderr.split())), result.output
    assert (result.exit_code, result.stdout) == (status, "")


class Full(io.StringIO):
    """A disk without space."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_result_that_has_no_place_is_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(CommandError, match="standard output is closed"):
        write_text("O gato dorme.")
    monkeypatch.setattr("sys.stdout", Full())
    with pytest.raises(CommandError, match="standard output cannot be written: No space"):
        write_text("O gato dorme.")


def test_the_list_of_commands_is_not_cut() -> None:
    assert "..." not in CliRunner().invoke(app, ["--help"]).output.split("Commands:")[1]


@pytest.mark.parametrize(
    "text", ["Mr. Smith", "letter", "I wrote letter.odt", "a.b", "No.1", "Node.js", "example.com", "empty"]
)
def test_what_only_looks_like_a_file_is_a_text(folder: Path, text: str) -> None:
    result = CliRunner().invoke(app, ["translate", text, "--to", "xx"])
    assert "No model translates into xx" in result.stderr


def test_a_host_that_is_not_here_is_no_matter_of_ports(folder: Path) -> None:
    with pytest.raises(DeploymentError, match=r"192\.0\.2\.1:8000 .*another one with --host"):
        run(Settings(host="192.0.2.1"))
