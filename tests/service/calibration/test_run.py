"""The starters, whose best heads are known from manual links (XL-WA, `loadtests.eval_alignment`)."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.model_files import find_model
from crosslate.models.loading import load_model
from crosslate.service.commands.cli import app
from crosslate.service.loading import local
from crosslate.service.pipeline.types import AlignRequest

PAIRS = """\
Yesterday Maria bought 12 red apples.	Ontem Maria comprou 12 maçãs vermelhas.
In 2015 the old bridge in Porto was closed.	Em 2015 a velha ponte no Porto foi fechada.
The train to Lisbon leaves at 8:30, said Pedro.	O comboio para Lisboa parte às 8:30, disse Pedro.
She has never seen the black cat of John Smith.	Ela nunca viu o gato preto de John Smith.
"Where is my blue coat?" asked Anna.	"Onde está o meu casaco azul?" perguntou Anna.
Our small company sold 340 new cars last year.	A nossa pequena empresa vendeu 340 carros novos no ano passado.
NASA will publish the final report on Monday.	A NASA publicará o relatório final na segunda-feira.
Please write to info@example.org if the white door does not open.	Por favor, escreva para info@example.org se a porta branca não abrir.
It cost 25 euros (with the ticket), which is not much.	Custou 25 euros (com o bilhete), o que não é muito.
The President of Angola met Paulo Costa twice in May.	O presidente de Angola encontrou-se com Paulo Costa duas vezes em maio.
Two young women from Berlin won the first prize; Karl was third.	Duas jovens mulheres de Berlim ganharam o primeiro prémio; Karl ficou em terceiro.
About 60% of the green fields near Évora were dry.	Cerca de 60% dos campos verdes perto de Évora estavam secos.
"""  # noqa: E501
TURNED = "".join("\t".join(reversed(line.split("\t"))) + "\n" for line in PAIRS.splitlines())
BEST = AlignmentConfig(layer=0, heads=(6,), row="input")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The starter's files, where something may be written beside them."""
    here = tmp_path / "pt-en"
    here.mkdir()
    for file in find_model("starter/pt-en").iterdir():
        (here / file.name).symlink_to(file)
    return here


def calibrate(*arguments: str | Path, status: int = 0) -> str:
    """What is printed, or said of a failure."""
    result = CliRunner().invoke(app, ["calibrate", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout if status == 0 else result.stderr


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(content, encoding="utf-8")
    return path


def test_what_is_found_is_what_the_model_is_read_by_from_then_on(folder: Path, tmp_path: Path) -> None:
    before = load_model(str(folder)).alignment
    printed = calibrate(folder, "--pairs", written(tmp_path, TURNED), "--reverse", "starter/en-pt")
    assert "12 pairs" in printed
    assert "today" in printed
    found = load_model(str(folder)).alignment
    assert before == AlignmentConfig(layer=1, heads=(0,), row="output")
    assert found == dataclasses.replace(BEST, encoder_scale=found.encoder_scale)
    assert found.encoder_scale is not None
    assert str(folder / "alignment.json") in printed
    settings = local.settings_for(None, str(folder))
    models = [model.model_copy(update={"target_batch": 4}) for model in settings.models]  # not measured
    with local.open_pipeline(models, settings, lambda _: None) as pipeline:
        # No model translates back: both directions are this one's, attention and encoder.
        request = AlignRequest(
            source="gato preto",
            target="black cat",
            source_lang="pt",
            target_lang="en",
            alignment="symmetric",
        )
        _, result = asyncio.run(pipeline.translator.align(request))
    assert (result.method.layer, result.method.heads, result.method.row) == (0, (6,), "input")
    assert result.pharaoh == "0-1 1-0"


def test_sources_alone_are_translated_first(folder: Path, tmp_path: Path) -> None:
    today = dataclasses.replace(BEST, layer=1, heads=(0,), row="output", threshold=0.25)
    today.save(folder / "alignment.json")
    sources = "\n".join(line.partition("\t")[0] for line in TURNED.splitlines())
    output = tmp_path / "elsewhere.json"
    printed = calibrate(
        folder,
        "--pairs",
        written(tmp_path, sources),
        "--output",
        output,
        "--at-most",
        "11",
        "--report",
        "--silence",
        "3",
    )
    assert "11 pairs of 12" in printed
    assert "without a model that translates back" in printed
    heads = [line.split() for line in printed.partition("ENTROPY")[2].splitlines()[1:]]
    assert len(heads) == 2 * 8, "a line for every head"
    assert max(heads, key=lambda head: float(head[-1]))[:2] == ["0", "6"], "what it cannot do without"
    found = AlignmentConfig.load(output)
    assert (found.layer, found.heads, found.row) == (BEST.layer, BEST.heads, BEST.row)
    assert found.threshold == 0.25, "what is not calibrated stays"
    assert AlignmentConfig.load(folder / "alignment.json") == today


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["starter/en-pt"], 2, "with --output where alignment.json goes"),
        (["starter/en-pt", "-o", "/nowhere/a.json"], 1, "/nowhere/a.json cannot be written"),
    ],
)
def test_where_nothing_can_be_written_is_known_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, said: str
) -> None:
    monkeypatch.delattr(local, "open_pipeline")
    said_of_it = calibrate(*arguments, "--pairs", written(tmp_path, PAIRS), status=status)
    assert said in said_of_it


def test_too_few_pairs_are_refused(tmp_path: Path) -> None:
    pairs = written(tmp_path, PAIRS.splitlines()[0])
    assert "has 1 pair(s) that can be read" in calibrate(
        "starter/en-pt", "--pairs", pairs, "-o", tmp_path / "a.json", status=1
    )


def test_a_reverse_model_has_to_translate_back(folder: Path, tmp_path: Path) -> None:
    told = calibrate(folder, "--pairs", written(tmp_path, TURNED), "--reverse", "starter/pt-en", status=1)
    assert "starter/pt-en does not translate from en to pt" in told


def test_a_second_calibration_is_not_swayed_by_what_the_first_found(folder: Path, tmp_path: Path) -> None:
    """An encoder that may stand in for a model that translates back is none."""
    dataclasses.replace(BEST, encoder_scale=10.0).save(folder / "alignment.json")
    printed = calibrate(folder, "--pairs", written(tmp_path, TURNED), "--output", tmp_path / "a.json")
    assert "without a model that translates back" in printed


def test_a_model_that_does_not_translate_has_no_word_links(tmp_path: Path) -> None:
    arguments = ("starter/summarize-en", "--pairs", written(tmp_path, PAIRS), "-o", tmp_path / "a.json")
    assert "is a summarization model" in calibrate(*arguments, status=1)
