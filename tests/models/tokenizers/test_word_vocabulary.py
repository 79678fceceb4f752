from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.word_vocabulary import WordVocabulary, read_word_vocabulary

AWKWARD = [
    "no",
    "yes",
    "null",
    "~",
    "1.5",
    "2001-12-14",
    "0x1F",
    '"',
    "'",
    ":",
    "#",
    "- -",
    "@-@",
    "é",
    "\u2028",
]
"""What YAML would read as something else than text, or needs quotes for."""
TOKENS = ["</s>", "<unk>", *AWKWARD]


def as_yaml(path: Path, ids: dict[str, int]) -> None:
    path.write_text(yaml.safe_dump(ids, allow_unicode=True))


def as_json(path: Path, ids: dict[str, int]) -> None:
    path.write_text(json.dumps(ids))


def numbers(tokens: list[str]) -> dict[str, int]:
    return {token: i for i, token in enumerate(tokens)}


@pytest.fixture(params=[("vocab.yml", as_yaml), ("vocab.yaml", as_yaml), ("vocab.json", as_json)])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., WordVocabulary]:
    name, write = request.param

    def make(ids: dict[str, int], size: int) -> WordVocabulary:
        write(tmp_path / name, ids)
        return read_word_vocabulary(tmp_path / name, size)

    return make


def test_tokens_that_yaml_means_something_by(written: Callable[..., WordVocabulary]) -> None:
    vocabulary = written(numbers(TOKENS), len(TOKENS))
    assert list(vocabulary.pieces) == TOKENS
    assert vocabulary.numbered(AWKWARD) == [*range(2, len(TOKENS))]
    assert (vocabulary.eos_token_id, vocabulary.unknown_token_id) == (0, 1)


def test_special_tokens_of_a_text_are_unknown_words(written: Callable[..., WordVocabulary]) -> None:
    assert written(numbers(TOKENS), len(TOKENS)).numbered(["</s>", "<unk>", "nowhere"]) == [1, 1, 1]


def test_a_network_may_know_fewer(written: Callable[..., WordVocabulary]) -> None:
    """As with Marian's `--dim-vocabs`: the rarer ones, which stand behind, are unknown."""
    vocabulary = written(numbers(TOKENS), 4)
    assert list(vocabulary.pieces) == TOKENS[:4]
    assert vocabulary.numbered(["no", "~"]) == [2, 1]


@pytest.mark.parametrize(
    "ids", [{"eos": 0, "UNK": 1, "a": 2}, {"a": 2, "b": 3}, {"</s>": 0, "UNK": 1, "a": 2}]
)
def test_as_nematus_names_them(written: Callable[..., WordVocabulary], ids: dict[str, int]) -> None:
    vocabulary = written(ids, 4)
    assert (vocabulary.eos_token_id, vocabulary.unknown_token_id) == (0, 1)
    assert vocabulary.numbered(["a", "eos"]) == [2, 1]


def test_special_tokens_anywhere(written: Callable[..., WordVocabulary]) -> None:
    vocabulary = written(numbers(["a", "b", "<unk>", "</s>"]), 4)
    assert (vocabulary.eos_token_id, vocabulary.unknown_token_id) == (3, 2)


def test_a_list(tmp_path: Path) -> None:
    (tmp_path / "opus.src.vocab").write_text("\n".join(["</s>", "<unk>", "a", "\u2028"]) + "\n")
    vocabulary = read_word_vocabulary(tmp_path / "opus.src.vocab", 4)
    assert list(vocabulary.pieces) == ["</s>", "<unk>", "a", "\u2028"]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("vocab.yml", "a: 0\nb: 1\n", "has no </s>"),
        ("vocab.txt", "a\nb\n", "has no </s>"),
        ("vocab.txt", "</s>\n<unk>\n\na\n", "empty line"),
        ("vocab.txt", "</s>\n<unk>\na\na\n", "token twice"),
        ("vocab.txt", b"\xff\xfe", "UTF-8"),
        ("vocab.yml", "</s>: 0\n<unk>: one\n", "no number"),
        ("vocab.yml", "</s>: 0\n<unk>: [1]\n", "no number"),
        ("vocab.yml", "</s>: 0\n<unk>: 1\na: -1\n", "below 0"),
        ("vocab.yml", "- a\n- b\n", "map from tokens"),
        ("vocab.yml", '"', "not YAML"),
        ("vocab.yml", b"\xff\xfe\x00", "not YAML"),
        ("vocab.json", "{", "not JSON"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: str | bytes, fault: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CheckpointError, match=fault) as raised:
        read_word_vocabulary(path, 10)
    assert str(path) in str(raised.value)
