"""Native Marian students against the same network in plain numpy, and the options that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.families.bergamot import guided_layer, spec_from_options
from crosslate.models.int8.quantization import Int8Rows
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.specs.stack_spec import SelfAttentionSpec
from tests.models.conftest import SENTENCES
from tests.models.families.marian_student import NumpyStudent
from tests.models.marian_files import (
    OPTIONS,
    Student,
    make_student,
    quantized,
    write_student,
    write_vocabulary,
)

CPU = torch.device("cpu")
# float32 here, float64 there; the students' sharp attention amplifies rounding
ATOL = 1e-4
PARAMS = GenerationParams(max_new_tokens=20)

VARIANTS: dict[str, dict[str, Any]] = {
    "ssru": {},
    "self-attention": {"transformer_decoder_autoreg": "self-attention"},
    "pre-norm": {
        "transformer_preprocess": "n",
        "transformer_postprocess": "da",
        "transformer_postprocess_top": "n",
    },
    "embedding-norm": {"transformer_postprocess_emb": "n"},
    "tied-output-only": {"tied_embeddings_all": False, "tied_embeddings": True},
    "nothing-tied": {"tied_embeddings_all": False},
}


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    path = tmp_path_factory.mktemp("vocabulary") / "vocab.enpt.spm"
    return path, write_vocabulary(path)


@pytest.fixture(scope="module", params=list(VARIANTS))
def student(request: pytest.FixtureRequest, vocabulary: tuple[Path, int]) -> Student:
    return make_student(vocabulary[1], **VARIANTS[request.param])


@pytest.fixture(scope="module")
def model(
    student: Student, vocabulary: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory
) -> LoadedModel:
    folder = tmp_path_factory.mktemp("student")
    (folder / "vocab.enpt.spm").write_bytes(vocabulary[0].read_bytes())
    write_student(folder / "model.enpt.bin", student)
    return load_model(str(folder), dtype="float32")


@pytest.fixture(scope="module")
def engine(model: LoadedModel) -> Engine:
    return model.make_engine()


@pytest.fixture(scope="module")
def reference(student: Student) -> NumpyStudent:
    return NumpyStudent(student)


@pytest.fixture(scope="module")
def sources(model: LoadedModel) -> list[list[int]]:
    return [model.tokenizer.encode_source(text) for text in SENTENCES]


def test_encoder_states_equal_the_reference(
    model: LoadedModel, reference: NumpyStudent, sources: list[list[int]]
) -> None:
    packing = Packing.of([len(s) for s in sources], CPU)
    states = packing.pad(model.model.encode(pack_ids(sources, CPU), packing))
    for i, source in enumerate(sources):
        expected = torch.from_numpy(reference.encode(source)).float()
        torch.testing.assert_close(states[i, : len(source)], expected, rtol=1e-4, atol=ATOL)


def test_greedy_tokens_and_scores_equal_the_reference(
    engine: Engine, reference: NumpyStudent, sources: list[list[int]]
) -> None:
    outputs = engine.generate([GenerationRequest(source_ids=s, params=PARAMS) for s in sources])
    for source, output in zip(sources, outputs, strict=True):
        assert output.token_ids == reference.greedy(source, 20)
        logits, _ = reference.decode(source, output.token_ids[:-1])
        log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        chosen = log_probs[np.arange(len(output.token_ids)), output.token_ids]
        assert output.score == pytest.approx(chosen.mean(), abs=1e-4)
    assert len({tuple(o.token_ids) for o in outputs}) >= 8, "a comparison of equal outputs shows little"


def test_attention_equals_the_reference(
    engine: Engine, reference: NumpyStudent, sources: list[list[int]]
) -> None:
    for source, target in zip(sources, reversed(sources), strict=True):
        _, maps = reference.decode(source, target[:-1])
        expected = torch.from_numpy(np.stack(maps)).float()  # (L, H, T, S)
        torch.testing.assert_close(engine.align(source, target), expected, rtol=0, atol=ATOL)


def test_an_8_bit_file_holds_the_network_of_its_rounded_weights(
    vocabulary: tuple[Path, int], tmp_path: Path
) -> None:
    student = make_student(vocabulary[1])
    write_student(tmp_path / "model.enpt.bin", student, int8=student.matrices)
    (tmp_path / "vocab.enpt.spm").write_bytes(vocabulary[0].read_bytes())
    rounded = dict(student.tensors)
    for name in student.matrices:
        integers, multiplier = quantized(student.tensors[name])
        rounded[name] = integers.astype(np.float32) / multiplier
    reference = NumpyStudent(Student(student.options, rounded))
    loaded = load_model(str(tmp_path), dtype="float32")
    sources = [loaded.tokenizer.encode_source(text) for text in SENTENCES]
    outputs = loaded.make_engine().generate([GenerationRequest(source_ids=s, params=PARAMS) for s in sources])
    assert [output.token_ids for output in outputs] == [reference.greedy(s, 20) for s in sources]


@pytest.mark.parametrize("tied", [True, False])
def test_the_integers_of_an_8_bit_file_are_kept(
    vocabulary: tuple[Path, int], tmp_path: Path, tied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every matrix has its file's, with the file's multipliers; what was float32 is rounded row by row."""
    student = make_student(vocabulary[1], tied_embeddings_all=tied)
    stored = [name for name in student.matrices if name != "encoder_l1_ffn_W1"]
    write_student(tmp_path / "model.enpt.bin", student, int8=stored)
    (tmp_path / "vocab.enpt.spm").write_bytes(vocabulary[0].read_bytes())
    monkeypatch.setattr(
        "crosslate.models.int8.quantization.load_kernels", lambda: None
    )  # packed ones could not be read
    monkeypatch.setattr("crosslate.models.loading.compile_layers", lambda model: model)
    model = load_model(str(tmp_path), dtype="int8").model

    def assert_kept(module: str, *names: str) -> None:
        rows = model.get_submodule(module).rows
        assert isinstance(rows, Int8Rows)
        parts = [(name.endswith("Wemb"), *quantized(student.tensors[name])) for name in names]
        integers = [values if is_table else values.T for is_table, values, _ in parts]
        assert np.array_equal(rows.values.numpy(), np.concatenate(integers))
        multipliers = np.repeat([multiplier for *_, multiplier in parts], [len(i) for i in integers])
        np.testing.assert_allclose(rows.scales.numpy(), 1 / multipliers, rtol=1e-6)

    assert_kept(
        "encoder.layers.0.attention.qkv", "encoder_l1_self_Wq", "encoder_l1_self_Wk", "encoder_l1_self_Wv"
    )
    assert_kept("decoder.layers.1.mixer.gates", "decoder_l2_rnn_Wf", "decoder_l2_rnn_W")
    assert_kept("encoder.embedding", "Wemb" if tied else "encoder_Wemb")
    assert_kept("output", "Wemb" if tied else "decoder_ff_logit_out_W")
    rounded = model.get_submodule("encoder.layers.0.feed_forward.inner").rows
    assert isinstance(rounded, Int8Rows)
    assert rounded.values.abs().amax(dim=1).eq(127).all()


