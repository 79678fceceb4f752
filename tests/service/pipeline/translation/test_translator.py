from __future__ import annotations

import dataclasses

import pytest

from crosslate.models.engine.request import FinishReason, GenerationParams, GenerationRequest
from crosslate.models.errors import DeadlineExceededError, DrainingError
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.fidelity.stand_ins.habits import CopyHabits
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import StandIn
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import (
    MAX_TARGET_TOKENS,
    FailingSecondTry,
    FakeEngine,
    FakeTokenizer,
    reversed_words,
    served_model,
)
from tests.service.pipeline.helpers import FixedDetector, make_translator, request

LAYOUT = "  Hello Mr. Smith.  How are you?\r\n\n\t• one 👍 two\n---\n\n😀 Last\n"


async def test_everything_between_the_sentences_is_kept() -> None:
    result = await make_translator().translate(request(LAYOUT))
    # The toy model sets its words apart by one blank and copies them.
    assert result.text == ("  Hello Mr . Smith .  How are you ?\r\n\n\t• one 👍 two\n---\n\n😀 Last\n")
    assert [LAYOUT[a:b] for a, b in (s.source for s in result.segments)] == [
        "Hello Mr. Smith.",
        "How are you?",
        "one 👍 two",
        "Last",
    ]
    assert [result.text[a:b] for a, b in (s.target for s in result.segments)] == [
        "Hello Mr . Smith .",
        "How are you ?",
        "one 👍 two",
        "Last",
    ]


async def test_counts_and_score_are_over_all_segments() -> None:
    result = await make_translator().translate(request("One two. Three."))
    assert result.num_characters == 15
    assert result.num_prompt_tokens == 7
    assert result.num_generation_tokens == 7
    assert result.score == pytest.approx(-0.5)
    assert result.finish_reason == "stop"
    assert result.warnings == []
    assert (result.model, result.source_lang, result.target_lang) == ("toy", "en", "pt")
    assert result.detected is None


@pytest.mark.parametrize("text", ["", "  \n\t ", "---\n***", "😀"])
async def test_texts_without_words_come_back_without_asking_the_engine(text: str) -> None:
    engine = FakeEngine()
    result = await make_translator(engine).translate(request(text, source_lang=None, alignment="matrix"))
    assert result.text == text
    assert engine.requests == []
    assert (result.num_prompt_tokens, result.num_generation_tokens) == (0, 0)
    assert result.detected == Detection("en", 0.0)
    assert result.alignment is not None
    assert result.alignment.matrix is not None
    assert result.alignment.matrix.shape == (0, 0)


async def test_overlong_sentences_are_split_with_a_warning() -> None:
    engine = FakeEngine()
    text = "one two three four, five six seven eight nine"
    result = await make_translator(engine, max_source_tokens=6).translate(request(text))
    assert result.text == "one two three four , five six seven eight nine"
    assert len(engine.requests) == 2
    assert all(len(r.source_ids) <= 6 for r in engine.requests)
    assert result.warnings[0].message == "Segment 1 is long (11 tokens); it was translated in 2 parts."


async def test_parts_of_overlong_sentences_that_nobody_could_translate_are_left_alone() -> None:
    engine = FakeEngine()
    text = "go " + "a." * 400 + "!?" * 400
    result = await make_translator(engine, max_source_tokens=99).translate(request(text))
    assert result.text.replace(" ", "") == text.replace(" ", "")
    assert len(engine.requests) <= 2
    assert "part(s) that only repeat a few characters" in result.warnings[-1].message
    result = await make_translator(engine).translate(request(f"Hi\n\n{'a' * 40}"))
    assert result.text == f"Hi\n\n{'a' * 40}"
    assert [warning.code for warning in result.warnings] == ["repetition_left"]


async def test_overlong_sentences_are_refused_on_request() -> None:
    with pytest.raises(ServiceError, match="Segment 2 has 8 tokens") as raised:
        await make_translator(max_source_tokens=6).translate(
            request("Ok.\none two three four five six seven", truncation="error")
        )
    assert (raised.value.status, raised.value.code) == (413, "text_too_long")


