from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from pydantic_core import SchemaError, SchemaValidator, core_schema
from typer.main import get_command
from typer.testing import CliRunner

from crosslate.models.errors import CheckpointError, DrainingError
from crosslate.service.commands import cli, tables
from crosslate.service.commands.bench import Benchmark, Measurement
from crosslate.service.commands.cli import app
from crosslate.service.errors import ServiceError
from crosslate.service.loading import local
from crosslate.service.loading.model_choice import models_for, models_to_summarize
from crosslate.service.local_ray.finding import Finding
from crosslate.service.local_ray.ray_environment import RAY_DEFAULTS
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.summarization.types import (
    SentenceSource,
    SummaryAlignment,
    SummaryRequest,
    SummaryResult,
    SummarySentence,
)
from crosslate.service.pipeline.types import (
    AlignmentMethod,
    AlignmentResult,
    AlignRequest,
    TranslationRequest,
)
from crosslate.service.pipeline.types import TranslationResult as Result
from crosslate.service.process.lost_interrupts import INTERRUPTED
from crosslate.service.settings.config import ModelSettings, Settings

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]
SOURCE, TARGET = "black cat", "gato preto"

ALIGNMENT = AlignmentResult(
    unit="codepoint",
    method=AlignmentMethod(layer=1, heads=(0,), row="output", symmetric=False),
    links=[Link((0, 5), (5, 10), 0.9), Link((6, 9), (0, 4), 0.9)],
    source_words=[(0, 5), (6, 9)],
    target_words=[(0, 4), (5, 10)],
    pharaoh="0-1 1-0",
    sink_mass=[0.0, 0.0],
)


class FakeTranslation:
    """Stands for `local.translate`: remembers the request, upper-cases the text."""

    def __init__(self, warnings: list[str] | None = None) -> None:
        self.requests: list[TranslationRequest] = []
        self.warnings = warnings or []

    def __call__(self, request: TranslationRequest, config: Path | None, report: local.Report) -> Result:
        self.requests.append(request)
        return Result(
            model="fake",
            text=request.text.upper(),
            source_lang="en",
            target_lang=request.target_lang,
            detected=None,
            finish_reason="stop",
            score=-0.5,
            warnings=[Notice("truncated", message) for message in self.warnings],
            segments=[],
            alignment=None if request.alignment == "none" else ALIGNMENT,
            alternatives=[],
            num_characters=len(request.text),
            num_prompt_tokens=3,
            num_generation_tokens=4,
        )


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.fixture
def translation(monkeypatch: pytest.MonkeyPatch) -> FakeTranslation:
    fake = FakeTranslation()
    monkeypatch.setattr(local, "translate", fake)
    return fake


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(local, "translate", fail)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(runner: CliRunner, command: str) -> None:
    result = runner.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"Example:\n    crosslate {command}" in result.output


def test_the_version_is_printed(runner: CliRunner) -> None:
    result = runner.invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("crosslate 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "Hello"],
        ["translate", "Hello", "--to", "pt", "--alignment", "some"],
        ["translate", "Hello", "--to", "pt", "--hard-links", "free"],
        ["no-such-command"],
        ["align", "one text", "--from", "en", "--to", "pt"],
        ["align", "a", "b", "--pairs", "-", "--from", "en", "--to", "pt"],
        ["align", "--pairs", "-", "--plot", "map.svg", "--from", "en", "--to", "pt"],
        ["align", "a", "b", "--from", "en", "--to", "pt", "--plot", "map.gif"],
        ["bench", "--workers", "0"],
        ["summarize", "Hello", "--length", "tiny"],
    ],
    ids=" ".join,
)
def test_bad_usage_exits_with_2(runner: CliRunner, arguments: list[str]) -> None:
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert "Value error" not in result.stderr


