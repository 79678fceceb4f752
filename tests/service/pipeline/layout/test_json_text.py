"""Plain texts that are JSON, as passages and through translations by an engine that turns words round."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.layout.json_text import json_passages
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import SegmentEvent, TokenEvent
from tests.service.pipeline.fakes import FakeEngine, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, make_translator, request

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def swapped(text: str) -> str:
    """In the other case, but for letters that become several."""
    return "".join(new if len(new := one.swapcase()) == 1 else one for one in text)


def agree(answer: object, value: object) -> bool:
    """Whether data are the same, but for the case of strings that are values: each of them as a whole."""
    match value:
        case str():
            return answer in (value, swapped(value))
        case list():
            return isinstance(answer, list) and all(map(agree, answer, value)) and len(answer) == len(value)
        case dict():
            if not isinstance(answer, dict) or answer.keys() != value.keys():
                return False
            return all(agree(answer[key], one) for key, one in value.items())
    return answer == value


def written(passage: Passage) -> str:
    """As an answer has it that is the passage in the other case."""
    answer = DerivedText.of(swapped(passage.text.text))
    return answer.edited(list(passage.forms.edits(answer.text))).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (' {"a name": "big dog",\n "n": true}\n', ' {"a name": "dog big",\n "n": true}\n'),
        ('["one \\"two\\" three"]', '["three \\" two \\" one"]'),
        ('["one \\\\ two\\nthree four\\tfive"]', '["two \\\\ one\\nfour three\\tfive"]'),
        ('["a\\/b c", "\\u00e9t\\u00e9 big"]', '["c b\\/a", "big été"]'),
        ('{"a": "one two"}\n{"a": "three four"}', '{"a": "two one"}\n{"a": "four three"}'),
        ('["“one” \\"two\\""]', '["\\" two \\" ” one “"]'),
        ('["half a pair \\ud83d", "it is"]', '["half a pair \\ud83d", "is it"]'),
        ('[true, null, {"a b": false}]', '[true, null, {"a b": false}]'),
        ('{"@type": "A b", "x": "c d"}', '{"@type": "A b", "x": "d c"}'),
        (
            '{"@m": {"description": "a b", "placeholders": {"n": {"type": "c d"}}}}',
            '{"@m": {"description": "b a", "placeholders": {"n": {"type": "c d"}}}}',
        ),
        ('{"@graph": [{"name": "a b"}]}', '{"@graph": [{"name": "b a"}]}'),
        ("{one two}", "{one two}"),
        ('["one two', 'two one " ['),
        ("[one, Two]", "] Two , one ["),
        ('"one two"', '" two one "'),
    ],
)
async def test_only_the_strings_that_are_values_are_read(text: str, expected: str) -> None:
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text))
    assert result.text == expected


@given(st.lists(VALUES, max_size=3), st.booleans())
@example(["\u0308a \u0308", 'a"\u0308b'], False)
def test_any_data_keeps_all_but_its_strings(value: object, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    passages = json_passages(text)
    assert passages is not None
    edits = [(passage.text.span, written(passage)) for passage in passages]
    answer = json.loads(DerivedText.of(text).edited(edits).text)
    assert agree(answer, value)


async def test_words_are_those_that_a_reader_sees() -> None:
    text = '{"note": "one\\ntwo \\"big\\""}'
    engine = FakeEngine(reversed_words)
    result = await make_translator(engine).translate(request(text, alignment="links"))
    assert result.alignment is not None
    links = [(text[slice(*link.source)], result.text[slice(*link.target)]) for link in result.alignment.links]
    assert set(links) == {("one", "one"), ("two", "two"), ('\\"', '\\"'), ("big", "big")}


async def test_streams_and_second_models_write_it_so_too() -> None:
    text = '{"a": "one \\"two\\"", "b": "three\\nfour five"}'
    translator = make_translator(FakeEngine(reversed_words))
    events = [event async for event in translator.stream(request(text))]
    said = "".join(event.text for event in events if isinstance(event, TokenEvent | SegmentEvent))
    assert said == '{"a": "\\" two \\" one", "b": "three\\nfive four"}'
    served = [
        served_model("pt-en", (("pt", "en"),), engine=FakeEngine(reversed_words)),
        served_model("en-de", (("en", "de"),), engine=FakeEngine(reversed_words)),
    ]
    both = Translator(ModelCatalog(served), FixedDetector(), has_guard=False)
    asked = request(text, source_lang="pt", target_lang="de")
    assert (await both.translate(asked)).text == '{"a": "one \\" two \\"", "b": "three\\nfour five"}'
