"""SeamlessM4T's text-to-text half against `transformers`: whole checkpoints, languages, tokenizers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
import transformers
from torch import Tensor

from crosslate.models.checkpoints.stored_tensors import StoredTensor
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import InvalidParamsError
from crosslate.models.families import seamless_text
from crosslate.models.loading import load_model
from tests.models.conftest import SENTENCES
from tests.models.families.bart_cases import SEAMLESS
from tests.models.families.parity import Case, make_outputs_varied, reference_class
from tests.models.families.refusing import refuse

CODES = ("eng", "fra", "cmn", "cmn_Hant", "por", "zlm")
TAGS = ("en", "fr", "zh", "zh-Hant", "pt", "ms")
SPECIALS = ("<pad>", "<unk>", "<s>", "</s>")
TEXTS = [*SENTENCES, "  two  blanks ", "naïve ½ cup", "日本語 the", "the cat\nsat\ton", "ﬁne, ﬁne"]
SPEECH_SIZES: dict[str, Any] = {
    "t2u_vocab_size": 20,
    "speech_encoder_layers": 1,
    "speech_encoder_attention_heads": 2,
    "speech_encoder_intermediate_size": 8,
    "t2u_encoder_layers": 1,
    "t2u_encoder_ffn_dim": 8,
    "t2u_encoder_attention_heads": 2,
    "t2u_decoder_layers": 1,
    "t2u_decoder_ffn_dim": 8,
    "t2u_decoder_attention_heads": 2,
    "upsample_initial_channel": 32,
    "unit_hifi_gan_vocab_size": 20,
    "unit_embed_dim": 8,
    "lang_embed_dim": 4,
    "spkr_embed_dim": 4,
}


def save_slow_tokenizer(folder: Path) -> dict[str, int]:
    """As the Hub has it: a SentencePiece model, and the languages behind it. Returns those."""
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(folder / "sentencepiece.bpe"),
        vocab_size=80,
        model_type="bpe",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    first = model.get_piece_size() + 1
    ids = {f"__{code}__": first + i for i, code in enumerate(CODES)}
    added = {token: i for i, token in enumerate(SPECIALS)} | ids
    settings = {
        "tokenizer_class": "SeamlessM4TTokenizer",
        "src_lang": "eng",
        "tgt_lang": "fra",
        "added_tokens_decoder": {str(i): {"content": token, "special": True} for token, i in added.items()},
        "additional_special_tokens": list(ids),
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return ids


def save_whole(case: Case, folder: Path) -> Any:
    """A tiny checkpoint with all its sub-models; returns its text-to-text half of `transformers`."""
    ids = save_slow_tokenizer(folder)
    torch.manual_seed(0)
    text_to_text = reference_class(case)
    sizes = {"vocab_size": max(ids.values()) + 1, "max_source_positions": 16}
    config = getattr(transformers, case.config)(**case.settings | SPEECH_SIZES | sizes)
    model = getattr(transformers, text_to_text.__name__.replace("ForTextToText", "Model"))(config).eval()
    make_outputs_varied(model)
    codes = {token.strip("_"): i for token, i in ids.items()}
    model.generation_config.text_decoder_lang_to_code_id = codes
    model.generation_config.no_repeat_ngram_size = 2
    model.save_pretrained(folder)
    reference = text_to_text.from_pretrained(folder).eval()
    reference.generation_config.text_decoder_lang_to_code_id = codes  # which it forgets when it reads
    return reference


def change_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("case", SEAMLESS, ids=str)
def test_a_whole_checkpoint_writes_each_language_and_reads_no_speech(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = save_whole(case, tmp_path)
    noted: set[int] = set()
    monkeypatch.setattr(StoredTensor, "read_rows", read_and_note(noted, StoredTensor.read_rows))
    model = load_model(str(tmp_path), dtype="float32")
    names = {names_by_offset(tmp_path)[offset] for offset in noted}
    assert "text_encoder.layers.0.ffn.fc1.weight" in names
    assert not any(name.startswith(("speech_encoder", "t2u_model", "vocoder")) for name in names)
    assert set(model.pairs) == {(a, b) for a in TAGS for b in TAGS if a != b}
    engine = model.make_engine()
    for code, tag in zip(CODES, TAGS, strict=True):
        for text in SENTENCES[:3]:
            source = model.tokenizer.encode_source(text, "pt")
            first = model.tokenizer.forced_bos_token_id(tag)
            params = GenerationParams(forced_bos_token_id=first, max_new_tokens=13)
            (output,) = engine.generate([GenerationRequest(source_ids=source, params=params)])
            # The language's token is part of what we write, and of what it is given to begin with.
            (expected,) = reference.generate(
                torch.tensor([source]), tgt_lang=code, max_new_tokens=12
            ).tolist()
            assert [model.spec.decoder_start_token_id, *output.token_ids] == expected


def test_beams_with_a_forced_language(tmp_path: Path) -> None:
    """Its token counts as one of the output's; as a prompt, by `tgt_lang`, it would not count."""
    reference = save_whole(SEAMLESS[0], tmp_path)
    model = load_model(str(tmp_path), dtype="float32")
    settings: dict[str, Any] = {"num_beams": 4, "max_new_tokens": 13, "no_repeat_ngram_size": 2}
    settings["forced_bos_token_id"] = model.tokenizer.forced_bos_token_id("zh")
    params = GenerationParams(**settings)
    for text in SENTENCES[:6]:
        source = model.tokenizer.encode_source(text, "pt")
        (output,) = model.make_engine().generate([GenerationRequest(source_ids=source, params=params)])
        (expected,) = reference.generate(torch.tensor([source]), **settings).tolist()
        assert [model.spec.decoder_start_token_id, *output.token_ids] == expected


