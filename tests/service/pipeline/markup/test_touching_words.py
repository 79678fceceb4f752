from __future__ import annotations

from collections.abc import Iterator

import pytest

from crosslate.service.pipeline.markup.options import NO_OPTIONS, MarkupFormat
from crosslate.service.pipeline.markup.reading import markup_passages
from crosslate.service.pipeline.markup.touching_words import with_words_apart, words_as_one
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import Allowance, TextFormat, TranslationRequest
from loadtests.eval_markup import starters

_LISTED = "a at ball black button cat estimate foot football good morning red test the tube under you youtube"
_WORDS = frozenset(_LISTED.split())


_ALLOWANCE = Allowance(timeout_s=600)


@pytest.fixture(scope="module")
def translator() -> Iterator[Translator]:
    with starters() as translator:
        yield translator


def _count_tokens(word: str) -> int:
    return 2 if word in _WORDS else 1 + len(word)


def _read(markup: MarkupFormat, sent: str) -> tuple[list[str], list[str]]:
    passages = [
        with_words_apart(one, sent, _count_tokens) for one in markup_passages(sent, markup, NO_OPTIONS)
    ]
    as_one = [
        passage.text.text[slice(*span)]
        for passage in passages
        for span in words_as_one(passage.text, sent, _count_tokens)
    ]
    return [passage.text.text for passage in passages], as_one


@pytest.mark.parametrize(
    ("markup", "sent", "read", "as_one"),
    [
        ("xml", 'Good morning<x id="1"/>The cat', ["Good morning\nThe cat"], []),
        ("xml", 'The red<x id="1"></x>button', ["The red button"], []),
        ("xml", "A te<x/>st", ["A test"], []),
        ("html", "<b>black</b><i>cat</i>", ["black cat"], []),
        ("html", "Good morning<img src=a.png>The cat", ["Good morning\nThe cat"], []),
        ("html", "<b>foot</b><i>ball</i>", ["football"], []),
        ("html", "You<wbr>Tube", ["YouTube"], []),
        ("html", "black<wbr>cat", ["blackcat"], []),
        ("html", "black<!-- so -->cat", ["blackcat"], []),
        ("html", "<b>under</b><i>estimate</i>", ["underestimate"], ["underestimate"]),
        ("html", "The <b>black</b>cat", ["The blackcat"], ["blackcat"]),
        ("html", "The <b>b</b>lack cat", ["The black cat"], []),
        ("xml", "The<x/>red<x/>button", ["The red button"], []),
        ("xml", "Look at<x/>a cat", ["Look at a cat"], []),
        ("xml", "Under<x/>at<x/><y/>the cat", ["Underat the cat"], ["Underat"]),
        ("html", "<b>at</b><i>the</i>", ["atthe"], []),
    ],
)
def test_whole_words_are_read_apart_or_told(
    markup: MarkupFormat, sent: str, read: list[str], as_one: list[str]
) -> None:
    assert _read(markup, sent) == (read, as_one)


@pytest.mark.parametrize(
    ("text_format", "sent", "wanted", "places"),
    [
        ("xml", 'Good morning<x id="1"/>The cat sleeps', 'Bom dia<x id="1"/>O gato dorme', []),
        ("html", "The <b>red</b><i>button</i> is here.", "O <i>botão</i> <b>vermelho</b> está aqui.", []),
        ("html", "<b>black</b><i>cat</i>", "<i>gato</i> <b>preto</b>", []),
        ("html", 'The black<x id="1"/>cat sleeps.', 'O gato <x id="1"/>preto dorme.', []),
        ("html", "Open<img src=a>the file.", "Abra <img src=a>o arquivo.", []),
        ("html", "The <b>black<x/>cat</b> sleeps.", "O <b>gato <x/>preto</b> dorme.", []),
        ("html", "The<x/>cat<y/>sleeps.", "O <x/>gato<y/> dorme.", []),
        ("html", "The <b>black</b>cat is here.", "O <b>black</b>cat está aqui.", [(7, 19)]),
        ("markdown", "The **red**_button_ is here.", "O _botão_ **vermelho** está aqui.", []),
        ("markdown", "A [red](a)[button](b).", "Um [botão](b) [vermelho](a).", []),
        ("markdown", "The *black*cat is here.", "O *black*cat está aqui.", [(5, 14)]),
        ("text", "Save {{1}}now{{2}}", "Salvar {{1}}agora{{2}}", []),
        ("text", "[X14X]welcome[X24X]", "[X14X]bem-vindos[X24X]", []),
        ("text", "{{3}}it{{4}} is here", "{{3}}está{{4}} aqui", []),
        ("text", "The file is {{link}}not there{{/link}}.", "O arquivo {{link}}não está lá{{/link}}.", []),
        ("text", "We found {{#b}}it{{/b}} there.", "Nós {{#b}}o{{/b}} encontramos lá.", []),
        ("text", "{b}Important:{/b} do not close it.", "{b}Importante:{/b} não feche.", []),
        ("text", "You have {count}items left.", "Você tem {count}itens restantes.", []),
        ("text", "SAVE {{1}}NOW{{2}}", "SALVAR {{1}}AGORA{{2}}", []),
        ("text", "Press %skey to continue.", "Pressione %skey para continuar.", [(8, 11)]),
        ("text", "The width is {{count}}px now.", "A largura é {{count}}px agora.", []),
    ],
)
async def test_no_word_stays_in_silence(
    translator: Translator, text_format: TextFormat, sent: str, wanted: str, places: list[tuple[int, int]]
) -> None:
    request = TranslationRequest(text=sent, source_lang="en", target_lang="pt", text_format=text_format)
    found = await translator.translate(request, _ALLOWANCE)
    assert found.text == wanted
    assert [one.source for one in found.warnings if one.code == "unsupported_sentence"] == places


async def test_words_beside_elements_that_stay_are_translated(translator: Translator) -> None:
    sent = 'Use the list<span translate="no">1</span> here.'
    request = TranslationRequest(text=sent, source_lang="en", target_lang="pt", text_format="html")
    found = await translator.translate(request, _ALLOWANCE)
    assert "list<" not in found.text
    assert 'lista<span translate="no">1</span>' in found.text
