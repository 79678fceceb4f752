from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import os

import torch
from crosslate.models.freed_memory import return_freed_memory

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

blocks = [torch.ones(2**14) for _ in range(2000)]  # 64 KiB each: none is mapped
kept = blocks[::50]
del blocks
before = resident()
return_freed_memory()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep less, or are not asked")
def test_what_was_freed_between_what_is_kept_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 60 * 2**20
