"""Trains tiny models with OpenNMT-py itself and writes down what it makes of some texts.

See README.md. This imports nothing of Crosslate.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from tests.models.families.trained.train import write_corpus

FOLDER = Path(__file__).parent
BINARIES = Path(sys.executable).parent

SMALL = {"word_vec_size": 12, "hidden_size": 10, "train_steps": 60}
Variants = dict[str, dict[str, Any]]
RECURRENT: Variants = {
    "dot": {**SMALL, "rnn_type": "GRU", "global_attention": "dot", "layers": 2, "encoder_type": "rnn"},
    "concat": {
        **SMALL,
        "hidden_size": 12,
        "global_attention": "mlp",
        "layers": 2,
        "bridge": True,
        "share_embeddings": True,
        "share_decoder_embeddings": True,
    },
    "unfed": {**SMALL, "rnn_type": "GRU", "layers": 3, "bridge": True, "input_feed": 0},
}
TRANSFORMER = {
    "encoder_type": "transformer",
    "decoder_type": "transformer",
    "position_encoding": True,
    "word_vec_size": 16,
    "hidden_size": 16,
    "transformer_ff": 24,
    "heads": 4,
    "layers": 2,
    "attention_dropout": [0.0],
    "train_steps": 150,
}
TRANSFORMERS: Variants = {
    "interleaved": {**TRANSFORMER, "share_embeddings": True, "share_decoder_embeddings": True},
    "biased": {
        **TRANSFORMER,
        "position_encoding_type": "SinusoidalConcat",
        "add_qkvbias": True,
        "pos_ffn_activation_fn": "gelu",
        "layers": 3,
    },
    "gated": {
        **TRANSFORMER,
        "pos_ffn_activation_fn": "silu",
        "layer_norm": "rms",
        "add_ffnbias": False,
        "share_decoder_embeddings": True,
    },
}
ARCHIVES = {"opennmt-3.5": RECURRENT, "opennmt-3.5-transformer": TRANSFORMERS}


def options(folder: Path, name: str, own: dict[str, Any]) -> dict[str, Any]:
    """What OpenNMT-py is told of one variant."""
    vocab = str(folder / "vocab.txt")
    return {
        "data": {"corpus": {"path_src": str(folder / "source.txt"), "path_tgt": str(folder / "target.txt")}},
        "transforms": ["sentencepiece"],
        "src_subword_model": str(folder / "vocab.spm"),
        "tgt_subword_model": str(folder / "vocab.spm"),
        "src_vocab": vocab,
        "tgt_vocab": vocab,
        "share_vocab": True,
        "encoder_type": "brnn",
        "decoder_type": "rnn",
        "rnn_type": "LSTM",
        "layers": 1,
        "dropout": [0.0],
        "optim": "adam",
        "learning_rate": 0.01,
        "batch_size": 32,
        "batch_type": "sents",
        "bucket_size": 1500,
        "num_workers": 0,
        "seed": 7,
        "save_model": str(folder / name / "model"),
        "save_checkpoint_steps": 100000,
        **own,
    }


def run(command: str, *arguments: str) -> None:
    """Run one of OpenNMT-py's commands."""
    subprocess.run([str(BINARIES / command), *arguments], check=True, stdout=subprocess.DEVNULL)


def train(folder: Path, name: str, own: dict[str, Any]) -> Path:
    """Train one variant; returns its file, released as OpenNMT-py does."""
    (folder / name).mkdir()
    config = folder / f"{name}.yml"
    config.write_text(yaml.safe_dump(options(folder, name, own)))
    if not (folder / "vocab.txt").exists():
        run(
            "onmt_build_vocab",
            "--config",
            str(config),
            "--save_data",
            str(folder / "samples"),
            "--n_sample",
            "-1",
        )
    run("onmt_train", "--config", str(config))
    (trained,) = (folder / name).glob("model_step_*.pt")
    model = folder / name / "model.pt"
    run("onmt_release_model", "--model", str(trained), "--output", str(model))
    trained.unlink()
    return model


def translate(folder: Path, model: Path, texts: list[str]) -> dict[str, list[dict[str, object]]]:
    """By number of beams: the best translation of each text, its score, and alone its attention, (T, S)."""
    parser = import_module("onmt.utils.parse").ArgumentParser
    reader = parser()
    import_module("onmt.opts").translate_opts(reader)
    subwords = str(folder / "vocab.spm")
    command = (
        f"--model {model} --src none --output {folder / 'written.txt'} --transforms sentencepiece"
        f" --src_subword_model {subwords} --tgt_subword_model {subwords} --n_best 1"
        " --length_penalty none --attn_debug --gpu -1"
    )
    given = reader.parse_args(command.split())
    parser.validate_translate_opts(given)
    parser._get_all_transform_translate(given)
    parser.validate_translate_opts_dynamic(given)
    engine = import_module("onmt.inference_engine").InferenceEnginePY(given)
    answers: list[dict[str, Any]] = []
    untold = engine.translator.translate_batch

    def told(*arguments: object, **named: object) -> dict[str, Any]:
        answers.append(untold(*arguments, **named))
        return answers[-1]

    engine.translator.translate_batch = told
    found: dict[str, list[dict[str, object]]] = {}
    for num_beams in (1, 4):
        engine.translator.beam_size = num_beams
        # Its beams take the axes of a recurrent decoder's attention for others, and fail over them.
        engine.opt.attn_debug = num_beams == 1
        found[str(num_beams)] = []
        for text in texts:
            ((written,),) = engine.infer_list([text])[1]
            answer = answers.pop()
            told_of: dict[str, object] = {"text": written, "score": float(answer["scores"][0][0])}
            if num_beams == 1:
                told_of["attention"] = answer["attention"][0][0].tolist()
            found[str(num_beams)].append(told_of)
    return found


def main() -> None:
    """Write the archive that is named."""
    folder, archive_name = Path(sys.argv[1]).resolve(), sys.argv[2]
    folder.mkdir(parents=True)
    tests = write_corpus(folder)
    texts = [str(test["source"]) for test in tests]
    with tarfile.open(FOLDER / f"{archive_name}.tar.xz", "w:xz") as archive:
        archive.add(folder / "vocab.spm", "vocab.spm")
        for name, own in ARCHIVES[archive_name].items():
            model = train(folder, name, own)
            expected = {"tests": tests, "outputs": translate(folder, model, texts)}
            (model.parent / "expected.json").write_text(json.dumps(expected))
            archive.add(model.parent, name)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
