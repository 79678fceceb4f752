from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.detection import UNDETERMINED, LanguageDetector


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector(["en", "pt-BR"])


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("hello handsome", "en"),
        ("Hello", "en"),
        ("obrigado", "pt-BR"),
        ("Olá mundo", "pt-BR"),
        ("The cat sat on the mat.", "en"),
        ("São Paulo", "pt-BR"),
    ],
)
def test_short_texts(detector: LanguageDetector, text: str, lang: str) -> None:
    found = detector.read(text).best
    assert found.lang == lang
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize("text", ["", "  \n", "12345", "😀", "3.14 %", "\x00"])
def test_texts_that_say_nothing(detector: LanguageDetector, text: str) -> None:
    assert detector.read(text).best == Detection(UNDETERMINED, 0.0)
    assert detector.read(text).ranked == []


def test_confidences_are_shares(detector: LanguageDetector) -> None:
    ranked = detector.read("computer amor").ranked
    assert sum(d.confidence for d in ranked) == pytest.approx(1, abs=0.01)
    assert ranked == sorted(ranked, key=lambda d: -d.confidence)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Hej, jag heter Anna och bor i Stockholm.", "sv"),
        ("Die schwarze Katze schläft.", "de"),
        ("Bonjour tout le monde", "fr"),
        ("¿Dónde está la estación de tren?", "es"),
        ("Где находится вокзал?", "ru"),
        ("Привет", "ru"),
        ("你好", "zh"),
        ("これはペンです。", "ja"),
    ],
)
def test_texts_in_none_of_the_served_languages(detector: LanguageDetector, text: str, lang: str) -> None:
    reading = detector.read(text)
    assert reading.elsewhere is not None
    assert reading.elsewhere.lang == lang
    assert detector.read(text).best == reading.elsewhere
    assert all(detection.confidence < 0.65 for detection in reading.ranked)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Hello", "en"),
        ("hi there", "en"),
        ("ok", "en"),
        ("yes", "en"),
        ("Where is Maria Silva from?", "en"),
        ("O gato preto dorme.", "pt-BR"),
        ("Maria Silva", "pt-BR"),
        ("HELLO MY FRIEND, HOW ARE YOU", "en"),
        ("SELECT name FROM users WHERE id = 3;", "en"),
    ],
)
def test_texts_that_it_is_sure_of(detector: LanguageDetector, text: str, lang: str) -> None:
    reading = detector.read(text)
    assert reading.elsewhere is None
    assert (reading.best.lang, reading.best.confidence >= 0.65) == (lang, True)


@pytest.mark.parametrize(
    "text", ["Bonjour", "Dziękuję", "Buenos días", "Guten Morgen", "Le chat noir dort.", "A"]
)
def test_texts_that_it_is_not_sure_of(detector: LanguageDetector, text: str) -> None:
    reading = detector.read(text)
    assert reading.elsewhere is None
    assert reading.best.confidence < 0.65


def test_where_a_served_language_has_no_name_for_the_identifier_nothing_is_said_to_be_elsewhere() -> None:
    detector = LanguageDetector(["en", "pt", "kea"])
    assert detector.read("Hej, jag heter Anna och bor i Stockholm.").elsewhere is None


def test_languages_that_lingua_does_not_know_are_weighed_too() -> None:
    detector = LanguageDetector(["en", "ast", "not a code"])
    assert detector.read("This is a sentence in English.").best.lang == "en"
    assert detector.read("Asturies ye una comunidá autónoma d'España.").best.lang == "ast"
    assert detector.read("Norge er et land.").best.confidence < 0.65
    assert LanguageDetector([]).read("hello").ranked == []


@pytest.mark.parametrize("name", ["no", "nb"])
def test_norwegian_by_any_of_its_names(name: str) -> None:
    detector = LanguageDetector(["en", name, "kea"])
    text = "Regjeringen foreslår nå å øke støtten til barnefamilier neste år."
    best = detector.read(text).best
    assert (best.lang, best.confidence > 0.65) == (name, True)
    assert detector.contradiction(text, name) is None


