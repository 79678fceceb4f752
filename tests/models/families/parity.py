"""What the parity tests of all families share: tiny checkpoints, and the reference's answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import Tensor, nn

from crosslate.models.engine.engine import Engine
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.specs.pattern_spec import BlockSparseSpec, WindowSpec
from crosslate.models.specs.spec import stacks_of
from tests.models.conftest import SENTENCES

CPU = torch.device("cpu")
VOCAB_SIZE = 120
MAX_NEW_TOKENS = 24
CROSS = ("encoder_attn", "EncDecAttention", "cross_attention", "crossattention", "cross_attn.")
"""In the names of what looks from target to source."""


class ReferenceOutput(Protocol):
    """What a model of `transformers` answers."""

    logits: Tensor
    cross_attentions: tuple[Tensor, ...]
    encoder_last_hidden_state: Tensor


class ReferenceModel(Protocol):
    """An encoder-decoder of `transformers`."""

    config: Any
    generation_config: Any

    def __call__(
        self,
        *,
        input_ids: Tensor,
        decoder_input_ids: Tensor,
        output_attentions: bool,
        use_cache: bool,
        **masks: Tensor,
    ) -> ReferenceOutput: ...

    def generate(self, *, input_ids: Tensor, attention_mask: Tensor, **settings: object) -> Tensor: ...

    def get_encoder(self) -> Any: ...

    def modules(self) -> Iterator[nn.Module]: ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]: ...

    def save_pretrained(self, folder: Path) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of checkpoint: which `transformers` classes build it, and with what."""

    name: str
    config: str
    model: str | type
    """By its name in `transformers`, or where that has to be mended, a class."""
    settings: dict[str, Any]
    special_tokens: tuple[str, ...] = ("<s>", "<pad>", "</s>", "<unk>")
    before_saving: Callable[[ReferenceModel], None] | None = None
    mend: Callable[[ReferenceModel], None] | None = None
    """What the reference needs to compute what it describes."""
    attention: str = "eager"
    """The reference's, as `transformers` knows it."""
    texts: tuple[str, ...] = tuple(SENTENCES)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Checkpoint:
    """A saved case, loaded by us and by `transformers`."""

    folder: Path
    loaded: LoadedModel
    engine: Engine
    reference: ReferenceModel
    sources: list[list[int]]
    known: dict[int, list[list[int]]] = field(default_factory=dict)
    """The reference's tokens by number of beams, once they have been asked for."""


def build_checkpoint(case: Case, folder: Path) -> Checkpoint:
    """Save a tiny random model of this kind with a tokenizer, and load it twice."""
    save_tokenizer(folder, case.special_tokens)
    torch.manual_seed(0)
    config = getattr(transformers, case.config)(**({"vocab_size": VOCAB_SIZE} | case.settings))
    model: ReferenceModel = reference_class(case)(config).eval()
    make_outputs_varied(model)
    if case.before_saving is not None:
        case.before_saving(model)
    model.generation_config.max_length = MAX_NEW_TOKENS + 1
    model.generation_config.bad_words_ids = [[config.pad_token_id]]
    model.generation_config.no_repeat_ngram_size = 2  # random networks love to repeat themselves
    model.save_pretrained(folder)
    return load_checkpoint(case, folder)


def reference_class(case: Case) -> Any:
    """Of `transformers`."""
    return getattr(transformers, case.model) if isinstance(case.model, str) else case.model


def load_checkpoint(case: Case, folder: Path) -> Checkpoint:
    """Load a saved case twice."""
    reference = reference_class(case).from_pretrained(folder, attn_implementation=case.attention).eval()
    if case.mend is not None:
        case.mend(reference)
    loaded = load_model(str(folder), dtype="float32")
    sources = [loaded.tokenizer.encode_source(text) for text in case.texts]
    return Checkpoint(folder, loaded, loaded.make_engine(), reference, sources)


