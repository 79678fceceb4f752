from __future__ import annotations

from loadtests.eval_acceptance import HEADER, row, summarize_all, tables
from loadtests.quality.rubric import judge
from loadtests.quality.texts import read_texts


def test_it_judges_the_starter_through_the_pipeline() -> None:
    texts = [text for text in read_texts() if text.id in {"list-packing", "mail-invoice"}]
    model = "starter/summarize-en"
    outputs = summarize_all(model, texts, "short")
    judgements = [judge(text, output, "short") for text, output in zip(texts, outputs, strict=True)]
    assert all(judgement.sentences for judgement in judgements)
    assert row(model, judgements)[1] == "2"
    printed = tables({model: judgements}, model)
    assert printed.count("| list ") == 2
    assert all(column in printed for column in HEADER)