async def test_sentences_longer_than_the_model_likes_are_split_even_where_it_could_take_them() -> None:
    engine = FakeEngine()
    catalog = ModelCatalog([served_model(engine=engine, max_piece_tokens=4)])
    text = "one two three, four five"
    result = await Translator(catalog).translate(request(text, truncation="error"))
    assert result.text == "one two three , four five"
    assert len(engine.requests) > 1


async def test_a_model_without_such_a_limit_takes_sentences_as_long_as_its_window() -> None:
    engine = FakeEngine()
    catalog = ModelCatalog([served_model(engine=engine, max_source_tokens=300)])
    result = await Translator(catalog).translate(request("take " + " ".join(map(str, range(249)))))
    assert len(engine.requests) == 1
    assert result.warnings == []


async def test_one_piece_a_line_without_sentence_splitting() -> None:
    engine = FakeEngine()
    await make_translator(engine).translate(request("One. Two.\nThree.", split_sentences=False))
    assert len(engine.requests) == 2


async def test_reaching_the_limit_is_reported() -> None:
    engine = FakeEngine()
    engine.finish_reason = FinishReason.LENGTH
    result = await make_translator(engine).translate(request("One."))
    assert result.finish_reason == "length"
    assert result.segments[0].finish_reason == "length"
    assert "Segment 1 reached the limit" in result.warnings[0].message


async def test_an_empty_translation_is_reported() -> None:
    result = await make_translator(FakeEngine(lambda _: [0])).translate(request("One.\nTwo."))
    assert result.text == "\n"
    assert messages(result.warnings) == [
        "Segment 1 has an empty translation.",
        "Segment 2 has an empty translation.",
    ]


async def test_chinese_sentences_are_set_apart_in_languages_that_need_it() -> None:
    translator = make_translator(pairs=(("zh", "en"),))
    result = await translator.translate(request("你好。再见。", source_lang="zh", target_lang="en"))
    assert result.text == "你好 。 再见 。"


async def test_invisible_characters_do_not_reach_the_model_and_spans_are_of_the_text_sent() -> None:
    engine = FakeEngine()
    text = "\ufeffsoft\xadhyphen word"
    result = await make_translator(engine).translate(request(text, alignment="links"))
    assert result.text == "\ufeffsofthyphen word"
    assert result.alignment is not None
    assert next(text[a:b] for a, b in (link.source for link in result.alignment.links)).endswith(
        "soft\xadhyphen"
    )


async def test_control_characters_set_records_apart_or_are_named() -> None:
    engine = FakeEngine(reversed_words)
    text = "red cat\x00blue dog\x1fend \x07of it"
    result = await make_translator(engine).translate(request(text))
    assert result.text == "cat red\x00dog blue\x1fit of end"
    assert [(warning.code, warning.source) for warning in result.warnings] == [
        ("unknown_characters", (21, 22))
    ]
    turned = "go \u202eon\u202c now"
    for text_format, num_warnings in (("markdown", 1), ("html", 1), ("text", 0)):
        answer = await make_translator(engine).translate(request(turned, text_format=text_format))
        assert len(answer.warnings) == num_warnings


async def test_the_target_language_is_forced_where_the_model_needs_it() -> None:
    engine = FakeEngine()
    model = served_model(engine=engine)
    assert isinstance(model.tokenizer, FakeTokenizer)
    model.tokenizer.forced_bos["pt"] = 7
    translator = Translator(ModelCatalog([model]))
    await translator.translate(request("One.", params=GenerationParams(num_beams=2)))
    (asked,) = engine.requests
    assert isinstance(asked, GenerationRequest)
    assert asked.params == GenerationParams(num_beams=2, forced_bos_token_id=7)


async def test_the_texts_of_a_request_are_one_flow() -> None:
    engine = FakeEngine()
    translator = make_translator(engine)
    await translator.translate_all([request("One. Two."), request("Three.")])
    (flow,) = {asked.flow for asked in engine.requests}
    await translator.translate(request("Four."))
    assert engine.requests[-1].flow not in {flow, None}


async def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(ServiceError, match="position 3") as raised:
        await make_translator().translate(request("abc\ud800"))
    assert (raised.value.status, raised.value.code) == (422, "invalid_text")
    with pytest.raises(ServiceError):
        await make_translator().detect("\udfff")


