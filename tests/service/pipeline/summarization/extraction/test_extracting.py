"""Summaries of a model that extracts, the starter: whole sentences of the text, in its own characters."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.configs.extraction_config import ExtractionConfig
from crosslate.models.engine.request import GenerationParams
from crosslate.service.loading.loading import load_local_model
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.language.detection import LanguageDetector
from crosslate.service.pipeline.summarization.extraction.salience import Selector
from crosslate.service.pipeline.summarization.extraction.units import Unit, read_units
from crosslate.service.pipeline.summarization.reading.sentences import read_prose
from crosslate.service.pipeline.summarization.summarizer import Summarizer
from crosslate.service.pipeline.summarization.types import (
    ChunkEvent,
    SummaryRequest,
    SummaryResult,
)
from crosslate.service.pipeline.types import DoneEvent
from crosslate.service.settings.config import ModelSettings

STARTER = "starter/summarize-en"
NEWS = (
    "The council of Ävlund met on Monday evening. Nobody had brought coffee. It decided to close the old "
    "“Söderbrücke” (built in stone) to all cars from the first of March. Cyclists may still use it. "
    "A ferry will run every hour instead, and it will be free until June. The mayor thanked everyone."
)
MAIL = """Hi Ben,

how was Lisbon? I saw the photos of that balcony and was a little jealous, I have to say.

Could you take my shift on Saturday the 9th, from 2 to 10? My brother's band is playing in Leeds that evening.
I can do any Sunday for you in return. Kim cannot, since she has her exam in that week.

