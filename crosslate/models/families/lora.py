"""LoRA adapters as PEFT saves them: what they make of the tensors of the model that they were trained on.

LoRA: Hu et al. 2021; rank-stabilized: Kalajdzievski 2023; DoRA: Liu et al. 2024. How ranks and scales are
found, and how tensors are named, mirrors `peft` 0.21.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crosslate.models.checkpoints.adapter_files import ADAPTER_CONFIG, ADAPTER_PICKLE, ADAPTER_SAFETENSORS
from crosslate.models.checkpoints.checkpoint import Shape
from crosslate.models.checkpoints.lora_tensors import AdaptedMatrix, LowRank
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.checkpoints.weight_files import read_weights
from crosslate.models.errors import CheckpointError
from crosslate.models.families.tying import OUTPUT_BIAS
from crosslate.models.json_files import read_json

_PREFIX = "base_model.model."
_PART = re.compile(r"(?P<module>.+)\.lora_(?P<part>[AB]\.weight$|B\.bias$|magnitude_vector(?=$|\.weight$))")
_EMBEDDINGS = ("shared.weight", "embed_tokens.weight", "lm_head.weight")
_CHANGING_BASES = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Ways to begin that change the model's own weights, by which what was trained is to be understood."""
_UNREAD = (
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "layer_replication",
    "monteclora_config",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_qalora",
    "velora_config",
)
"""Options with which more than low-rank matrices changes the model."""
_HOW_TO_MERGE = (
    "merge it in PEFT, model.merge_and_unload().save_pretrained(folder), save the tokenizer there, too,"
    " and serve that folder"
)


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Of `adapter_config.json`, what decides how much is added."""

    alpha: float
    alpha_pattern: Mapping[str, float]
    """By names of modules, or the ends of such: regular expressions."""
    is_rank_stabilized: bool

    @classmethod
    def of(cls, path: Path) -> LoraSettings:
        """Raises `CheckpointError` where the adapter is none that is read."""
        config = read_json(path)
        _check_is_read(config, path)
        alpha, pattern = config.get("lora_alpha", 8), config.get("alpha_pattern") or {}
        if not isinstance(pattern, dict) or not all(map(_is_number, (alpha, *pattern.values()))):
            raise CheckpointError(f"{path}: lora_alpha and alpha_pattern have to be numbers")
        return cls(float(alpha), pattern, bool(config.get("use_rslora")))

    def scale(self, module: str, rank: int) -> float:
        """What the product of a module's matrices is multiplied by."""
        keys = (key for key in self.alpha_pattern if _names(key, module))
        alpha = self.alpha_pattern.get(next(keys, ""), self.alpha)
        return alpha / (math.sqrt(rank) if self.is_rank_stabilized else rank)


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter's tensors, by the names of those that they change."""

    folder: Path
    settings: LoraSettings
    replaced: Mapping[str, Tensor]
    """What was trained as a whole, such as norms, and embeddings with more tokens"""
    parts: Mapping[str, Mapping[str, Tensor]]
    """Of each module with low-rank matrices: `A.weight`, `B.weight` and, some of them, more"""

    @classmethod
    def read(cls, folder: Path) -> Adapter:
        """Raises `CheckpointError` where it is damaged, or none that is read."""
        settings = LoraSettings.of(folder / ADAPTER_CONFIG)
        replaced: dict[str, Tensor] = {}
        parts: dict[str, dict[str, Tensor]] = {}
        for name, tensor in read_weights(folder, ADAPTER_SAFETENSORS, ADAPTER_PICKLE).items():
            plain = name.removeprefix(_PREFIX).replace(".base_layer.", ".")
            if match := _PART.match(plain):
                parts.setdefault(match["module"], {})[match["part"]] = tensor.detach()
            elif name == plain or "lora_" in plain:
                raise CheckpointError(f"{folder}: {name} is nothing that is known of LoRA; {_HOW_TO_MERGE}")
            else:
                replaced[plain] = tensor.detach()
        return cls(folder, settings, replaced, parts)

    def tokenizer_folder(self, base: Path) -> Path:
        """Where the tokenizer is: the adapter's own may have more tokens than the model's."""
        return self.folder if (self.folder / "tokenizer_config.json").exists() else base

    def grown(self, config: dict[str, Any]) -> dict[str, Any]:
        """A model's configuration, with as many tokens as the adapter's embeddings have."""
        sizes = {len(tensor) for name, tensor in self.replaced.items() if name.endswith(_EMBEDDINGS)}
        return config | {"vocab_size": sizes.pop()} if len(sizes) == 1 else config

    def change(self, tensors: StoredTensors, copies: Mapping[str, str | None]) -> None:
        """Change a model's tensors; `copies` as `StoredNetwork` has them, of one another's names.

        Raises:
            CheckpointError: the adapter is of another model.
        """
        faults = [*self._faults(tensors, copies)]
        if faults:
            raise CheckpointError(
                f"{self.folder} is an adapter of another model than its {ADAPTER_CONFIG} names: "
                + "; ".join(faults[:3])
            )
        for name, tensor in self.replaced.items():
            _replace(tensors, name, tensor, copies)
        for module, parts in self.parts.items():
            self._adapt(tensors, module, parts, copies)

    def _adapt(
        self,
        tensors: StoredTensors,
        module: str,
        parts: Mapping[str, Tensor],
        copies: Mapping[str, str | None],
    ) -> None:
        weight, bias = f"{module}.weight", f"{module}.bias"
        for copy, original in copies.items():  # what is changed is one of them, and the others stay
            is_one = weight in (copy, original) and copy not in tensors
            if is_one and original is not None and original in tensors:
                tensors.share(original, copy)
        scale = self.settings.scale(module, len(parts["A.weight"]))
        change = LowRank(parts["A.weight"], parts["B.weight"], scale, parts.get("magnitude_vector"))
        tensors[weight] = AdaptedMatrix(tensors.entry(weight), change, tensors.shape(weight))
        if "B.bias" in parts:
            tensors[bias] = tensors[bias].float() + scale * parts["B.bias"].float()

    def _faults(self, tensors: StoredTensors, copies: Mapping[str, str | None]) -> Iterator[str]:
        """What it changes and the model has not, or has in another shape."""

        def shape(name: str) -> Shape | None:
            stored = name if name in tensors else copies.get(name)
            return tensors.shape(stored) if stored is not None and stored in tensors else None

        for module, parts in self.parts.items():
            yield from _module_faults(module, parts, shape)
        yield from (f"there is no {name}" for name in self.replaced if shape(name) is None)