def save_tokenizer(folder: Path, special_tokens: Sequence[str]) -> None:
    """Write a byte-pair `tokenizer.json` that ends every text with `</s>`, and its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        SENTENCES,
        trainers.BpeTrainer(vocab_size=VOCAB_SIZE, special_tokens=list(special_tokens), show_progress=False),
    )
    eos = tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", eos)])
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))


def make_outputs_varied(model: ReferenceModel) -> None:
    """Every parameter random, so that none can be forgotten.

    The norms' gains have random signs: a network with tied embeddings would repeat its own input for ever.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                is_gain = "norm" in name.lower() and name.endswith("weight")
                parameter.normal_(std=1.0 if is_gain else 0.1)
            elif any(part in name for part in CROSS):
                parameter.mul_(2.0)  # so that the source counts
        for name, buffer in model.named_buffers():
            if name == "final_logits_bias":
                buffer.normal_(std=0.1)
                buffer[0, model.config.eos_token_id] = 0.5  # some end early


def reference_tokens(checkpoint: Checkpoint, *, num_beams: int) -> list[list[int]]:
    """What `transformers` generates for all sources, without start token and what follows the end."""
    if num_beams not in checkpoint.known:
        sources = checkpoint.sources
        # Its block-sparse attention looks at the padding: the last block is the batch's.
        batches = [[source] for source in sources] if is_block_sparse(checkpoint) else [sources]
        checkpoint.known[num_beams] = [
            row for batch in batches for row in generate_reference(checkpoint, batch, num_beams=num_beams)
        ]
    return checkpoint.known[num_beams]


def generate_reference(
    checkpoint: Checkpoint, sources: list[list[int]], **settings: object
) -> list[list[int]]:
    """What `transformers` generates for these in one batch."""
    pad = checkpoint.reference.config.pad_token_id
    longest = max(map(len, sources))
    ids = torch.tensor([[*source, *[pad] * (longest - len(source))] for source in sources])
    mask = torch.tensor([[1] * len(source) + [0] * (longest - len(source)) for source in sources])
    make_sparse_again(checkpoint)
    with torch.inference_mode():
        output = checkpoint.reference.generate(
            input_ids=ids, attention_mask=mask, **settings, **global_attention(checkpoint, ids)
        )
    (eos,) = checkpoint.loaded.spec.eos_token_ids
    rows = [row.tolist()[1:] for row in output]
    return [row[: row.index(eos) + 1] if eos in row else row for row in rows]


def is_block_sparse(checkpoint: Checkpoint) -> bool:
    return isinstance(stacks_of(checkpoint.loaded.spec).encoder.pattern, BlockSparseSpec)


def make_sparse_again(checkpoint: Checkpoint) -> None:
    """BigBird of `transformers` attends in full for ever after one short source."""
    if is_block_sparse(checkpoint):
        checkpoint.reference.get_encoder().set_attention_type("block_sparse")


def reference_output(checkpoint: Checkpoint, source: list[int], target: list[int]) -> ReferenceOutput:
    """What `transformers` says of one pair, teacher-forced."""
    start = checkpoint.loaded.spec.decoder_start_token_id
    ids = torch.tensor([source])
    make_sparse_again(checkpoint)
    with torch.inference_mode():
        return checkpoint.reference(
            input_ids=ids,
            decoder_input_ids=torch.tensor([[start, *target[:-1]]]),
            output_attentions=True,
            use_cache=False,  # with one, FSMT would see what comes later
            **global_attention(checkpoint, ids),
        )


def global_attention(checkpoint: Checkpoint, source_ids: Tensor) -> dict[str, Tensor]:
    """LED alone asks its caller which tokens see all: the first, as its checkpoints were trained."""
    pattern = stacks_of(checkpoint.loaded.spec).encoder.pattern
    if not isinstance(pattern, WindowSpec) or pattern.seen_by_all != "first_token":
        return {}
    mask = torch.zeros_like(source_ids)
    mask[:, 0] = 1
    return {"global_attention_mask": mask}


def encoder_states(checkpoint: Checkpoint) -> list[Tensor]:
    """Ours, of all sources, encoded together: (S, M) each."""
    lengths = [len(source) for source in checkpoint.sources]
    packing = Packing.of(lengths, CPU)
    with torch.inference_mode():
        grid = packing.pad(checkpoint.loaded.model.encode(pack_ids(checkpoint.sources, CPU), packing))
    return [grid[i, :length] for i, length in enumerate(lengths)]