Hugs
Tess
"""
TALK = """[10:02] Ravi: Morning all, the build is red again.
[10:03] Ellen: Same test?
[10:07] Ellen: The runners got new disks on Friday.
[10:11] Marco: I see it. The temp folder is only 2 GB now, and the test writes 3 GB.
[10:15] Marco: I'll raise it to 10 GB today, so no change is needed on your side.
"""
TOPICS = "\n\n".join(
    (
        "The library closes in August. Books can be returned until the twelfth without any fee at all.",
        "Swimming lessons begin in September. There are two courses for adults, and both cost 80 euros.",
        "The old plane tree on the market square is sick. It will be felled in October by the city.",
        "Night bus N4 now runs every half hour from Friday to Sunday. It still starts at the station.",
        "A red bicycle was found behind the theatre. Its owner can collect it at the police station.",
    )
)


@pytest.fixture(scope="module")
def summarizer() -> Iterator[Summarizer]:
    local = load_local_model(ModelSettings(id=STARTER), num_threads=1)
    yield Summarizer(ModelCatalog([local.served]), detector=LanguageDetector(["en"]))
    local.engine.close()


async def summarize(summarizer: Summarizer, text: str, **changes: object) -> SummaryResult:
    return await summarizer.summarize(SummaryRequest(text=text, **changes))  # type: ignore[arg-type]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def assert_sentences_of(text: str, summary: str) -> None:
    """Every sentence stands in the text, but for a parenthesis that may be left out."""
    without = re.sub(r" \([^)]*\)", "", text)
    for line in summary.splitlines():
        for sentence in re.split(r"(?<=[.!?]) (?=[A-Z“])", line.removeprefix("- ")):
            plain = " ".join(words(sentence))
            assert plain in " ".join(words(text)) or plain in " ".join(words(without)), sentence


@pytest.mark.parametrize("length", ["headline", "short", "medium", "long", "auto"])
@pytest.mark.parametrize("text", [NEWS, MAIL, TALK, TOPICS], ids=["news", "mail", "talk", "topics"])
async def test_whole_sentences_in_their_own_characters(
    summarizer: Summarizer, text: str, length: str
) -> None:
    result = await summarize(summarizer, text, length=length)
    assert_sentences_of(text, result.text)
    assert "⁇" not in result.text
    assert result.finish_reason == "stop"
    assert len(words(result.text)) < len(words(text))
    assert [sentence.faithfulness for sentence in result.sentences] == [1.0] * len(result.sentences)


@pytest.mark.parametrize("text", [NEWS, TOPICS], ids=["news", "topics"])
async def test_a_page_has_the_summary_of_its_visible_text(summarizer: Summarizer, text: str) -> None:
    paragraphs = "".join(f"<p>{html.escape(one)}</p>\n<hr>" for one in text.split("\n\n"))
    page = (
        "<title>The news</title><nav>All the news of the day.</nav><h1>Will it be ready in time for us?</h1>"
        f"{paragraphs}<aside>Buy two and get one for free today!</aside>"
    ).replace("The ", "<b>The</b> ")
    found = await summarize(summarizer, page, text_format="html", alignment="sentences")
    plain = await summarize(summarizer, text, alignment="sentences")
    assert found.text == plain.text
    assert found.alignment is not None
    for sentence in found.alignment.sentences:
        rests_on = page[slice(*sentence.sources[0].source)]
        assert html.unescape(re.sub("<[^>]+>", "", rests_on)) == found.text[slice(*sentence.target)]


async def test_what_the_vocabulary_lacks_is_copied(summarizer: Summarizer) -> None:
    text = NEWS.replace("Söderbrücke", "Sö橋der🚲brücke")
    result = await summarize(summarizer, text, query="Which bridge is closed to cars?", length="short")
    assert "“Sö橋der🚲brücke”" in result.text
    assert result.warnings == []


@pytest.mark.parametrize("unread", ["▁", "\u200b", "\ufffd"])
async def test_what_the_tokenizer_leaves_out_costs_no_sentence(summarizer: Summarizer, unread: str) -> None:
    framed = f"{unread}{NEWS}{unread}"
    assert words((await summarize(summarizer, framed)).text) == words(
        (await summarize(summarizer, NEWS)).text
    )
    for text in (unread, f"{unread}met", f"{unread}The council met on Monday evening.{unread}"):
        assert (await summarize(summarizer, text)).text == text


async def test_a_query_turns_the_summary(summarizer: Summarizer) -> None:
    found = [
        (await summarize(summarizer, NEWS, length="short", query=query)).text
        for query in ("Where can cyclists go?", "When does the ferry run?", "What is free?")
    ]
    assert found[0].startswith("Cyclists")
    assert found[1].startswith("A ferry")
    assert found[2].startswith("A ferry"), "one word of many in the answer"
    unanswered = await summarize(summarizer, NEWS, length="short", query="zebra")
    assert "query_unanswered" in {warning.code for warning in unanswered.warnings}


async def test_bullets(summarizer: Summarizer) -> None:
    prose = await summarize(summarizer, NEWS, length="long")
    bullets = await summarize(summarizer, NEWS, length="long", style="bullets")
    lines = bullets.text.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("- ") for line in lines)
    assert " ".join(line.removeprefix("- ") for line in lines) == prose.text
    assert [bullets.text[slice(*s.target)] for s in bullets.sentences] == [line[2:] for line in lines]


async def test_a_headline_leaves_out_what_punctuation_sets_apart(summarizer: Summarizer) -> None:
    text = (
        "It rained all week. In short, the council of Ävlund decided to close the old bridge (page 2) to all"
        " cars from March, because its supports are cracked. Nobody knows the cost of it."
    )
    found = await summarize(summarizer, text, length="headline", alignment="links")
    assert found.text == "The council of Ävlund decided to close the old bridge to all cars from March."
    assert found.sentences[0].faithfulness == 1.0
    assert found.alignment is not None
    assert found.alignment.words is not None
    linked = {found.text[slice(*link.target)] for link in found.alignment.words.links}
    assert {"council", "March"} <= linked
    short = await summarize(summarizer, text, length="short")
    assert "because its supports are cracked" in short.text


async def test_speakers_stay_and_time_stamps_go(summarizer: Summarizer) -> None:
    result = await summarize(summarizer, TALK)
    for line in result.text.splitlines():
        assert re.match(r"(Ravi|Ellen|Marco): ", line)
    assert "10:" not in result.text


async def test_each_topic_has_its_turn(summarizer: Summarizer) -> None:
    result = await summarize(summarizer, TOPICS, length="long", alignment="sentences")
    assert result.alignment is not None
    spans = [sentence.sources[0].source for sentence in result.alignment.sentences]
    paragraphs = [TOPICS[:start].count("\n\n") for start, _ in spans]
    assert set(paragraphs) == set(range(5)), result.text


async def test_each_sentence_rests_on_itself(summarizer: Summarizer) -> None:
    result = await summarize(summarizer, NEWS, alignment="matrix")
    assert result.alignment is not None
    for sentence in result.alignment.sentences:
        assert sentence.sources[0].mass > 0.5
        start, end = sentence.sources[0].source
        assert words(result.text[slice(*sentence.target)])[:3] == words(NEWS[start:end])[:3]
    assert result.alignment.words is not None
    assert result.alignment.words.links


async def test_a_long_text_is_read_where_it_matters(summarizer: Summarizer) -> None:
    filler = " ".join(f"Visitor number {n} looked at the garden and went home again." for n in range(120))
    result = await summarize(summarizer, f"{filler} {NEWS} {filler}", length="short")
    assert_sentences_of(f"{filler} {NEWS} {filler}", result.text)
    assert len(result.chunks) == 1
    several = await summarize(summarizer, f"{NEWS} {filler}\n\n{TOPICS}", length="long")
    assert_sentences_of(f"{NEWS} {filler}\n\n{TOPICS}", several.text)
    assert "".join(chunk.text for chunk in several.chunks).replace(" ", "") == several.text.replace(" ", "")


async def test_streams_are_what_comes_at_once(summarizer: Summarizer) -> None:
    for beams in (1, 4):
        request = SummaryRequest(text=NEWS, params=GenerationParams(num_beams=beams))
        events = [event async for event in summarizer.stream(request)]
        done = events[-1]
        assert isinstance(done, DoneEvent)
        assert "".join(e.text for e in events[:-1] if isinstance(e, ChunkEvent)) == done.result.text
        assert done.result.text == (await summarizer.summarize(request)).text


async def test_the_callers_limit_holds_and_is_told(summarizer: Summarizer) -> None:
    result = await summarize(summarizer, NEWS, params=GenerationParams(max_new_tokens=4))
    assert result.finish_reason == "length"
    assert result.num_generation_tokens == 4
    assert result.warnings


async def test_another_language_is_flagged(summarizer: Summarizer) -> None:
    text = (
        "A câmara municipal decidiu fechar a ponte antiga aos carros a partir de março. Os ciclistas podem "
        "continuar a usá-la. Uma balsa vai funcionar de hora a hora até ao fim do ano."
    )
    result = await summarize(summarizer, text)
    assert any("Portuguese" in warning.message for warning in result.warnings)
    assert (await summarize(summarizer, NEWS)).warnings == []


async def test_of_another_language_places_and_shared_words_tell_not_the_signs_of_english(
    summarizer: Summarizer,
) -> None:
    text = (
        "A câmara municipal de Tavira decidiu na segunda-feira fechar a ponte antiga aos carros a partir de "
        "março. A ponte antiga, construída em 1890, já não suporta o peso dos carros e dos autocarros. Os "
        "ciclistas podem continuar a usar a ponte enquanto ela é reparada. A obra vai custar dois milhões de "
        'euros, e até lá funciona uma balsa. "Final, only now, please", disse a presidente aos jornalistas.'
    )
    result = await summarize(summarizer, text, length="short")
    assert result.text == text[: text.index(". A ponte") + 1]


@given(text=st.text(alphabet=st.sampled_from("aAbB.,!? \n\t-:|()[]{}12“é🚲\u0301<>#*"), max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_has_units_that_can_be_chosen(text: str) -> None:
    units = read_units(text, read_prose(text, "en", {}))
    for one, other in itertools.pairwise(units):
        assert one.span[1] <= other.span[0]
    if units:
        chosen = Selector(units, {"first": 1.0}, "auto", "a").selection()
        assert 1 <= len(chosen.chosen) <= len(chosen.candidates)
        assert set(chosen.chosen) <= set(chosen.candidates)


def units_of(text: str) -> list[Unit]:
    return read_units(text, read_prose(text, "en", {}))


def test_rows_of_tables_and_code_are_not_quoted() -> None:
    text = "Year | Heat | Power\n2019 | 412 | 188\n\nHeating has fallen since the windows came."
    assert [unit.text for unit in units_of(text) if unit.is_quotable] == [
        "Heating has fallen since the windows came."
    ]


def test_who_was_there_and_other_heads_of_letters_are_not_quoted() -> None:
    text = (
        "Present: S. Aydin (chair), M. Berg, T. Okafor, L. Petersen; for the school Ms Harting.\n"
        "Present were Anna Keller, Joe Park and Rosa Lind.\nApologies: K. Roth could not come today.\n\n"
        "Present members agreed to sell the boat.\n"
    )
    assert [unit.text for unit in units_of(text) if unit.is_quotable] == [
        "Present members agreed to sell the boat.",
    ]


def test_a_chat_in_lower_case_is_a_line_each() -> None:
    text = (
        "so are you coming\nyeah but late\nok we start without you then\nsee you at the thai place on friday"
    )
    assert [unit.source_text for unit in units_of(text)] == text.splitlines()


def test_what_is_said_twice_is_a_candidate_once() -> None:
    text = "The bridge is closed to all cars. Nobody knows why that is. The bridge is closed to all cars now."
    selection = Selector(units_of(text), {}, "long").selection()
    assert len(selection.candidates) == 2


def test_the_starters_weights_are_known_features() -> None:
    local = load_local_model(ModelSettings(id=STARTER), num_threads=1)
    local.engine.close()
    assert isinstance(local.served.extraction, ExtractionConfig)
    assert local.served.extraction.languages == ("en",)


def test_terms_that_are_explained_are_no_speakers_and_open_items_are_not_quoted() -> None:
    text = (
        "func: a callable without any arguments.\nattempts: how often it is called at most.\n"
        "delay: seconds to wait after a failure.\n\nWhat to pack:\n"
        "- a muzzle, which is compulsory on trains\n- Never leave the dog in a parked car.\n"
    )
    units = read_units(text, read_prose(text, "en", {}))
    assert all(unit.speaker is None for unit in units)
    assert not next(unit for unit in units if "muzzle" in unit.text).is_quotable
    assert next(unit for unit in units if "parked" in unit.text).is_quotable


def test_a_few_who_speak_once_each_are_speakers() -> None:
    text = "Ann: We meet at noon tomorrow.\nBo: I will be there at one.\nCy: I cannot come before two.\n"
    assert [unit.speaker for unit in read_units(text, read_prose(text, "en", {}))] == ["Ann", "Bo", "Cy"]
