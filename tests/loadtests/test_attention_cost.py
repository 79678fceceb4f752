from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from crosslate.models.layers.packing import Packing
from loadtests.attention_cost import NUM_HEADS, WIDTH, main, make_layers
from loadtests.long_layers import variation


@torch.inference_mode()
def test_every_kind_reads_a_source() -> None:
    x, packing = torch.randn(70, WIDTH), Packing.of([70], torch.device("cpu"))
    for name, layer in make_layers().items():
        found = layer(x, packing)
        assert found.numel() == x.numel(), name
        assert bool(torch.isfinite(found).all()), name


def test_a_table_and_a_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    threads = torch.get_num_threads()
    try:
        picture = tmp_path / "cost.svg"
        assert main(["--lengths", "16", "32", "--rounds", "1", "--plot", str(picture)]) == 0
    finally:
        torch.set_num_threads(threads)
    costs, hashing = capsys.readouterr().out.split("\n\n")
    heading, *rows = costs.splitlines()
    assert heading == "tokens | 16 | 32"
    assert [row.split(" | ")[0] for row in rows] == list(make_layers())
    assert [line.split(":")[0] for line in hashing.splitlines()[1:]] == list(variation(64, WIDTH, NUM_HEADS))
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
