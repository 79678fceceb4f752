"""FSMT: its tokenizer against that of `transformers`, folders as versions 4 and 5 left them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import FSMTConfig, FSMTForConditionalGeneration, FSMTTokenizer

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.loading import load_model
from crosslate.models.specs.spec import stacks_of
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer, Tokenizer
from tests.models.families.bart_cases import FSMT_SIZES
from tests.models.families.parity import make_outputs_varied
from tests.models.fsmt_files import SOURCES, TARGETS, save_fsmt_tokenizer, vocabulary_sizes
from tests.models.tokenizers.test_tokenizer import check_coverage, check_spans

TEXTS = [
    *SOURCES,
    *TARGETS,
    "re-elected twenty-one-year-old — « non » ‹so› ``quoted'' 'single' ´acute´",
    "“curly”, ‘single’, don’t; „low“ …dots… 5 %, 5% 20 000 3 \u00b0C 1\u00a0000",
    "全角，句点。 （括号）：１２３％ 《书》？！",
    "emoji 😀 👩\u200d👩\u200d👧 🇵🇹 café e\u0301t\u00e9 soft\u00adhyphen zero\u200bwidth \ufeffbom",
    "@-@ @@ a@@ </w> x</w> & &amp; < > [ ] | ' \"",
    "U.S. Mr. Smith paid $3.50, i.e. 3.2 million; No. 5 is it.\u2028",
    "http://example.org/a-b?c=d&e=f user@example.org C++ #tag 12:30",
    "Машинное обучение - это здорово, не так ли? Поезд в 9 ч.",
    "a",
    "-",
    "“",
    "",
    "  ",
]
any_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


def folder_of(root: Path, langs: tuple[str, str] = ("en", "de"), **settings: object) -> Path:
    save_fsmt_tokenizer(root, langs, **settings)
    config = {"model_type": "fsmt", "langs": list(langs)} | vocabulary_sizes(root)
    (root / "config.json").write_text(json.dumps(config))
    return root


@pytest.fixture(scope="module", params=[("en", "de"), ("ru", "en"), ("de", "fr")], ids="-".join)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, Any]:
    """Ours, and the reference."""
    folder = folder_of(tmp_path_factory.mktemp("fsmt"), request.param)
    return load_tokenizer(folder), FSMTTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("text", TEXTS)
def test_sources_are_read_as_transformers_reads_them(both: tuple[Tokenizer, Any], text: str) -> None:
    ours, reference = both
    tokens = ours.tokenize_source(text, reference.src_lang, reference.tgt_lang)
    assert tokens.pieces[:-1] == reference.tokenize(text)
    assert tokens.ids == reference(text).input_ids == ours.encode_source(text)
    check_spans(tokens, text)
    check_coverage(tokens, text)


@given(text=any_text)
@settings(max_examples=150, deadline=None)
def test_any_source(both: tuple[Tokenizer, Any], text: str) -> None:
    ours, reference = both
    tokens = ours.tokenize_source(text)
    # Written in a text, special tokens are text.
    assert tokens.ids == reference(text, split_special_tokens=True).input_ids
    check_spans(tokens, text)


def test_spans_lead_back_through_what_was_made_plain(both: tuple[Tokenizer, Any]) -> None:
    text = "It’s  “so” is… soft\u00adhyphen （ok）"
    spans = [span for span in both[0].tokenize_source(text).spans if span is not None]
    shown = [text[start:end] for start, end in dict.fromkeys(spans)]
    assert {"“", "”", "…", "（", "）"} <= set(shown)
    assert "".join(shown).replace("\u00ad", "") == "It’s“so”is…softhyphen（ok）"


@pytest.mark.parametrize("text", [text for text in TEXTS if text.strip()])
def test_targets_are_written_as_transformers_writes_them(both: tuple[Tokenizer, Any], text: str) -> None:
    ours, reference = both
    ids = ours.tokenize_target(text).ids
    unknown = reference.convert_tokens_to_ids("<unk>")
    ids = [i for i in ids if i != unknown]
    target = ours.detokenize([0, 1, *ids, 1])
    assert target.text == reference.decode(ids, skip_special_tokens=True).strip()
    check_spans(target, target.text)
    incremental = IncrementalDetokenizer(ours)
    assert "".join([incremental.feed([one]) for one in ids] + [incremental.finish()]) == target.text


def test_a_target_that_ends_within_a_word(both: tuple[Tokenizer, Any]) -> None:
    ours, reference = both
    *ids, _ = ours.tokenize_target("großartig, Lernen").ids
    for end in range(len(ids) + 1):
        assert ours.decode(ids[:end]) == reference.decode(ids[:end])


def test_unknown_pieces_are_words(both: tuple[Tokenizer, Any]) -> None:
    ours, _ = both
    dog = ours.tokenize_target("Lernen").ids[:-1]
    assert ours.decode([*dog, 3, *dog, 2]) == "Lernen ⁇ Lernen"


def test_line_breaks_and_tabs_are_blanks(both: tuple[Tokenizer, Any]) -> None:
    """`transformers` takes them out, and what they part becomes one word."""
    ours, _ = both
    assert ours.encode_source("so\tit\nis") == ours.encode_source("so it is")


def test_what_can_be_read(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(folder_of(tmp_path))
    assert all(map(tokenizer.reads, ("a", "“", "’", "-", "–", "&", "…", "")))
    assert not any(map(tokenizer.reads, ("ж", "😀", "\U0001fae9", "\u200b")))


def test_lower_case(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, do_lower_case=True)
    ours, reference = load_tokenizer(folder), FSMTTokenizer.from_pretrained(folder)
    for text in [*TEXTS, "İstanbul IN ΑΣ"]:
        tokens = ours.tokenize_source(text)
        assert tokens.ids == reference(text).input_ids
        check_spans(tokens, text)


def test_damaged_files(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    pairs = (folder / "merges.txt").read_text()
    (folder / "merges.txt").write_text("t h 3\nalone\n")
    with pytest.raises(CheckpointError, match=r"merges\.txt: pair 2 is no two pieces"):
        load_tokenizer(folder)
    (folder / "merges.txt").write_text(pairs)
    (folder / "vocab-tgt.json").write_text('{"<s>": 0}')
    with pytest.raises(CheckpointError, match=r"vocab-tgt\.json has no </s>"):
        load_tokenizer(folder)
    (folder / "vocab-tgt.json").unlink()
    with pytest.raises(CheckpointError, match=r"vocab-tgt\.json cannot be read"):
        load_tokenizer(folder)
    for name in ("tokenizer_config.json", "config.json"):
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(content | {"langs": ["en"]}))
    with pytest.raises(CheckpointError, match=r"langs is \['en'\]"):
        load_tokenizer(folder)


def build(folder: Path, **changed: object) -> None:
    save_fsmt_tokenizer(folder)
    torch.manual_seed(0)
    sizes = {**FSMT_SIZES, **vocabulary_sizes(folder), **changed}
    sizes = {name: size for name, size in sizes.items() if name != "vocab_size"}
    model: Any = FSMTForConditionalGeneration(FSMTConfig(**sizes))
    model.eval()
    make_outputs_varied(model)
    model.generation_config.max_length = 20
    model.save_pretrained(folder)


def assert_equals_reference(folder: Path) -> None:
    model: Any = FSMTForConditionalGeneration.from_pretrained(folder)
    model.eval()
    loaded = load_model(str(folder), dtype="float32")
    for text in SOURCES:
        ids = loaded.tokenizer.encode_source(text, "en", "de")
        (output,) = loaded.make_engine().generate(
            [GenerationRequest(source_ids=ids, params=GenerationParams(num_beams=3, max_new_tokens=15))]
        )
        expected = model.generate(input_ids=torch.tensor([ids]), num_beams=3, max_new_tokens=15)
        assert output.token_ids == expected[0].tolist()[1 : 1 + len(output.token_ids)]


def test_one_table_for_source_and_target(tmp_path: Path) -> None:
    build(tmp_path, tie_word_embeddings=True, src_vocab_size=150, tgt_vocab_size=150)
    assert_equals_reference(tmp_path)
    spec = load_model(str(tmp_path), dtype="float32").spec
    assert spec.share_embeddings
    assert spec.tie_output


def test_pair_task_and_settings(tmp_path: Path) -> None:
    build(tmp_path, num_beams=5, length_penalty=1.15)
    loaded = load_model(str(tmp_path), dtype="int8")
    assert loaded.pairs == (("en", "de"),)
    assert loaded.task == "translation"
    assert loaded.default_params.num_beams == 5
    assert loaded.default_params.length_penalty == 1.15
    assert stacks_of(loaded.spec).encoder.positions.offset == 2


def test_files_of_version_4(tmp_path: Path) -> None:
    """A pickle, the output tied and left out, no start token, tables of positions that nobody computed."""
    build(tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    tensors["model.decoder.output_projection.weight"] = tensors["model.decoder.embed_tokens.weight"].clone()
    save_file(tensors, file, metadata={"format": "pt"})
    assert_equals_reference(tmp_path)
    expected = load_model(str(tmp_path), dtype="float32")
    assert expected.spec.tie_output
    old: dict[str, Tensor] = {**tensors}
    del old["model.decoder.output_projection.weight"]
    for side in ("encoder", "decoder"):
        old[f"model.{side}.embed_positions.weight"] = torch.zeros(5, 32)
        old[f"model.{side}.version"] = torch.tensor([3.0])
    file.unlink()
    (tmp_path / "generation_config.json").unlink()
    torch.save(old, tmp_path / "pytorch_model.bin")
    config = json.loads((tmp_path / "config.json").read_text())
    config.pop("decoder_start_token_id", None)
    (tmp_path / "config.json").write_text(json.dumps(config))
    loaded = load_model(str(tmp_path), dtype="float32")
    assert loaded.spec.decoder_start_token_id == 2
    ids = loaded.tokenizer.encode_source(SOURCES[0])
    request = GenerationRequest(source_ids=ids, params=GenerationParams(max_new_tokens=12))
    assert (
        loaded.make_engine().generate([request])[0].token_ids
        == expected.make_engine().generate([request])[0].token_ids
    )


def test_vocabularies_of_no_size(tmp_path: Path) -> None:
    build(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["src_vocab_size"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="src_vocab_size"):
        load_model(str(tmp_path), dtype="float32")
