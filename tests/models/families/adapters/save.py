"""Saves LoRA adapters of tiny checkpoints with PEFT, and what the adapted models make of some texts.

`README.md` says how. Imports nothing of Crosslate. The models are those of `../saved/5.23.tar.xz`; which one
an adapter is of stands in its `expected.json`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model

NUM_BEAMS, MAX_NEW_TOKENS = 3, 10
BASES = "5.23"
ATTENTION = ["q_proj", "v_proj"]


def unchanged(model: Any, tokenizer: Any) -> None:
    """Nothing is done to the base."""


def with_another_token(model: Any, tokenizer: Any) -> None:
    """A language more, as NLLB is taught one."""
    tokenizer.add_tokens(["xyz_Latn"], special_tokens=True)
    model.resize_token_embeddings(len(tokenizer))


@dataclass(frozen=True)
class Case:
    """An adapter."""

    base: str
    settings: dict[str, Any]
    prepare: Callable[[Any, Any], None] = unchanged
    saves_tokenizer: bool = False
    saving: dict[str, Any] = field(default_factory=dict)


CASES = {
    "nllb": Case("nllb-fast", {"r": 4, "lora_alpha": 16, "target_modules": ATTENTION}),
    "nllb-pickle": Case(
        "nllb-fast", {"r": 2, "target_modules": ["fc1"]}, saving={"safe_serialization": False}
    ),
    "nllb-another_token": Case(
        "nllb-fast",
        {"r": 4, "lora_alpha": 16, "target_modules": "all-linear"},
        prepare=with_another_token,
        saves_tokenizer=True,
    ),
    "m2m_100-patterns": Case(
        "m2m_100-fast",
        {
            "r": 4,
            "lora_alpha": 8,
            "target_modules": [*ATTENTION, "fc1", "fc2"],
            "rank_pattern": {"fc1": 2, "encoder.layers.0.self_attn.q_proj": 6},
            "alpha_pattern": {"fc2": 24},
            "use_rslora": True,
        },
    ),
    "t5-rslora": Case(
        "t5-fast",
        {"r": 4, "lora_alpha": 16, "target_modules": ["q", "v", "wi", "wo"], "use_rslora": True},
    ),
    "t5-head": Case("t5-fast", {"r": 4, "target_modules": ["o"], "modules_to_save": ["lm_head"]}),
    "t5-adapted_head": Case("t5-fast", {"r": 4, "target_modules": ["q", "lm_head"]}),
    "bart-biases": Case(
        "bart-fast", {"r": 4, "target_modules": ATTENTION, "bias": "lora_only", "lora_bias": False}
    ),
    "bart-lora_bias": Case("bart-fast", {"r": 4, "target_modules": [*ATTENTION, "fc2"], "lora_bias": True}),
    "marian-dora": Case(
        "marian-fast", {"r": 4, "lora_alpha": 16, "target_modules": [*ATTENTION, "fc1"], "use_dora": True}
    ),
    "pegasus-norms": Case(
        "pegasus-fast",
        {"r": 4, "target_modules": ATTENTION, "modules_to_save": ["layer_norm", "self_attn_layer_norm"]},
    ),
}


def stir(model: Any) -> None:
    """Whatever was trained is something else now; B begins as zeros."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.3 * torch.randn_like(parameter) * parameter.data.std().nan_to_num(0).add(0.3)


def adapted(case: Case, base: Path, folder: Path) -> tuple[Any, Any]:
    """The model that the saved adapter makes of its base, read again."""
    read = partial(transformers.AutoModelForSeq2SeqLM.from_pretrained, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    model = read(base)
    case.prepare(model, tokenizer)
    made = get_peft_model(model, LoraConfig(task_type="SEQ_2_SEQ_LM", **case.settings))
    stir(made)
    made.save_pretrained(folder, **case.saving)
    if case.saves_tokenizer:
        tokenizer.save_pretrained(folder)
    fresh = read(base)
    case.prepare(fresh, tokenizer)
    return PeftModel.from_pretrained(fresh, folder).eval(), tokenizer


def expected(model: Any, tokenizer: Any, known: dict[str, Any], target: str | None) -> dict[str, Any]:
    """What it makes of the texts, greedy and with beams."""
    forced = {} if target is None else {"forced_bos_token_id": tokenizer.convert_tokens_to_ids(target)}
    sources = known["sources"]

    def generated(num_beams: int) -> list[list[int]]:
        outputs = []
        for source in sources:
            tokens = model.generate(
                input_ids=torch.tensor([source]),
                num_beams=num_beams,
                max_new_tokens=MAX_NEW_TOKENS,
                do_sample=False,
                **forced,
            )
            outputs.append(tokens[0].tolist()[1:])  # without what the decoder starts from
        return outputs

    told = {"sources": sources, "forced": forced.get("forced_bos_token_id")}
    return told | {"greedy": generated(1), "beam": generated(NUM_BEAMS)}


def forget_place(folder: Path, base: str) -> None:
    """Name the model only, and not where it was."""
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": base}, indent=2))
    (folder / "README.md").unlink()


def main() -> None:
    """Write `adapters.tar.xz` into this folder; `sys.argv[1]`: where `../saved/5.23.tar.xz` is unpacked."""
    bases, here = Path(sys.argv[1]), Path(__file__).parent
    work = here / "work"
    shutil.rmtree(work, ignore_errors=True)
    for name, case in CASES.items():
        base, folder = bases / case.base, work / name
        model, tokenizer = adapted(case, base, folder)
        known = json.loads((base / "expected.json").read_text())
        target = known["languages"] and known["languages"][1]
        told = {"base": case.base, "peft": peft.__version__, "transformers": transformers.__version__}
        told |= expected(model, tokenizer, known, target)
        (folder / "expected.json").write_text(json.dumps(told))
        forget_place(folder, case.base)
    with tarfile.open(here / "adapters.tar.xz", "w:xz") as archive:
        archive.add(work, "adapters")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