@pytest.mark.parametrize("name", ["no", "nb"])
def test_norwegian_is_not_sure_to_be_danish(name: str) -> None:
    assert LanguageDetector(["en", name]).read("Jeg heter Ola, og jeg bor i Oslo.").best.lang == name


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("這個問題還沒有人回答過。", "zh-Hant"),
        ("这个问题还没有人回答过。", "zh-Hans"),
        ("你好", "zh-Hans"),  # alike in both
        ("Ово је реченица на српском језику.", "sr-Cyrl"),
        ("Magandang umaga sa inyong lahat, kumusta kayo?", "fil"),
    ],
)
def test_a_language_in_the_script_of_the_text(text: str, lang: str) -> None:
    served = ["en", "zh-Hans", "zh-Hant", "sr-Latn", "sr-Cyrl", "fil", "id"]
    assert LanguageDetector(served).read(text).best.lang == lang


@pytest.mark.parametrize(
    ("text", "given", "found"),
    [
        ("Where is the train station, please?", "pt", "en"),
        ("Where is the train station, please?", "en", None),
        ("Where is the train station, please?", "en-GB", None),
        ("Where is the train station, please?", "kea", None),
        ("Hello", "pt", None),
        ("Onde fica a estação de comboios?", "es", "pt"),
        ("1 2 3 4 5 6 7 8 9", "pt", None),
    ],
)
def test_a_given_language_is_contradicted_by_clear_texts_only(
    detector: LanguageDetector, text: str, given: str, found: str | None
) -> None:
    contradiction = detector.contradiction(text, given)
    assert (contradiction and contradiction.lang) == found


@pytest.mark.parametrize("text", ["chegar à Terra e entrar", "mas cinco à frente", "com respeito à"])
def test_a_single_word_contradicts_nobody(text: str) -> None:
    two = LanguageDetector(["en", "pt"])
    assert two.contradiction(text, "pt") is None
    assert two.read(text).elsewhere is None
    assert two.contradiction("Où est la gare, s'il vous plaît ?", "pt") is not None


@pytest.mark.parametrize(
    "text", ["2x Chair, 3x Table", "2x Chair, 3x Table, 4x Lamp, 1x Sofa", "Ursula von der Leyen"]
)
def test_counts_and_names_contradict_nobody(detector: LanguageDetector, text: str) -> None:
    assert detector.contradiction(text, "en") is None
    assert detector.read(text).elsewhere is None


_WORDS = """
    the house is very old and ja nisam bio kod kuće jučer нисам био код куће јуче
    onde fica a estação de comboios dónde está la estación jeg har ikke sett den før
    я не бачив його вчора 这个问题还没有人回答过 ١٢٣ 42 DAS HAUS IST ALT
"""


@given(
    text=st.lists(st.sampled_from(_WORDS.split()), min_size=3, max_size=12).map(" ".join)
    | st.text(max_size=60),
    lang=st.sampled_from(["en", "pt", "sr", "sr-Latn", "es", "no", "uk", "zh-Hans", "kea", "de"]),
)
@example(text="Ja nisam bio kod kuće jučer uveče, a ti?", lang="sr")  # a language with two labels
@example(text="Нисам био код куће јуче", lang="en")
def test_contradictions_are_those_of_all_probabilities(
    detector: LanguageDetector, text: str, lang: str
) -> None:
    """One label is asked for first, and all of them only where that may matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detector.identifier, "may_be_other", lambda *args, **kwargs: True)
        expected = detector.contradiction(text, lang)
    assert detector.contradiction(text, lang) == expected


def test_nothing_is_loaded_before_it_is_needed() -> None:
    detector = LanguageDetector(["en", "pt"])
    assert not detector.is_loaded
    detector.read("hello")
    assert detector.is_loaded
