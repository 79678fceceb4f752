"""Translating as one types, in a real browser."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Route, expect

SENTENCE = "The black cat sleeps."
TRANSLATED = "O gato preto dorme."


def translate(page: Page, text: str = SENTENCE, answer: str = TRANSLATED) -> None:
    page.locator("#text").fill(text)
    expect(page.locator("#result")).to_have_text(answer)
    expect(page.locator("#result [data-unit]").first).to_be_visible()


def linked(page: Page, side: str) -> list[str]:
    return list(page.locator(f"{side} .linked").all_inner_texts())


def test_what_is_typed_is_translated_and_its_language_told(page: Page) -> None:
    translate(page)
    expect(page.locator("#detected")).to_contain_text("English, detected")
    page.locator("#text").press_sequentially(" It dreams.")
    expect(page.locator("#result")).to_have_text("O gato preto dorme. Ele sonha.")


def test_what_is_said_of_the_last_text_is_outdated_until_the_next_is_translated(page: Page) -> None:
    page.locator("#text").fill("Guten Morgen, wie geht es Ihnen heute?")
    expect(page.locator("#detected")).to_contain_text("German, detected")
    expect(page.locator("#notices li")).to_have_count(1)
    outdated = page.locator("#detected.outdated, #notices.outdated")
    expect(outdated).to_have_count(0)
    waiting: list[Route] = []
    page.route("**/v1/translate", lambda route: waiting.append(route))  # noqa: PLW0108  (it marks what it calls)
    page.locator("#text").fill(SENTENCE)
    expect(outdated).to_have_count(2)
    waiting[0].continue_()
    expect(page.locator("#detected")).to_contain_text("English, detected")
    expect(outdated).to_have_count(0)


def test_a_new_text_ends_the_work_on_the_last(page: Page) -> None:
    asked: list[str] = []
    page.on("requestfailed", lambda request: asked.append(str(request.failure)))
    page.locator("#text").fill(
        " ".join(f"Sentence {number} is about house {number}." for number in range(1500))
    )
    with page.expect_event("requestfailed"), page.expect_response("**/v1/translate"):
        page.wait_for_timeout(600)
        page.locator("#text").fill(SENTENCE)
    expect(page.locator("#result")).to_have_text(TRANSLATED)
    assert asked == ["net::ERR_ABORTED"]


def test_pointing_at_a_word_marks_it_and_where_it_is_from(page: Page) -> None:
    translate(page)
    page.get_by_text("preto", exact=True).hover()
    assert linked(page, "#result") == ["preto"]
    assert linked(page, "#text-editor") == ["black"]
    box = page.locator("#text-editor .marks span", has_text="sleeps").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert linked(page, "#result") == ["dorme"]
    page.mouse.move(0, 0)
    assert linked(page, "#result") == []


def test_the_cursor_and_the_arrow_keys_mark_too(page: Page) -> None:
    translate(page)
    page.locator("#text").press("Home")
    assert linked(page, "#result") == ["O"]
    page.locator("#result").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert linked(page, "#text-editor") == ["black"]
    expect(page.locator("#spoken")).to_have_text("preto: from black")


def test_the_marks_lie_under_the_words(page: Page) -> None:
    """The layer of marks and the field wrap the text alike."""
    text = "The black cat sleeps on the old chair by the window. " * 12
    page.locator("#text").fill(text)
    expect(page.locator("#result [data-unit]").first).to_be_visible()
    heights = page.evaluate(
        "['#text', '#text-editor .marks'].map(name => document.querySelector(name).scrollHeight)"
    )
    assert heights[0] == heights[1]


def test_another_translation_of_a_sentence_takes_its_place(page: Page) -> None:
    translate(page, f"{SENTENCE} The bridge is closed.", f"{TRANSLATED} A ponte está fechada.")
    page.locator("#result [data-unit]", has_text="ponte").click()
    other = page.locator("#alternatives button").first
    text = other.evaluate("node => node.firstChild.textContent")
    other.click()
    expect(page.locator("#result")).to_have_text(f"{TRANSLATED} {text}")
    expect(page.locator("#sentence")).to_be_hidden()
    page.locator("#result [data-unit]", has_text="ponte").hover()
    assert linked(page, "#text-editor") == ["bridge"]
    page.locator("#result [data-unit]", has_text="gato").hover()
    assert linked(page, "#text-editor") == ["cat"]


def test_another_translation_that_cannot_be_had_is_told(page: Page) -> None:
    translate(page, SENTENCE, TRANSLATED)
    page.locator("#result [data-unit]", has_text="gato").click()
    other = page.locator("#alternatives button").first
    expect(other).to_be_visible()
    expect(page.locator("#sentence-attention table")).to_be_visible()
    page.route("**/v1/align", lambda route: route.abort())
    other.click()
    expect(page.locator("#result-state.error")).to_contain_text("does not answer")
    expect(page.locator("#result")).to_have_text(TRANSLATED)


def strongest(cells: list[str], piece: str) -> str:
    """What a row of the map has most of; a cell is called `gato ← cat: 97 %`."""
    row = [cell.removeprefix(f"{piece} ← ").split(": ") for cell in cells if cell.startswith(f"{piece} ← ")]
    return max(row, key=lambda cell: int(cell[1].removesuffix(" %")))[0]


def test_the_attention_of_a_sentence_by_layer_and_head(page: Page) -> None:
    translate(page)
    page.locator("#result").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    place = page.locator("#sentence-attention")
    expect(place.locator("tbody tr").first).to_be_visible()
    before = place.locator("tbody td").evaluate_all("cells => cells.map(cell => cell.title)")
    # What is shown at first is what the links are made of: words stand beside what they translate.
    for piece, source in (("·O", "·The"), ("·gato", "·cat"), ("·preto", "·black")):
        assert strongest(before, piece) == source
    expect(place.locator("caption")).to_contain_text("the links are made of this")
    expect(place.get_by_label("Head")).to_be_hidden()
    place.get_by_label("Layer").select_option("0")
    expect(place.locator("caption")).to_contain_text("right after it had written that piece")
    after = place.locator("tbody td").evaluate_all("cells => cells.map(cell => cell.title)")
    assert len(before) == len(after)
    assert before != after
    place.get_by_label("Head").select_option("0")
    assert place.locator("tbody td").evaluate_all("cells => cells.map(cell => cell.title)") != after
    page.locator("#sentence-close").click()
    expect(page.locator("#sentence")).to_be_hidden()


def test_languages_swap_and_the_translation_becomes_the_text(page: Page) -> None:
    translate(page)
    page.locator("#swap").click()
    expect(page.locator("#text")).to_have_value(TRANSLATED)
    expect(page.locator("#result")).to_have_text(SENTENCE)


def test_warnings_are_listed_and_marked(page: Page) -> None:
    def with_warning(route: Route) -> None:
        answer = {
            "text": TRANSLATED, "source_lang": "en", "detected": None, "alignment": None,
            "segments": [{"source": [0, 21], "target": [0, 19]}],
            "warnings": [{"code": "c", "message": "7 is missing.", "source": [4, 9], "target": [2, 6]}],
        }  # fmt: skip
        data = json.dumps({"translations": [answer]})
        route.fulfill(body=f"event: done\ndata: {data}\n\n", content_type="text/event-stream")

    page.route("**/v1/translate", with_warning)
    page.locator("#text").fill(SENTENCE)
    page.locator("#notices button", has_text="7 is missing.").click()
    assert page.locator("#result .flagged").all_inner_texts() == ["gato"]
    assert (
        page.locator("#text").evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
        == "black"
    )


def test_examples_can_be_tried(page: Page) -> None:
    for name, kept in (("emoji", "😍❤️"), ("prices and names", "£999"), ("Markdown", "`pip install tool`")):
        page.locator("#translate-examples").select_option(label=name)
        expect(page.locator("#result")).to_contain_text(kept)


def test_taking_it_away(page: Page) -> None:
    translate(page)
    with page.expect_download() as started:
        page.locator("#download").click()
    assert started.value.suggested_filename == "translation.pt.txt"
    assert started.value.path().read_text(encoding="utf-8") == TRANSLATED
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == TRANSLATED


def test_it_is_copied_where_the_clipboard_is_closed_to_pages(page: Page) -> None:
    translate(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')); }")
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == TRANSLATED
