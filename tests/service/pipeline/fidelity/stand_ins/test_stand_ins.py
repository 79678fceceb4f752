from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from crosslate.models.engine.request import GenerationRequest
from crosslate.models.loading import load_engine
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import FORMS, StandIn, chosen_forms, occurrences


def test_names_do_not_stand_in_the_text() -> None:
    assert list(islice(StandIn("X").names("An x2 and X1."), 2)) == ["X3", "X4"]


def test_a_stand_in_is_a_word_of_its_own() -> None:
    assert occurrences("X1", "X1, x1s (x1) X12 AX1") == [(0, 2), (9, 11)]
    assert occurrences("%1", "%1% 5%1 %12") == [(0, 2)]
    assert occurrences("(1)", "a(1)b (1)") == [(1, 4), (6, 9)]


async def test_the_form_that_a_model_copies_comes_first() -> None:
    async def without_x(texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        return [text.replace("X", "Y") for text in texts]

    forms, num_lost, num_tried = await chosen_forms(without_x, [("xx", "yy"), ("de", "en"), ("fr", "en")])
    assert [form.name for form in forms[:2]] == ["%1", "9911"]
    assert set(forms) == set(FORMS)
    assert (num_lost, num_tried) == (0, 12)


async def test_without_sentences_in_its_languages_a_model_is_not_asked() -> None:
    async def never(texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        raise AssertionError

    assert await chosen_forms(never, [("xx", "yy")]) == (FORMS, 0, 0)


async def test_a_starter_copies_one() -> None:
    engine = load_engine("starter/en-pt")
    asked: list[str] = []

    async def translate(texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        asked.extend(texts)
        sources = [engine.tokenizer.encode_source(text) for text in texts]
        outputs = engine.generate([GenerationRequest(source_ids=ids) for ids in sources])
        return [engine.tokenizer.decode(output.token_ids) for output in outputs]

    forms, *_ = await chosen_forms(translate, [("en", "pt")])
    assert forms[0].name in asked[-1]
