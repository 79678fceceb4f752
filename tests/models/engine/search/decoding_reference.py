"""A tiny Marian of `transformers`, its own `generate`, and the choosers driven by its logits."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import GenerationParams, Hypothesis
from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.chooser import LaneChoice, TokenChooser
from crosslate.models.engine.search.make_chooser import make_chooser

VOCAB_SIZE = 61
EOS = 0
PAD = 60
MAX_NEW_TOKENS = 16

LIMITS = RunnerLimits(
    max_source_tokens=32,
    max_target_tokens=MAX_NEW_TOKENS,
    vocab_size=VOCAB_SIZE,
    source_vocab_size=VOCAB_SIZE,
    eos_token_ids=(EOS,),
    pad_token_id=PAD,
    decoder_start_token_id=PAD,
    num_layers=1,
    num_heads=1,
)


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """The tensors are so small that threads cost more than they save."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(num_threads)


@functools.cache
def tiny_marian() -> MarianMTModel:
    """A random model whose outputs vary: some end early, some loop, some never end."""
    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=VOCAB_SIZE,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=32,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=PAD,
        forced_eos_token_id=None,
        tie_word_embeddings=False,
    )
    model = MarianMTModel(config)
    model.train(False)
    with torch.no_grad():
        # At their usual size random weights say the same whatever the source and the history are.
        for name, weight in model.named_parameters():
            if "embed_tokens" in name:
                weight.mul_(50.0)
            elif name == "lm_head.weight":
                weight.mul_(15.0)
            elif weight.dim() == 2 and "embed_positions" not in name:
                weight.mul_(18.0 if "encoder_attn" in name else 6.0)
        # The end token comes within reach of the others.
        model.final_logits_bias[0, EOS] = 3.2
    model.generation_config = GenerationConfig.from_dict(
        {"pad_token_id": PAD, "eos_token_id": EOS, "decoder_start_token_id": PAD}
    )
    return model


def ragged_sources(count: int) -> list[list[int]]:
    """Sources of 1 to 9 tokens and the end token, some with repeated n-grams."""
    generator = torch.Generator().manual_seed(11)
    sources = []
    for i in range(count):
        ids = torch.randint(1, 40, (1 + i % 9,), generator=generator).tolist()
        sources.append([*ids, *ids[:2], EOS] if i % 3 == 0 else [*ids, EOS])
    return sources


def pad_batch(sources: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, (B, S)."""
    width = max(map(len, sources))
    ids = torch.tensor([source + [PAD] * (width - len(source)) for source in sources])
    mask = torch.tensor([[1] * len(source) + [0] * (width - len(source)) for source in sources])
    return ids, mask


@dataclass(frozen=True)
class Reference:
    """What `transformers` returns for one source."""

    token_ids: list[list[int]]
    sequences_scores: list[float] | None


def generate_reference(
    model: MarianMTModel, sources: list[list[int]], params: GenerationParams, limits: RunnerLimits = LIMITS
) -> list[Reference]:
    """`generate` over one padded batch, without the start token and the padding."""
    # What is absent and what is None differ for `generate`
    settings = {name: value for name, value in dataclasses.asdict(params).items() if value is not None}
    settings.pop("seed", None)
    if "bad_words_ids" in settings:
        settings["bad_words_ids"] = [list(word) for word in settings["bad_words_ids"]]
    config = GenerationConfig.from_dict(
        {
            "max_new_tokens": MAX_NEW_TOKENS,
            **settings,
            "pad_token_id": limits.pad_token_id,
            "eos_token_id": list(limits.eos_token_ids),
            "decoder_start_token_id": limits.decoder_start_token_id,
            "return_dict_in_generate": True,
            "output_scores": True,
        }
    )
    ids, mask = pad_batch(sources)
    with torch.no_grad():
        # The stubs know neither the model's own `generate` nor what the configuration makes it return.
        output = cast("Any", model).generate(input_ids=ids, attention_mask=mask, generation_config=config)
    rows = [_trim(row, limits) for row in output.sequences[:, 1:].tolist()]
    scores = output.sequences_scores.tolist() if "sequences_scores" in output else None
    count = params.num_return_sequences or 1
    return [
        Reference(rows[i : i + count], None if scores is None else scores[i : i + count])
        for i in range(0, len(rows), count)
    ]


def _trim(row: list[int], limits: RunnerLimits) -> list[int]:
    for position, token in enumerate(row):
        if token in limits.eos_token_ids:
            return row[: position + 1]
    return row


class ModelSession:
    """Recomputes everything in each step: slow, and with nothing to keep in order."""

    def __init__(self, model: MarianMTModel, sources: list[list[int]]) -> None:
        self._model = model
        ids, self._mask = pad_batch(sources)
        with torch.no_grad():
            self._states = model.get_encoder()(input_ids=ids, attention_mask=self._mask).last_hidden_state

    def logits(self, rows: list[int], inputs: list[list[int]]) -> torch.Tensor:
        """Logits, (N, T, V), of decoder `inputs`, all of one length, for the sources `rows`."""
        with torch.no_grad():
            output = self._model(
                encoder_outputs=(self._states[rows],),
                attention_mask=self._mask[rows],
                decoder_input_ids=torch.tensor(inputs),
                use_cache=False,
            )
        logits: torch.Tensor = output.logits.float()
        return logits


@dataclass
class _Running:
    source: int
    chooser: TokenChooser
    inputs: list[list[int]]


def decode(
    model: MarianMTModel, sources: list[list[int]], params: GenerationParams, limits: RunnerLimits = LIMITS
) -> list[list[Hypothesis]]:
    """Every source through its own chooser, all of them in one batch."""
    num_lanes = max(params.num_beams or 1, params.num_return_sequences or 1)
    session = ModelSession(model, sources)
    running = []
    for source, source_ids in enumerate(sources):
        chooser = make_chooser(params, source_ids, limits)
        assert chooser is not None
        running.append(_Running(source, chooser, [[PAD] for _ in range(num_lanes)]))
    finished: dict[int, list[Hypothesis]] = {}
    while running:
        rows = [item.source for item in running for _ in range(num_lanes)]
        logits = session.logits(rows, [lane for item in running for lane in item.inputs])[:, -1]
        for item, lanes in zip(running, logits.reshape(len(running), num_lanes, -1), strict=True):
            choice = item.chooser.choose(LaneScores.of(lanes))
            if choice.finished is not None:
                finished[item.source] = choice.finished
            item.inputs = next_inputs(item.inputs, choice)
        running = [item for item in running if item.source not in finished]
    return [finished[source] for source in range(len(sources))]


def next_inputs(inputs: list[list[int]], choice: LaneChoice) -> list[list[int]]:
    """Decoder inputs per lane after a choice."""
    assert len(choice.tokens) == len(inputs)
    parents = range(len(inputs)) if choice.parents is None else choice.parents
    return [[*inputs[parent], token] for parent, token in zip(parents, choice.tokens, strict=True)]


def token_log_probs(model: MarianMTModel, source: list[int], token_ids: list[int]) -> list[float]:
    """The model's natural log-probability of every token of a given output."""
    logits = ModelSession(model, [source]).logits([0], [[PAD, *token_ids[:-1]]])
    # (1, T, V) -> (T, V) -> (T,)
    log_probs = logits[0].log_softmax(dim=1)[range(len(token_ids)), token_ids]
    return [float(log_prob) for log_prob in log_probs]
