"""Fine-tune the pt->en starter into an English summarizer, on a CPU.

    python -m training.train --data FOLDER --out FOLDER --steps 2000 --decay-steps 600

FOLDER holds `train.jsonl` of `training.pairs`. A step's micro-batches are spread over threads
of one core each, so that no core waits for another but at a step's end. The learning rate rises, stays, and
falls linearly over the last `--decay-steps`, in which the mix changes too. `--out` gets `checkpoint.pt`, from
which the same command resumes, and `curve.csv`. `--start` begins from an earlier run's average instead, or
from the mean of several.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import torch
from torch import Tensor

from crosslate.models.checkpoints.model_files import find_model
from crosslate.models.families import bergamot_folder
from crosslate.models.network.transformer import EncoderDecoder
from training.augment import with_variants
from training.averages import mean_of_averages
from training.batches import (
    BROAD,
    FINAL,
    PairStream,
    TokenPair,
    frequent_tokens,
    make_batch,
    tokenize_pairs,
)
from training.network import Worker
from training.pairs import read_pairs

INITIAL_MODEL = "starter/pt-en"
MICRO_BATCHES, MICRO_BATCH_TOKENS = 4, 800
PEAK_RATE = 3e-4
WARM_UP_STEPS = 60
LABEL_SMOOTHING = 0.05
WEIGHT_DECAY = 0.01
MAX_NORM = 1.0
AVERAGE_DECAY = 0.995
SAVE_EVERY_S = 240
REPORT_EVERY = 10


class Trainer:
    """Weights, their moving average and the optimizer's state."""

    def __init__(
        self,
        model: EncoderDecoder,
        pairs: Mapping[str, Sequence[TokenPair]],
        out: Path,
        *,
        steps: int,
        decay_steps: int,
        num_threads: int,
        peak_rate: float = PEAK_RATE,
        copy_bias: float = 0.0,
        final_steps: int | None = None,
        seed: int = 0,
    ) -> None:
        """`final_steps`: at the end, of the final mix; None: as many as `decay_steps`."""
        out.mkdir(parents=True, exist_ok=True)
        self.out, self.steps, self.decay_steps, self.peak_rate = out, steps, decay_steps, peak_rate
        self.copy_bias = copy_bias
        self.final_steps = decay_steps if final_steps is None else final_steps
        self.weights = {name: p.data.clone() for name, p in model.named_parameters()}
        self.average = {name: p.clone() for name, p in self.weights.items()}
        for name in self.weights:
            self.weights[name].grad = torch.zeros_like(self.weights[name])
        matrices = [w for w in self.weights.values() if w.dim() > 1]
        vectors = [w for w in self.weights.values() if w.dim() == 1]
        groups: list[dict[str, Any]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(
            groups,
            lr=peak_rate,
            betas=(0.9, 0.98),
            weight_decay=WEIGHT_DECAY,
            fused=True,
        )
        self.frequent = frequent_tokens(pairs)
        self.stream = PairStream(pairs, seed)
        self.batches = self.micro_batches()
        self.step = 0
        self.tokens = 0
        self.pool = ThreadPoolExecutor(num_threads)
        self.workers: SimpleQueue[Worker] = SimpleQueue()
        for _ in range(num_threads):
            self.workers.put(Worker(model.spec, self.weights, copy_bias=copy_bias))

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one. The pairs that it has seen are drawn again."""
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        for name, weight in self.weights.items():
            weight.copy_(state["weights"][name])
            self.average[name].copy_(state["average"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.tokens = state["tokens"]
        while self.step < state["step"]:
            self.next_groups()
            self.step += 1

    def save(self) -> None:
        """Write the checkpoint beside the old one, then in its place."""
        state = {
            "weights": self.weights,
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "tokens": self.tokens,
            "frequent": self.frequent,
            "copy_bias": self.copy_bias,
        }
        part = self.out / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.out / "checkpoint.pt")

    def rate(self) -> float:
        """The learning rate of this step."""
        left = (self.steps - self.step) / max(1, self.decay_steps)
        return self.peak_rate * min(1.0, (self.step + 1) / WARM_UP_STEPS, max(left, 0.01))

    def micro_batches(self) -> Iterator[list[TokenPair]]:
        """Without end, of the mix that this step wants."""
        while True:
            is_final = self.step >= self.steps - self.final_steps
            yield from self.stream.micro_batches(FINAL if is_final else BROAD, MICRO_BATCH_TOKENS)

    def next_groups(self) -> list[list[TokenPair]]:
        """The micro-batches of one step."""
        return [next(self.batches) for _ in range(MICRO_BATCHES)]

    def train_step(self, groups: list[list[TokenPair]]) -> float:
        """One update; the mean loss of a target token."""
        num_targets = sum(len(pair.target) for group in groups for pair in group)
        for weight in self.weights.values():
            assert weight.grad is not None
            weight.grad.zero_()
        jobs = [self.pool.submit(self._gradients, group, 1 / num_targets) for group in groups]
        total = 0.0
        for job in jobs:  # in this order, so that sums do not depend on which thread was first
            loss, vocabulary, gradients = job.result()
            total += loss
            self._add(vocabulary, gradients)
        torch.nn.utils.clip_grad_norm_(self.weights.values(), MAX_NORM)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        self.optimizer.step()
        self.step += 1
        self.tokens += sum(len(pair.source) for group in groups for pair in group)
        decay = min(AVERAGE_DECAY, self.step / (self.step + 10))
        torch._foreach_lerp_(list(self.average.values()), list(self.weights.values()), 1 - decay)
        return total / num_targets

    def _gradients(self, group: list[TokenPair], scale: float) -> tuple[float, Tensor, dict[str, Tensor]]:
        torch.set_num_threads(1)
        worker = self.workers.get()
        try:
            batch = make_batch(group, self.frequent)
            loss, gradients = worker.gradients(batch, LABEL_SMOOTHING, scale)
            return loss, batch.vocabulary, gradients
        finally:
            self.workers.put(worker)

    def _add(self, vocabulary: Tensor, gradients: dict[str, Tensor]) -> None:
        for name, gradient in gradients.items():
            into = self.weights[name].grad
            assert into is not None
            if len(gradient) == len(into):
                into.add_(gradient)
            else:
                into.index_add_(0, vocabulary, gradient)

    def run(self, until: int | None = None) -> None:
        """Train to the end, or only `until` a step, saving every few minutes."""
        end = self.steps if until is None else min(until, self.steps)
        saved = reported = time.monotonic()
        losses: list[float] = []
        while self.step < end:
            losses.append(self.train_step(self.next_groups()))
            if self.step % REPORT_EVERY == 0:
                seconds, reported = time.monotonic() - reported, time.monotonic()
                self.report(sum(losses) / len(losses), seconds)
                losses.clear()
            if time.monotonic() - saved > SAVE_EVERY_S:
                self.save()
                saved = time.monotonic()
        self.save()
        self.pool.shutdown()

    def report(self, loss: float, seconds: float) -> None:
        """A line of `curve.csv`."""
        path = self.out / "curve.csv"
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["step", "source_tokens", "loss", "rate", "seconds"])
            writer.writerow([self.step, self.tokens, f"{loss:.4f}", f"{self.rate():.2e}", f"{seconds:.1f}"])


def start_from(model: EncoderDecoder, checkpoints: Sequence[Path], share: float) -> None:
    """Mix the average of earlier runs into `model`, so that what they forgot, copying above all, returns."""
    average = mean_of_averages(checkpoints)
    for name, parameter in model.named_parameters():
        parameter.data.lerp_(average[name], share)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--decay-steps", type=int, default=600)
    parser.add_argument("--final-steps", type=int, help="of the final mix; by default those of the decay")
    parser.add_argument("--until", type=int, help="stop at this step already, the rate still high")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="the highest learning rate")
    parser.add_argument(
        "--copy-bias", type=float, default=0.0, help="nats ahead for tokens that continue the source"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, nargs="+", help="earlier runs' checkpoint.pt")
    parser.add_argument(
        "--share", type=float, default=0.8, help="of its weights, mixed with the initial ones"
    )
    parser.add_argument("--variants", type=int, default=0, help="of each abstract, with sentences left out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts = bergamot_folder.load(find_model(INITIAL_MODEL))
    model = parts.network.filled(torch.float32)
    if options.start is not None:
        start_from(model, options.start, options.share)
    trainer = Trainer(
        model,
        tokenize_pairs(
            with_variants(read_pairs(options.data / "train.jsonl"), options.variants), parts.tokenizer
        ),
        options.out,
        steps=options.steps,
        decay_steps=options.decay_steps,
        num_threads=options.threads,
        peak_rate=options.rate,
        copy_bias=options.copy_bias,
        final_steps=options.final_steps,
        seed=options.seed,
    )
    trainer.resume()
    trainer.run(options.until)


if __name__ == "__main__":
    main()