def test_translate_prints_the_text_of_the_argument(runner: CliRunner, translation: FakeTranslation) -> None:
    result = runner.invoke(app, ["translate", "olá", "--from", "pt", "--to", "en"])
    assert (result.exit_code, result.stdout) == (0, "OLÁ\n")
    (request,) = translation.requests
    assert (request.source_lang, request.target_lang) == ("pt", "en")


@pytest.mark.parametrize("arguments", [[], ["-"]], ids=["absent", "dash"])
def test_translate_reads_standard_input(
    runner: CliRunner, translation: FakeTranslation, arguments: list[str]
) -> None:
    result = runner.invoke(app, ["translate", *arguments, "--to", "pt"], input=b"two\nlines\n")
    assert result.stdout == "TWO\nLINES\n"


@pytest.mark.parametrize("option", [[], ["--alignment", "links"]], ids=str)
def test_of_nothing_comes_nothing(runner: CliRunner, translation: FakeTranslation, option: list[str]) -> None:
    result = runner.invoke(app, ["translate", "--to", "pt", *option], input=b"")
    assert (result.exit_code, result.stdout) == (0, "")
    assert runner.invoke(app, ["translate", "\n", "--to", "pt"]).stdout == "\n"


def test_auto_is_no_language(runner: CliRunner, translation: FakeTranslation) -> None:
    runner.invoke(app, ["translate", "olá", "--from", "auto", "--to", "en"])
    assert [request.source_lang for request in translation.requests] == [None]


def test_bytes_that_are_not_utf8_are_located(runner: CliRunner, translation: FakeTranslation) -> None:
    result = runner.invoke(app, ["translate", "--to", "pt"], input=b"caf\xe9")
    assert result.exit_code == 1
    assert "0xe9 at offset 3" in result.stderr
    assert translation.requests == []


def test_an_argument_that_is_not_utf8_is_refused(runner: CliRunner, translation: FakeTranslation) -> None:
    result = runner.invoke(app, ["translate", "caf\udce9", "--to", "pt"])
    assert result.exit_code == 1
    assert "not UTF-8" in result.stderr
    assert translation.requests == []


def test_links_are_printed_as_pharaoh(runner: CliRunner, translation: FakeTranslation) -> None:
    result = runner.invoke(app, ["translate", SOURCE, "--to", "pt", "--alignment", "links"])
    assert result.stdout == "BLACK CAT\n0-1 1-0\n"


@pytest.mark.parametrize(
    "option", [["--json"], ["--alignment", "matrix"], ["--alignment", "full"]], ids=" ".join
)
def test_json_is_that_of_the_api(runner: CliRunner, translation: FakeTranslation, option: list[str]) -> None:
    result = runner.invoke(app, ["translate", "Hi", "--to", "pt", *option])
    answer = json.loads(result.stdout)
    assert answer.keys() == {"model", "translations", "usage"}
    assert answer["translations"][0]["text"] == "HI"
    assert answer["usage"] == {"characters": 2, "prompt_tokens": 3, "generation_tokens": 4}


def test_warnings_go_to_standard_error(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "translate", FakeTranslation(["the output was cut at its limit"]))
    result = runner.invoke(app, ["translate", "Hi", "--to", "pt"])
    assert result.stdout == "HI\n"
    assert "warning: the output was cut at its limit" in result.stderr


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ServiceError("unsupported_language_pair", "No model translates into xx."),
            "No model translates into xx. `crosslate models --for FROM-TO` lists models for others.",
        ),
        (FileNotFoundError(2, "No such file or directory", "/a/b"), "No such file or directory: /a/b"),
        (ExceptionGroup("several", [ServiceError("unavailable", "The first.")]), "The first."),
        (KeyError("x"), "unexpected KeyError: 'x' (run again with --debug for the traceback)"),
        (
            RuntimeError("page\nafter page\nin the end"),
            "unexpected RuntimeError: in the end (run again with --debug for the traceback)",
        ),
        (RuntimeError(), "unexpected RuntimeError: no message (run again with --debug for the traceback)"),
        (CheckpointError("2 faults:\n  missing: a\n  unknown: b"), "2 faults: missing: a; unknown: b"),
        (DrainingError(), "failed"),
        (CheckpointError("no model 'a\x1b[2J\x9bm'"), "no model 'a\\x1b[2J\\x9bm'"),
    ],
    ids=["service", "file", "group", "unexpected", "long", "silent", "list", "empty", "escapes"],
)
def test_a_failure_is_one_line_and_status_1(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    fail_with(monkeypatch, error)
    result = runner.invoke(app, ["translate", "Hi", "--to", "pt"])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"crosslate: {message}\n")


