"""Trains tiny networks of Luong's with links, for each kind of attention; see README.md.

This imports nothing of Crosslate.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tarfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from torch import Tensor, nn

from tests.models.families.trained.luong import Luong
from tests.models.families.trained.train import make_pair, write_corpus

ARCHIVE = Path(__file__).with_name("luong.tar.xz")
NUM_STEPS, BATCH = 700, 64
VARIANTS: dict[str, dict[str, Any]] = {
    "general": {},
    "monotone": {"local_attention": "monotone", "local_attention_window": 2},
    "predictive": {"local_attention": "predictive", "local_attention_window": 4},
    "hard": {"hard_attention": True},
}
SPECIAL = ("<unk>", "<blank>", "<s>", "</s>")


def options(name: str) -> Namespace:
    """As OpenNMT-py's, with what it has not."""
    known = {
        "data": {},
        "transforms": ["sentencepiece"],
        "src_subword_model": "vocab.spm",
        "tgt_subword_model": "vocab.spm",
        "encoder_type": "rnn",
        "decoder_type": "rnn",
        "rnn_type": "GRU",
        "layers": 1,
        "word_vec_size": 16,
        "hidden_size": 32,
        "global_attention": "general",
        "input_feed": 1,
        "local_attention": None,
        "hard_attention": False,
    }
    return Namespace(**known | VARIANTS[name])


def padded(rows: list[list[int]], fill: int) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])


def train(name: str, words: list[str]) -> Luong:
    """With an error of links beside that of tokens: guided alignment (Chen et al. 2016)."""
    torch.manual_seed(7)
    rng, ids = random.Random(7), {word: i for i, word in enumerate(words)}
    model = Luong(options(name), len(words))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, NUM_STEPS)
    for step in range(NUM_STEPS):
        pairs = [make_pair(rng) for _ in range(BATCH)]
        sources = [[ids[f"▁{word}"] for word in source] for source, _, _ in pairs]
        targets = [[ids[f"▁{word}"] for word in target] + [ids["</s>"]] for _, target, _ in pairs]
        lengths = torch.tensor([len(source) for source in sources])
        inputs = padded([[ids["<s>"], *target[:-1]] for target in targets], ids["<blank>"])
        log_probs, maps = model(padded(sources, ids["<blank>"]), lengths, inputs)
        loss = nn.functional.nll_loss(
            log_probs.flatten(0, 1), padded(targets, ids["<blank>"]).flatten(), ignore_index=ids["<blank>"]
        )
        linked = torch.tensor([[b, t, s] for b, pair in enumerate(pairs) for s, t in pair[2]])
        guided = -(maps[linked[:, 0], linked[:, 1], linked[:, 2]] + 1e-6).log().mean()
        optimizer.zero_grad()
        (loss + guided).backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(name, step + 1, f"{loss:.3f} {guided:.3f}", flush=True)
    return model.eval()


def main() -> None:
    """Write the archive."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True)
    tests = write_corpus(folder)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "vocab.spm"))
    known = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    words = [*SPECIAL, *(word for word in known if word not in SPECIAL)]
    (folder / "tests.json").write_text(json.dumps(tests))
    with tarfile.open(ARCHIVE, "w:xz") as archive:
        for name in ("vocab.spm", "tests.json"):
            archive.add(folder / name, name)
        for name in VARIANTS:
            (folder / name).mkdir()
            network, generator = train(name, words).saved()
            content = {
                "model": network,
                "generator": generator,
                "vocab": {"src": words, "tgt": words},
                "opt": options(name),
            }
            torch.save(content, folder / name / "model.pt")
            archive.add(folder / name, name)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
