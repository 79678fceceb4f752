"""What spares bare sentences a rule gives what the rule would have given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.numbers.figure_dates import changed_dates
from crosslate.service.pipeline.fidelity.numbers.number_difference import difference
from crosslate.service.pipeline.fidelity.numbers.number_forms import rewritten_numbers
from crosslate.service.pipeline.fidelity.numbers.ordinals import raised_ordinals
from crosslate.service.pipeline.fidelity.protected import patterns
from crosslate.service.pipeline.fidelity.signs.item_marks import lost_codes, lost_items
from crosslate.service.pipeline.fidelity.signs.mark_runs import with_single_marks
from crosslate.service.pipeline.fidelity.signs.prepare import prepare
from crosslate.service.pipeline.language.marks import WORD
from crosslate.service.pipeline.layout.plain import plain
from crosslate.service.pipeline.parts import passage_reading, prepared_part
from crosslate.service.pipeline.sentences import splitting
from crosslate.service.pipeline.text import bare_sentences
from crosslate.service.pipeline.text.bare_sentences import is_bare
from crosslate.service.pipeline.text.origin import DerivedText, OriginMap
from crosslate.service.pipeline.translation import survival
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.wording import additions, whole_days
from crosslate.service.pipeline.wording.gender_marks import with_one_gender, with_plurals
from crosslate.service.pipeline.wording.hours_in_full import with_hours_in_full
from crosslate.service.pipeline.wording.number_signs import with_readable_number_signs
from tests.service.pipeline.helpers import make_translator, request

ASKING = (additions, passage_reading, prepared_part, splitting, survival, whole_days, patterns, plain)
PAIRS = (("en", "pt"), ("pt", "en"), ("de", "en"), ("fr", "tr"))

# Words that rules look for, of code, commands, lists, logs, dates, names, sizes and languages.
TELLING = """
select insert into update set delete from where values import return git commit sudo make at caused by note
warning error no nos de do da on mon tue wed Mon Tue Fri Sat Jan May Seg Ter Sex Mar Set Dez and to a e ou à
segunda feira second first one two twenty half dozen million Ltd Ltda Inc Acme Dear Thank S M L I V X A B C D
isn't don't o'clock l'eau Mr Dr Prof Sr Av approx etc Yes Português English Hi haha é ça über straße Ñandú i
am pm h kg às
"""
words = st.sampled_from(TELLING.split()) | st.text("aeiorsnhçãßþ", min_size=1, max_size=6)
bare_texts = st.builds(
    lambda first, rest, end: first + "".join(rest) + end,
    words,
    st.lists(st.builds(str.__add__, st.sampled_from([" ", " ", " ", ", "]), words), max_size=12),
    st.sampled_from(["", ".", "!", "?"]),
)


@contextmanager
def no_sentence_is_bare() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for module in ASKING:
            patched.setattr(module, "is_bare", lambda text: False)
        yield


def as_told(value: Any) -> Any:
    """With the arrays of maps as lists, so that two can be compared."""
    if isinstance(value, OriginMap):
        return value.starts.tolist(), value.ends.tolist()
    if hasattr(value, "__dataclass_fields__"):
        return type(value), [as_told(getattr(value, name)) for name in value.__dataclass_fields__]
    if isinstance(value, (list, tuple)):
        return [as_told(one) for one in value]
    return value


def both(work: Callable[[], Any]) -> tuple[Any, Any]:
    with no_sentence_is_bare():
        expected = as_told(work())
    return as_told(work()), expected


def test_all_that_ask_are_compared() -> None:
    folder = Path(bare_sentences.__file__).parents[1]
    asking = {path for path in folder.rglob("*.py") if "import is_bare" in path.read_text(encoding="utf-8")}
    asking |= {path for path in folder.rglob("*.py") if ", is_bare" in path.read_text(encoding="utf-8")}
    assert asking == {Path(module.__file__ or "") for module in ASKING}


@given(bare_texts)
def test_what_is_drawn_is_bare(text: str) -> None:
    assert is_bare(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Two  blanks.", "A blank .", "Two!!", "Over\ntwo lines", "A (b).", "In 2010.", "USA",
        "iPhone", "well-known", "“So”", "It’s so.", "e.g. this", "One. Two.", " a", "a ", "a,b", "a,",
        "don''t", "'tis", "文", "ſo", "a\xad", "a\N{COMBINING ACUTE ACCENT}", "a " * 600 + "b",
    ],
)  # fmt: skip
def test_what_rules_may_act_upon_is_not_bare(text: str) -> None:
    assert not is_bare(text)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return make_translator(pairs=PAIRS)


@given(text=bare_texts, pair=st.sampled_from(PAIRS), split=st.booleans())
@example(text="S M L", pair=("en", "pt"), split=True)
@example(text="Acme Trading Ltd.", pair=("en", "pt"), split=True)
@example(text="On Mon, Tue and Wed.", pair=("en", "pt"), split=True)
@example(text="Seg, ter e Sex", pair=("pt", "en"), split=True)
@example(text="He comes on Mon's advice, on Tue.", pair=("en", "pt"), split=True)
@example(text="Insert into users values", pair=("en", "pt"), split=True)
@example(text="I Was Here", pair=("en", "pt"), split=True)
async def test_plans_are_those_of_the_rules(
    translator: Translator, text: str, pair: tuple[str, str], split: bool
) -> None:
    source, target = pair
    asked = request(text, source_lang=source, target_lang=target, split_sentences=split)

    async def plan() -> Any:
        found = await translator._planner.plan(asked)
        return as_told([found.parts, found.warnings])

    found = await plan()
    with no_sentence_is_bare():
        expected = await plan()
    assert found == expected


@given(bare_texts, st.sampled_from(["en", "pt", "de", "ja", "und"]))
def test_rules_for_passages_and_sentences(text: str, lang: str) -> None:
    for work in (
        lambda: plain.plain_passages(text, lang, "auto", len),
        lambda: splitting.split_text(text, lang),
        lambda: patterns.protected_spans(text),
        lambda: whole_days.with_whole_days(DerivedText.of(text), lang, []),
    ):
        found, expected = both(work)
        assert found == expected


@given(bare_texts, bare_texts, st.sampled_from(["en", "pt", "hi", "ja"]))
def test_rules_for_outputs(source: str, output: str, lang: str) -> None:
    def rules(written: str) -> list[object]:
        judged = (additions.is_doubled, additions.is_lecture)
        said = [rule(source, written, lang) for rule in judged]
        return [*said, additions.num_words(written), additions.is_label(written)]

    for written in (source, output, f"{output.rstrip('.!?')} {output}"):
        found, expected = both(partial(rules, written))
        assert found == expected


@given(bare_texts, st.sampled_from(["en", "pt"]))
def test_rules_for_signs_leave_it_as_it_is(text: str, lang: str) -> None:
    other = "pt" if lang == "en" else "en"
    whole = DerivedText.of(text)
    for read in (
        prepare(whole, dict.fromkeys(map(ord, "‘’`´“”–—…"), "x")),
        with_readable_number_signs(whole, lang),
        with_one_gender(whole, lang, other),
        with_plurals(whole, lang),
        with_single_marks(whole, []),
        with_hours_in_full(whole, lang, other, []),
    ):
        assert read.text == text
    rewritten = rewritten_numbers(text, lang, other), raised_ordinals(text, lang, other)
    assert rewritten == ({}, None)


@given(bare_texts, bare_texts, st.sampled_from(PAIRS))
def test_nothing_that_is_counted_is_lost(source: str, output: str, pair: tuple[str, str]) -> None:
    assert not lost_items(source, output)
    assert not lost_codes(source, output)
    assert not changed_dates(source, output)
    assert not difference(source, pair[0], output, pair[1])


@given(bare_texts)
def test_words(text: str) -> None:
    found = bare_sentences.bare_words(text)
    assert found == [match.group() for match in WORD.finditer(text)]