class _Interrupting:
    def __repr__(self) -> str:
        raise KeyboardInterrupt


def test_an_interrupt_that_pydantic_tells_of_in_its_way_is_one(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SchemaError, match="KeyboardInterrupt") as raised:
        SchemaValidator(core_schema.list_schema(core_schema.literal_schema([_Interrupting()])))
    fail_with(monkeypatch, raised.value)
    result = runner.invoke(app, ["translate", "Hi", "--to", "pt"])
    assert (result.exit_code, result.stderr) == (INTERRUPTED, "")


@pytest.mark.parametrize(
    "arguments",
    [["--debug", "translate", "Hi", "--to", "pt"], ["translate", "Hi", "--to", "pt", "--debug"]],
    ids=["before", "after"],
)
def test_debug_shows_the_traceback(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    fail_with(monkeypatch, KeyError("x"))
    result = runner.invoke(app, arguments)
    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr


def test_settings_that_cannot_be_used_are_one_line(runner: CliRunner, tmp_path: Path) -> None:
    config = tmp_path / "crosslate.yaml"
    config.write_text("prot: 1\nlimits: {max_texts: 0}\n")
    result = runner.invoke(app, ["models", "--config", str(config)])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "did you mean 'port'?" in result.stderr
    assert "limits.max_texts" in result.stderr


class FakeSummary:
    """Stands for `local.summarize`: the first word."""

    def __init__(self) -> None:
        self.requests: list[SummaryRequest] = []

    def __call__(self, request: SummaryRequest, config: Path | None, report: local.Report) -> SummaryResult:
        self.requests.append(request)
        text = request.text.split()[0]
        sources = [SentenceSource((0, len(request.text)), 0.75)]
        return SummaryResult(
            model="fake",
            text=text,
            finish_reason="stop",
            score=-0.5,
            warnings=[Notice("not_shorter", "it is short")],
            chunks=[],
            alignment=None
            if request.alignment == "none"
            else SummaryAlignment(
                unit="codepoint",
                method=ALIGNMENT.method,
                sentences=[SummarySentence(target=(0, len(text)), sources=sources, sink_mass=0.0)],
                words=None if request.alignment == "sentences" else ALIGNMENT,
            ),
            num_characters=len(request.text),
            num_prompt_tokens=3,
            num_generation_tokens=4,
        )


@pytest.fixture
def summary(monkeypatch: pytest.MonkeyPatch) -> FakeSummary:
    fake = FakeSummary()
    monkeypatch.setattr(local, "summarize", fake)
    return fake


def test_summarize_prints_the_summary(runner: CliRunner, summary: FakeSummary) -> None:
    result = runner.invoke(app, ["summarize", "--length", "short", "--model", "m"], input=b"two\nlines\n")
    assert (result.exit_code, result.stdout) == (0, "two\n")
    assert result.stderr == "crosslate: warning: it is short\n"
    (request,) = summary.requests
    assert (request.text, request.length, request.model) == ("two\nlines\n", "short", "m")
    assert request.alignment == "none"


def test_summarize_lists_the_sentences_below(runner: CliRunner, summary: FakeSummary) -> None:
    result = runner.invoke(app, ["summarize", "two\nlines", "--alignment", "sentences"])
    assert result.stdout == "two\n\ntwo\n   75%  two lines\n"


def test_the_sentences_of_a_page_are_listed_without_its_tags(runner: CliRunner, summary: FakeSummary) -> None:
    page = "<p>two &amp;</p>\n<b>lines"
    result = runner.invoke(app, ["summarize", page, "--format", "html", "--alignment", "sentences"])
    assert result.stdout.endswith("   75%  two & lines\n")
    assert (summary.requests[0].text, summary.requests[0].text_format) == (page, "html")


@pytest.mark.parametrize("option", [["--json"], ["--alignment", "links"], ["--alignment", "matrix"]])
def test_the_json_of_a_summary_is_that_of_the_api(
    runner: CliRunner, summary: FakeSummary, option: list[str]
) -> None:
    answer = json.loads(runner.invoke(app, ["summarize", "two lines", *option]).stdout)
    assert answer.keys() == {"model", "summaries", "usage"}
    assert answer["summaries"][0]["text"] == "two"


def test_summarize_reads_the_file_that_is_named(
    runner: CliRunner, summary: FakeSummary, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_bytes("<p>caf\u00e9 com leite</p>".encode())
    result = runner.invoke(app, ["summarize", str(page)])
    assert result.exit_code == 0, result.output
    assert (summary.requests[-1].text, summary.requests[-1].text_format) == ("<p>café com leite</p>", "html")
    runner.invoke(app, ["summarize", str(page), "--format", "text"])
    assert summary.requests[-1].text_format == "text"


@pytest.mark.parametrize("name", ["missing.txt", "letter.docx"])
def test_the_name_of_what_cannot_be_summarized_is_no_text(
    runner: CliRunner, summary: FakeSummary, tmp_path: Path, name: str
) -> None:
    (tmp_path / "letter.docx").write_bytes(b"PK")
    result = runner.invoke(app, ["summarize", str(tmp_path / name)])
    assert result.exit_code == 1
    assert "standard input" in result.stderr
    assert summary.requests == []


def test_only_the_models_that_may_summarize_are_loaded() -> None:
    folder, other = ModelSettings(id="./folder"), ModelSettings(id="./other")
    known = ModelSettings(id="bart", path="./bart", task="summarization")
    translator = ModelSettings(id="starter/en-pt")
    settings = Settings(models=(translator, folder, known, other))
    assert models_to_summarize(SummaryRequest(text=""), settings) == (folder, known)
    assert models_to_summarize(SummaryRequest(text="", model="bart"), Settings(models=(known,))) == (known,)
    with pytest.raises(ServiceError, match="not one for summarization"):
        models_to_summarize(SummaryRequest(text="", model="starter/en-pt"), Settings(models=(translator,)))
    with pytest.raises(ServiceError, match="No summarization model") as raised:
        models_to_summarize(SummaryRequest(text=""), Settings(models=(translator,)))
    assert raised.value.code == "no_summarizer"
    request = TranslationRequest(text="", target_lang="pt")
    assert models_for(request, settings) == (translator, folder, other)


@pytest.fixture
def alignment_requests(monkeypatch: pytest.MonkeyPatch) -> list[AlignRequest]:
    requests: list[AlignRequest] = []

    def align(request: AlignRequest, *_: object) -> tuple[str, AlignmentResult]:
        requests.append(request)
        return "fake", ALIGNMENT

    monkeypatch.setattr(local, "align", align)
    return requests


def test_align_prints_pharaoh_or_json(runner: CliRunner, alignment_requests: list[AlignRequest]) -> None:
    command = ["align", SOURCE, TARGET, "--from", "en", "--to", "pt"]
    assert runner.invoke(app, command).stdout == "0-1 1-0\n"
    answer = json.loads(runner.invoke(app, [*command, "--json"]).stdout)
    assert answer["model"] == "fake"
    assert answer["alignment"]["links"][0] == {"source": [0, 5], "target": [5, 10], "score": 0.9}
    assert [request.alignment for request in alignment_requests] == ["links", "links"]


def test_hard_links_are_asked_for(
    runner: CliRunner, alignment_requests: list[AlignRequest], tmp_path: Path
) -> None:
    command = ["align", SOURCE, TARGET, "--from", "en", "--to", "pt", "--hard-links", "monotone"]
    assert runner.invoke(app, command).stdout == "0-1 1-0\n"
    assert runner.invoke(app, [*command, "--plot", str(tmp_path / "links.svg")]).exit_code == 0
    # Drawn are the links, where they were chosen.
    asked = [(request.alignment, request.hard_links) for request in alignment_requests]
    assert asked == [("links", "monotone")] * 2


@pytest.mark.parametrize(("name", "start"), [("map.svg", b"<?xml"), ("map.PNG", b"\x89PNG")])
def test_align_draws_a_picture(
    runner: CliRunner, alignment_requests: list[AlignRequest], tmp_path: Path, name: str, start: bytes
) -> None:
    command = ["align", SOURCE, TARGET, "--from", "en", "--to", "pt", "--plot", str(tmp_path / name)]
    result = runner.invoke(app, command)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [request.is_drawn for request in alignment_requests] == [True]


def test_doctor_fails_if_something_is_broken(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(*_: object, **__: object) -> object:
        yield "good", lambda: Finding("ok", "fine")
        yield "odd", lambda: Finding("warn", "strange", "look at it")
        yield "bad", lambda: Finding("fail", "broken", "mend it")

    monkeypatch.setattr("crosslate.service.commands.doctor.examine", examine)
    result = runner.invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert result.stderr == "crosslate: to be mended: bad\n"
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["ok", "warn", "to", "fail", "to"]


def test_serve_puts_the_command_line_over_the_file(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served: list[Settings] = []
    monkeypatch.setattr(
        "crosslate.service.deployment.deployment.run", lambda settings, *_: served.append(settings)
    )
    config = tmp_path / "crosslate.yaml"
    config.write_text("port: 1234\nhost: 0.0.0.0\nmodels: [{id: mine, path: /models/mine}, {id: other}]\n")
    result = runner.invoke(app, ["serve", "mine", "starter/en-pt", "--config", str(config), "--port", "4321"])
    assert result.exit_code == 0, result.output
    (settings,) = served
    assert (settings.host, settings.port) == ("0.0.0.0", 4321)
    assert [model.location for model in settings.models] == ["/models/mine", "starter/en-pt"]


def test_serve_downloads_nothing_where_it_may_not(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosslate.service.deployment.deployment.run", lambda *_: None)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert runner.invoke(app, ["serve", "starter/en-pt", "--offline"]).exit_code == 0
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_serve_gives_a_named_model_what_a_configured_one_gets(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Starters have a replica for each of two CPUs by default, other models have one."""
    served: list[Settings] = []
    monkeypatch.setattr(
        "crosslate.service.deployment.deployment.run", lambda settings, *_: served.append(settings)
    )
    config = tmp_path / "crosslate.yaml"
    config.write_text("models: [{id: ./folder}]\n")
    for arguments in (["./folder"], ["--config", str(config)]):
        assert runner.invoke(app, ["serve", *arguments]).exit_code == 0
    monkeypatch.setenv("CROSSLATE_MODELS", '[{"id": "./folder"}]')
    assert runner.invoke(app, ["serve"]).exit_code == 0
    assert served[0] == served[1] == served[2]
    assert served[0].gateway.num_replicas == 1


@pytest.mark.parametrize(
    ("source", "target", "alignment", "needed"),
    [
        ("en", "pt", "links", ["starter/en-pt"]),
        ("EN", "pt-BR", "none", ["starter/en-pt"]),
        (None, "en", "none", ["starter/pt-en"]),
        ("en", "pt", "symmetric", ["starter/en-pt", "starter/pt-en"]),
    ],
)
def test_only_the_models_that_a_request_may_need_are_loaded(
    source: str | None, target: str, alignment: str, needed: list[str]
) -> None:
    request = TranslationRequest(text="", source_lang=source, target_lang=target, alignment=alignment)  # type: ignore[arg-type]
    assert [model.id for model in models_for(request, Settings())] == needed


def test_a_model_whose_pairs_nobody_knows_may_be_needed() -> None:
    settings = Settings(models=(ModelSettings(id="./folder"), ModelSettings(id="starter/pt-en")))
    request = TranslationRequest(text="", target_lang="pt")
    assert [model.id for model in models_for(request, settings)] == ["./folder"]


def test_the_model_table_never_cuts() -> None:
    summaries = [
        local.ModelSummary(
            id="a" * 90,
            is_configured=True,
            task="translation",
            family="marian",
            pairs=tuple(("en", f"x{n}") for n in range(6)),
            size_bytes=25_000_000,
            license="mit",
        ),
        local.ModelSummary(id="b", is_configured=False, task=None, problem="not downloaded yet"),
    ]
    header, first, second = tables.model_table(summaries).splitlines()
    assert header.split() == ["MODEL", "FAMILY", "TASK", "LANGUAGES", "SIZE", "LICENCE", "STATE"]
    assert "a" * 90 in first
    assert "and 2 more" in first
    assert second.endswith("not downloaded yet")


def test_what_a_checkpoint_says_of_itself_does_not_reach_the_terminal_raw() -> None:
    hostile = local.ModelSummary(id="a", is_configured=True, task=None, license="mit\x1b[2J\nfree")
    assert "mit\\x1b[2J\\nfree" in tables.model_table([hostile]).splitlines()[1]


def test_the_measurement_table_has_a_row_for_each_loop() -> None:
    measurement = Measurement(
        num_workers=16,
        num_texts=4,
        wall_s=2.0,
        latencies_s=(0.1, 0.2),
        num_characters=100,
        num_words=18,
        num_generation_tokens=40,
    )
    of_translation = Benchmark(header="", task="translation", measurements=[measurement])
    head, row = tables.measurement_table(of_translation).splitlines()
    assert "TEXTS/S  TOKENS/S  CHARACTERS/S" in head
    assert row.split() == ["16", "4", "2.0", "20", "50", "100", "200", "200"]
    of_summaries = Benchmark(header="", task="summarization", measurements=[measurement])
    head, row = tables.measurement_table(of_summaries).splitlines()
    assert "SUMMARIES/S  TOKENS/S  WORDS/S" in head
    assert row.split() == ["16", "4", "2.0", "20", "9", "100", "200", "200"]


def test_the_starter_models_answer_without_ray_and_fastapi() -> None:
    script = (
        "import sys\nfrom crosslate.service.commands.cli import app\n"
        "pair = ['--from', 'en', '--to', 'pt']\n"
        "app(['translate', 'The black cat sleeps.', *pair], standalone_mode=False)\n"
        "app(['align', 'The black cat', 'O gato preto', *pair], standalone_mode=False)\n"
        "print(*({'ray', 'fastapi', 'transformers'} & set(sys.modules)), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    translation, links = result.stdout.splitlines()
    assert "gato" in translation
    assert links == "0-0 1-2 2-1"
    assert result.stderr.splitlines()[-1] == ""


def test_failures_raised_by_typer_are_left_to_it(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, typer.BadParameter("not that"))
    result = runner.invoke(app, ["translate", "Hi", "--to", "pt"])
    assert result.exit_code == 2


@pytest.mark.parametrize(("before", "after"), [(None, "passive"), ("active", "active")])
def test_threads_wait_as_in_replicas_unless_told_otherwise(
    before: str | None, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", before or "")
    if before is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.setattr(cli, "app", lambda: None)
    monkeypatch.setattr(cli, "collect_seldom", lambda: None)
    cli.main()
    assert os.environ["OMP_WAIT_POLICY"] == after == (before or RAY_DEFAULTS["OMP_WAIT_POLICY"])
