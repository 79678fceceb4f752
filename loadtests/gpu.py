"""The GPU path on this machine: is it right, and how fast is it?

    python -m loadtests.gpu
    python -m loadtests.gpu --model FOLDER --sources flores.en --references flores.de --to deu_Latn

It needs this repository, torch and transformers (chrF also sacrebleu, some tokenizers sentencepiece), neither
Ray nor a network. First, tokens are compared with a float32 run on the CPU. Then each shape is timed
against `generate` of `transformers` on the same device in the same precision, alternately: greedy, a given
number of tokens forced. Then a decoding step at batch 1 is compared with the time that reading its
weights takes. BART large has the published benchmark's lengths, and its figures of TensorRT-LLM beside ours.
Exits with 1 where tokens are wrong, or without a CUDA device; `--cpu-dry-run` does the same with tiny
networks on the CPU, to see that it runs.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.loading import load_model
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import stacks_of
from loadtests.gpu_parity import Corpus, check, read_lines
from loadtests.gpu_steps import TIMED, median_step_s
from loadtests.random_models import (
    BART_LARGE,
    MARIAN_BASE,
    NLLB_600M,
    Reference,
    build_reference,
    our_engine,
    our_network,
    tiny,
)

BATCHES = (1, 32, 256)
DRY_BATCHES = (1, 2, 4)
PUBLISHED = {32: (10_662, 12_611), 64: (16_209, 22_007), 128: (23_518, 31_544)}
"""TensorRT-LLM's output tokens/s with BART large on one H100: its PyTorch backend, and the engine before it.
300 +- 60 source tokens, 128 output tokens, bfloat16, greedy (NVIDIA/TensorRT-LLM#13919)."""
PUBLISHED_SOURCE, PUBLISHED_SPREAD, PUBLISHED_NEW = 300, 60, 128
HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}
PLAIN = GenerationParams(num_beams=1, do_sample=False, no_repeat_ngram_size=0, repetition_penalty=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured, and with what."""

    device: torch.device
    dtype: torch.dtype
    batches: tuple[int, ...]
    num_source_tokens: int
    source_spread: int = 0
    """standard deviation of the sources' lengths"""
    num_new_tokens: int
    num_rounds: int

    def like_the_published(self) -> Plan:
        """The lengths and batches of TensorRT-LLM's figures; a dry run keeps its own."""
        if self.device.type == "cpu":
            return self
        return dataclasses.replace(
            self,
            batches=tuple(PUBLISHED),
            num_source_tokens=PUBLISHED_SOURCE,
            source_spread=PUBLISHED_SPREAD,
            num_new_tokens=PUBLISHED_NEW,
            num_rounds=min(self.num_rounds, 3),
        )


def main(arguments: list[str] | None = None) -> None:
    options = _parse(arguments)
    if not torch.cuda.is_available() and not options.cpu_dry_run:
        sys.exit("torch finds no CUDA device here: nothing to measure (--cpu-dry-run shows what would run)")
    plan = Plan(
        device=torch.device("cpu" if options.cpu_dry_run else "cuda"),
        dtype=HALF[options.dtype],
        batches=DRY_BATCHES if options.cpu_dry_run else BATCHES,
        num_source_tokens=options.source_tokens,
        num_new_tokens=options.new_tokens,
        num_rounds=options.rounds,
    )
    _print_machine(plan)
    is_right = True
    for name, reference, corpus in _subjects(options):
        print(f"\n{name}", flush=True)
        is_right &= check(reference, corpus, plan.device, plan.dtype)
        is_published = BART_LARGE.name in name
        measure(reference, plan.like_the_published() if is_published else plan)
    sys.exit(0 if is_right else 1)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a folder or Hub id, instead of shapes with random weights")
    parser.add_argument("--sources", type=Path, help="one text a line, for the comparison of tokens")
    parser.add_argument("--references", type=Path, help="their translations, for chrF")
    parser.add_argument("--from", dest="source_lang")
    parser.add_argument("--to", dest="target_lang")
    parser.add_argument("--dtype", choices=sorted(HALF), default="bfloat16")
    parser.add_argument("--source-tokens", type=int, default=24)
    parser.add_argument("--new-tokens", type=int, default=28)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu-dry-run", action="store_true", help="tiny networks on the CPU; no figures")
    options = parser.parse_args(arguments)
    if (options.sources or options.references) and not options.model:
        parser.error("--sources and --references need --model")
    if options.references and not options.sources:
        parser.error("--references need --sources")
    return options


def _print_machine(plan: Plan) -> None:
    on_gpu = plan.device.type == "cuda"
    machine = torch.cuda.get_device_name() if on_gpu else "a dry run on the CPU: the figures mean nothing"
    print(f"{machine}, torch {torch.__version__}, transformers {transformers.__version__}, {plan.dtype}")


def _subjects(options: argparse.Namespace) -> Iterator[tuple[str, Reference, Corpus]]:
    if options.model:
        yield _from_folder(options)
        return
    for full in (MARIAN_BASE, NLLB_600M, BART_LARGE):
        shape = tiny(full) if options.cpu_dry_run else full
        reference = build_reference(shape)
        yield f"{shape.name}, random weights", reference, _random_corpus(reference)


def _from_folder(options: argparse.Namespace) -> tuple[str, Reference, Corpus]:
    loaded = load_model(options.model, dtype="float32")
    reference = transformers.AutoModelForSeq2SeqLM.from_pretrained(loaded.folder, dtype=torch.float32).eval()
    reference.generation_config.max_length = None  # else it warns of two limits whenever it generates
    if options.sources is None:
        return options.model, reference, _random_corpus(reference)
    tokenizer = loaded.tokenizer
    texts = read_lines(options.sources)
    corpus = Corpus(
        sources=[tokenizer.encode_source(text, options.source_lang, options.target_lang) for text in texts],
        params=dataclasses.replace(
            PLAIN.over(loaded.default_params),
            forced_bos_token_id=tokenizer.forced_bos_token_id(options.target_lang),
        ),
        tokenizer=tokenizer,
        references=read_lines(options.references) if options.references else None,
    )
    return options.model, reference, corpus


def _random_corpus(reference: Reference) -> Corpus:
    """Sources of many lengths, outputs of two."""
    rng = random.Random(0)
    sources = [_random_source(reference, rng.randint(2, 60), rng) for _ in range(24)]
    return Corpus(sources=sources, params=dataclasses.replace(PLAIN, max_new_tokens=40))


def _random_source(reference: Reference, length: int, rng: random.Random) -> list[int]:
    config = reference.config
    special = {config.pad_token_id, config.eos_token_id, config.decoder_start_token_id}
    ids = (rng.randrange(config.vocab_size) for _ in range(4 * length))
    return [*[i for i in ids if i not in special][: length - 1], config.eos_token_id]


def _random_sources(reference: Reference, plan: Plan, batch: int) -> list[list[int]]:
    rng = random.Random(batch)
    lengths = [round(rng.gauss(plan.num_source_tokens, plan.source_spread)) for _ in range(batch)]
    return [_random_source(reference, max(2, length), rng) for length in lengths]


def measure(reference: Reference, plan: Plan) -> None:
    """Print tokens per second beside those of `transformers`, and a step beside its floor."""
    network = our_network(reference, plan.dtype)
    theirs = copy.deepcopy(reference).to(plan.device, plan.dtype)
    engine = our_engine(
        network, dtype=plan.dtype, device=plan.device, max_slots=max(plan.batches), is_static=True
    )
    print("  batch   crosslate tokens/s   transformers tokens/s   ratio   TensorRT-LLM's, published")
    for batch in plan.batches:
        sources = _random_sources(reference, plan, batch)
        ours_s, theirs_s = _alternate(
            plan,
            lambda sources=sources: _run_ours(engine, sources, plan.num_new_tokens),  # type: ignore[misc]
            lambda sources=sources: _run_theirs(theirs, sources, plan),  # type: ignore[misc]
        )
        num_tokens = batch * plan.num_new_tokens
        rates = num_tokens / ours_s, num_tokens / theirs_s
        published = PUBLISHED[batch] if plan.source_spread else ()
        print(
            f"  {batch:5}   {rates[0]:18,.0f}   {rates[1]:21,.0f}   {rates[0] / rates[1]:5.1f}",
            *(f"{rate:,}" for rate in published),
            flush=True,
        )
    _print_floor(engine, network, _random_source(reference, plan.num_source_tokens, random.Random(1)), plan)


def _alternate(plan: Plan, *runs: Callable[[], None]) -> list[float]:
    """Median seconds of each run; the first round warms up and does not count."""
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(plan.num_rounds + 1):
        for run, times in zip(runs, seconds, strict=True):
            _synchronize(plan.device)
            started = time.perf_counter()
            run()
            _synchronize(plan.device)
            times.append(time.perf_counter() - started)
    return [statistics.median(times[1:]) for times in seconds]


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _run_ours(engine: Engine, sources: list[list[int]], num_tokens: int) -> None:
    params = dataclasses.replace(PLAIN, max_new_tokens=num_tokens, min_new_tokens=num_tokens)
    outputs = engine.generate([GenerationRequest(source_ids=source, params=params) for source in sources])
    _check_lengths([len(output.token_ids) for output in outputs], num_tokens)


@torch.inference_mode()
def _run_theirs(model: Reference, sources: list[list[int]], plan: Plan) -> None:
    rows = [torch.tensor(source, device=plan.device) for source in sources]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=model.config.pad_token_id)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    output = model.generate(
        input_ids=ids,
        attention_mask=mask,
        min_new_tokens=plan.num_new_tokens,
        max_new_tokens=plan.num_new_tokens,
        num_beams=1,
        do_sample=False,
    )
    _check_lengths([output.shape[1] - 1], plan.num_new_tokens)