def read_and_note(noted: set[int], read: Callable[[StoredTensor, int, Tensor], None]) -> Any:
    def noting(stored: StoredTensor, start: int, out: Tensor) -> None:
        noted.add(stored.offset)
        read(stored, start, out)

    return noting


def names_by_offset(folder: Path) -> dict[int, str]:
    """Which tensor begins where in a file of safetensors."""
    content = (folder / "model.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    return {8 + length + entry["data_offsets"][0]: name for name, entry in header.items()}


@pytest.mark.parametrize("stated", ["SeamlessM4TTokenizer", "TokenizersBackend", None])
@pytest.mark.parametrize("layout", ["slow", "fast"])
def test_the_tokenizer_of_transformers(tmp_path: Path, layout: str, stated: str | None) -> None:
    save_slow_tokenizer(tmp_path / "slow")
    reference: Any = transformers.SeamlessM4TTokenizer.from_pretrained(tmp_path / "slow")
    reference.save_pretrained(tmp_path / "fast")  # framed as a target
    folder = tmp_path / layout
    change_json(folder / "tokenizer_config.json", tokenizer_class=stated)
    (folder / "config.json").write_text(json.dumps({"model_type": "seamless_m4t"}))
    tokenizer = seamless_text.load_tokenizer(folder)
    for text in TEXTS:
        source = tokenizer.tokenize_source(text, "pt", "fr")
        assert source.ids == reference(text, src_lang="por")["input_ids"]
        assert tokenizer.encode_source(text) == reference(text, src_lang="eng")["input_ids"]
        shown = reference.decode(source.ids, skip_special_tokens=True)
        assert tokenizer.decode(source.ids) == shown.strip()
        spans = [span for span in source.spans if span is not None]
        assert spans[0][0] == len(text) - len(text.lstrip())
        assert text[spans[-1][1] :].strip() == ""


def test_languages_are_those_that_can_be_written(tmp_path: Path) -> None:
    save_whole(SEAMLESS[0], tmp_path)
    path = tmp_path / "generation_config.json"
    codes = json.loads(path.read_text())[seamless_text.LANGUAGES]
    change_json(path, **{seamless_text.LANGUAGES: {code: codes[code] for code in ("eng", "cmn")}})
    model = load_model(str(tmp_path), dtype="float32")
    assert set(model.pairs) == {("en", "zh"), ("zh", "en")}
    with pytest.raises(InvalidParamsError, match="no token for the language 'pt'"):
        model.tokenizer.encode_source("the cat", "pt")
    change_json(path, **{seamless_text.LANGUAGES: codes | {"por": 7, "deu": 8}})
    refuse(tmp_path, "generation_config.json", "pt, de other tokens than the tokenizer has")


def test_what_is_no_such_network(tmp_path: Path) -> None:
    save_whole(SEAMLESS[0], tmp_path)
    path = tmp_path / "config.json"
    kept = path.read_text()
    change_json(path, activation_function="quick_gelu")
    refuse(tmp_path, "'quick_gelu' is not supported")
    change_json(path, activation_function="relu", hidden_size=None)
    refuse(tmp_path, "does not say hidden_size")
    path.write_text(kept)
    change_json(path, decoder_attention_heads=5)
    refuse(tmp_path, "is not a multiple of decoder_attention_heads 5")


def test_a_checkpoint_that_reads_speech_alone(tmp_path: Path) -> None:
    case = replace(SEAMLESS[0], model="SeamlessM4TForSpeechToText")
    ids = save_slow_tokenizer(tmp_path)
    config = transformers.SeamlessM4TConfig(
        **case.settings | SPEECH_SIZES, vocab_size=max(ids.values()) + 1, max_source_positions=16
    )
    transformers.SeamlessM4TForSpeechToText(config).save_pretrained(tmp_path)
    refuse(tmp_path, "missing: text_encoder.layers.0.")
