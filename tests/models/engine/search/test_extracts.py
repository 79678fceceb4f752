"""Extracts: equal to an exhaustive search, whole passages only, and on the starter model's real scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.extraction import Extraction, Passage, SalienceWeights, check_extraction
from crosslate.models.engine.request import (
    AttentionSelection,
    FinishReason,
    GenerationParams,
    GenerationRequest,
    Hypothesis,
)
from crosslate.models.engine.search.extracts import FLOOR
from crosslate.models.engine.search.make_extracts import make_extract_search
from crosslate.models.engine.search.salience import centrality, cosines
from crosslate.models.errors import InvalidParamsError, RequestFailedError
from crosslate.models.loading import LoadedModel, load_model
from tests.models.engine.fakes import EOS, LIMITS, next_scores

SOURCE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, EOS]
PASSAGES = (
    Passage(start=0, end=3, prior=0.5),
    Passage(start=3, end=5, prior=1.5, group=1),
    Passage(start=5, end=9, prior=-0.5, group=1),
    Passage(start=9, end=13, prior=0.9),
)


def decode(
    extraction: Extraction, *, source: Sequence[int] = SOURCE, params: GenerationParams | None = None
) -> list[Hypothesis]:
    """Run the search on the fake model's scores."""
    params = params or GenerationParams()
    search = make_extract_search(extraction, params, source, LIMITS, params.max_new_tokens or 1000)
    log_probs = [np.array(log_probs_of(target, source), dtype=np.float32) for target in search.targets]
    return search.best(torch.zeros(len(source), 2), log_probs)


def tokens_of(
    *numbers: int, source: Sequence[int] = SOURCE, passages: Sequence[Passage] = PASSAGES
) -> list[int]:
    return [token for n in numbers for token in source[passages[n].start : passages[n].end]]


def log_probs_of(token_ids: Sequence[int], source: Sequence[int] = SOURCE) -> list[float]:
    return [
        float(next_scores(list(source), list(token_ids[:i])).log_softmax(0)[token])
        for i, token in enumerate(token_ids)
    ]


def worth(extraction: Extraction, numbers: Sequence[int], source: Sequence[int] = SOURCE) -> float:
    """What an extract is worth, from its definition."""
    weights, passages = extraction.weights, extraction.passages
    total = 0.0
    for n in numbers:
        log_probs = log_probs_of(tokens_of(n, source=source, passages=passages), source)
        total += passages[n].prior + weights.probability * sum(log_probs) / len(log_probs)
    pairs = itertools.combinations(numbers, 2)
    return total - weights.same_group * sum(passages[a].group == passages[b].group for a, b in pairs)


@st.composite
def extractions(draw: st.DrawFn) -> Extraction:
    places = sorted(draw(st.sets(st.integers(0, len(SOURCE) - 1), min_size=2, max_size=6)))
    passages = [
        Passage(start=start, end=end, prior=draw(st.floats(-2, 2, width=16)), group=draw(st.integers(0, 2)))
        for start, end in itertools.pairwise(places)
    ]
    weights = SalienceWeights(probability=draw(st.sampled_from([0.0, 0.3])), same_group=draw(st.just(0.7)))
    return Extraction(passages=tuple(passages), count=draw(st.integers(1, len(passages))), weights=weights)