def _check_lengths(lengths: list[int], expected: int) -> None:
    if any(length != expected for length in lengths):
        raise RuntimeError(f"outputs have {sorted(set(lengths))} tokens where {expected} were forced")


def _print_floor(engine: Engine, network: EncoderDecoder, source: list[int], plan: Plan) -> None:
    request = GenerationRequest(source_ids=source, params=PLAIN)
    step_s = median_step_s(engine, request, plan.num_rounds)
    floor_s = bytes_per_step(network, len(source) + sum(TIMED) // 2) / _bandwidth(plan)
    print(
        f"  a step at batch 1: {step_s * 1e3:.3f} ms; to read what it needs, at the bandwidth of a copy: "
        f"{floor_s * 1e3:.3f} ms; ratio {step_s / floor_s:.2f}"
    )


def bytes_per_step(network: EncoderDecoder, num_keys: int) -> int:
    """What one step of one row has to read: the decoder's weights, the output matrix, keys and values."""
    layers = [layer for layer in network.decoder.layers if isinstance(layer, DecoderLayer)]
    read_once = {id(p) for layer in layers for p in layer.cross.kv.parameters()}
    weights = [p for p in network.decoder.layers.parameters() if id(p) not in read_once]
    weights += network.output.parameters()
    stack = stacks_of(network.spec).decoder
    num_cached = 2 * stack.num_layers * stack.inner_dim * num_keys
    return sum(p.numel() * p.element_size() for p in weights) + num_cached * weights[0].element_size()


def _bandwidth(plan: Plan) -> float:
    """Bytes per second, read or written, of a large copy on the device."""
    size = 1 << (30 if plan.device.type == "cuda" else 24)
    source = torch.empty(size, dtype=torch.uint8, device=plan.device)
    target = torch.empty_like(source)

    def copy_ten_times() -> None:
        for _ in range(10):
            target.copy_(source)

    (seconds,) = _alternate(plan, copy_ten_times)
    return 20 * size / seconds


if __name__ == "__main__":
    main()
