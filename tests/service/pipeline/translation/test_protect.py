"""What patterns of a request and of the settings keep from being translated."""

from __future__ import annotations

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.fidelity.protected.user_patterns import MAX_PATTERN_LENGTH, MAX_PATTERNS
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import FakeEngine, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, request


async def _read(text: str, *, always: tuple[str, ...] = (), **changes: object) -> tuple[str, list[str]]:
    """The translation by a model that turns words round, and what the model read of each sentence."""
    engine = FakeEngine(reversed_words)
    model = served_model(engine=engine)
    result = await _translator(model, *always).translate(request(text, **changes))
    return result.text, [model.tokenizer.decode(list(asked.source_ids)) for asked in engine.requests]


def _translator(model: ServedModel, *always: str) -> Translator:
    return Translator(ModelCatalog([model]), FixedDetector(), has_guard=False, protect=always)


@pytest.mark.parametrize(
    ("always", "protect"), [((), ("blue whale",)), (("blue whale",), ()), (("blue",), ("whale", "e w"))]
)
async def test_what_a_pattern_matches_is_one_span(always: tuple[str, ...], protect: tuple[str, ...]) -> None:
    answer, read = await _read("The blue whale sings", always=always, protect=protect)
    assert read == ["The X1 sings"]
    assert answer == "sings blue whale The"


@pytest.mark.parametrize(
    ("text", "pattern", "answer"),
    [
        ("Ask @maria Silva now", "maria Silva", "now @maria Silva Ask"),  # begins within a handle
        ("Ask @maria-silva now", "silva now", "@maria-silva now Ask"),
        ("See {a} and {b} here", r"\{a\} and", "here {b} {a} and See"),
        ("Read <b>the blue whale</b> now", "blue whale", "now <b>blue whale the</b> Read"),
        ("Write to Ana Reis", "Ana", "Reis Ana to Write"),
    ],
)
async def test_patterns_and_what_is_protected_anyhow_may_overlap(
    text: str, pattern: str, answer: str
) -> None:
    assert (await _read(text, protect=(pattern,)))[0] == answer


async def test_patterns_hold_in_every_branch_of_a_message() -> None:
    text = "{n, plural, one {Hug a blue whale} other {Hug # of a blue whale}}"
    answer, _ = await _read(text, protect=("a blue whale",))
    assert answer == "{n, plural, one {a blue whale Hug} other {a blue whale of # Hug}}"


async def test_patterns_hold_in_markdown_and_wrapped_lines() -> None:
    answer, _ = await _read("Hug **a blue whale** now", protect=("blue whale",), text_format="markdown")
    assert answer == "now **blue whale a** Hug"
    answer, _ = await _read("Hug a blue\nwhale now", protect=(r"blue\swhale",), line_breaks="join")
    assert answer == "now blue\nwhale a Hug"


async def test_a_text_of_nothing_else_is_left_as_it_is() -> None:
    answer, read = await _read("Blue whale", protect=("Blue whale",))
    assert (answer, read) == ("Blue whale", [])


@pytest.mark.parametrize(
    ("protect", "said"),
    [
        (("a", "(b"), "pattern 1 is not valid"),
        ((r"(?<=a)b",), "no look-around"),
        ((r"(a)\1",), "no back-references"),
        (("a" * (MAX_PATTERN_LENGTH + 1),), "characters"),
        (("a",) * (MAX_PATTERNS + 1), "patterns"),
    ],
)
async def test_a_refused_pattern_is_the_callers_fault(protect: tuple[str, ...], said: str) -> None:
    with pytest.raises(ServiceError, match=said) as refused:
        await _read("Hello", always=("x",), protect=protect)
    assert (refused.value.status, refused.value.code) == (422, "invalid_pattern")


async def test_patterns_of_the_settings_leave_a_request_as_many_as_ever() -> None:
    always = tuple(f"x{number}" for number in range(MAX_PATTERNS))
    answer, _ = await _read("Hug a blue whale", always=always, protect=("blue whale",) * MAX_PATTERNS)
    assert answer == "blue whale a Hug"


@pytest.mark.timeout(20)
async def test_no_pattern_takes_long() -> None:
    text = "a" * 20_000 + "! Hello you"
    answer, _ = await _read(text, protect=(r"(a+)+$", r"(a|aa)+!", r"(a*)*b"), split_sentences=False)
    assert answer.startswith("you Hello")
