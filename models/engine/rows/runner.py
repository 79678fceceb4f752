"""Runs the network for the engine: encodes new sources, steps the running, attends over the finished."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import torch
from torch import Tensor

from models.arrays import FloatArray
from models.attention.dot_product import key_padding_bias
from models.attention.multi_head import ragged_kernels
from models.copy_rule import CopyRule
from models.engine.limits import RunnerLimits
from models.engine.request import AttentionSelection
from models.engine.rows.attention_reader import AttentionReader, groups_to_attend, wanted_heads
from models.engine.rows.cuda_graphs import make_step_runner
from models.engine.rows.ragged_batch import RaggedBatch
from models.engine.rows.static_batch import ChosenToken, StaticBatch
from models.engine.scores.copying import CopyBias
from models.engine.scores.logits import Scores
from models.engine.scores.output_projection import make_projection
from models.engine.sequence import Sequence
from models.layers import START
from models.lexical_shortlist import LexicalShortlist
from models.packing import Packing, pack_ids
from models.quantization import Int8Linear
from models.transformer import EncoderDecoder


class ModelRunner:
    """The network and the caches of everything that runs.

    The engine is in `torch.inference_mode` whenever it calls.

    Attributes:
        limits: what the model can take.
        batches: running sequences by their number of lanes, in row order; without those of `static_batch`.
        static_batch: greedy sequences on a device that must not wait for the host; None on the CPU.
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
        what is computed then changes with every sequence that comes or goes.
        """
        spec = model.spec
        self.model = model
        self.dtype = dtype
        self.device = device or torch.device("cpu")
        self.shortlist = shortlist
        self.copying = copying
        self.limits = RunnerLimits(
            max_source_tokens=spec.max_source_tokens,
            max_target_tokens=spec.max_target_tokens,
            vocab_size=spec.target_vocab_size,
            source_vocab_size=spec.source_vocab_size,
            eos_token_ids=spec.eos_token_ids,
            pad_token_id=spec.pad_token_id,
            decoder_start_token_id=spec.decoder_start_token_id,
            num_layers=spec.decoder.num_layers,
            num_heads=spec.decoder.num_heads,
        )
        self._start = START if spec.decoder_start_token_id is None else spec.decoder_start_token_id
        # Attention over windows and blocks pads; in int8 the last digit of a float may tip the next rounding.
        self._encodes_alone = isinstance(model.output, Int8Linear) and spec.encoder.pattern is not None
        self._encoder_is_ragged = ragged_kernels(spec.encoder, dtype, self.device) is not None
        self._decoder_is_ragged = ragged_kernels(spec.decoder, dtype, self.device) is not None
        self._batches: dict[int, RaggedBatch] = {}
        self.static_batch: StaticBatch | None = None
        wants_static = self.device.type == "cuda" if is_static is None else is_static
        if wants_static and shortlist is None and copying is None:
            self.static_batch = StaticBatch(
                model,
                self.limits,
                make_step_runner(self.device),
                num_rows=max_rows,
                start_token=self._start,
                dtype=dtype,
                device=self.device,
            )

    @property
    def batches(self) -> dict[int, list[Sequence]]:
        """Width -> the running sequences of that width, in row order."""
        return {width: batch.sequences for width, batch in self._batches.items()}

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
        packing, encoded = self._encode([s.request.source_ids for s in by_group])
        sources = self.model.project_sources(encoded, packing)
        lengths = [s.num_source_tokens for s in by_group]
        start = 0
        try:
            for _, group in groupby(by_group, key=self._group):
                members = list(group)
                end = start + len(members)
                rows = [(k[start:end], v[start:end]) for k, v in sources]
                self._home(members[0]).join(members, rows, lengths[start:end])
                start = end
        except Exception:
            self.leave(by_group[:start])
            self._drop_empty()
            raise

    def _group(self, sequence: Sequence) -> int:
        """Sequences of one group share a batch: that of their number of lanes or, 0, the static one."""
        is_static = self.static_batch is not None and self.static_batch.takes(sequence)
        return 0 if is_static else sequence.num_lanes

    def _home(self, sequence: Sequence) -> RaggedBatch | StaticBatch:
        """The batch that the sequence belongs to."""
        if self.static_batch is not None and self.static_batch.takes(sequence):
            return self.static_batch
        return self._batch(sequence.num_lanes)

    def _encode(self, sources: list[list[int]]) -> tuple[Packing, Tensor]:
        packing = Packing.of([len(ids) for ids in sources], self.device, is_ragged=self._encoder_is_ragged)
        return packing, self.model.encode(pack_ids(sources, self.device), packing)

    def _batch(self, num_lanes: int) -> RaggedBatch:
        if num_lanes not in self._batches:
            cache = self.model.decoder.new_cache(num_lanes, self.dtype, self.device)
            self._batches[num_lanes] = RaggedBatch(
                num_lanes,
                cache,
                make_projection(self.model, self.shortlist),
                None if self.copying is None else CopyBias(self.copying),
                is_ragged=self._decoder_is_ragged,
                start_token=self._start,
                dtype=self.dtype,
                device=self.device,
            )
        return self._batches[num_lanes]

    def decode(self, width: int) -> Scores:
        """One decoder step for all sequences of that width."""
        batch = self._batches[width]
        states = self.model.decoder.step(batch.tokens, batch.cache, batch.layout())
        return batch.scores(states)

    def decode_static(self) -> list[ChosenToken]:
        """One step of the static batch; what it returns is one step behind. See `StaticBatch.step`."""
        return [] if self.static_batch is None else self.static_batch.step()

    def advance(self, width: int, tokens: list[list[int]], parents: list[list[int]] | None) -> None:
        """Feed each sequence's lanes, in row order, their next tokens; see `RaggedBatch.advance`."""
        self._batches[width].advance(tokens, parents)

    def leave(self, sequences: Iterable[Sequence]) -> None:
        """Free these sequences' rows; a width's storage goes with its last sequence.

        The last row takes a free one's place. They come in the order of rows: from the end, none that is to
        leave is moved before.
        """
        for sequence in reversed(list(sequences)):
            self._home(sequence).leave(sequence)
        self._drop_empty()

    def _drop_empty(self) -> None:
        for width in [width for width, batch in self._batches.items() if not batch.sequences]:
            del self._batches[width]

    def attend(
        self,
        sequences: list[Sequence],
        targets: list[list[int]],
        selections: list[AttentionSelection],
    ) -> list[FloatArray]:
        """Teacher-forced cross-attention of joined sequences over given targets.

        A sequence may stand in the list several times, with other targets. As many targets as memory should
        hold go through the decoder at once, up to the last layer that any of them asks for; of each layer
        only the heads that are asked for are read, and kept no longer than that takes.

        Returns:
            Per entry `(T, S)`, or `(L, H, T, S)` where the selection names no layer; rows sum to 1.
        """
        lengths = [
            (sequence.num_source_tokens, len(target))
            for sequence, target in zip(sequences, targets, strict=True)
        ]
        maps: list[FloatArray | None] = [None] * len(sequences)
        for group in groups_to_attend(lengths, self.limits.num_heads):
            found = self._attend_group(
                [sequences[i] for i in group], [targets[i] for i in group], [selections[i] for i in group]
            )
            for i, one in zip(group, found, strict=True):
                maps[i] = one
        return [one for one in maps if one is not None]

    def _attend_group(
        self, sequences: list[Sequence], targets: list[list[int]], selections: list[AttentionSelection]
    ) -> list[FloatArray]:
        readers = [
            AttentionReader(selection, self.limits, len(target), sequence.num_source_tokens)
            for sequence, target, selection in zip(sequences, targets, selections, strict=True)
        ]
        wanted = wanted_heads(readers)
        source_lengths = [sequence.num_source_tokens for sequence in sequences]
        sources = self._gather_sources(sequences, max(source_lengths), max(wanted))
        lengths = torch.tensor(source_lengths, device=self.device)
        bias = key_padding_bias(lengths, max(source_lengths), self.dtype)
        for layer, weights in self.model.decoder.cross_weights(self._shifted(targets), sources, bias, wanted):
            for row, reader in enumerate(readers):
                reader.read(layer, wanted[layer], weights[row])
        return [reader.values for reader in readers]

    def _shifted(self, targets: list[list[int]]) -> Tensor:
        # what the decoder reads: the start, then the target; (B, T + 1)
        longest = max(map(len, targets))
        pad = self.limits.pad_token_id
        rows = [[self._start, *ids] + [pad] * (longest - len(ids)) for ids in targets]
        return torch.tensor(rows, device=self.device)

    def _gather_sources(
        self, sequences: list[Sequence], longest: int, last_layer: int
    ) -> list[tuple[Tensor, Tensor]]:
        places = []
        for sequence in sequences:
            batch = self._home(sequence)
            places.append((batch, batch.sequences.index(sequence)))
        return [
            (
                _stack_rows([batch.cache[layer].cross.keys[row] for batch, row in places], longest),
                _stack_rows([batch.cache[layer].cross.values[row] for batch, row in places], longest),
            )
            for layer in range(last_layer + 1)
        ]


def _stack_rows(rows: list[Tensor], longest: int) -> Tensor:
    # B x (H, S', D) with S' >= their own length -> (B, H, S, D)
    stacked = rows[0].new_zeros(len(rows), rows[0].shape[0], longest, rows[0].shape[2])
    for i, row in enumerate(rows):
        length = min(longest, row.shape[1])
        stacked[i, :, :length] = row[:, :length]
    return stacked
