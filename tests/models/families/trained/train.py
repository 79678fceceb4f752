"""Trains tiny recurrent models with Marian itself and writes down what it makes of some texts.

See README.md. This imports nothing of Crosslate.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import sentencepiece

ARCHIVE = Path(__file__).with_name("marian-1.12.tar.xz")
NUM_WORDS, NUM_TRAINING, NUM_TESTS = 10, 1500, 12
MARIAN = Path(sys.executable).with_name("pymarian")
SEED = "7"

SIZES = "--dim-emb 12 --dim-rnn 10"
VARIANTS = {
    # name: (suffix, options, epochs)
    "planted": ("npz", "--type s2s --dim-emb 16 --dim-rnn 16 --guided-alignment links.txt", 40),
    "deep": (
        "npz",
        f"--type s2s {SIZES} --layer-normalization --skip --enc-depth 2 --dec-depth 2 --enc-cell-depth 2"
        " --dec-cell-base-depth 4 --dec-cell-high-depth 2 --tied-embeddings-all",
        4,
    ),
    "lstm": (
        "npz",
        f"--type s2s {SIZES} --layer-normalization --enc-type alternating --enc-cell lstm --dec-cell lstm"
        " --enc-depth 3 --dec-depth 2 --tied-embeddings",
        4,
    ),
    "unidirectional": (
        "bin",
        f"--type s2s {SIZES} --enc-type bi-unidirectional --enc-cell lstm --dec-cell gru-nematus"
        " --enc-depth 3 --skip --dec-cell-base-depth 3 --enc-cell-depth 2 --tied-embeddings-src",
        4,
    ),
    "amun": ("npz", f"--type amun {SIZES} --layer-normalization", 4),
    "nematus": (
        "npz",
        f"--type nematus {SIZES} --layer-normalization --enc-cell gru-nematus --dec-cell gru-nematus"
        " --enc-cell-depth 3 --dec-cell-base-depth 4",
        4,
    ),
}


def make_pair(rng: random.Random) -> tuple[list[str], list[str], list[tuple[int, int]]]:
    """A sentence, its translation word by word with each `a b` turned round, and the links."""
    source = [f"{rng.choice('abc')}{rng.randrange(NUM_WORDS)}" for _ in range(rng.randint(2, 8))]
    order: list[int] = []
    i = 0
    while i < len(source):
        is_turned = i + 1 < len(source) and source[i][0] == "a" and source[i + 1][0] == "b"
        order += [i + 1, i] if is_turned else [i]
        i += 2 if is_turned else 1
    return source, [source[i].upper() for i in order], [(i, t) for t, i in enumerate(order)]


def write_corpus(folder: Path) -> list[dict[str, object]]:
    """What is trained on; returns what is tested with."""
    rng = random.Random(SEED)
    pairs = [make_pair(rng) for _ in range(NUM_TRAINING + NUM_TESTS)]
    training, tests = pairs[:NUM_TRAINING], pairs[NUM_TRAINING:]
    (folder / "source.txt").write_text("".join(" ".join(source) + "\n" for source, _, _ in training))
    (folder / "target.txt").write_text("".join(" ".join(target) + "\n" for _, target, _ in training))
    (folder / "links.txt").write_text(
        "".join(" ".join(f"{s}-{t}" for s, t in links) + "\n" for _, _, links in training)
    )
    words = [f"{kind}{i}" for kind, i in itertools.product("abcABC", range(NUM_WORDS))]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words * 9),
        model_prefix=str(folder / "vocab"),
        model_type="word",
        vocab_size=len(words) + 2,
        eos_id=0,
        unk_id=1,
        bos_id=-1,
        pad_id=-1,
        normalization_rule_name="identity",
        minloglevel=2,
    )
    (folder / "vocab.model").rename(folder / "vocab.spm")
    return [{"source": " ".join(s), "target": " ".join(t), "links": links} for s, t, links in tests]


def train(folder: Path, name: str) -> Path:
    """Train one variant; returns its file."""
    suffix, options, epochs = VARIANTS[name]
    model = folder / name / f"model.{suffix}"
    model.parent.mkdir()
    fixed = (
        "--train-sets source.txt target.txt --vocabs vocab.spm vocab.spm --cpu-threads 1 --workspace 100"
        f" --mini-batch 32 --learn-rate 0.01 --seed {SEED} --quiet --after-epochs {epochs}"
    )
    command = [str(MARIAN), "train", "--model", str(model), *fixed.split(), *options.split()]
    subprocess.run(command, cwd=folder, check=True)
    for path in model.parent.iterdir():
        if path != model:
            path.unlink()
    return model


def translate(folder: Path, model: Path, texts: list[str], num_beams: int) -> list[dict[str, object]]:
    """Marian's best translation of each text, its score, and its attention, (T, S)."""
    options = f"--vocabs vocab.spm vocab.spm --cpu-threads 1 --workspace 100 --quiet --beam-size {num_beams}"
    limits = "--max-length 200 --max-length-factor 3 --n-best --alignment soft"
    command = [str(MARIAN), "decode", "--models", str(model), *options.split(), *limits.split()]
    done = subprocess.run(
        command,
        cwd=folder,
        check=True,
        input="".join(f"{text}\n" for text in texts),
        capture_output=True,
        text=True,
    )
    best: dict[int, dict[str, object]] = {}
    for line in done.stdout.splitlines():
        number, text, attention, _, score = line.split(" ||| ")
        rows = [[float(weight) for weight in row.split(",")] for row in attention.split()]
        best.setdefault(int(number), {"text": text.strip(), "score": float(score), "attention": rows})
    return [best[i] for i in range(len(texts))]


def main() -> None:
    """Write the archive."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True)
    tests = write_corpus(folder)
    texts = [str(test["source"]) for test in tests]
    with tarfile.open(ARCHIVE, "w:xz") as archive:
        archive.add(folder / "vocab.spm", "vocab.spm")
        for name in VARIANTS:
            model = train(folder, name)
            expected = {
                "tests": tests,
                "outputs": {str(beams): translate(folder, model, texts, beams) for beams in (1, 4)},
            }
            (model.parent / "expected.json").write_text(json.dumps(expected))
            archive.add(model.parent, name)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