class TestSearch:
    @given(extraction=extractions())
    @settings(max_examples=60, deadline=None)
    def test_wide_beams_find_what_an_exhaustive_search_finds(self, extraction: Extraction) -> None:
        (found, *_) = decode(extraction, params=GenerationParams(num_beams=16, num_return_sequences=16))
        choices = list(itertools.combinations(range(len(extraction.passages)), extraction.count))
        best = max(choices, key=lambda numbers: worth(extraction, numbers))
        expected = [*tokens_of(*best, passages=extraction.passages), EOS]
        assert found.token_ids == expected or worth(extraction, best) - max(
            worth(extraction, numbers)
            for numbers in choices
            if [*tokens_of(*numbers, passages=extraction.passages), EOS] == found.token_ids
        ) == pytest.approx(0, abs=1e-5)

    def test_passages_keep_their_order_and_the_end_token_closes(self) -> None:
        (found,) = decode(Extraction(passages=PASSAGES, count=2))
        assert found.token_ids == [*tokens_of(1, 3), EOS]
        assert found.copied_from == (3, 4, 9, 10, 11, 12)
        assert found.finish_reason is FinishReason.STOP

    def test_the_score_is_the_models_own(self) -> None:
        (found,) = decode(Extraction(passages=PASSAGES, count=2))
        log_probs = [*log_probs_of(tokens_of(1)), *log_probs_of(tokens_of(3))]
        assert found.score == pytest.approx(sum(log_probs) / len(log_probs), abs=1e-4)

    def test_one_group_costs(self) -> None:
        weights = SalienceWeights(same_group=3.0)
        passages = (*PASSAGES[:2], Passage(start=5, end=9, prior=1.0, group=1))
        (found,) = decode(Extraction(passages=passages, count=2, weights=weights))
        assert found.token_ids == [*tokens_of(0, 1), EOS]

    def test_what_says_the_same_is_said_once(self) -> None:
        passages = tuple(
            Passage(start=p.start, end=p.end, prior=p.prior, key=7 if n in {1, 3} else None)
            for n, p in enumerate(PASSAGES)
        )
        (found,) = decode(Extraction(passages=passages, count=4))
        assert found.token_ids == [*tokens_of(0, 1, 2), EOS]

    def test_only_what_fits_is_taken(self) -> None:
        (found,) = decode(
            Extraction(passages=PASSAGES, count=3), params=GenerationParams(max_new_tokens=7, num_beams=4)
        )
        assert found.token_ids == [*tokens_of(1, 3), EOS]

    def test_a_minimum_takes_more_than_the_count(self) -> None:
        (found,) = decode(Extraction(passages=PASSAGES, count=1), params=GenerationParams(min_new_tokens=3))
        assert found.token_ids == [*tokens_of(1, 3), EOS]

    def test_where_nothing_fits_the_best_is_cut(self) -> None:
        (found,) = decode(
            Extraction(passages=PASSAGES, count=3), params=GenerationParams(max_new_tokens=2, num_beams=3)
        )
        assert found.token_ids == tokens_of(1)
        assert found.finish_reason is FinishReason.LENGTH

    @pytest.mark.parametrize(("prior", "expected"), [(2.0, [6, 7]), (-2.0, [7])])
    def test_a_lead_stays_only_behind_what_it_refers_to(self, prior: float, expected: list[int]) -> None:
        passages = (Passage(start=0, end=3, prior=prior), Passage(start=3, end=5, prior=9.0, lead=1))
        count = 2 if prior > 0 else 1
        (found,) = decode(Extraction(passages=passages, count=count))
        assert found.token_ids[-1 - len(expected) : -1] == expected

    @pytest.mark.parametrize("is_likely", [False, True])
    def test_optional_tokens_go_where_the_model_finds_them_less_likely_than_the_rest(
        self, *, is_likely: bool
    ) -> None:
        passage = Passage(start=0, end=6, optional=((2, 4),))
        search = make_extract_search(Extraction(passages=(passage,)), GenerationParams(), SOURCE, LIMITS, 10)
        log_probs = np.array([-1, -1, *[-0.5 if is_likely else -1.5] * 2, -1, -1], dtype=np.float32)
        (found,) = search.best(torch.zeros(len(SOURCE), 2), [log_probs])
        assert found.token_ids == ([3, 4, 5, 6, 7, 8, EOS] if is_likely else [3, 4, 7, 8, EOS])
        assert found.score == pytest.approx(-5 / 6 if is_likely else -1)

    def test_omitted_tokens_go_however_likely_they_are(self) -> None:
        extraction = Extraction(passages=(Passage(start=0, end=6, omitted=((2, 4),)),))
        search = make_extract_search(extraction, GenerationParams(), SOURCE, LIMITS, 10)
        log_probs = np.array([-1, -1, -0.5, -0.5, -1, -1], dtype=np.float32)
        (found,) = search.best(torch.zeros(len(SOURCE), 2), [log_probs])
        assert found.token_ids == [3, 4, 7, 8, EOS]
        assert found.score == pytest.approx(-1)

    def test_what_the_model_forbids_may_be_copied(self) -> None:
        extraction = Extraction(passages=(Passage(start=0, end=2),))
        search = make_extract_search(extraction, GenerationParams(), SOURCE, LIMITS, 10)
        (found,) = search.best(torch.zeros(len(SOURCE), 2), [np.array([-math.inf, -1.0], dtype=np.float32)])
        assert found.token_ids == [*SOURCE[:2], EOS]
        assert found.score == pytest.approx((FLOOR - 1) / 2)

    def test_scores_that_are_no_numbers_fail_the_request(self) -> None:
        search = make_extract_search(Extraction(passages=PASSAGES), GenerationParams(), SOURCE, LIMITS, 10)
        values = [np.full(len(target), math.nan, dtype=np.float32) for target in search.targets]
        with pytest.raises(RequestFailedError, match="NaN"):
            search.best(torch.zeros(len(SOURCE), 2), values)

    def test_drawn_extracts_repeat_with_their_seed_and_differ_without(self) -> None:
        extraction = Extraction(passages=PASSAGES, count=2)
        drawn = [
            decode(extraction, params=GenerationParams(do_sample=True, temperature=5.0, seed=seed))[
                0
            ].token_ids
            for seed in [*range(20), *range(20)]
        ]
        assert drawn[:20] == drawn[20:]
        assert len(set(map(tuple, drawn))) > 2
        assert all(
            ids[:-1] in [tokens_of(a, b) for a, b in itertools.combinations(range(4), 2)] for ids in drawn
        )


