"""`crosslate translate FILE`, with the starter model."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from typer.testing import CliRunner

from crosslate.service.commands.cli import app


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
    # The black one is the second in the source and the third here.
    assert [(run.text, run.bold) for run in paragraphs[0].runs] == [
        ("O gato ", None),
        ("preto", True),
        (" dorme.", None),
    ]


def test_a_sentence_over_two_cues_is_divided_where_its_words_are(tmp_path: Path) -> None:
    film = tmp_path / "film.srt"
    film.write_text(
        "1\n00:00:01,000 --> 00:00:02,500\nThe old house on the hill\n\n"
        "2\n00:00:02,600 --> 00:00:04,000\nhas been <i>empty</i> for many years.\n"
    )
    result = CliRunner().invoke(app, ["translate", str(film), "--from", "en", "--to", "pt"])
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "film.pt.srt").read_text(encoding="utf-8").splitlines()
    assert (lines[2], lines[6]) == ("A antiga casa na colina", "está <i>vazia</i> há muitos anos.")


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


@pytest.mark.parametrize(("name", "between"), [("terms.tsv", "\t"), ("terms.csv", ",")])
def test_a_glossary_is_a_file(letter: Path, name: str, between: str) -> None:
    glossary = letter.with_name(name)
    glossary.write_text(f"black{between}escuro\nhouse{between}moradia\n", encoding="utf-8")
    command = ["translate", str(letter), "--from", "en", "--to", "pt", "--glossary", str(glossary)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "2 of 2 terms are as in the glossary" in result.output
    paragraphs = docx.Document(str(letter.with_name("letter.pt.docx"))).paragraphs
    assert [paragraph.text for paragraph in paragraphs] == ["O gato escuro dorme.", "A moradia é pequena."]
    assert [(run.text, run.bold) for run in paragraphs[0].runs][1] == ("escuro", True)


def test_a_text_is_held_to_a_glossary_too(tmp_path: Path) -> None:
    glossary = tmp_path / "terms.tsv"
    glossary.write_text("cat\tfelino\n", encoding="utf-8")
    command = ["translate", "The cat sleeps.", "--from", "en", "--to", "pt", "--glossary", str(glossary)]
    assert CliRunner().invoke(app, command).stdout == "O felino dorme.\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a secret\nb\tc\n", "terms.tsv: line 1"), (b"\xff\n", "see byte 0"), (b"", "entries")],
)
def test_what_is_no_glossary_is_said_without_what_stands_there(
    tmp_path: Path, content: bytes, words: str
) -> None:
    glossary = tmp_path / "terms.tsv"
    glossary.write_bytes(content)
    result = CliRunner().invoke(app, ["translate", "a", "--to", "pt", "--glossary", str(glossary)])
    assert (result.exit_code, words in result.output, "secret" in result.output) == (1, True, False)