async def test_engine_errors_become_service_errors_and_cancel_the_rest() -> None:
    engine = FakeEngine()
    engine.failures.append(DrainingError())
    with pytest.raises(ServiceError) as raised:
        await make_translator(engine).translate(request("One. Two. Three."))
    assert raised.value.status == 503
    assert engine.num_running == 0


class TestDetection:
    async def test_the_language_is_detected(self) -> None:
        found = Detection("en", 0.98)
        result = await make_translator(None, found).translate(request("Hello", source_lang=None))
        assert (result.detected, result.source_lang) == (found, "en")

    async def test_a_text_in_the_target_language_comes_back_unchanged(self) -> None:
        engine = FakeEngine()
        translator = make_translator(engine, Detection("pt", 0.97), Detection("en", 0.03))
        result = await translator.translate(request("Olá a todos", source_lang=None, alignment="links"))
        assert result.text == "Olá a todos"
        assert (result.source_lang, result.detected) == ("pt", Detection("pt", 0.97))
        assert "already" in result.warnings[0].message
        assert engine.requests == []

    async def test_a_doubtful_text_is_taken_for_one_that_can_be_translated(self) -> None:
        translator = make_translator(None, Detection("pt", 0.6), Detection("en", 0.4))
        result = await translator.translate(request("no", source_lang=None))
        assert (result.source_lang, result.detected) == ("en", Detection("en", 0.4))
        assert "not certain: English was assumed, with a confidence of 0.40" in result.warnings[0].message

    @pytest.mark.parametrize(("confidence", "num_warnings"), [(0.5, 1), (0.8, 0)])
    async def test_below_a_confidence_the_answer_says_so(self, confidence: float, num_warnings: int) -> None:
        translator = make_translator(None, Detection("en", confidence), min_confidence=0.7)
        result = await translator.translate(request("Hello", source_lang=None))
        assert result.text == "Hello"
        assert len(result.warnings) == num_warnings

    async def test_a_text_in_a_language_that_is_not_served_comes_back_unchanged(self) -> None:
        engine = FakeEngine()
        elsewhere = Detection("sv", 0.93)
        translator = make_translator(engine, Detection("en", 0.9), elsewhere=elsewhere)
        result = await translator.translate(request("Jag heter Anna", source_lang=None))
        assert (result.text, result.source_lang, result.detected) == ("Jag heter Anna", "sv", elsewhere)
        assert "seems to be in Swedish" in result.warnings[0].message
        assert engine.requests == []
        assert await translator.detect("Jag heter Anna") == elsewhere

    async def test_a_given_language_wins_over_what_the_text_says_but_not_in_silence(self) -> None:
        engine = FakeEngine()
        text = "Onde fica a estação de comboios?"
        result = await make_translator(engine).translate(request(text))
        assert len(engine.requests) == 1
        assert result.source_lang == "en"
        assert "from English, as was asked for, but seems to be in Portuguese" in result.warnings[0].message

    @pytest.mark.parametrize("text", ["Hello", "hi there", "ok"])
    async def test_english_is_not_translated_into_english(self, text: str) -> None:
        engine = FakeEngine()
        pairs = (("en", "pt"), ("pt", "en"))
        translator = Translator(ModelCatalog([served_model(engine=engine, pairs=pairs)]))
        result = await translator.translate(request(text, source_lang=None, target_lang="en"))
        assert (result.text, result.source_lang) == (text, "en")
        assert "already" in result.warnings[0].message
        assert engine.requests == []

    async def test_a_surely_different_language_is_not_pressed_into_a_model(self) -> None:
        translator = make_translator(
            None, Detection("fr", 0.99), Detection("en", 0.01), pairs=(("en", "pt"), ("fr", "de"))
        )
        with pytest.raises(ServiceError, match="from fr to pt") as raised:
            await translator.translate(request("Bonjour", source_lang=None))
        assert raised.value.code == "unsupported_language_pair"

    async def test_when_nothing_is_detected_the_first_language_is_assumed(self) -> None:
        result = await make_translator().translate(request("xkcd", source_lang=None))
        assert (result.source_lang, result.detected) == ("en", Detection("en", 0.0))
        assert "could not be detected" in result.warnings[0].message
        assert (await make_translator().translate(request("123", source_lang=None))).warnings == []

    async def test_detect_weighs_the_targets_too(self) -> None:
        translator = Translator(ModelCatalog([served_model()]))
        assert (await translator.detect("obrigado, meus amigos")).lang == "pt"


