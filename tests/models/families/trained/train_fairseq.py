"""Trains tiny recurrent models with fairseq itself and writes down what it makes of some texts.

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

ARCHIVE = Path(__file__).with_name("fairseq-0.12.tar.xz")
BINARIES = Path(sys.executable).parent
BAN = 1e9

VARIANTS = {
    # Encoder and decoder of unlike width, and a layer before the output projection.
    "wide": "--encoder-embed-dim 12 --decoder-embed-dim 12 --encoder-layers 2 --decoder-layers 2"
    " --encoder-bidirectional --encoder-hidden-size 10 --decoder-hidden-size 14 --decoder-out-embed-dim 8",
    "tied": "--encoder-embed-dim 16 --decoder-embed-dim 16 --decoder-out-embed-dim 16"
    " --encoder-hidden-size 16 --decoder-hidden-size 16 --share-all-embeddings",
    "narrow": "--encoder-embed-dim 12 --decoder-embed-dim 12 --encoder-bidirectional --encoder-hidden-size 8"
    " --decoder-hidden-size 16 --decoder-out-embed-dim 12 --share-decoder-input-output-embed",
}


def run(command: str, arguments: str, folder: Path) -> None:
    """Run one of fairseq's commands."""
    subprocess.run(
        [str(BINARIES / command), *arguments.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )


def train(folder: Path, name: str) -> Path:
    """Train one variant; returns its folder, with the file and the dictionaries."""
    run(
        "fairseq-train",
        f"data --arch lstm {VARIANTS[name]} --optimizer adam --lr 0.01 --dropout 0 --max-epoch 5 --seed 7"
        " --batch-size 32 --criterion cross_entropy --cpu --disable-validation --no-epoch-checkpoints"
        f" --no-save-optimizer-state --num-workers 0 -s xx -t yy --save-dir {name}",
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
    """Write the archive."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True)
    tests = write_corpus(folder)
    for side, language in (("source", "xx"), ("target", "yy")):
        shutil.copy(folder / f"{side}.txt", folder / f"train.{language}")
    run(
        "fairseq-preprocess",
        "--source-lang xx --target-lang yy --trainpref train --destdir data --joined-dictionary --workers 1",
        folder,
    )
    with tarfile.open(ARCHIVE, "w:xz") as archive:
        for name in VARIANTS:
            model = train(folder, name)
            expected = {"tests": tests, "outputs": translate(model, [str(test["source"]) for test in tests])}
            (model / "expected.json").write_text(json.dumps(expected))
            archive.add(model, name)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
