"""Which `model_type`s of Hugging Face are supported, and what is peculiar to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.engine.scores.copy_rule import CopyRule
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.errors import CheckpointError
from crosslate.models.families import (
    bart_like,
    bergamot_safetensors,
    bigbird_pegasus,
    encoder_decoder,
    encoder_decoder_folder,
    encoder_decoder_names,
    fsmt,
    indictrans,
    led,
    longt5,
    marian,
    mvp,
    nllb_moe,
    pegasus_x,
    prophetnet,
    seamless,
    seamless_text,
    switch_transformers,
    t5,
    t5gemma,
    t5gemma2,
)
from crosslate.models.families.alignment_priors import shift_att
from crosslate.models.families.parts import Task
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer
from crosslate.models.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Family:
    """What is peculiar to the checkpoints of one `model_type`; by default they are as BART's."""

    spec_from_config: Callable[[dict[str, Any]], ModelSpec]
    task: Task = "translation"
    """What its checkpoints mostly are for; settings can say otherwise."""
    key_map: Callable[[ModelSpec], KeyMap] = bart_like.key_map
    copies: Callable[[ModelSpec], dict[str, str | None]] = bart_like.copies
    flattened: Callable[[dict[str, Any]], dict[str, Any]] = lambda config: config
    """Its configuration with what only a part of it says of tokens and generation."""
    unread: tuple[str, ...] = ()
    """What names of tensors begin with that are for other inputs than text."""
    complete: Callable[[dict[str, Any], ModelSpec, StoredTensors, str], ModelSpec] = (
        lambda config, spec, tensors, origin: spec
    )
    """Puts what is made of stored tensors in their place, under names that `key_map` has; the spec with what
    these say of the network. The last argument is where they are from, for errors."""
    start_token_id: int | None = None
    """What decoding begins with where `config.json` does not say it, and is alone."""
    tokenizer: Callable[[Path], Tokenizer] = load_tokenizer
    alignment: Callable[[ModelSpec], AlignmentConfig] = shift_att
    shortlist: Callable[[Path, ModelSpec], LexicalShortlist | None] = lambda folder, spec: None
    copying: Callable[[dict[str, Any], Tokenizer, LexicalShortlist | None], CopyRule | None] = (
        lambda config, tokenizer, shortlist: None
    )


_seamless = partial(
    Family,
    key_map=seamless.key_map,
    copies=seamless.copies,
    unread=seamless.OF_SPEECH,
    tokenizer=seamless_text.load_tokenizer,
)
_t5 = partial(Family, key_map=t5.key_map, copies=t5.copies)

