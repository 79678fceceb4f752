from __future__ import annotations

import pysubs2
import pytest

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.stand_in import texts_of, translated

ENGLISH = [
    ["Where are you going?"],
    ["I am going to the market", "to buy some bread."],
    ["- Hello!", "- Hi, how are you?"],
    ["I saw the man who"],
    ["took <i>the money</i>."],
]
PORTUGUESE = [
    ["Aonde você vai?"],
    ["Vou ao mercado comprar pão."],
    ["- Olá!", "- Oi, como você está?"],
    ["Eu vi o homem que"],
    ["pegou <i>o dinheiro</i>."],
]
WANTED = [
    "Where are you going?",
    "I am going to the market to buy some bread.",
    "- Hello!",
    "- Hi, how are you?",
    'I saw the man who <x id="1"/>took <g id="2">the money</g>.',
]
BOTH = [[*one, *other] for one, other in zip(ENGLISH, PORTUGUESE, strict=True)]


def subtitles(cues: list[list[str]], kind: str = "srt") -> bytes:
    file = pysubs2.SSAFile()
    for number, lines in enumerate(cues):
        text = r"\N".join(lines).replace("<i>", r"{\i1}").replace("</i>", r"{\i0}")
        file.append(pysubs2.SSAEvent(2000 * number, 2000 * number + 1900, text))
    return file.to_string(kind).encode()


@pytest.mark.parametrize("kind", ["srt", "vtt"])
@pytest.mark.parametrize("source", ["en", None])
def test_only_lines_in_the_sources_language_are_translated(kind: str, source: str | None) -> None:
    options = ReadOptions(source_lang=source, target_lang="pt-BR")
    below = [[*other, *one] for one, other in zip(ENGLISH, PORTUGUESE, strict=True)]
    for cues in (BOTH, below):
        data = subtitles(cues, kind)
        assert texts_of(f"a.{kind}", data, options) == WANTED
        written = translated(f"a.{kind}", data, options).decode()
        assert all(line in written for lines in PORTUGUESE for line in lines)
        assert not any(line in written for lines in ENGLISH for line in lines)
    assert "in Portuguese stay" in read_document(f"a.{kind}", data, options).notices[0]


def test_a_cue_that_is_in_one_language_is_told_by_its_words() -> None:
    cues = [*BOTH, ["You did not come to see me", "when I was ill."], ["Você não veio", "ontem à noite."]]
    options = ReadOptions(source_lang="en", target_lang="pt")
    assert texts_of("a.srt", subtitles(cues), options)[5:] == ["You did not come to see me when I was ill."]


@pytest.mark.parametrize("source", ["en", "fr"])
def test_what_is_in_one_language_or_in_others_is_read_as_ever(source: str) -> None:
    cues = ENGLISH if source == "en" else BOTH
    read = read_document("a.srt", subtitles(cues), ReadOptions(source_lang=source, target_lang="de"))
    assert list(read.notices) == []
    assert len("".join(one.text for one in read.segments)) > sum(len("".join(cue)) for cue in cues)
