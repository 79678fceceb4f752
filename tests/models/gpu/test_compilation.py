"""Every kernel compiles for a GPU, which needs none. The interpreter takes what the compiler refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent.parent

SCRIPT = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from crosslate.models.gpu.choice_kernels import final_choice_kernel, partial_choice_kernel
from crosslate.models.gpu.kernels import attend_kernel, linear_kernel, ssru_kernel
from crosslate.models.gpu.launch import choose_tile


def compile_for(capability, kernel, types, constants, **options):
    names = kernel.arg_names
    signature = {name: "constexpr" if name in constants else types.get(name, "i32") for name in names}
    places = {(names.index(name),): value for name, value in constants.items()}
    whole = [i for i, name in enumerate(names) if signature[name].startswith("*")]
    source = ASTSource(kernel, signature, places, {(i,): [["tt.divisibility", 16]] for i in whole})
    triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)


def pointers(kernel, kind, **others):
    return {name: kind for name in kernel.arg_names if name.endswith("_ptr")} | others


norms = {"norm": "layer", "has_bias": True, "residual": "normed", "activation": "none", "is_gated": False}
gated = {"norm": "rms", "has_bias": False, "residual": "none", "activation": "gelu_new", "is_gated": True}
for kind, capability, sizes in (
    ("*bf16", 90, ((1, 1024), (16, 1024), (128, 60000))),
    ("*fp16", 80, ((16, 1024),)),
    ("*fp32", 90, ((1, 1024),)),
):
    for count, outputs in sizes:
        tile = choose_tile(count, outputs, 4 if kind == "*fp32" else 2)
        compile_for(
            capability, linear_kernel, pointers(linear_kernel, kind, eps="fp32"),
            (gated if count == 16 else norms)
            | {"num_rows": tile.num_rows, "block_n": tile.block_n, "block_k": tile.block_k},
            num_warps=tile.num_warps, num_stages=tile.num_stages,
        )
    for appends in (True, False):
        compile_for(
            capability, attend_kernel, pointers(attend_kernel, kind, lengths_ptr="*i64", scale="fp32"),
            {"head_dim": 64, "width": 64, "block": 64, "appends": appends, "has_bias": appends}, num_warps=4,
        )
    compile_for(
        capability, ssru_kernel, pointers(ssru_kernel, kind, eps="fp32"),
        {"norm": "layer", "is_normed": True, "block": 256},
    )
counts = {"num_columns": 16, "position_column": 1, "num_eos": 2}
compile_for(
    90, partial_choice_kernel,
    pointers(partial_choice_kernel, "*i64", scores_ptr="*fp32", partials_ptr="*fp32"),
    counts | {"min_new_column": 5, "banned_column": 8, "num_banned": 8, "block": 4096},
)
compile_for(
    90, final_choice_kernel,
    pointers(final_choice_kernel, "*i64", partials_ptr="*fp32", tokens_ptr="*fp64", logprobs_ptr="*fp64"),
    counts | {"token_column": 0, "is_over_column": 2, "max_new_column": 4, "first_column": 6}
    | {"last_column": 7, "block": 64},
)
print("compiled")
"""


def test_they_compile(tmp_path: Path) -> None:
    environment = os.environ | {"TRITON_CACHE_DIR": str(tmp_path), "TRITON_DEFAULT_FP_FUSION": "1"}
    environment.pop("TRITON_INTERPRET", None)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "compiled\n", done.stderr
