"""`crosslate translate FILE`, with the starter model."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from typer.testing import CliRunner

from service.cli import app


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    document = docx.Document()
    paragraph = document.add_paragraph("The ")
    paragraph.add_run("black").bold = True
    paragraph.add_run(" cat sleeps.")
    document.add_paragraph("The house is small.")
    path = tmp_path / "letter.docx"
    document.save(str(path))
    return path


def test_a_document_is_written_beside_itself(letter: Path) -> None:
    result = CliRunner().invoke(app, ["translate", str(letter), "--from", "en", "--to", "pt"])
    assert result.exit_code == 0, result.output
    written = letter.with_name("letter.pt.docx")
    assert str(written) in result.output
    paragraphs = docx.Document(str(written)).paragraphs
    assert [paragraph.text for paragraph in paragraphs] == ["O gato preto dorme.", "A casa é pequena."]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--output", "letter.docx"], 2, "the document itself"),
        (["--output", "nowhere/a.docx"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said(
    letter: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, words: str
) -> None:
    monkeypatch.chdir(letter.parent)
    result = CliRunner().invoke(app, ["translate", "letter.docx", "--from", "en", "--to", "pt", *arguments])
    assert result.exit_code == status
    assert words in result.output


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    arguments = ["translate", str(picture), "--to", "pt", "-o", str(tmp_path / "b.png")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "ends in .png" in result.output
