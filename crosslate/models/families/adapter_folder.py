"""Folders with an adapter of PEFT's, whose model is elsewhere: both are loaded as one model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from crosslate.models.alignment.alignment_config import ALIGNMENT_FILE, AlignmentConfig
from crosslate.models.checkpoints.model_files import find_base
from crosslate.models.families import hugging_face
from crosslate.models.families.lora import Adapter
from crosslate.models.families.parts import CheckpointParts


def load(folder: Path) -> CheckpointParts:
    """Load an adapter as `save_pretrained` of PEFT writes it, with the model that it names.

    The tokenizer is the adapter's where it has one. The model's weights are changed as they are read, so that
    nothing is slower for it afterwards.

    Raises:
        CheckpointError: as `hugging_face.load`; or the adapter is no LoRA, or of another model.
    """
    adapter = Adapter.read(folder)
    base = find_base(folder)
    parts = replace(hugging_face.load(base, adapter), base=base)
    alignment_file = base / ALIGNMENT_FILE
    if not alignment_file.exists():
        return parts
    return replace(parts, alignment=AlignmentConfig.load(alignment_file))
