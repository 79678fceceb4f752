"""What an encoder-decoder's tensors are called: as BERT's, whatever either side is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.families.encoder_decoder import SIDES, Head, is_tied, side_of
from crosslate.models.families.tying import OUTPUT, OUTPUT_BIAS
from crosslate.models.specs.spec import ModelSpec

ROOTS = {"encoder": "encoder.", "decoder": "decoder.bert."}
HEAD = {
    "output_transform.dense": "decoder.cls.predictions.transform.dense",
    "output_transform.norm": "decoder.cls.predictions.transform.LayerNorm",
}
WORDS, POSITIONS, TYPES = (
    f"embeddings.{name}_embeddings.weight" for name in ("word", "position", "token_type")
)
SUM = "embeddings.(position + token_type)_embeddings.weight"
"""Of a position and of the type that all tokens have."""
SELF = {"qkv": "self.{query,key,value}", "out": "output.dense"}
CROSS = {"q": "self.query", "kv": "self.{key,value}", "out": "output.dense"}
SUBLAYERS = {
    "encoder": {"attention": ("attention", SELF)},
    "decoder": {"mixer": ("attention", SELF), "cross": ("crossattention", CROSS)},
}
"""Ours -> theirs, with their parts."""
UNREAD = ("encoder.pooler.", "decoder.bert.pooler.", "decoder.roberta.pooler.")
"""For texts as a whole; early versions had it in decoders, too."""


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> those of BERT, once a file's have become that (`complete`)."""
    found = {"output": "lm_head", "output.bias": OUTPUT_BIAS, "bridge": "enc_to_dec_proj", **HEAD}
    for side, root in ROOTS.items():
        found[f"{side}.embedding.weight"] = root + WORDS
        found[f"{side}.positions.weight"] = root + SUM
        found[f"{side}.embedding_norm"] = f"{root}embeddings.LayerNorm"
        found |= _layers(side, f"{root}encoder.layer.*")
    return Renaming(found)


def _layers(side: str, theirs: str) -> dict[str, str]:
    ours = f"{side}.layers.*"
    found = {
        f"{ours}.feed_forward.inner": f"{theirs}.intermediate.dense",
        f"{ours}.feed_forward.outer": f"{theirs}.output.dense",
        f"{ours}.feed_forward_residual.norm": f"{theirs}.output.LayerNorm",
    }
    for name, (block, parts) in SUBLAYERS[side].items():
        found[f"{ours}.{name}_residual.norm"] = f"{theirs}.{block}.output.LayerNorm"
        found |= {f"{ours}.{name}.{part}": f"{theirs}.{block}.{own}" for part, own in parts.items()}
    return found


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Copies of tied tensors, and numbers that say nothing."""
    words = {side: root + WORDS for side, root in ROOTS.items()}
    known: dict[str, str | None] = {}
    if spec.share_embeddings:
        known[words["decoder"]] = words["encoder"]
    if spec.tie_output:
        known[OUTPUT] = words["encoder" if spec.share_embeddings else "decoder"]
    for root in ROOTS.values():
        known |= dict.fromkeys((f"{root}embeddings.position_ids", f"{root}embeddings.token_type_ids"))
    biases = (f"decoder.{name}" for side in SIDES.values() for name in side.head.biases)
    return known | dict.fromkeys(biases, OUTPUT_BIAS)


def complete(config: Mapping[str, Any], spec: ModelSpec, tensors: StoredTensors, origin: str) -> ModelSpec:
    """Give a file's tensors the names that `key_map` has; the spec with what only the file knows."""
    side = side_of(config, "decoder")
    for name in list(tensors):
        if name.startswith(f"decoder.{side.root}."):
            tensors.rename(name, f"{ROOTS['decoder']}{name.removeprefix(f'decoder.{side.root}.')}")
    _rename_head(side.head, tensors)
    if is_tied(config):
        _fill_in(tensors)
    for name, root in ROOTS.items():
        _add_types(tensors, root, has_types=side_of(config, name).token_types)
    return dataclasses.replace(spec, share_embeddings=spec.share_embeddings and _has_one_table(tensors))


def _rename_head(head: Head, tensors: StoredTensors) -> None:
    names = {head.weight: OUTPUT}
    for module, theirs in zip(HEAD.values(), (head.dense, head.norm), strict=True):
        names |= {f"{theirs}.{kind}": f"{module}.{kind}" for kind in ("weight", "bias")}
    bias = next((name for name in head.biases if f"decoder.{name}" in tensors), None)
    if bias is not None:
        names[bias] = OUTPUT_BIAS
    for theirs, ours in names.items():
        if f"decoder.{theirs}" in tensors:
            tensors.rename(f"decoder.{theirs}", ours)


def _fill_in(tensors: StoredTensors) -> None:
    """Of tied tensors one side's may be all that is stored."""
    encoder, decoder = ROOTS["encoder"], ROOTS["decoder"]
    for name in list(tensors):
        for one, other in ((encoder, decoder), (decoder, encoder)):
            twin = other + name.removeprefix(one)
            if name.startswith(one) and twin not in tensors and "crossattention" not in name:
                tensors.share(name, twin)


def _add_types(tensors: StoredTensors, root: str, *, has_types: bool) -> None:
    positions, types = root + POSITIONS, root + TYPES
    if positions not in tensors or (has_types and types not in tensors):
        return  # a fault, which is told with all others
    if not has_types:
        tensors.rename(positions, root + SUM)
        return
    tensors[root + SUM] = tensors[positions].float() + tensors[types][0].float()
    del tensors[positions], tensors[types]


def _has_one_table(tensors: StoredTensors) -> bool:
    words = [root + WORDS for root in ROOTS.values()]
    return all(name in tensors for name in words) and tensors.are_equal(*words)
