"""From a model's name to everything that serving it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

import torch

from crosslate.models.alignment.alignment_config import ALIGNMENT_FILE, AlignmentConfig
from crosslate.models.checkpoints.adapter_files import is_adapter
from crosslate.models.checkpoints.model_files import (
    check_holds_model,
    find_model,
    model_files,
    starter_names,
)
from crosslate.models.configs.extraction_config import ExtractionConfig
from crosslate.models.configs.task_settings import PrefixedTokenizer
from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.errors import CheckpointError
from crosslate.models.families import (
    adapter_folder,
    bergamot_folder,
    ctranslate2_folder,
    fairseq_folder,
    hugging_face,
    opennmt_folder,
)
from crosslate.models.families.parts import CheckpointParts, Companions, Task
from crosslate.models.freed_memory import return_freed_memory
from crosslate.models.int8.compiled import compile_layers
from crosslate.models.int8.shared_weights import shared_int8
from crosslate.models.native.kernels import load_kernels
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import NetworkSpec
from crosslate.models.tokenizers.tokenizer import Tokenizer

DType = Literal["auto", "float32", "bfloat16", "float16", "int8"]
TORCH_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "int8": torch.float32,
}
"""What is computed with; in an int8 network the products alone are integers."""
EXTRACTION_FILE = "extraction.json"
OWN_FILES = Path(__file__).with_name("starter")
"""What Crosslate has of the starters: of some the weights, of the others what was found out about them."""


class ModelEngine(Engine):
    """An engine beside the tokenizer that its ids are those of; the engine itself knows ids only."""

    def __init__(
        self, tokenizer: Tokenizer, runner: ModelRunner, config: SchedulerConfig, params: GenerationParams
    ) -> None:
        super().__init__(runner, config, params, make_chooser)
        self.tokenizer = tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel(Companions):
    """A network with its tokenizer and what is known about it."""

    model: EncoderDecoder = field(repr=False)
    id: str
    folder: Path
    extraction: ExtractionConfig | None = None
    """None: it writes freely."""
    num_parameters: int
    """weights of the network; tied ones count once"""
    device: str
    dtype: str

    @property
    def spec(self) -> NetworkSpec:
        """The network's description."""
        return self.model.spec

    def tokenizer_for(self, task: Task) -> Tokenizer:
        """The tokenizer, with the prefix that the task takes."""
        if task == "summarization" and self.tasks.summarization:
            return PrefixedTokenizer(self.tokenizer, {}, self.tasks.summarization)
        return self.tokenizer

    def params_for(self, task: Task) -> GenerationParams:
        """The checkpoint's own, with those of the task; of pairs only what they have in common."""
        is_summary = task == "summarization"
        own = self.tasks.summarization_params if is_summary else self.tasks.shared_params
        return own.over(self.default_params)

    @property
    def size_bytes(self) -> int:
        """Of the files on disk."""
        return size_on_disk(self.folder, self.base)

    def make_engine(
        self, scheduler_config: SchedulerConfig | None = None, params: GenerationParams | None = None
    ) -> ModelEngine:
        """An engine of its own for these weights; requests go by `params` where they give none themselves."""
        scheduler_config = scheduler_config or SchedulerConfig()
        device = torch.device(self.device)
        runner = ModelRunner(
            self.model,
            dtype=TORCH_DTYPES[self.dtype],
            device=device,
            # A GPU scores the whole vocabulary in less time than it takes to gather each row's candidates.
            shortlist=self.shortlist if device.type == "cpu" else None,
            copying=self.copying,
            max_rows=scheduler_config.max_slots,
        )
        return ModelEngine(self.tokenizer, runner, scheduler_config, params or self.default_params)


def load_engine(
    name: str, *, device: str = "cpu", dtype: DType = "auto", scheduler_config: SchedulerConfig | None = None
) -> ModelEngine:
    """A synchronous engine for a starter model, a local folder or a Hub id; see `load_model`."""
    return load_model(name, device=device, dtype=dtype).make_engine(scheduler_config)


