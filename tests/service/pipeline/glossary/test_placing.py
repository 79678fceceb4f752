"""Where terms are in a translation, by maps of attention that say clearly what they mean."""

from __future__ import annotations

import numpy as np
import pytest

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.tokenizers.tokenizer import TokenizedText
from crosslate.service.pipeline.glossary.inflection import Ending
from crosslate.service.pipeline.glossary.placing import ReadTerm, found_terms
from crosslate.service.pipeline.glossary.terms import Forms, FoundTerm, Term


def tokenized(text: str) -> TokenizedText:
    """A token for each word, and one for the end."""
    words, start = list[tuple[int, int] | None](), 0
    for word in text.split(" "):
        words.append((start, start + len(word)))
        start += len(word) + 1
    return TokenizedText(text, list(range(len(words) + 1)), [*text.split(" "), "</s>"], [*words, None])


def found(
    read: str,
    written: str,
    term: str,
    target: str,
    links: dict[tuple[str, str], float],
    *,
    ending: Ending = "",
) -> FoundTerm:
    """One term; `links` are shares of attention of words on words, what is left goes to the end."""
    source, output = tokenized(read), tokenized(written)
    attention = np.zeros((len(output.spans), len(source.spans)), dtype=np.float32)
    for (to, of), share in links.items():
        attention[written.split(" ").index(to), read.split(" ").index(of)] = share
    attention[:, 0] += 1 - attention.sum(axis=1)  # the first word is nobody's here
    start = read.index(term)
    span = (start, start + len(term))
    (one,) = found_terms(
        [ReadTerm(Term(span, span, Forms((target,), "pt"), ending), span)],
        source,
        output,
        attention,
        AlignmentConfig(layer=0),
    )
    return one


@pytest.mark.parametrize(
    ("read", "written", "term", "links", "place"),
    [
        # Words that follow each other, with a small one between them.
        (
            ". hay fever here",
            ". febre do feno aqui",
            "hay fever",
            {("febre", "fever"): 0.9, ("do", "hay"): 0.3, ("feno", "hay"): 0.9, ("aqui", "here"): 0.9},
            "febre do feno",
        ),
        # A word that looks at the term, and yet is the one for another word.
        (
            ". infected people here",
            ". pessoas infectadas aqui",
            "infected",
            {("infectadas", "infected"): 0.9, ("pessoas", "infected"): 0.6, ("pessoas", "people"): 0.3},
            "infectadas",
        ),
        # Another word looks there, too, but has a better one: it is all the term's.
        (
            ". face masks sold",
            ". máscaras faciais vendidas",
            "face masks",
            {
                **{("máscaras", "masks"): 0.9, ("faciais", "face"): 0.6, ("faciais", "sold"): 0.3},
                ("vendidas", "sold"): 0.9,
            },
            "máscaras faciais",
        ),
        # An article is no term's translation where another word is,
        (
            ". the vaccine",
            ". a vacina",
            "vaccine",
            {("a", "vaccine"): 0.6, ("vacina", "vaccine"): 0.4},
            "vacina",
        ),
        # and is where there is nothing else.
        (". the vaccine", ". a outra", "vaccine", {("a", "vaccine"): 0.6}, "a"),
    ],
)
def test_the_words_that_a_term_became(
    read: str, written: str, term: str, links: dict[tuple[str, str], float], place: str
) -> None:
    one = found(read, written, term, "outro", links)
    assert (one.written, one.reason) == (None, "overlapping")
    assert one.counterpart is not None
    assert written[slice(*one.counterpart)] == place


def test_a_form_is_found_that_little_attention_shows_where_nothing_shows_more() -> None:
    read, written = ". you have a fever", ". tem febre"
    faint = found(read, written, "fever", "febre", {("febre", "fever"): 0.09})
    assert faint.written == faint.counterpart == (6, 11)
    assert found(read, written, "fever", "febre", {("febre", "fever"): 0.01}).reason == "not_linked"
    assert found(read, written, "fever", "gripe", {("febre", "fever"): 0.09}).reason == "not_linked"


@pytest.mark.parametrize(
    ("read", "written", "links", "reason"),
    [
        (". it tests water", ". isso analisa água", {("analisa", "tests"): 0.9}, "inflected"),
        (". the tests here", ". as análises aqui", {("análises", "tests"): 0.9}, "overlapping"),
        (
            ". the tests here",
            ". os exames aqui",
            {("os", "tests"): 0.2, ("exames", "tests"): 0.9},
            "overlapping",
        ),
    ],
)
def test_what_looks_like_a_plural_is_a_verb_where_the_model_wrote_none(
    read: str, written: str, links: dict[tuple[str, str], float], reason: str
) -> None:
    """Terms that could be put in are said to overlap as long as nothing has been."""
    assert found(read, written, "tests", "teste", links, ending="plural").reason == reason
