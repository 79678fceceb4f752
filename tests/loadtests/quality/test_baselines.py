from __future__ import annotations

from loadtests.quality.baselines import BASELINES, lex_rank
from loadtests.quality.rubric import Output, judge
from loadtests.quality.texts import read_texts
from loadtests.summary_scores import Example

SENTENCES = [
    "Whales sing loudly.",
    "The harbour bridge will close for repairs in March.",
    "Repairs of the harbour bridge cost two million.",
    "Shops near the bridge fear repairs in March.",
]


def test_the_most_central_sentence_shares_most_with_the_others() -> None:
    assert lex_rank(Example(SENTENCES, []), 3) == [1, 2, 3]
    assert lex_rank(Example([], [])) == []


def test_greetings_are_no_sentences() -> None:
    assert (
        BASELINES["lead-1"]("Hi all,\n\nthe lift is broken again today. Bye.")
        == "the lift is broken again today."
    )


def test_what_is_quoted_is_never_refused_as_changed_or_cut() -> None:
    for marked in read_texts():
        for name, summarize in BASELINES.items():
            judgement = judge(marked, Output(summarize(marked.text)), "long")
            assert (judgement.changed, judgement.fragments) == ([], []), (marked.id, name)