def load_model(
    name: str, *, device: str = "cpu", dtype: DType = "auto", weights_dir: Path | None = None
) -> LoadedModel:
    """Load a starter model, a local folder or a Hub id.

    Args:
        name: such as `starter/en-pt`, `./my-model` or `Helsinki-NLP/opus-mt-en-de`, also with `@revision`.
        device: `cpu`, `cuda` or `cuda:1`.
        dtype: `auto` is int8 on the CPU (float32 where the kernels are not compiled for it) and bfloat16 on
            a GPU.
        weights_dir: where int8 weights are kept once they are packed; processes that name the same folder
            share them in memory. None: nothing is written, and the weights are this process' own.

    Raises:
        CheckpointError: the model cannot be found, is not supported, or is damaged.
    """
    resolved = resolve_dtype(dtype, device)
    folder, extraction = find_model(name), None
    parts = read_description(name, folder)
    network = parts.network
    num_parameters = sum(parameter.numel() for parameter in network.model.parameters())
    if (folder / EXTRACTION_FILE).exists():
        extraction = ExtractionConfig.load(folder / EXTRACTION_FILE)
    if resolved == "int8":
        folders = [folder] if parts.base is None else [folder, parts.base]
        model = compile_layers(shared_int8(network, folders, weights_dir))
        return_freed_memory()
    else:
        model = network.filled(TORCH_DTYPES[resolved], torch.device(device))
    known = {f.name: getattr(parts, f.name) for f in fields(Companions)}
    return LoadedModel(
        **known,
        model=model,
        id=name,
        folder=folder,
        extraction=extraction,
        num_parameters=num_parameters,
        device=device,
        dtype=resolved,
    )


def read_description(name: str, folder: Path) -> CheckpointParts:
    """What a model's files say of it, with its tokenizer; its weights are looked for, and not read.

    Raises:
        CheckpointError: the model is not supported, or its files do not fit each other.
    """
    check_holds_model(folder)
    parts = _loader(folder)(folder)
    spec, alignment_file = parts.network.model.spec, _alignment_file(name, folder)
    _check_tokens(spec, folder)
    if alignment_file.exists():
        parts = replace(parts, alignment=AlignmentConfig.load(alignment_file))
    _check_alignment(parts.alignment, spec, alignment_file)
    return parts


def size_on_disk(folder: Path, base: Path | None) -> int:
    """In bytes, of a model's files, and of those of the model that it changes."""
    folders = [folder] if base is None else [folder, base]
    return sum(file.stat().st_size for one in folders for file in model_files(one))


def _check_tokens(spec: NetworkSpec, folder: Path) -> None:
    """What no request brings: the kernels read an embedding's rows without asking how many there are.

    An end that no output can reach would be none: all of them would go on to their limit.
    """
    known = range(spec.target_vocab_size)
    named = [("eos_token_id", token) for token in spec.eos_token_ids if token not in known]
    if spec.pad_token_id >= len(known):
        named.insert(0, ("pad_token_id", spec.pad_token_id))
    if spec.decoder_start_token_id is not None and spec.decoder_start_token_id not in known:
        named.insert(0, ("decoder_start_token_id", spec.decoder_start_token_id))
    if named:
        name, token_id = named[0]
        raise CheckpointError(
            f"{folder}: {name} is {token_id}, but the decoder's embedding has the rows 0 to {known[-1]}:"
            " correct it in the checkpoint's configuration"
        )
    if not spec.eos_token_ids:
        raise CheckpointError(
            f"{folder}: eos_token_id is an empty list, so that no output would end:"
            " correct it in the checkpoint's configuration"
        )


def resolve_dtype(dtype: DType, device: str) -> str:
    """What `auto` means on this device; `CheckpointError` where a device is not there."""
    if device != "cpu" and not torch.cuda.is_available():
        raise CheckpointError(f"device {device!r} was asked for, but torch finds no GPU; use device: cpu")
    if dtype == "int8" and device != "cpu":
        raise CheckpointError("int8 is for the CPU; on a GPU use dtype: bfloat16 or float16")
    if dtype != "auto":
        return dtype
    if device != "cpu":
        return "bfloat16"
    kernels = load_kernels()
    return "float32" if kernels is None or kernels.isa == "generic" else "int8"


def _loader(folder: Path) -> Callable[[Path], CheckpointParts]:
    if is_adapter(folder):
        return adapter_folder.load
    if ctranslate2_folder.is_folder(folder):
        return ctranslate2_folder.load
    if (folder / "config.json").exists() and not any(folder.glob("model*.bin")):
        return hugging_face.load
    if any(folder.glob("*.pt")) and not any(
        found for pattern in ("model*.bin", "*.npz") for found in folder.glob(pattern)
    ):
        return fairseq_folder.load if any(folder.glob(fairseq_folder.DICTIONARIES)) else opennmt_folder.load
    return bergamot_folder.load


def _alignment_file(name: str, folder: Path) -> Path:
    """Beside the model's files; that of a starter whose files are another package's is ours."""
    own = OWN_FILES / name.removeprefix("starter/") if name in starter_names() else folder
    return own / ALIGNMENT_FILE


def _check_alignment(alignment: AlignmentConfig, spec: NetworkSpec, path: Path) -> None:
    layers, heads = spec.num_layers, spec.num_heads
    if alignment.layer >= layers or any(h >= heads for h in alignment.heads or ()):
        raise CheckpointError(
            f"{path} names layer {alignment.layer}, heads {alignment.heads};"
            f" the decoder has {layers} layers of {heads} heads, counted from 0"
        )
