from __future__ import annotations

import pytest

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.parts.parentheses import WithoutParentheses
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import FakeEngine, served_model
from tests.service.pipeline.helpers import FixedDetector, request


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Finalizar compra (em inglês)", "Finalizar compra"),
        ("Acme Inc. (em inglês).", "Acme Inc."),
        ("Acme (em inglês).", "Acme."),
        ("Um [1] dois (três) quatro", "Um dois quatro"),
        ("(em inglês)", "(em inglês)"),
        ("FC 72 bpm (horário de 22H.", "FC 72 bpm."),
        ("FC 72 bpm (horário", "FC 72 bpm"),
    ],
)
def test_parentheses_are_taken_out(output: str, expected: str) -> None:
    assert WithoutParentheses().restored(DerivedText.of(output)).text == expected


def test_those_of_the_source_are_kept() -> None:
    kept = WithoutParentheses(num_kept=1)
    assert kept.restored(DerivedText.of("(upbeat music) (em inglês)")).text == "(upbeat music)"


async def test_a_parenthesis_that_nobody_wrote_is_cut_at_last() -> None:
    engine = FakeEngine()
    model = served_model(engine=engine)
    tokenizer = model.tokenizer
    translator = Translator(ModelCatalog([model]), FixedDetector(), has_guard=True)
    added = [tokenizer.tokenize_target(word).ids[0] for word in ("(", "sic", ")")]
    engine.translate = lambda ids: [*reversed(ids[:-1]), *added, ids[-1]]
    result = await translator.translate(request("One two three four five."))
    assert result.text == ". five four three two One"
    assert [verdict.reason for verdict in result.verdicts] == ["added"]
    assert result.warnings == []
    assert len(engine.requests) == 2