async def test_more_tokens_than_the_model_writes_are_refused_before_it_is_asked() -> None:
    engine = FakeEngine()
    translator = make_translator(engine)
    for name in ("max_new_tokens", "min_new_tokens"):
        most = GenerationParams(**{name: MAX_TARGET_TOKENS})  # type: ignore[arg-type]
        assert (await translator.translate(request("One.", params=most))).text == "One ."
        beyond = GenerationParams(**{name: MAX_TARGET_TOKENS + 1})  # type: ignore[arg-type]
        with pytest.raises(ServiceError, match=f"{name} is 513; toy writes at most 512") as raised:
            await translator.translate_all([request("One."), request("Two.", params=beyond)])
        assert (raised.value.status, raised.value.code) == (400, "invalid_parameters")
    assert len(engine.requests) == 2


async def test_what_one_text_cannot_have_refuses_the_request_before_an_engine_is_asked() -> None:
    engine = FakeEngine()
    with pytest.raises(ServiceError) as raised:
        await make_translator(engine).translate_all([request("One."), request("Two.", target_lang="xx")])
    assert raised.value.code == "unsupported_language_pair"
    assert engine.requests == []


async def test_what_a_pattern_matches_is_not_translated_and_no_pattern_is_refused() -> None:
    made = make_translator()
    result = await made.translate(request("one AB-12 two", protect=(r"[A-Z]+-\d+",)))
    assert "AB-12" in result.text
    with pytest.raises(ServiceError, match="pattern 0") as refused:
        await made.translate(request("one", protect=("(",)))
    assert (refused.value.status, refused.value.code) == (422, "invalid_pattern")


def _without_fourth_of_seven(ids: list[int]) -> list[int]:
    return reversed_words([*ids[:3], *ids[4:]] if len(ids) == 7 else ids)


async def test_what_no_stand_in_saves_stands_behind_the_same_word() -> None:
    engine = FakeEngine(_without_fourth_of_seven)
    result = await make_translator(engine).translate(request("One two three {name} four ."))
    assert result.text == ". four three {name} two One"
    assert not result.warnings
    assert len(engine.requests) == 3


async def test_what_is_lost_when_no_time_is_left_is_named_with_its_place() -> None:
    engine = FailingSecondTry(_without_fourth_of_seven, DeadlineExceededError())
    asked = request("One two three {name} four .", offset_unit="utf16")
    result = await make_translator(engine).translate(asked)
    (notice,) = (one for one in result.warnings if one.code == "placeholder_missing")
    assert notice.source == (14, 20)
    assert notice.target == (0, len(result.text))


async def test_tags_go_with_their_words() -> None:
    text = "See <0>the <1>green</1> wood</0> or <a href='u'>that</a> now"
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text, alignment="links"))
    assert result.text == "now <a href='u'>that</a> or <0>wood <1>green</1> the</0> See"
    assert result.alignment is not None
    links = result.alignment.links
    words = {(text[slice(*link.source)], result.text[slice(*link.target)]) for link in links}
    assert {("See", "See"), ("now", "now"), ("or", "or")} <= words


async def test_tags_that_links_do_not_place_are_tried_with_stand_ins() -> None:
    engine = FakeEngine(lambda ids: [ids[0], *ids[-2:]] if len(ids) < 6 else ids)
    habits = CopyHabits(forms=(StandIn("X"), StandIn("Q")))
    model = dataclasses.replace(served_model(engine=engine), copying=habits)
    translator = Translator(ModelCatalog([model]), FixedDetector(), has_guard=False)
    result = await translator.translate(request("One <b>two</b> three four"))
    assert result.text == "One <b>two</b> three four"
    assert not result.warnings
    assert len(engine.requests) == 2
