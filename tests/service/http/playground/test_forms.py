"""Documents, glossaries and HTML on the start page, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.service.http.playground.test_page import text_file

SENTENCE = "The black cat sleeps."
DROP = """([names, text]) => {
    const carried = new DataTransfer();
    for (const name of names) carried.items.add(new File([text], name));
    const event = new DragEvent("drop", { dataTransfer: carried, cancelable: true });
    document.getElementById("drop").dispatchEvent(event);
}"""


def jobs(page: Page) -> Sequence[str]:
    return [item.split("\n")[0] for item in page.locator("#documents-list > li").all_inner_texts()]


def add_term(page: Page, source: str, target: str) -> None:
    page.locator("#glossary summary").click()
    page.locator("#glossary").get_by_label("Term", exact=True).fill(source)
    page.locator("#glossary").get_by_label("Its translation").fill(target)


def test_files_are_dropped_translated_and_taken_away(page: Page) -> None:
    page.locator("#tab-documents").click()
    page.locator("#documents-to").select_option("pt")
    page.evaluate(DROP, [["Olá.txt", "b.txt"], SENTENCE])
    expect(page.get_by_role("button", name="Download")).to_have_count(2)
    assert jobs(page) == ["b.txt", "Olá.txt"]
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").last.click()
    assert started.value.suggested_filename == "Olá.pt.txt"
    assert Path(started.value.path()).read_text(encoding="utf-8") == "O gato preto dorme."
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Remove").last.click()
    assert deleted.value.status == 204
    assert jobs(page) == ["b.txt"]


def test_a_file_that_cannot_be_translated_says_why(page: Page) -> None:
    page.locator("#tab-documents").click()
    page.locator("#file").set_input_files(text_file("picture.png", "x"))
    expect(page.locator("#documents-list .error")).to_contain_text(".docx")
    expect(page.get_by_role("button", name="Download")).to_have_count(0)


def test_a_document_is_followed_while_the_server_is_away(page: Page) -> None:
    job = {"id": "1", "state": "running", "progress": 0.5, "warnings": [], "error": None}
    looks: list[str] = []

    def look(route: Route) -> None:
        looks.append(route.request.method)
        if len(looks) < 3:
            route.abort("connectionrefused")
        else:
            route.fulfill(status=200, body=json.dumps({**job, "state": "done", "progress": 1}))

    page.route("**/v1/documents", lambda route: route.fulfill(status=202, body=json.dumps(job)))
    page.route("**/v1/documents/1", look)
    page.locator("#tab-documents").click()
    page.locator("#file").set_input_files(text_file("a.txt", SENTENCE))
    expect(page.get_by_role("button", name="Download")).to_be_visible()
    expect(page.locator("#documents-list .error")).to_have_count(0)
    assert looks == ["GET"] * 3


def test_what_the_reader_of_a_document_should_know_is_listed(page: Page) -> None:
    def finished(route: Route) -> None:
        notice = {"code": "not_translated", "message": "It was left as it is.", "place": "line 3"}
        body = {"id": "1", "state": "done", "progress": 1, "warnings": [notice], "error": None}
        route.fulfill(status=202, body=json.dumps(body))

    page.route("**/v1/documents", finished)
    page.locator("#tab-documents").click()
    page.locator("#file").set_input_files(text_file("a.txt", SENTENCE))
    expect(page.locator("#documents-list .notices")).to_have_text("line 3: It was left as it is.")


def test_terms_are_held_to_and_marked(page: Page) -> None:
    page.locator("#text").fill(SENTENCE)
    expect(page.locator("#result")).to_have_text("O gato preto dorme.")
    add_term(page, "cat", "felino")
    expect(page.locator("#result")).to_have_text("O felino preto dorme.")
    assert page.locator("#result .term").all_inner_texts() == ["felino"]
    assert page.locator("#text-editor .term").all_inner_texts() == ["cat"]
    expect(page.locator("#glossary-state")).to_have_text("1 of 1 terms in the text stand in the translation.")
    page.locator("#text").fill("The dog sleeps.")
    expect(page.locator("#glossary-state")).to_have_text("No term stands in the text.")
    page.locator("#text").fill(SENTENCE)
    expect(page.locator("#result")).to_have_text("O felino preto dorme.")
    page.locator("#glossary-add").click()
    expect(page.locator("#glossary").get_by_label("Term", exact=True).last).to_be_focused()
    page.get_by_label("Remove this term").first.click()
    expect(page.locator("#result")).to_have_text("O gato preto dorme.")
    expect(page.locator("#glossary-state")).to_have_text("")


def test_a_term_that_could_not_be_had_is_told(page: Page) -> None:
    def without(route: Route) -> None:
        term = {"source": "cat", "target": "felino", "source_span": [10, 13], "span": None, "enforced": False,
                "reason": "not_linked"}  # fmt: skip
        answer = {"text": "O gato.", "source_lang": "en", "detected": None, "alignment": None, "segments": [],
                  "warnings": [], "terms": [term]}  # fmt: skip
        data = json.dumps({"translations": [answer]})
        route.fulfill(body=f"event: done\ndata: {data}\n\n", content_type="text/event-stream")

    page.route("**/v1/translate", without)
    page.locator("#text").fill(SENTENCE)
    add_term(page, "cat", "felino")
    expect(page.locator("#glossary-state")).to_contain_text("0 of 1 terms")
    expect(page.locator("#glossary-state")).to_contain_text("cat: not felino, no word of the translation")
    assert page.locator("#text-editor .flagged").all_inner_texts() == ["cat"]


def test_html_is_shown_as_text_and_as_a_page_that_runs_nothing(page: Page) -> None:
    page.locator("#format").select_option("html")
    page.locator("#text").fill("<p>The <b>black</b> cat sleeps.</p>")
    expect(page.locator("#result")).to_contain_text("<p>O gato <b>preto</b> dorme.</p>")
    expect(page.locator("#preview")).to_be_hidden()
    page.locator("#preview-toggle").click()
    frame = page.frame_locator("#preview")
    expect(frame.locator("b")).to_have_text("preto")
    assert (
        page.locator("#preview").get_attribute("sandbox") == ""
    )  # no scripts, no forms, an origin of its own
    page.locator("#format").select_option("text")
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("#preview-toggle")).to_be_hidden()


def test_a_stream_that_is_broken_off_is_told(page: Page) -> None:
    body = 'event: token\ndata: {"text": "O"}\n\n'
    for tab, field, state in (
        ("translate", "#text", "#result-state"),
        ("summarize", "#article", "#summary-state"),
    ):
        page.route(f"**/v1/{tab}", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
        page.locator(f"#tab-{tab}").click()
        page.locator(field).fill(SENTENCE)
        expect(page.locator(state)).to_contain_text("broke the answer off")


_CUT = """() => {
  const whole = window.fetch;
  window.fetch = async (path, options) => {
    if (path !== "v1/translate") return whole(path, options);
    window.fetch = whole;
    const body = new ReadableStream({
      start(way) {
        way.enqueue(new TextEncoder().encode('event: token\\ndata: {"text": "O"}\\n\\n'));
        setTimeout(() => way.error(new TypeError("network error")), 50);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}"""


def test_a_connection_that_breaks_in_the_middle_is_told_and_what_was_asked_is_asked_again(page: Page) -> None:
    """As where the replica that writes the answer is killed, and another takes its place."""
    page.evaluate(_CUT)
    page.locator("#text").fill(SENTENCE)
    expect(page.locator("#result-state")).to_contain_text("broke the answer off")
    expect(page.locator("#result")).to_have_text("O gato preto dorme.")
    expect(page.locator("#result-state")).to_have_text("")
