"""What is counted against figures by hand; what is timed with a clock that ticks when it is asked."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.int8.quantization import Int8Output, Int8Rows
from crosslate.models.layers.ssru import SSRU
from crosslate.models.loading import DType, load_model
from crosslate.models.native import kernels as kernels_module
from crosslate.models.native.kernels import load_kernels
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.pattern_spec import WindowSpec
from crosslate.models.specs.spec import stacks_of
from loadtests import machine_rates
from loadtests.floor import (
    MeasuredBatch,
    Part,
    PhaseTimer,
    Run,
    batch_report,
    main,
    measure_batch,
    median_seconds,
    phase_table,
    phases_timed,
    random_sources,
    time_run,
)
from loadtests.machine_rates import MachineRates, highest_rates, measure_rates
from loadtests.random_models import MARIAN_BASE, build_reference, our_network, tiny
from loadtests.work_counts import BatchShape, Phase, Work, count_work, output_step_work
from tests.models.conftest import build_marian
from tests.models.stored_networks import int8_of

SHAPE = BatchShape(batch_size=2, num_beams=1, num_source_tokens=5, num_target_tokens=3)
BEAMS = dataclasses.replace(SHAPE, num_beams=4)
RATES = MachineRates(num_threads=1, isa="avx2", int8=100.0, float32=10.0, memory=50.0)


def network() -> EncoderDecoder:
    """2 + 2 layers, 32 wide, feed-forward 64, 101 tokens."""
    return our_network(build_reference(tiny(MARIAN_BASE)), torch.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny"
    build_marian(path)
    return path


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    load_kernels.cache_clear()
    monkeypatch.setattr(kernels_module, "load_library", lambda: None)
    yield
    load_kernels.cache_clear()


@pytest.fixture
def little_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(machine_rates, "READ_BYTES", 2**20)
    monkeypatch.setattr(machine_rates, "TRY_S", 1e-4)
    num_threads = torch.get_num_threads()
    yield
    torch.set_num_threads(num_threads)


def ticking() -> Callable[[], float]:
    """A second passes whenever somebody looks."""
    ticks = itertools.count()
    return lambda: float(next(ticks))


def test_the_work_of_a_float32_network() -> None:
    work = count_work(network(), SHAPE, None)
    # Attention 4 matrices of 32 x 32, feed-forward two of 32 x 64; keys and values for two decoder layers.
    weights = 2 * (4 * 32 * 32 + 2 * 32 * 64) + 2 * 2 * 32 * 32
    biases = 2 * (4 * 32 + 64 + 32) + 2 * 2 * 32
    looks = 2 * 2 * (2 * 5 * 5) * 32
    assert work["encode"] == Work(float32_macs=10 * weights + looks, num_bytes=4 * (weights + biases))
    # A step: 4 + 2 of attention. Steps of 1, 2 and 3 keys; 5 source tokens in each.
    weights = 2 * (6 * 32 * 32 + 2 * 32 * 64)
    biases = 2 * (6 * 32 + 64 + 32)
    keys = 2 * 2 * 2 * (6 + 3 * 5) * 32
    assert work["decode"] == Work(
        float32_macs=3 * 2 * weights + keys, num_bytes=4 * (3 * (weights + biases) + keys)
    )
    assert work["output"] == Work(float32_macs=3 * 2 * 101 * 32, num_bytes=3 * 4 * (101 * 32 + 101))


def test_beams_multiply_products_and_share_what_is_read() -> None:
    one, four = (count_work(network(), shape, None) for shape in (SHAPE, BEAMS))
    assert four["encode"] == one["encode"]
    for phase in ("decode", "output"):
        assert four[phase] == dataclasses.replace(one[phase], float32_macs=4 * one[phase].float32_macs)


def test_int8_takes_the_products_of_linear_layers_only() -> None:
    float32, int8 = count_work(network(), SHAPE, None), count_work(int8_of(network()), SHAPE, None)
    attention = {"encode": 2 * 2 * (2 * 5 * 5) * 32, "decode": 2 * 2 * 2 * (6 + 3 * 5) * 32, "output": 0}
    for phase, work in int8.items():
        assert work.float32_macs == attention[phase]
        assert work.int8_macs == float32[phase].float32_macs - attention[phase]
        assert work.num_bytes < float32[phase].num_bytes


@pytest.mark.skipif(load_kernels() is None, reason="the kernels are not compiled: no C compiler")
def test_packed_weights_are_counted_as_they_lie_there() -> None:
    """101 outputs are 7 panels of 16: weights, sums, scales and biases, and with AVX2 where each step is.

    What inputs mostly are lies there once, and with it biases even where the layer has none.
    """
    model = int8_of(network())
    output = model.output
    assert isinstance(output, Int8Output)
    padded = output.packed.panels.shape[0] * output.packed.panels.shape[1]
    assert padded >= 7 * 32
    places = 7 * 3 * 8 + 7 * 4 * 2 if len(output.packed.places) else 0
    centers = 32 * 4 if output.packed.centers is not None else 0
    work = count_work(model, SHAPE, None)["output"]
    assert work.num_bytes == 3 * (padded * 16 + places + centers + 3 * 4 * 112)


@pytest.mark.usefixtures("no_kernels")
def test_int8_without_kernels_is_counted_too() -> None:
    work = count_work(int8_of(network()), SHAPE, None)["output"]
    assert work == Work(int8_macs=3 * 2 * 101 * 32, num_bytes=3 * (101 * 32 + 2 * 4 * 101))


def test_of_a_shortlist_the_candidates_count() -> None:
    output = Int8Output(Int8Rows.of(torch.randn(50, 16)), torch.randn(50))
    candidates = [np.array([0, 1, 7]), np.array([0, 1, 8, 9])]
    assert output_step_work(output, BEAMS, candidates) == Work(
        int8_macs=4 * (3 + 4) * 16,
        num_bytes=5 * (16 + 4 + 4),  # 0 and 1 are read once
    )


def test_a_recurrent_decoder_looks_at_the_source_only() -> None:
    model = network()
    attending = count_work(model, SHAPE, None)["decode"]
    for layer in model.decoder.layers:
        assert isinstance(layer, DecoderLayer)
        recurrent, products = SSRU(model.spec.width), layer.mixer
        del recurrent.gates  # as many products as before, so that only the keys differ
        recurrent.products = nn.ModuleList(products.children())
        layer.mixer = recurrent
    keys = 2 * 2 * 2 * 6 * 32
    assert count_work(model, SHAPE, None)["decode"] == Work(
        float32_macs=attending.float32_macs - keys, num_bytes=attending.num_bytes - 4 * keys
    )


def test_what_cannot_be_counted_says_so() -> None:
    model = network()
    with pytest.raises(ValueError, match="shortlists in float32"):
        count_work(model, SHAPE, [np.array([0])] * 2)
    spec = stacks_of(model.spec)
    encoder = dataclasses.replace(spec.encoder, pattern=WindowSpec(radius=4))
    model.spec = dataclasses.replace(spec, encoder=encoder)
    with pytest.raises(ValueError, match="windows"):
        count_work(model, SHAPE, None)


def test_the_floor_is_the_longer_of_products_and_reading() -> None:
    assert RATES.floor_s(Work(int8_macs=200, float32_macs=30, num_bytes=249)) == 2 + 3
    assert RATES.floor_s(Work(int8_macs=200, float32_macs=30, num_bytes=300)) == 6
    without = dataclasses.replace(RATES, int8=None)
    assert without.floor_s(Work(int8_macs=200, float32_macs=30)) == 20 + 3


@pytest.mark.usefixtures("little_work")
def test_rates_are_work_by_time() -> None:
    rates = measure_rates(ticking())
    kernels = load_kernels()
    if kernels is None or kernels.isa == "generic":
        assert rates.float32 == 256 * 512 * 2048  # in one second
        assert rates.int8 is None
    else:
        lanes, joined = {
            "amx": (16, 4 * 16384),
            "vnni": (16, 12 * 64),
            "avxvnni": (8, 12 * 32),
            "avx2": (8, 6 * 64),
            "i8mm": (4, 12 * 32),
            "dotprod": (4, 12 * 16),
        }[kernels.isa]
        rounds = machine_rates.ROUNDS * torch.get_num_threads()
        assert rates.float32 == rounds * 12 * lanes
        assert rates.int8 == rounds * joined
        assert f"kernels {kernels.isa}: int8" in rates.described()
    assert rates.memory == 2**20
    assert "memory 0.0 GB/s" in rates.described()


@pytest.mark.usefixtures("little_work", "no_kernels")
def test_rates_without_kernels() -> None:
    rates = measure_rates(ticking())
    assert rates.int8 is None
    assert rates.memory == 2**20
    assert "kernels none: no int8 instructions" in rates.described()


def test_the_highest_rates_count() -> None:
    other = dataclasses.replace(RATES, int8=200.0, float32=5.0, memory=70.0)
    assert highest_rates([RATES, other]) == dataclasses.replace(other, float32=10.0)
    assert highest_rates([dataclasses.replace(RATES, int8=None)] * 2).int8 is None


def test_a_call_within_a_call_counts_once() -> None:
    timer = PhaseTimer(ticking())
    inner = timer.timed("decode", lambda x: x + 1)
    outer = timer.timed("output", lambda x: inner(x) * 2)
    assert outer(1) == 4
    assert inner(1) == 2
    assert timer.seconds == {"encode": 0, "decode": 1, "output": 1}
    assert timer.num_calls == {"encode": 0, "decode": 1, "output": 1}


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("num_beams", [1, 4])
def test_phases_and_the_rest_make_up_the_total(folder: Path, dtype: DType, num_beams: int) -> None:
    loaded = load_model(str(folder), dtype=dtype)
    shape = dataclasses.replace(SHAPE, num_beams=num_beams)
    batch = measure_batch(loaded, shape, 2, ticking())
    runs = batch.runs
    assert batch.work == count_work(loaded.model, shape, None)
    assert len(runs) == 2
    for run in runs:
        # A call lasts one tick, and one passes after each and before the first.
        num_calls = 2 + 3 + run.num_output_calls
        assert run.num_output_calls >= 3
        assert run.seconds == {
            "encode": 2, "decode": 3, "output": run.num_output_calls, "rest": num_calls + 1
        }  # fmt: skip


def test_timing_changes_nothing(folder: Path) -> None:
    loaded = load_model(str(folder))
    sources = random_sources(loaded.spec, SHAPE)
    assert [len(source) for source in sources] == [5, 5]

    def generate() -> list[list[int]]:
        params = GenerationParams(max_new_tokens=9)
        requests = [GenerationRequest(source_ids=source, params=params) for source in sources]
        return [output.token_ids for output in loaded.make_engine().generate(requests)]

    expected = generate()
    with phases_timed(loaded.model, ticking()) as timer:
        assert generate() == expected
    num_calls = dict(timer.num_calls)
    assert all(num_calls.values())
    assert generate() == expected
    assert timer.num_calls == num_calls, "the timer is gone"


def test_outputs_of_other_lengths_are_no_measurement(folder: Path) -> None:
    loaded = load_model(str(folder))
    params = GenerationParams(
        max_new_tokens=9, suppress_tokens=tuple(range(1, loaded.spec.target_vocab_size))
    )
    request = GenerationRequest(source_ids=random_sources(loaded.spec, SHAPE)[0], params=params)
    with pytest.raises(RuntimeError, match="where 9 were forced"):
        time_run(loaded.make_engine(), loaded.model, [request], ticking())


def test_medians_are_of_each_part() -> None:
    rounds = [(1.0, 9.0), (2.0, 8.0), (6.0, 1.0)]
    runs = [Run(seconds={"encode": e, "rest": r}, num_output_calls=1) for e, r in rounds]
    assert median_seconds(runs) == {"encode": 2.0, "rest": 8.0}


def test_the_table() -> None:
    work: dict[Phase, Work] = {
        "encode": Work(int8_macs=200, num_bytes=10),
        "decode": Work(float32_macs=10, num_bytes=150),
        "output": Work(int8_macs=100),
    }
    seconds: dict[Part, float] = {"encode": 4.0, "decode": 4.0, "output": 2.0, "rest": 10.0}
    lines = phase_table(work, seconds, RATES).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[0] for row in cells] == ["phase", cells[1][0], "encode", "decode", "output", "rest", "total"]
    assert [row[4:] for row in cells[2:]] == [
        ["products", "2,000.0", "4,000.0", "50 %", "20 %"],
        ["memory", "3,000.0", "4,000.0", "75 %", "20 %"],
        ["products", "1,000.0", "2,000.0", "50 %", "10 %"],
        ["", "", "10,000.0", "", "50 %"],
        ["", "6,000.0", "20,000.0", "30 %", "100 %"],
    ]


def test_scores_that_are_computed_again_are_reported() -> None:
    seconds: dict[Part, float] = {"encode": 1.0, "decode": 1.0, "output": 1.0, "rest": 1.0}
    work: dict[Phase, Work] = dict.fromkeys(("encode", "decode", "output"), Work(int8_macs=1))
    runs = [Run(seconds=seconds, num_output_calls=calls) for calls in (3, 5)]
    shown = batch_report(MeasuredBatch(shape=SHAPE, work=work, runs=runs), RATES)
    assert shown.startswith("2 source(s) of 5 tokens, 1 beam(s), 3 target tokens each, medians of 2:")
    assert "ran 5 times" in shown
    assert "times" not in batch_report(MeasuredBatch(shape=SHAPE, work=work, runs=runs[:1]), RATES)


def test_with_a_shortlist_scores_of_candidates_are_timed() -> None:
    batch = measure_batch(load_model("starter/en-pt", dtype="int8"), SHAPE, 1, ticking())
    assert batch.runs[0].seconds["output"] == 3


@pytest.mark.usefixtures("little_work")
@pytest.mark.parametrize("extra", [[], ["--beams", "2", "--cpu-time", "--dtype", "float32"]])
def test_the_command(folder: Path, extra: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    lengths = ["--source-tokens", "6", "--target-tokens", "4", "--rounds", "1"]
    main([str(folder), "--batch", "1", "3", *lengths, *extra])
    printed = capsys.readouterr().out
    assert re.findall(r"^(\d) source\(s\) of 6 tokens", printed, re.MULTILINE) == ["1", "3"]
    rows = re.findall(r"^\| (encode|decode|output|rest|total) ", printed, re.MULTILINE)
    assert rows == ["encode", "decode", "output", "rest", "total"] * 2
    assert "1 thread(s), kernels " in printed