def options(**changes: object) -> dict[str, Any]:
    return OPTIONS | {"dim-vocabs": [70, 70]} | {k.replace("_", "-"): v for k, v in changes.items()}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"type": "s2s"}, "type is 's2s'"),
        ({"transformer_decoder_autoreg": "average-attention"}, "transformer-decoder-autoreg"),
        ({"dec_cell": "gru"}, "dec-cell is 'gru'"),
        ({"transformer_ffn_depth": 3}, "transformer-ffn-depth is 3"),
        ({"transformer_ffn_activation": "tanh"}, "transformer-ffn-activation is 'tanh'"),
        ({"transformer_tied_layers": [1, 1]}, "transformer-tied-layers"),
        ({"transformer_train_position_embeddings": True}, "transformer-train-position-embeddings"),
        ({"right_left": True}, "right-left"),
        ({"transformer_postprocess": "dhn"}, "transformer-postprocess 'dhn'"),
        ({"transformer_preprocess": "n"}, "transformer-preprocess is 'n'"),
        ({"transformer_postprocess": "da"}, "transformer-postprocess 'da'"),
        ({"transformer_postprocess_top": "a"}, "transformer-postprocess-top"),
        ({"dim_emb": "wide"}, "dim-emb is 'wide'"),
        ({"dim_emb": None}, "dim-emb is None"),
        ({"dim_emb": 18, "transformer_heads": 4}, "dim-emb 18"),
        ({"transformer_heads": 0}, "transformer-heads is 0"),
        ({"dim_vocabs": [70, 70, 70]}, "dim-vocabs"),
        ({"dim_vocabs": 70}, "dim-vocabs is 70"),
    ],
    ids=str,
)
def test_unsupported_options_are_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(CheckpointError) as raised:
        spec_from_options(options(**changes), eos_token_id=0)
    assert named in str(raised.value)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(
        CheckpointError, match=r"enc-depth.*right-left.*dec-cell|enc-depth.*dec-cell.*right-left"
    ):
        spec_from_options(options(enc_depth=None, right_left=True, dec_cell="gru"), eos_token_id=0)


def test_an_unused_cell_does_not_matter() -> None:
    spec = spec_from_options(
        options(transformer_decoder_autoreg="self-attention", dec_cell="gru"), eos_token_id=0
    )
    assert spec.decoder.mixer == SelfAttentionSpec()


@pytest.mark.parametrize(("layer", "index"), [("last", 1), ("1", 0), (2, 1)])
def test_the_guided_layer_is_counted_from_one(layer: object, index: int) -> None:
    settings = options(transformer_guided_alignment_layer=layer)
    assert guided_layer(settings, spec_from_options(settings, eos_token_id=0)) == index


@pytest.mark.parametrize("layer", ["3", "0", "first"])
def test_a_guided_layer_that_is_not_there_is_refused(layer: object) -> None:
    settings = options(transformer_guided_alignment_layer=layer)
    with pytest.raises(CheckpointError, match="layers 1 to 2"):
        guided_layer(settings, spec_from_options(settings, eos_token_id=0))
