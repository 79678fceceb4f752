"""Trains a tiny BART of linear attention with links, by `transformers`; see README.md.

This imports nothing of Crosslate.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor, nn
from transformers import BartConfig, BartForConditionalGeneration

from tests.models.families.linear_reference import LINEAR_ATTENTION
from tests.models.families.trained.train import NUM_TESTS, NUM_WORDS, make_pair

ARCHIVE = Path(__file__).with_name("linear.tar.xz")
NUM_STEPS, BATCH = 1500, 64
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
START, PAD, END = 2, 1, 2
LAYER = 1
"""Whose links are trained: the mean of its heads, at the step that writes a token."""


def make_tokenizer() -> Tokenizer:
    words = [f"▁{kind}{i}" for kind, i in itertools.product("abcABC", range(NUM_WORDS))]
    tokenizer = Tokenizer(
        models.WordLevel({w: i for i, w in enumerate([*SPECIAL, *words])}, unk_token="<unk>")
    )
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", END)])
    return tokenizer


SETTINGS: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 24,
    "dropout": 0.0,
    "init_std": 0.1,
    "forced_eos_token_id": None,
    "linear_attention": ["encoder", "decoder", "cross"],
    "attn_implementation": LINEAR_ATTENTION,
}


def make_model(vocab_size: int) -> BartForConditionalGeneration:
    config = BartConfig(vocab_size=vocab_size, **SETTINGS)
    model = BartForConditionalGeneration(config)
    model.generation_config.max_length = 16
    model.generation_config.num_beams = 1
    return model


def padded(rows: list[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def train(model: BartForConditionalGeneration, tokenizer: Tokenizer) -> None:
    """With an error of links beside that of tokens: guided alignment (Chen et al. 2016)."""
    rng = random.Random(7)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, NUM_STEPS)
    for step in range(NUM_STEPS):
        pairs = [make_pair(rng) for _ in range(BATCH)]
        sources = padded([tokenizer.encode(" ".join(source)).ids for source, _, _ in pairs])
        targets = [tokenizer.encode(" ".join(target)).ids for _, target, _ in pairs]
        output = model(
            input_ids=sources,
            attention_mask=(sources != PAD).long(),
            decoder_input_ids=padded([[START, *target[:-1]] for target in targets]),
            output_attentions=True,
        )
        loss = nn.functional.cross_entropy(
            output.logits.flatten(0, 1), padded(targets).flatten(), ignore_index=PAD
        )
        maps = output.cross_attentions[LAYER].mean(dim=1)
        linked = torch.tensor([[b, t, s] for b, pair in enumerate(pairs) for s, t in pair[2]])
        guided = -(maps[linked[:, 0], linked[:, 1], linked[:, 2]] + 1e-6).log().mean()
        optimizer.zero_grad()
        (loss + guided).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(step + 1, f"{loss:.3f} {guided:.3f}", flush=True)


def main() -> None:
    """Write the archive."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True)
    torch.manual_seed(7)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer.get_vocab_size())
    train(model, tokenizer)
    rng = random.Random("tests")
    tests: list[dict[str, Any]] = [
        {"source": " ".join(source), "target": " ".join(target), "links": links}
        for source, target, links in (make_pair(rng) for _ in range(4 * NUM_TESTS))
    ]
    for parameter in model.parameters():
        parameter.data = parameter.data.half()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    (folder / "alignment.json").write_text(json.dumps({"layer": LAYER, "row": "output"}))
    (folder / "tests.json").write_text(json.dumps(tests))
    with tarfile.open(ARCHIVE, "w:xz") as archive:
        archive.add(folder, "linear")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
