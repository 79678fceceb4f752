"""Data through translations by an engine that turns words round: all but the words stays."""

from __future__ import annotations

import csv
import io

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.layout.data.recognition import data_values
from crosslate.service.pipeline.layout.value_passages import value_passages
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import FakeEngine, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, make_translator, request
from tests.service.pipeline.layout.test_json_text import agree, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,b\nbig dog,"one ""two"""\n', 'a,b\ndog big,""" two "" one"\n'),
        ("a:\n  b: big dog # so\n  c: 3\n", "a:\n  b: dog big # so\n  c: 3\n"),
        ("a: 'it''s so'\nb_c: 1", "a: 'so it''s'\nb_c: 1"),
        ('a: "big\\ndog \\"x\\""\nb: 1', 'a: "big\\n\\" x \\" dog"\nb: 1'),
        ('a: "big \\x41"\nb: "big\\a dog"', 'a: "A big"\nb: "big\\a dog"'),
        ("a.b = big dog\na.c=one\\nTwo three\n", "a.b = dog big\na.c=one\\nthree Two\n"),
        ("INSERT INTO t VALUES ('big dog');", "INSERT INTO t VALUES ('dog big');"),
    ],
)
async def test_only_values_are_read(text: str, expected: str) -> None:
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text))
    assert result.text == expected


async def test_second_models_write_it_so_too() -> None:
    served = [
        served_model(name, (pair,), engine=FakeEngine(reversed_words))
        for name, pair in (("pt-en", ("pt", "en")), ("en-de", ("en", "de")))
    ]
    both = Translator(ModelCatalog(served), FixedDetector(), has_guard=False)
    text = 'a,b\nbig dog,"one ""two"" three"\n'
    result = await both.translate(request(text, source_lang="pt", target_lang="de"))
    assert result.text == 'a,b\nbig dog,"one "" two "" three"\n'


def answered(text: str) -> str:
    """A text that is data with its values in the other case."""
    found = data_values(text)
    assert found is not None
    whole = DerivedText.of(text)

    def plain(part: str) -> list[Passage]:
        return [Passage(text=DerivedText.of(part))]

    passages = [one for value in found for one in value_passages(whole, value, plain)]
    return whole.edited([(one.text.span, written(one)) for one in passages]).text


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=3))
def test_any_table_keeps_its_cells(rows: list[tuple[str, str, str]]) -> None:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("id", "a", "b"), *rows])
    answer = list(csv.reader(io.StringIO(answered(file.getvalue()))))
    assert answer[0] == ["id", "a", "b"]
    for row, sent in zip(answer[1:], rows, strict=True):
        assert agree(row, list(sent))


KEYS = st.from_regex("[a-z]{1,4}", fullmatch=True)


@given(
    st.dictionaries(
        KEYS,
        st.dictionaries(KEYS, CELLS, min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    )
)
def test_any_mapping_keeps_its_keys(data: dict[str, dict[str, str]]) -> None:
    """Values are written between quotation marks: what else they may be is not for a model to know."""
    text = yaml.safe_dump(data, allow_unicode=True, default_style='"', width=1000)
    assert agree(yaml.safe_load(answered(text)), data)
