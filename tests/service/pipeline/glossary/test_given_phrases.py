"""Phrases that a text brings its own translation of, at their places and to the letter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crosslate.service.loading.loading import load_local_model
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.glossary.given_phrases import GivenPhrase
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import TranslationRequest
from crosslate.service.settings.config import ModelSettings


@pytest.fixture(scope="module")
def translator() -> Iterator[Translator]:
    model = load_local_model(ModelSettings(id="starter/en-pt"), num_threads=1)
    yield Translator(ModelCatalog([model.served]))
    model.engine.close()


def asked(text: str, *given: tuple[str, str], **changes: object) -> TranslationRequest:
    """With `[…]` around the phrases."""
    phrases: list[GivenPhrase] = []
    for phrase, target in given:
        start = text.index(f"[{phrase}]")
        text = text.replace(f"[{phrase}]", phrase, 1)
        phrases.append(GivenPhrase((start, start + len(phrase)), target))
    fields: dict[str, object] = {"text": text, "source_lang": "en", "target_lang": "pt", **changes}
    return TranslationRequest(phrases=tuple(phrases), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("The black [cat] sleeps.", [("cat", 'felino "X"')], 'O felino "X" preto dorme.'),
        # Articles agree with it; it itself has the capitals and endings that were given.
        ("The [bridge] is closed.", [("bridge", "viaduto")], "O viaduto está fechado."),
        ("[Houses] are small.", [("Houses", "moradias")], "As moradias são pequenas."),
        ("[Black cats] sleep.", [("Black cats", "felinos")], "felinos dormem."),
        # Only at its own place.
        ("The cat sees a [cat].", [("cat", "felino")], "O gato vê um felino."),
        ("The [ cat ] sleeps.", [(" cat ", "felino")], "O  felino  dorme."),
        ("The [cat] sees the [house].", [("cat", "bicho"), ("house", "toca")], "O bicho vê a toca."),
    ],
)
async def test_what_was_given_is_there_to_the_letter(
    translator: Translator, text: str, given: list[tuple[str, str]], expected: str
) -> None:
    result = await translator.translate(asked(text, *given))
    assert result.text == expected
    assert [(term.target, term.enforced) for term in result.terms or ()] == [(one, True) for _, one in given]


async def test_in_html_it_is_text_among_tags(translator: Translator) -> None:
    request = asked("<p>The black <b>[cat]</b> sleeps.</p>", ("cat", "a < b & c"), text_format="html")
    result = await translator.translate(request)
    assert result.text == "<p>O <b>a &lt; b &amp; c</b> preto dorme.</p>"


async def test_it_goes_before_a_glossary(translator: Translator) -> None:
    entries = (GlossaryEntry("cat", "felino"), GlossaryEntry("house", "moradia"))
    request = asked("The [cat] sees the house.", ("cat", "bicho"), glossary=entries)
    assert (await translator.translate(request)).text == "O bicho vê a moradia."


async def test_what_no_sentence_has_whole_is_said(translator: Translator) -> None:
    request = asked("The cat [sleeps. The house] is small. 1 [ ] 2", ("sleeps. The house", "x"), (" ", "y"))
    result = await translator.translate(request)
    assert [term.enforced for term in result.terms or ()] == [False, False]
    found = [one.source for one in result.warnings if one.code == "glossary_not_applied"]
    assert found == [phrase.span for phrase in request.phrases]