FAMILIES = {
    "bergamot": Family(
        bergamot_safetensors.spec_from_config,
        "summarization",
        key_map=bergamot_safetensors.key_map,
        copies=bergamot_safetensors.copies,
        tokenizer=bergamot_safetensors.load_tokenizer,
        alignment=bergamot_safetensors.alignment_prior,
        shortlist=bergamot_safetensors.read_shortlist_beside,
        copying=bergamot_safetensors.copy_rule,
    ),
    "marian": Family(
        marian.spec_from_config, tokenizer=MarianTokenizer.load, alignment=marian.alignment_prior
    ),
    "bart": Family(partial(bart_like.spec_from_config, bart_like.BART), "summarization", start_token_id=2),
    "mvp": Family(
        mvp.spec_from_config, "summarization", key_map=mvp.key_map, complete=mvp.complete, start_token_id=2
    ),
    "fsmt": Family(
        fsmt.spec_from_config, key_map=fsmt.key_map, copies=fsmt.copies, start_token_id=fsmt.START
    ),
    indictrans.FAMILY: Family(
        indictrans.spec_from_config,
        key_map=indictrans.key_map,
        copies=indictrans.copies,
        start_token_id=indictrans.START,
    ),
    "mbart": Family(partial(bart_like.spec_from_config, bart_like.MBART)),
    "plbart": Family(partial(bart_like.spec_from_config, bart_like.PLBART)),
    "pegasus": Family(
        partial(bart_like.spec_from_config, bart_like.PEGASUS), "summarization", start_token_id=0
    ),
    "m2m_100": Family(partial(bart_like.spec_from_config, bart_like.M2M100), start_token_id=2),
    "nllb-moe": Family(nllb_moe.spec_from_config, key_map=nllb_moe.key_map, start_token_id=2),
    "seamless_m4t": _seamless(seamless.SEAMLESS_M4T),
    "seamless_m4t_v2": _seamless(seamless.SEAMLESS_M4T_V2),
    "led": Family(
        led.spec_from_config, "summarization", key_map=led.key_map, copies=led.copies, start_token_id=2
    ),
    "bigbird_pegasus": Family(
        bigbird_pegasus.spec_from_config,
        "summarization",
        key_map=bigbird_pegasus.key_map,
        start_token_id=2,
    ),
    "pegasus_x": Family(
        pegasus_x.spec_from_config, "summarization", key_map=pegasus_x.key_map, start_token_id=0
    ),
    "prophetnet": Family(
        prophetnet.spec_from_config,
        "summarization",
        key_map=prophetnet.key_map,
        copies=prophetnet.copies,
        complete=prophetnet.complete,
        start_token_id=prophetnet.START,
    ),
    "t5": _t5(partial(t5.spec_from_config, t5.T5)),
    "mt5": _t5(partial(t5.spec_from_config, t5.MT5), start_token_id=0),
    "umt5": _t5(partial(t5.spec_from_config, t5.UMT5), start_token_id=0),
    "switch_transformers": Family(
        switch_transformers.spec_from_config,
        "summarization",
        key_map=switch_transformers.key_map,
        copies=t5.copies,
        start_token_id=0,
    ),
    "t5gemma": Family(
        t5gemma.spec_from_config, "summarization", key_map=t5gemma.key_map, copies=t5gemma.copies
    ),
    "t5gemma2": Family(
        t5gemma2.spec_from_config,
        "summarization",
        key_map=t5gemma2.key_map,
        copies=t5gemma2.copies,
        unread=t5gemma2.OF_IMAGES,
    ),
    encoder_decoder.FAMILY: Family(
        encoder_decoder.spec_from_config,
        "summarization",
        flattened=encoder_decoder_folder.flattened,
        complete=encoder_decoder_names.complete,
        key_map=encoder_decoder_names.key_map,
        copies=encoder_decoder_names.copies,
        unread=encoder_decoder_names.UNREAD,
        tokenizer=encoder_decoder_folder.load_tokenizer,
    ),
    "longt5": Family(longt5.spec_from_config, "summarization", key_map=longt5.key_map, copies=t5.copies),
}
REFUSED = {
    "blenderbot": "a partner in conversation, which neither translates nor summarizes",
    "blenderbot-small": "a partner in conversation, which neither translates nor summarizes",
    "xlm-prophetnet": "a ProphetNet that transformers no longer reads; for summaries in many languages: mt5",
    "reformer": "one stack that hashes by random draws; long texts are for led, longt5 and pegasus_x",
}
"""What people ask for and is not served, and why."""


def family_of(config: dict[str, Any], origin: str) -> Family:
    """That of a configuration; `CheckpointError` for one that is not supported, with `origin` in it."""
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        # Of any kind: it comes from a file.
        reason = f" ({REFUSED[str(model_type)]})" if str(model_type) in REFUSED else ""
        raise CheckpointError(
            f"{origin}: model_type {model_type!r} is not supported{reason};"
            f" supported: {', '.join(sorted(FAMILIES))}, and Bergamot folders"
        )
    if config.get(bart_like.LINEAR_ATTENTION) and model_type not in bart_like.WITH_LINEAR_ATTENTION:
        raise CheckpointError(
            f"{origin}: {bart_like.LINEAR_ATTENTION} is not supported with model_type {model_type!r};"
            f" supported with: {', '.join(bart_like.WITH_LINEAR_ATTENTION)}"
        )
    return FAMILIES[model_type]
