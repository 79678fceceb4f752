"""The network at work for the engine: encodes new sources, holds what runs, attends over targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor

from crosslate.models.arrays import FloatArray
from crosslate.models.attention.hard import NOTHING_DRAWN
from crosslate.models.engine.request import AlignmentRequest, AttentionSelection
from crosslate.models.engine.rows.attention_reader import AttentionPass, AttentionQuery
from crosslate.models.engine.rows.batch import Batch
from crosslate.models.engine.rows.cuda_graphs import make_step_runner
from crosslate.models.engine.rows.encoder_similarity import similarity_map
from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.rows.passage_reader import PassagePass, Reading
from crosslate.models.engine.rows.ragged_batch import RaggedBatch
from crosslate.models.engine.rows.row_costs import USUAL_SOURCE, RowCosts, is_shared, source_room
from crosslate.models.engine.rows.static_batch import StaticBatch
from crosslate.models.engine.scores.copy_rule import CopyRule
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.engine.sequence import Sequence
from crosslate.models.int8.quantization import Int8Linear
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.layers.state import State
from crosslate.models.network.transformer import EncoderDecoder


class _Group(NamedTuple):
    """Whose rows lie in one batch."""

    num_lanes: int
    source_length: int
    request_id: int = 0
    """Of a source that is too long to share one."""


_STATIC = _Group(0, 0)


class ModelRunner:
    """The network and the caches of everything that runs.

    The engine is in `torch.inference_mode` whenever it calls.

    Attributes:
        limits: what the model can take.
        row_costs: what its rows cost in memory.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
        shortlist: LexicalShortlist | None = None,
        copying: CopyRule | None = None,
        max_rows: int = 64,
        is_static: bool | None = None,
    ) -> None:
        """`max_rows`: sequences that will run at once; only a static batch needs to know.

        `is_static` says whether there is one; None: on a GPU. With a shortlist or a copy rule there is none:
        what is computed then changes with every sequence that comes or goes. With experts in the decoder it
        changes with every token, and there is none either.
        """
        device = device or torch.device("cpu")
        self.model = model
        self.network = Network(model=model, dtype=dtype, device=device, shortlist=shortlist, copying=copying)
        self.limits = self.network.limits
        # In int8 the last digit of a float may tip the next rounding.
        self._encodes_alone = isinstance(model.output, Int8Linear) and model.spec.pads_sources
        self._encoder_is_ragged, self._decoder_is_ragged = map(self.network.is_ragged, model.spec.head_dims)
        self._attention = AttentionPass(self.network)
        self._passages = PassagePass(self.network)
        self.row_costs = RowCosts(model.decoder, dtype, device)
        self._batches: dict[_Group, RaggedBatch] = {}
        self._static: StaticBatch | None = None
        """for greedy sequences on a device that must not wait for the host"""
        wants_static = model.spec.has_even_steps and (
            device.type == "cuda" if is_static is None else is_static
        )
        if wants_static and shortlist is None and copying is None:
            self._static = StaticBatch(self.network, make_step_runner(device), num_rows=max_rows)

    @property
    def batches(self) -> list[Batch]:
        """Those that have sequences."""
        every = [*self._batches.values()] if self._static is None else [self._static, *self._batches.values()]
        return [batch for batch in every if batch.sequences]

    @property
    def num_bytes(self) -> int:
        """Of all storage that comes with sequences and goes with them."""
        return sum(batch.state.num_bytes for batch in self._batches.values())

    def join(self, sequences: list[Sequence]) -> None:
        """Encode these sources and give each sequence a row: all of them or, if it fails, none."""
        if self._encodes_alone and len(sequences) > 1:
            self._join_one_by_one(sequences)
        else:
            self._join_together(sequences)

    def _join_one_by_one(self, sequences: list[Sequence]) -> None:
        for i, sequence in enumerate(sequences):
            try:
                self._join_together([sequence])
            except Exception:
                self.leave(sequences[:i])
                raise

    def _join_together(self, sequences: list[Sequence]) -> None:
        by_group = sorted(sequences, key=self._group)
        packing, encoded = self._states([sequence.source_ids for sequence in by_group])
        memories = self.model.project_sources(encoded, packing, None)
        self._seed(by_group, memories)
        start = 0
        try:
            for _, group in groupby(by_group, key=self._group):
                members = list(group)
                end = start + len(members)
                self._home(members[0]).join(members, [memory.rows(start, end) for memory in memories])
                start = end
        except Exception:
            self.leave(by_group[:start])
            self._drop_empty()
            raise

    def _seed(self, sequences: list[Sequence], memories: list[State]) -> None:
        """Have layers that draw follow each sequence's seed."""
        if all(sequence.seed is None for sequence in sequences):
            return
        seeds = [NOTHING_DRAWN if sequence.seed is None else sequence.seed for sequence in sequences]
        drawn_by = torch.tensor(seeds, device=self.network.device)
        for layer, memory in zip(self.model.decoder.layers, memories, strict=True):
            layer.seed(memory, drawn_by)

    def _group(self, sequence: Sequence) -> _Group:
        """Sequences of one group share a batch: of like lengths, or the static one."""
        if self._static is not None and self._static.takes(sequence):
            return _STATIC
        num_tokens = sequence.num_source_tokens
        if is_shared(num_tokens):
            return _Group(sequence.num_lanes, max(USUAL_SOURCE, source_room(num_tokens)))
        return _Group(sequence.num_lanes, num_tokens, sequence.request_id)

    def _home(self, sequence: Sequence) -> Batch:
        """The batch that the sequence belongs to."""
        group = self._group(sequence)
        return self._static if group == _STATIC and self._static is not None else self._batch(group)

    def _encode(self, sources: list[list[int]], num_layers: int | None = None) -> list[State]:
        """What the first decoder layers, or all, keep of these sources."""
        packing, encoded = self._states(sources)
        return self.model.project_sources(encoded, packing, num_layers)

    def _states(self, sources: list[list[int]]) -> tuple[Packing, Tensor]:
        """The encoder's, end to end: (N, M)."""
        device = self.network.device
        packing = Packing.of([len(ids) for ids in sources], device, is_ragged=self._encoder_is_ragged)
        return packing, self.model.encode(pack_ids(sources, device), packing)

    def _batch(self, group: _Group) -> RaggedBatch:
        if group not in self._batches:
            self._batches[group] = RaggedBatch(
                group.num_lanes, self.network, is_ragged=self._decoder_is_ragged
            )
        return self._batches[group]

    def leave(self, sequences: Iterable[Sequence]) -> None:
        """Free these sequences' rows; a batch's storage goes with its last sequence.

        The last row takes a free one's place. They come in the order of rows: from the end, none that is to
        leave is moved before.
        """
        for sequence in reversed(list(sequences)):
            self._home(sequence).leave(sequence)
        self._drop_empty()

    def _drop_empty(self) -> None:
        for group in [group for group, batch in self._batches.items() if not batch.sequences]:
            del self._batches[group]

    def attend(
        self,
        sequences: list[Sequence],
        targets: list[list[int]],
        selections: list[AttentionSelection],
    ) -> list[FloatArray]:
        """Teacher-forced cross-attention of joined sequences over given targets; see `AttentionPass`.

        A sequence may stand in the list several times, with other targets.
        """
        maps: dict[int, FloatArray] = {}
        for group in {self._group(sequence): None for sequence in sequences}:
            mine = [i for i, sequence in enumerate(sequences) if self._group(sequence) == group]
            queries = [AttentionQuery(sequences[i].source_ids, targets[i], selections[i]) for i in mine]
            found = self._attention.read(queries, partial(self._remembered, [sequences[i] for i in mine]))
            maps.update(zip(mine, found, strict=True))
        return [maps[i] for i in range(len(sequences))]

    def align(self, requests: list[AlignmentRequest]) -> list[FloatArray]:
        """The same of sources that are encoded for it, and of which nothing is kept."""
        queries = [
            AttentionQuery(r.source_ids, r.target_ids, r.attention)
            for r in requests
            if r.encoder_scale is None
        ]
        each = [[query] for query in queries] if self._encodes_alone else [queries]
        attended = (one for some in each for one in self._attention.read(some, partial(self._encoded, some)))
        return [
            next(attended) if r.encoder_scale is None else self._compare(r, r.encoder_scale) for r in requests
        ]

    def _compare(self, request: AlignmentRequest, scale: float) -> FloatArray:
        """By the encoder alone, each text as if it were the only one."""
        source, target = (self._states([ids])[1] for ids in (request.source_ids, request.target_ids))
        return similarity_map(source, target, scale)

    def extract(self, sequences: list[Sequence]) -> None:
        """End sequences with extracts of their sources, which are encoded for it, and nothing is kept."""
        for sequence, states, memories in self._each_encoded(sequences):
            self._extract(sequence, states, memories)

    def read(self, sequences: list[Sequence]) -> list[list[Reading]]:
        """What the model makes of each one's drafts; sources are encoded for it, and nothing is kept."""
        return [
            self._passages.readings(sequence.source_ids, list(map(list, sequence.drafts)), memories)
            for sequence, _, memories in self._each_encoded(sequences)
        ]

    def _each_encoded(self, sequences: list[Sequence]) -> Iterator[tuple[Sequence, Tensor, list[State]]]:
        """Each with its source's states (S, M), and what the layers keep of it."""
        for some in [[sequence] for sequence in sequences] if self._encodes_alone else [sequences]:
            packing, encoded = self._states([sequence.source_ids for sequence in some])
            memories = self.model.project_sources(encoded, packing)
            parts = torch.split(encoded, [sequence.num_source_tokens for sequence in some])
            for row, (sequence, states) in enumerate(zip(some, parts, strict=True)):
                own = [memory.rows(row, row + 1).used(1, len(states)) for memory in memories]
                yield sequence, states, own

    def _extract(self, sequence: Sequence, states: Tensor, memories: list[State]) -> None:
        search, selection = sequence.extracts, sequence.request.attention
        if search is None:
            raise RuntimeError(f"request {sequence.request_id} wants no extract")
        log_probs = self._passages.log_probs(sequence.source_ids, search.targets, memories)
        hypotheses = search.best(states, log_probs)
        if selection is not None:
            queries = [AttentionQuery(sequence.source_ids, h.token_ids, selection) for h in hypotheses]
            maps = self._attention.read(queries, partial(_repeated, memories))
            hypotheses = [replace(h, attention=read) for h, read in zip(hypotheses, maps, strict=True)]
        sequence.end(hypotheses)

    def _remembered(self, sequences: list[Sequence], rows: list[int], num_layers: int) -> list[State]:
        """Of sequences that share a batch."""
        return self._home(sequences[0]).memories([sequences[row] for row in rows], num_layers)

    def _encoded(self, queries: list[AttentionQuery], rows: list[int], num_layers: int) -> list[State]:
        return self._encode([queries[row].source_ids for row in rows], num_layers)


def _repeated(memories: list[State], rows: list[int], num_layers: int) -> list[State]:
    """The first layers' of one source, for several targets."""
    index = torch.zeros(len(rows), dtype=torch.int64, device=next(iter(memories[0].tensors.values())).device)
    return [memory.select(index, memory.source_length) for memory in memories[:num_layers]]
