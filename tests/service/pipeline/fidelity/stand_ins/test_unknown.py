from __future__ import annotations

import pytest

from crosslate.models.checkpoints.model_files import find_model
from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.signs.vocabulary import Vocabulary
from crosslate.service.pipeline.fidelity.stand_ins.folding import folded
from crosslate.service.pipeline.fidelity.stand_ins.unknown import unknown_in


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """Of a starter: without byte fallback."""
    return Vocabulary(SentencePieceTokenizer(next(find_model("starter/en-pt").rglob("*.spm"))))


def test_a_vocabulary_says_what_it_cannot_read(vocabulary: Vocabulary) -> None:
    assert vocabulary.unknown_in("Olá, é São João às 3 (5 %)!") == set()
    assert {"{", "£", "½", "→", "ü", "Ж", "😀"} <= vocabulary.unknown_in("{ £ ½ → ü Ж 😀")


def test_a_model_of_bytes_knows_everything() -> None:
    vocabulary = Vocabulary(ByteTokenizer())
    assert vocabulary.unknown_in("{ £ ½ → ü Ж 😀 東京") == set()
    assert unknown_in("Müller paid £5 in 東京", (), vocabulary).words == ()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Müller", "Muller"), ("Søren", "Soren"), ("Łukasz", "Lukasz"), ("Groß", "Gross"),
        ("Þórdís", "Thórdís"), ("Nguyễn", "Nguyen"), ("Đorđe", "Dorde"), ("Dvořák", "Dvorák"),
        ("Dvor\u030cák", "Dvorák"), ("Пётр", None),
        ("東京", None),
    ],
)  # fmt: skip
def test_a_word_is_folded_as_little_as_may_be(word: str, expected: str | None) -> None:
    known = set("áéíóúâêôãõç")
    assert folded(word, lambda letter: letter.isascii() or letter in known) == expected


@pytest.mark.parametrize(
    ("text", "words", "protected"),
    [
        ("Müller met Søren.", ["Müller", "Søren"], []),
        ("He said Привет, мир to 東京.", [], ["Привет, мир", "東京"]),
        ("It costs £999 or 12,50 €.", [], ["£999", "12,50 €"]),
        ("75 m², 1½ cups, ¼ of it", [], ["75 m²", "1½", "¼"]),
        ("2 × chairs, 10 × 15", [], ["2 ×", "10 × 15"]),
        ("10 × 15 cm, ± 0.5, §3", [], ["10 × 15", "± 0.5", "§3"]),
        ("File → Save", [], ["→"]),
        ("BlueDrop® is ours™", ["BlueDrop®"], ["™"]),
        ("CO₂ fell", [], ["CO₂"]),
        ("H₂SO₄, Ca(OH)₂ (C₆H₁₂O₆) and Fe₂(SO₄)₃", [], ["H₂SO₄", "Ca(OH)₂", "C₆H₁₂O₆", "Fe₂(SO₄)₃"]),
        ("Use {name} at 5 € in Köln", ["Köln"], ["5 €"]),
    ],
)
def test_names_are_folded_and_signs_protected_with_their_figures(
    text: str, words: list[str], protected: list[str], vocabulary: Vocabulary
) -> None:
    found = unknown_in(text, protected_spans(text), vocabulary)
    assert [text[slice(*word.span)] for word in found.words] == words
    assert [text[slice(*one.span)] for one in found.protected] == protected


def test_an_index_is_no_letter_and_a_paragraph_takes_its_ordinal(vocabulary: Vocabulary) -> None:
    text = "the ﬁrst xᵢ of § 1º, n.º 2"
    found = unknown_in(text, (), vocabulary)
    assert [text[slice(*one.span)] for one in found.protected] == ["xᵢ", "§ 1º"]
    assert found.words == []
