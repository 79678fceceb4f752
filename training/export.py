"""From a training checkpoint to the folder that is served.

    python -m training.export --checkpoint FILE [FILE ...] --out FOLDER

Writes `model.safetensors` (the moving average of the weights, in float16), `config.json`,
`generation_config.json`, `vocab.spm` and `lex.bin`; the model card and the licence are written by hand.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from crosslate.models.checkpoints.marian_binary import read_marian_file
from crosslate.models.checkpoints.model_files import find_model
from crosslate.models.engine.scores.lexical_shortlist import HEADER, MAGIC
from crosslate.models.families.bergamot_safetensors import SHORTLIST_FILE, VOCABULARY_FILE, stored_name
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece
from training.averages import mean_of_averages
from training.batches import MAX_SOURCE_TOKENS
from training.train import INITIAL_MODEL

KEPT_OPTIONS = (
    "type",
    "dim-emb",
    "dim-vocabs",
    "enc-depth",
    "dec-depth",
    "transformer-heads",
    "transformer-dim-ffn",
    "transformer-ffn-activation",
    "transformer-preprocess",
    "transformer-postprocess",
    "transformer-postprocess-emb",
    "transformer-postprocess-top",
    "transformer-decoder-autoreg",
    "dec-cell",
    "tied-embeddings-all",
)
MAX_TARGET_TOKENS = 256
NUM_ALWAYS_ALLOWED = 100
"""Of the tokens that targets use most. All others must stand in the source, so that none are invented."""
GENERATION = {
    "num_beams": 4,
    "length_penalty": 1.0,
    "no_repeat_ngram_size": 3,
    "min_new_tokens": 8,
    "max_new_tokens": 120,
    "early_stopping": True,
}


def config_of(options: dict[str, Any], eos_token_id: int, copy_bias: float) -> dict[str, Any]:
    """Marian's options that describe the network, and what its file does not say."""
    own = {
        "model_type": "bergamot",
        "eos_token_id": eos_token_id,
        "max_source_tokens": MAX_SOURCE_TOKENS,
        "max_target_tokens": MAX_TARGET_TOKENS,
        "copy_bias": copy_bias,
    }
    return own | {name: options[name] for name in KEPT_OPTIONS if name in options}


def write_shortlist(path: Path, vocab_size: int, frequent: Sequence[int], eos_token_id: int) -> None:
    """Let a source's own tokens be written, and those that summaries need often.

    The frequent ones are listed with the end token, which every source has. Other cases of the source's words
    are not allowed: they were tried, and came up in the middle of sentences.
    """
    offsets = np.full(vocab_size + 1, len(frequent), "<u8")
    offsets[: eos_token_id + 1] = 0
    header = HEADER.pack(MAGIC, 0, eos_token_id + 1, 0, len(offsets), len(frequent))
    path.write_bytes(header + offsets.tobytes() + np.array(sorted(frequent), "<u4").tobytes())


def write_folder(
    folder: Path,
    weights: Mapping[str, Tensor],
    options: dict[str, Any],
    vocabulary: Path,
    *,
    frequent: Sequence[int],
    copy_bias: float,
) -> None:
    """Write a model of `options`' network, complete but for its card.

    `frequent` tokens are always allowed; `copy_bias` is that of `CopyRule`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {stored_name(name): weight.half().contiguous() for name, weight in weights.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(vocabulary, folder / VOCABULARY_FILE)
    model = load_sentencepiece(vocabulary)
    config = config_of(options, model.eos_id(), copy_bias)
    write_shortlist(folder / SHORTLIST_FILE, model.get_piece_size(), frequent, model.eos_id())
    for name, content in (("config.json", config), ("generation_config.json", GENERATION)):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, nargs="+", required=True, help="their mean is written")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--copy-bias", type=float, help="instead of that of the training")
    arguments = parser.parse_args()
    initial = find_model(INITIAL_MODEL)
    (model_file,) = initial.glob("model*.bin")
    (vocabulary,) = initial.glob("vocab*.spm")
    last = torch.load(arguments.checkpoint[-1], weights_only=True)
    frequent: list[int] = last["frequent"]
    write_folder(
        arguments.out,
        mean_of_averages(arguments.checkpoint),
        read_marian_file(model_file).options,
        vocabulary,
        frequent=frequent[:NUM_ALWAYS_ALLOWED],
        copy_bias=last["copy_bias"] if arguments.copy_bias is None else arguments.copy_bias,
    )


if __name__ == "__main__":
    main()
