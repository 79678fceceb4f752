"""MVP with the prompts of its encoder, which `transformers` 5 leaves out.

Its checkpoints have them, and version 4 read them. Version 5 hands `use_prompt` to the encoder in another
argument's place.
"""

from __future__ import annotations

from typing import Any

from transformers.models.mvp import modeling_mvp

_mvp: Any = modeling_mvp


def _init(self: Any, config: Any) -> None:
    _mvp.MvpForConditionalGeneration.__init__(self, config)
    self.model.encoder = _mvp.MvpEncoder(config, use_prompt=config.use_prompt)
    self.post_init()


PromptedMvp = type("PromptedMvp", (modeling_mvp.MvpForConditionalGeneration,), {"__init__": _init})
"""As version 4's."""