def _module_faults(
    module: str, parts: Mapping[str, Tensor], shape: Callable[[str], Shape | None]
) -> Iterator[str]:
    """Of one with low-rank matrices; `shape` is that of a model's tensor, or None where there is none."""
    weight, bias = f"{module}.weight", f"{module}.bias"
    if "B.bias" in parts and shape(bias) is None:
        yield f"there is no {bias}"
    if (stored := shape(weight)) is None:
        yield f"there is no {weight}"
    if not {"A.weight", "B.weight"} <= parts.keys():
        yield f"{module} has one of two low-rank matrices"
    elif stored is not None:
        a, b = tuple(parts["A.weight"].shape), tuple(parts["B.weight"].shape)
        if (b[:1] + a[1:], a[:1]) != (stored, b[1:]):
            yield f"{list(b)} times {list(a)} is no change of {weight} {list(stored)}"


def _replace(tensors: StoredTensors, name: str, tensor: Tensor, copies: Mapping[str, str | None]) -> None:
    """A tensor for another; copies of that are not there any more, and are made of this one where needed."""
    for copy, original in copies.items():
        if original == name and copy in tensors:
            del tensors[copy]
    tensors[name] = tensor
    if name.endswith(_EMBEDDINGS) and OUTPUT_BIAS in tensors:
        bias = tensors[OUTPUT_BIAS]
        if bias.shape[-1] < len(tensor):  # as `resize_token_embeddings` makes it longer
            tensors[OUTPUT_BIAS] = torch.nn.functional.pad(bias, (0, len(tensor) - bias.shape[-1]))


def _check_is_read(config: Mapping[str, Any], path: Path) -> None:
    kind = config.get("peft_type")
    if kind != "LORA":
        raise CheckpointError(f"{path}: of PEFT's adapters LoRA is read, and this is {kind}; {_HOW_TO_MERGE}")
    for option in _UNREAD:
        if config.get(option):
            raise CheckpointError(f"{path}: {option} is not supported; {_HOW_TO_MERGE}")
    begins = config.get("init_lora_weights")
    if isinstance(begins, str) and begins.lower().startswith(_CHANGING_BASES):
        raise CheckpointError(f"{path}: init_lora_weights {begins!r} changes its model too; {_HOW_TO_MERGE}")


def _names(key: str, module: str) -> bool:
    """Whether a pattern of the configuration means a module."""
    try:
        return re.match(key if key.startswith("^") else rf"(.*\.)?({key})$", module) is not None
    except re.error as error:
        raise CheckpointError(f"{ADAPTER_CONFIG}: {key!r} is no regular expression: {error}") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
