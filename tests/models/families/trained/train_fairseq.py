"""Trains tiny models with fairseq itself and writes down what it makes of some texts.

See README.md. This imports nothing of Crosslate.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from tests.models.families.trained.train import write_corpus

FOLDER = Path(__file__).parent
BINARIES = Path(sys.executable).parent
BAN = 1e9

RECURRENT = {
    # Encoder and decoder of unlike width, and a layer before the output projection.
    "wide": "--arch lstm --encoder-embed-dim 12 --decoder-embed-dim 12 --encoder-layers 2 --decoder-layers 2"
    " --encoder-bidirectional --encoder-hidden-size 10 --decoder-hidden-size 14 --decoder-out-embed-dim 8",
    "tied": "--arch lstm --encoder-embed-dim 16 --decoder-embed-dim 16 --decoder-out-embed-dim 16"
    " --encoder-hidden-size 16 --decoder-hidden-size 16 --share-all-embeddings",
    "narrow": "--arch lstm --encoder-embed-dim 12 --decoder-embed-dim 12 --encoder-bidirectional"
    " --encoder-hidden-size 8 --decoder-hidden-size 16 --decoder-out-embed-dim 12"
    " --share-decoder-input-output-embed",
}
SMALL = (
    " --encoder-embed-dim 16 --decoder-embed-dim 16 --encoder-ffn-embed-dim 24 --decoder-ffn-embed-dim 24"
    " --encoder-attention-heads 2 --decoder-attention-heads 4 --lr 0.004 --max-epoch 8"
)
TRANSFORMERS = {
    "post": f"--arch transformer {SMALL} --encoder-layers 2 --decoder-layers 3 --share-all-embeddings",
    "pre": f"--arch transformer {SMALL} --encoder-layers 2 --decoder-layers 2 --encoder-normalize-before"
    " --decoder-normalize-before --encoder-learned-pos --decoder-learned-pos --max-source-positions 64"
    " --max-target-positions 64 --no-scale-embedding --layernorm-embedding --activation-fn gelu",
    # Norms of one side only, and a trained alignment.
    "guided": f"--arch transformer_align {SMALL} --encoder-layers 1 --decoder-layers 2"
    " --decoder-normalize-before --share-decoder-input-output-embed --activation-fn gelu_accurate"
    " --alignment-layer 1 --alignment-heads 2 --load-alignments"
    " --criterion label_smoothed_cross_entropy_with_alignment --alignment-lambda 1",
}
ARCHIVES = {"fairseq-0.12": RECURRENT, "fairseq-0.12-transformer": TRANSFORMERS}


def run(command: str, arguments: str, folder: Path) -> None:
    """Run one of fairseq's commands."""
    subprocess.run(
        [str(BINARIES / command), *arguments.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )


def train(folder: Path, name: str, options: str) -> Path:
    """Train one variant; returns its folder, with the file and the dictionaries."""
    run(
        "fairseq-train",
        "data --optimizer adam --lr 0.01 --dropout 0 --max-epoch 5 --seed 7 --batch-size 32"
        " --criterion cross_entropy --cpu --disable-validation --no-epoch-checkpoints"
        f" --no-save-optimizer-state --num-workers 0 -s xx -t yy --save-dir {name} {options}",
        folder,
    )
    (folder / name / "checkpoint_last.pt").rename(folder / name / "model.pt")
    for side in ("xx", "yy"):
        shutil.copy(folder / "data" / f"dict.{side}.txt", folder / name)
    return folder / name


def translate(folder: Path, texts: list[str]) -> dict[str, list[dict[str, object]]]:
    """By number of beams: the best translation of each text, its score, and alone its attention, (T, S)."""
    utils = import_module("fairseq.checkpoint_utils")
    search = import_module("fairseq.sequence_generator").SequenceGenerator
    models, _, task = utils.load_model_ensemble_and_task(
        [str(folder / "model.pt")], arg_overrides={"data": str(folder)}
    )
    source, target = task.source_dictionary, task.target_dictionary
    found: dict[str, list[dict[str, object]]] = {}
    for num_beams in (1, 4):
        generator = search(
            models, target, beam_size=num_beams, normalize_scores=False, unk_penalty=BAN, max_len_b=60
        )
        found[str(num_beams)] = []
        for text in texts:
            ids = source.encode_line(text, add_if_not_exist=False).long()[None]
            net_input = {"src_tokens": ids, "src_lengths": torch.tensor([ids.shape[1]])}
            best: dict[str, Any] = generator.generate(models, {"net_input": net_input})[0][0]
            told: dict[str, object] = {"text": target.string(best["tokens"]), "score": float(best["score"])}
            if num_beams == 1:
                told["attention"] = best["attention"].T.tolist()
            found[str(num_beams)].append(told)
    return found


def main() -> None:
    """Write the archive that is named."""
    folder, archive_name = Path(sys.argv[1]).resolve(), sys.argv[2]
    folder.mkdir(parents=True)
    tests = write_corpus(folder)
    for side, language in (("source", "xx"), ("target", "yy")):
        shutil.copy(folder / f"{side}.txt", folder / f"train.{language}")
    shutil.copy(folder / "links.txt", folder / "train.align")
    run(
        "fairseq-preprocess",
        "--source-lang xx --target-lang yy --trainpref train --destdir data --joined-dictionary --workers 1"
        " --align-suffix align",
        folder,
    )
    with tarfile.open(FOLDER / f"{archive_name}.tar.xz", "w:xz") as archive:
        for name, options in ARCHIVES[archive_name].items():
            model = train(folder, name, options)
            expected = {"tests": tests, "outputs": translate(model, [str(test["source"]) for test in tests])}
            (model / "expected.json").write_text(json.dumps(expected))
            archive.add(model, name)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
