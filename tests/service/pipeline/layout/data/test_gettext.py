"""Catalogues of gettext, translated: what is in them already stays."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.layout.data.recognition import data_values
from crosslate.service.pipeline.translation.translator import Translator
from tests.growth import assert_linear
from tests.service.pipeline.fakes import FakeEngine, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, make_translator, request

HEADER = '# About\nmsgid ""\nmsgstr ""\n"Language: pt\\n"\n\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('msgid "big dog"\nmsgstr ""\n', 'msgid "big dog"\nmsgstr "dog big"\n'),
        ('msgid "big dog"\nmsgstr "cão"\n', 'msgid "big dog"\nmsgstr "cão"\n'),
        ('msgid "big dog"\nmsgstr "big dog"\n', 'msgid "big dog"\nmsgstr "dog big"\n'),
        ('msgid "dog.big"\nmsgstr "big dog"\n', 'msgid "dog.big"\nmsgstr "dog big"\n'),
        ('msgctxt "a b"\nmsgid "big dog"\nmsgstr ""', 'msgctxt "a b"\nmsgid "big dog"\nmsgstr "dog big"'),
        (
            '#. one two\n#: a.c:42\n#, c-format\nmsgid "one dog"\nmsgid_plural "two dogs"\n'
            'msgstr[0] ""\nmsgstr[1] ""\n',
            '#. one two\n#: a.c:42\n#, c-format\nmsgid "one dog"\nmsgid_plural "two dogs"\n'
            'msgstr[0] "dog one"\nmsgstr[1] "dogs two"\n',
        ),
        (
            'msgid ""\n"one two "\n"three\\n"\n"four \\"five\\""\nmsgstr ""\n',
            'msgid ""\n"one two "\n"three\\n"\n"four \\"five\\""\n'
            'msgstr "three two one\\n\\" five \\" four"\n',
        ),
        ('msgid "%s\\nbig dog"\nmsgstr ""\n', 'msgid "%s\\nbig dog"\nmsgstr "%s\\ndog big"\n'),
        ('msgid "%s"\nmsgstr ""\n', 'msgid "%s"\nmsgstr ""\n'),
        (
            'msgid "One two. Three four.\\n"\nmsgstr ""',
            'msgid "One two. Three four.\\n"\nmsgstr ". two One . four Three\\n"',
        ),
    ],
)
async def test_messages_get_the_translations_that_they_lack(text: str, expected: str) -> None:
    translator = make_translator(FakeEngine(reversed_words))
    assert (await translator.translate(request(text))).text == expected
    assert (await translator.translate(request(HEADER + text))).text == HEADER + expected


async def test_segments_lead_from_the_message_to_its_translation() -> None:
    text = 'msgid "big dog"\nmsgstr ""\n'
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text))
    (segment,) = result.segments
    assert text[slice(*segment.source)] == "big dog"
    assert result.text[slice(*segment.target)] == "dog big"


async def test_long_sentences_come_whole() -> None:
    words = " ".join(f"word{chr(97 + i % 26)}" for i in range(60))
    translator = make_translator(FakeEngine(reversed_words), max_source_tokens=24)
    result = await translator.translate(request(f'msgid "{words}"\nmsgstr ""\n# end\n'))
    first, _, rest = result.text.partition("\nmsgstr ")
    assert first == f'msgid "{words}"'
    assert sorted(rest.removesuffix('"\n# end\n').removeprefix('"').split()) == sorted(words.split())


async def test_second_models_fill_them_in_too() -> None:
    served = [
        served_model(name, (pair,), engine=FakeEngine(reversed_words))
        for name, pair in (("pt-en", ("pt", "en")), ("en-de", ("en", "de")))
    ]
    both = Translator(ModelCatalog(served), FixedDetector(), has_guard=False)
    text = 'msgid "one \\"two\\" three"\nmsgstr ""\n'
    result = await both.translate(request(text, source_lang="pt", target_lang="de"))
    assert result.text == 'msgid "one \\"two\\" three"\nmsgstr "one \\" two \\" three"\n'


@pytest.mark.parametrize("unit", ['msgid "a"\nmsgstr ""\n', '"a"\n', "# a\n", 'msgctxt "a"\n', '\\"'])
def test_time_is_in_proportion_to_length(unit: str) -> None:
    assert_linear(data_values, lambda length: 'msgid "a b"\nmsgstr ""\n' + unit * (length // len(unit)))
