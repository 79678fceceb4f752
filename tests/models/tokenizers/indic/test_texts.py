"""Texts of all India's languages against the Indic NLP Library, and the way back to what was sent."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.tokenizers.indic.arabic import LETTERS
from crosslate.models.tokenizers.indic.rules import DIGITS, PUNCTUATION
from crosslate.models.tokenizers.indic.scripts import BLOCKS, from_devanagari, to_devanagari
from crosslate.models.tokenizers.indic.texts import as_read, as_written, script_of
from crosslate.models.tokenizers.tracked_text import TrackedText
from tests.models.indic_files import ENGLISH, TEXTS
from tests.models.tokenizers.indic import reference

BRAHMIC = [language for language in TEXTS if script_of(language) in reference.CODES]
COMMON = " \"'(),.:;?!-–/%|\u0964\u0965\u200c\u200d\u00a00123456789aZ“”‘’…«»\\$@#<>"


def letters_of(script: str) -> str:
    """All that a script's block has, and what stands among it."""
    block = range(0xABC0, 0xAC00) if script == "Mtei" else range(0x1C50, 0x1C80)
    if script in BLOCKS:
        block = range(BLOCKS[script], BLOCKS[script] + 0x80)
    return "".join(map(chr, block)) + COMMON


def plain(text: str) -> str:
    """Punctuation and figures as both sides of a comparison begin with."""
    for pattern, template in PUNCTUATION:
        text = re.sub(pattern, template, text)
    return re.sub(r"\s+", " ", text.translate(DIGITS)).strip()


def check_origins(made: TrackedText, text: str) -> None:
    assert len(made.origins) == len(made.text)
    starts, ends = [start for start, _ in made.origins], [end for _, end in made.origins]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert all(0 <= start <= end <= len(text) for start, end in made.origins)


@pytest.mark.parametrize("language", BRAHMIC)
def test_sources_are_read_as_by_the_library(language: str) -> None:
    text = f"{TEXTS[language]} “{TEXTS[language]}” (10:30) 3,50,000 | 5 %… x: y"
    made = as_read(text, language)
    assert made.text == reference.read(plain(text), script_of(language))
    check_origins(made, text)


@pytest.mark.parametrize("script", reference.CODES)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_source_is_read_as_by_the_library(script: str, data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from(letters_of(script)), max_size=40))
    made = as_read(text, f"und_{script}")
    assert made.text == reference.read(plain(text), script).strip()
    check_origins(made, text)


@pytest.mark.parametrize("script", reference.CODES)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_target_is_written_as_by_the_library(script: str, data: st.DataObject) -> None:
    known = [chr(letter) for letter in from_devanagari("Orya" if script == "Olck" else script)]
    known = known or list(letters_of("Deva"))
    words = st.text(st.sampled_from([*known, *COMMON.replace("\u00a0", "")]), min_size=1, max_size=6)
    text = " ".join(" ".join(data.draw(st.lists(words, max_size=8))).split())
    # What the library does not join at the very beginning, as it reads it, is joined here.
    text = f"क {text}".strip()
    made = as_written(TrackedText.of(text), f"und_{script}")
    assert made.text == reference.written(text, script)
    check_origins(made, text)


@pytest.mark.parametrize("language", TEXTS)
def test_what_is_read_and_written_is_the_text(language: str) -> None:
    text = TEXTS[language]
    again = as_written(TrackedText.of(as_read(text, language).text), language).text
    expected = unicodedata.normalize("NFC", text)
    if script_of(language) == "Arab":  # vowels are not read
        expected = expected.translate(LETTERS)
    again, expected = (unicodedata.normalize("NFC", one).replace(" ", "") for one in (again, expected))
    assert again == expected


@pytest.mark.parametrize("language", TEXTS)
def test_words_lead_back_to_what_was_sent(language: str) -> None:
    text = f"  {TEXTS[language]}"
    made = as_read(text, language)
    check_origins(made, text)
    for word in re.finditer(r"\S+", made.text):
        start, end = made.origin(word.span())
        own = as_read(text[start:end], language).text
        assert own == word[0]


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_in_any_script(text: str) -> None:
    for language in ("eng_Latn", "urd_Arab", "sat_Olck", "ben_Beng", "hin_Deva"):
        check_origins(as_read(text, language), text)
        check_origins(as_written(TrackedText.of(text), language), text)


def test_urdu() -> None:
    read = as_read("20فیصد Aliyaنے كتاب شیرِ ہیں؟ “ہاں”، ١٢٣", "urd_Arab").text
    assert read == '20 فیصد Aliya نے کتاب شیر ہیں ؟ " ہاں " ، ۱۲۳'
    assert reference.arabic_words(read) == read
    assert as_read("ﻣﯿﮟ ﮨﻮں ﻻ", "urd_Arab").text == "میں ہوں لا"
    assert as_written(TrackedText.of(read), "urd_Arab").text == '20 فیصد Aliya نے کتاب شیر ہیں؟ "ہاں"، ۱۲۳'


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_cut_and_joined_as_by_moses(text: str) -> None:
    from sacremoses import MosesDetokenizer, MosesPunctNormalizer, MosesTokenizer

    made = as_read(text, "eng_Latn")
    words = MosesTokenizer("en").tokenize(MosesPunctNormalizer().normalize(plain(text)), escape=False)
    assert made.text == " ".join(words)
    check_origins(made, text)
    joined = as_written(TrackedText.of(made.text), "eng_Latn")
    assert joined.text == MosesDetokenizer("en").detokenize(words)
    check_origins(joined, made.text)


def test_punctuation_is_made_plain() -> None:
    read = as_read("«\u00a0कल\u00a0» – ‘हाँ’ … 5\u00a0% 1\u00a0000 (अब)।", "hin_Deva").text
    assert read == "\" कल \" - ' हाँ ' ... 5 % 1.000 ( अब ) ।".replace("...", ". . .")


def test_letters_that_a_script_has_not_stay() -> None:
    assert to_devanagari("Deva") == from_devanagari("Arab") == {}
    assert "व".translate(from_devanagari("Beng")) == "व"
    assert "घझधफभ".translate(from_devanagari("Taml")) == "கசதபப"
    assert "।".translate(from_devanagari("Beng")) == "।"
