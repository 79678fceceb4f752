"""What a model copies, and whether links serve it better: tried on a few sentences when it is loaded."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from functools import partial

from crosslate.models.engine.request import (
    AttentionSelection,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    new_flow,
)
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import chosen_forms, samples_of, tried_pairs
from crosslate.service.pipeline.parts.languages import Languages
from crosslate.service.pipeline.parts.part import Part, Reader
from crosslate.service.pipeline.parts.prepared_part import prepared_part
from crosslate.service.pipeline.parts.treatment import Treatment
from crosslate.service.pipeline.text.origin import DerivedText

_PARAMS = GenerationParams(max_new_tokens=48)
_PLACEHOLDERS = ("{a}", "{b}", "{c}")


async def with_tried_copying(model: ServedModel) -> ServedModel:
    """The model with the stand-ins that it copies best, and whether it is to have any.

    What is lost of a few is tried again by other means with each text. A model that loses most is given none.

    Raises:
        EngineError: it did not answer.
    """
    if model.task != "translation":
        return model
    trial = _Trial(model)
    forms, num_lost, num_tried = await chosen_forms(trial.translate, model.pairs)
    prefers_links = 2 * num_lost > num_tried and await trial.num_guessed() < num_lost
    copying = dataclasses.replace(model.copying, forms=forms, prefers_links=prefers_links)
    return dataclasses.replace(model, copying=copying)


@dataclasses.dataclass(frozen=True, slots=True)
class _Trial:
    model: ServedModel

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """What the model makes of some texts."""
        tokenizer = self.model.tokenizer.writing(target)
        sources = [tokenizer.encode_source(text, source, target) for text in texts]
        outputs = await self._generated(sources, source, target)
        return [tokenizer.decode(output.token_ids) for output in outputs]

    async def num_guessed(self) -> int:
        """How many of the samples' places are guessed where they are to be found by links."""
        num = 0
        for source, target in tried_pairs(self.model.pairs):
            tokenizer = self.model.tokenizer.writing(target)
            reader = Reader(tokenizer, source, target, alignment=self.model.alignment)
            parts = [self._part(sample, reader, Languages(source, target)) for sample in samples_of(source)]
            sources = [part.ids for part in parts]
            outputs = await self._generated(sources, source, target, self.model.alignment.selection)
            for part, output in zip(parts, outputs, strict=True):
                num += len(reader.output(part, output.hypotheses[0]).guessed)
        return num

    def _part(self, sample: str, reader: Reader, languages: Languages) -> Part:
        text = sample.format(*_PLACEHOLDERS)
        habits = dataclasses.replace(self.model.copying, prefers_links=True)
        treatment = Treatment(text, DerivedText.of(text), protected_spans(text), habits, languages)
        return prepared_part(treatment, reader)

    async def _generated(
        self,
        sources: Sequence[list[int]],
        source: str,
        target: str,
        attention: AttentionSelection | None = None,
    ) -> list[GenerationOutput]:
        """All as one request that was let in: a queue may be shorter than these are many."""
        params = dataclasses.replace(
            self.model.pair_params.get((source, target), _PARAMS),
            max_new_tokens=_PARAMS.max_new_tokens,
            forced_bos_token_id=self.model.tokenizer.forced_bos_token_id(target),
        )
        request = partial(
            GenerationRequest, params=params, attention=attention, flow=new_flow(), is_admitted=True
        )
        asked = (self.model.engine.generate(request(source_ids=ids)) for ids in sources)
        return list(await asyncio.gather(*asked))