class TestChecks:
    @pytest.mark.parametrize(
        ("passages", "fault"),
        [
            ((), "no passages"),
            ((Passage(start=2, end=2),), "not in order"),
            ((Passage(start=0, end=3), Passage(start=2, end=4)), "not in order"),
            ((Passage(start=0, end=99),), "not in order"),
            ((Passage(start=0, end=3, lead=3),), "lead of 3"),
            ((Passage(start=0, end=3, optional=((0, 1),)),), "optional"),
            ((Passage(start=0, end=3, optional=((1, 3),)),), "optional"),
            ((Passage(start=0, end=3, omitted=((1, 3),)),), "omitted"),
        ],
    )
    def test_passages_that_do_not_fit_are_refused(self, passages: tuple[Passage, ...], fault: str) -> None:
        with pytest.raises(InvalidParamsError, match=fault):
            check_extraction(Extraction(passages=passages), len(SOURCE))

    def test_a_count_of_none_is_refused(self) -> None:
        with pytest.raises(InvalidParamsError, match="at least 1"):
            check_extraction(Extraction(passages=PASSAGES, count=0), len(SOURCE))


class TestSalience:
    def test_passages_alike_are_central(self) -> None:
        states = torch.tensor([[1.0, 0.1], [1.0, -0.1], [0.9, 0.0], [-3.0, 0.0]])
        passages = [Passage(start=i, end=i + 1) for i in range(4)]
        found = cosines(states, passages)
        assert found.diagonal().tolist() == [0.0] * 4
        central = centrality(found)
        assert central.argmin() == 3
        assert central.mean() == pytest.approx(0, abs=1e-6)
        assert central.std() == pytest.approx(1, abs=1e-6)

    def test_of_two_passages_neither_is_central(self) -> None:
        states = torch.eye(2)
        found = cosines(states, [Passage(start=0, end=1), Passage(start=1, end=2)])
        assert centrality(found).tolist() == [0.0, 0.0]


TEXT = (
    "The council met on Monday. It closed the old bridge, which had rusted, to all cars. "
    "A ferry will run instead. The mayor had tea. Repairs cost two million."
)


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load_model("starter/summarize-en")


class TestEngine:
    def request(
        self, model: LoadedModel, text: str = TEXT, *, count: int = 2, params: GenerationParams | None = None
    ) -> GenerationRequest:
        tokens = model.tokenizer.tokenize_source(text)
        ends = [i + 1 for i, piece in enumerate(tokens.pieces) if piece.endswith(".")]
        passages = tuple(Passage(start=a, end=b) for a, b in itertools.pairwise([0, *ends]))
        return GenerationRequest(
            source_ids=tokens.ids,
            params=params or GenerationParams(num_beams=4),
            attention=AttentionSelection(layer=1, heads=(0,)),
            extraction=Extraction(
                passages=passages,
                count=count,
                weights=SalienceWeights(centrality=1.0, probability=1.0, redundancy=0.5),
            ),
        )

    def test_an_extract_is_whole_sentences_whatever_the_models_rules(self, model: LoadedModel) -> None:
        (output,) = model.make_engine().generate([self.request(model)])
        sentences = [s if s.endswith(".") else s + "." for s in TEXT.split(". ")]
        written = model.tokenizer.decode(output.token_ids).strip()
        assert any(written == f"{a} {b}" for a, b in itertools.combinations(sentences, 2))
        assert output.error is None
        attention = output.hypotheses[0].attention
        assert attention is not None
        assert attention.shape == (len(output.token_ids), output.num_source_tokens)

    def test_batching_is_invisible(self, model: LoadedModel) -> None:
        texts = [TEXT, TEXT.replace("council", "school board"), " ".join([TEXT, TEXT.upper()])]
        requests = [
            self.request(model, text, count=count, params=GenerationParams(num_beams=beams))
            for text, count, beams in zip(texts * 2, [1, 2, 3, 3, 2, 1], [4, 4, 4, 1, 1, 2], strict=True)
        ]
        together = model.make_engine().generate([*requests, GenerationRequest(source_ids=[5, 6, 0])])
        for request, output in zip(requests, together, strict=False):
            (alone,) = model.make_engine().generate([request])
            assert alone.token_ids == output.token_ids
            assert alone.score == pytest.approx(output.score, abs=1e-4)

    def test_the_encoders_states_are_read(self, model: LoadedModel) -> None:
        request = self.request(model, count=1)
        assert request.extraction is not None
        found = set()
        for sign in (-50.0, 50.0):
            weights = SalienceWeights(centrality=sign)
            extraction = Extraction(passages=request.extraction.passages, weights=weights)
            changed = GenerationRequest(source_ids=request.source_ids, extraction=extraction)
            found.add(tuple(model.make_engine().generate([changed])[0].token_ids))
        assert len(found) == 2
