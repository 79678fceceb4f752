"""The pages as a whole: reach, failures in words, addresses, and what is read without eyes or mouse."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, ViewportSize, expect

from tests.service.http.node import FOLDER, require_package
from tests.service.http.playground.conftest import DESKTOP, Opener

PHONE = ViewportSize(width=390, height=844)
ARTICLE = (
    "The council met on Monday. After two hours it decided to repair the old bridge before winter. "
    "The work will cost two million euros, half of which the state pays. Until it is done, buses take the "
    "road along the river."
)


def show_all(page: Page) -> None:
    """Something in every tab."""
    page.wait_for_selector("[role=tab][aria-selected=true]")
    page.locator("#tab-align").click()
    page.locator("#align-examples").select_option(index=1)
    page.wait_for_selector("#align-attention table")
    page.locator("#tab-summarize").click()
    page.locator("#article").fill(ARTICLE)
    page.wait_for_selector("#summary [data-unit]")
    page.locator("#tab-documents").click()
    page.locator("#file").set_input_files(text_file("a.txt", "The black cat sleeps."))
    expect(page.locator("#documents-list")).to_contain_text("Done")
    page.locator("#tab-translate").click()
    page.locator("#glossary summary").click()
    page.locator("#glossary").get_by_label("Term", exact=True).fill("cat")
    page.locator("#glossary").get_by_label("Its translation").fill("felino")
    page.locator("#text").fill("The black cat sleeps.")
    page.locator("#result [data-unit]").first.click()
    page.wait_for_selector("#sentence-attention table")
    page.wait_for_selector("#alternatives button")


def text_file(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def violations(page: Page) -> list[tuple[str, list[Any]]]:
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def style(of: Locator, name: str) -> Any:
    return of.evaluate("(one, name) => getComputedStyle(one)[name]", name)


def runs_over(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize(("viewport", "dark"), [(DESKTOP, False), (DESKTOP, True), (PHONE, False)])
def test_nobody_is_shut_out_and_nothing_runs_over(opened: Opener, viewport: ViewportSize, dark: bool) -> None:
    require_package("axe-core")
    checker = (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with opened(viewport=viewport, dark=dark) as page:
        show_all(page)
        page.evaluate(checker)
        for tab in page.locator("[role=tab]").all():
            tab.click()
            assert violations(page) == []
            assert not runs_over(page)


def test_what_came_is_said_aloud(page: Page) -> None:
    page.locator("#text").fill("The black cat sleeps.")
    expect(page.locator("#spoken")).to_have_text("Translated")
    page.locator("#text").fill("Guten Morgen, wie geht es dir heute?")
    expect(page.locator("#spoken")).to_have_text("Translated. Warnings: 1")
    page.locator("#tab-documents").click()
    page.locator("#file").set_input_files(text_file("a.xyz", "The black cat sleeps."))
    expect(page.locator("#spoken")).to_contain_text("a.xyz: The file's name ends in .xyz")


def test_what_is_said_of_a_long_text_is_in_sight(page: Page) -> None:
    page.locator("#text").fill("The black cat sleeps.\n" * 60)
    expect(page.locator("#result")).to_contain_text("gato")
    for name in ("#text-count", "#copy"):
        expect(page.locator(name)).to_be_in_viewport()


def test_marks_show_in_colours_of_the_readers_own(opened: Opener) -> None:
    """Windows' high contrast: the browser takes away every other colour."""
    with opened() as page:
        page.emulate_media(forced_colors="active")
        page.wait_for_selector("[role=tab][aria-selected=true]")
        page.locator("#text").fill("The black cat sleeps.")
        page.locator("#result [data-unit]").first.click()
        page.wait_for_selector("#sentence-attention table")
        page.locator("#result [data-unit]").nth(1).hover()
        for marked in page.locator("#translate .linked").all():
            assert style(marked, "outlineStyle") == "solid"
        cells = page.locator("#sentence-attention tbody tr").first.locator("td")
        assert len({style(cell, "backgroundColor") for cell in cells.all()}) > 1
        assert style(page.locator("#tab-align"), "borderBottomColor") == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("width", [320, 360, 390])
def test_all_tabs_fit_a_small_phone(opened: Opener, width: int) -> None:
    with opened(viewport=ViewportSize(width=width, height=640)) as page:
        tabs = page.locator("[role=tablist]")
        assert tabs.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_tabs_by_key(page: Page) -> None:
    page.locator("#tab-translate").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#documents")).to_be_visible()
    expect(page.locator("#tab-documents")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#align")).to_be_visible()


def test_the_address_has_the_settings_and_no_text(opened: Opener, url: str) -> None:
    with opened() as page:
        page.wait_for_selector("[role=tab][aria-selected=true]")
        page.locator("#from").select_option("pt")
        page.locator("#format").select_option("markdown")
        page.locator("#text").fill("Um segredo.")
        expect(page.locator("#result")).to_contain_text("secret")
        address = page.url
    assert "segredo" not in address
    with opened(address.removeprefix(url)) as page:
        page.wait_for_selector("[role=tab][aria-selected=true]")
        chosen = [page.locator(f"#{name}").input_value() for name in ("from", "to", "format", "text")]
    assert chosen == ["pt", "en", "markdown", ""]


def test_a_text_that_is_too_long_is_told_in_words_and_not_sent(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("#text").fill("word " * 30_000)
    expect(page.locator("#result-state")).to_contain_text("128 KB can be sent at once: take out about 19 KB")
    expect(page.locator("#text-count")).to_have_text("146 of 128 KB")
    assert not [address for address in sent if address.endswith("/v1/translate")]


def test_a_busy_server_is_asked_again(page: Page) -> None:
    answers = 0

    def busy_once(route: Route) -> None:
        nonlocal answers
        answers += 1
        if answers > 1:
            route.continue_()
            return
        body = json.dumps({"code": "queue_full", "detail": "…"})
        route.fulfill(status=429, headers={"Retry-After": "1"}, body=body)

    page.route("**/v1/translate", busy_once)
    page.locator("#text").fill("The black cat sleeps.")
    expect(page.locator("#result")).to_have_text("O gato preto dorme.")
    assert answers == 2


def test_failures_are_told(page: Page) -> None:
    page.route("**/v1/translate", lambda route: route.abort())
    page.locator("#text").fill("Hello.")
    expect(page.locator("#result-state")).to_have_text("The server does not answer. Is it still running?")
    page.unroute("**/v1/translate")
    body = 'event: token\ndata: {"text": "A"}\n\nevent: error\ndata: {"code": "timeout"}\n\n'
    page.route("**/v1/translate", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
    page.locator("#text").fill("Hello again.")
    expect(page.locator("#result-state")).to_contain_text("longer than the server allows")


@pytest.mark.parametrize(
    ("tab", "path", "fields", "result"),
    [
        ("translate", "translate", {"#text": "The black cat sleeps."}, ("#result", "O gato preto dorme.")),
        (
            "summarize",
            "summarize",
            {"#article": "The black cat sleeps."},
            ("#summary", "The black cat sleeps."),
        ),
        (
            "align",
            "align",
            {"#align-source": "a cat", "#align-target": "um gato"},
            ("#align-state", "2 links"),
        ),
    ],
)
def test_what_was_asked_of_a_server_that_was_away_comes_when_it_is_back(
    page: Page, tab: str, path: str, fields: dict[str, str], result: tuple[str, str]
) -> None:
    page.locator(f"#tab-{tab}").click()
    page.context.set_offline(True)
    for field, text in fields.items():
        page.locator(field).fill(text)
    expect(page.locator(f"#{tab} [role=status].error")).to_contain_text("does not answer")
    loading = json.dumps({"code": "loading", "detail": "The models are being loaded."})
    answers = iter([503])

    def loads(route: Route) -> None:
        status = next(answers, None)
        route.continue_() if status is None else route.fulfill(status=status, body=loading)

    page.route(f"**/v1/{path}", loads)
    page.context.set_offline(False)
    expect(page.locator(result[0])).to_contain_text(result[1])


def test_nobody_waits_for_a_server_for_what_is_not_wanted_any_more(page: Page) -> None:
    """The time between two looks is none here; what does not end asks again and again."""
    page.context.set_offline(True)
    outcome = page.evaluate(
        """async () => {
            const { ask, whenBack } = await import("/playground/api.js");
            const away = await ask("version").catch((error) => error);
            const controller = new AbortController();
            const wait = window.setTimeout;
            window.setTimeout = (work) => wait(work, 0);
            let looks = 0;
            const endless = new Promise((resolve) => {
                window.fetch = async (path, { signal }) => {
                    controller.abort();
                    if (++looks > 3) resolve("endless");
                    throw signal.reason;
                };
            });
            const ended = whenBack(away, controller.signal, 0, () => {}).then(() => "ended");
            return Promise.race([ended, endless]);
        }"""
    )
    page.context.set_offline(False)
    assert outcome == "ended"


@pytest.mark.parametrize("field", ["#text", "#article", "#align-source"])
def test_a_long_word_stays_in_its_field(page: Page, field: str) -> None:
    tabs = {"#text": "translate", "#article": "summarize", "#align-source": "align"}
    page.locator(f"#tab-{tabs[field]}").click()
    page.locator(field).fill("https://example.org/" + "a" * 500)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_key_is_asked_for_once_it_was_refused_and_sent(page: Page) -> None:
    sent: list[str | None] = []

    def guarded(route: Route) -> None:
        sent.append(route.request.headers.get("authorization"))
        if sent[-1] == "Bearer k":
            route.continue_()
            return
        route.fulfill(status=401, body=json.dumps({"code": "key_missing", "detail": "A key, please."}))

    page.route("**/v1/translate", guarded)
    expect(page.locator("#key")).to_be_hidden()
    page.locator("#text").fill("The black cat sleeps.")
    expect(page.locator("#result-state")).to_contain_text("at the top of this page")
    page.locator("#key").fill(" k ")
    page.locator("#key").press("Enter")
    expect(page.locator("#result")).to_contain_text("O gato preto dorme.")
    assert sent == [None, "Bearer k"]


def test_a_summary_shows_what_it_rests_on(page: Page) -> None:
    page.locator("#tab-summarize").click()
    page.locator("#article").fill(ARTICLE)
    page.locator("#length").select_option("short")
    sentence = page.locator("#summary [data-unit]").first
    expect(sentence).to_be_visible()
    sentence.hover()
    based = page.locator("#article-editor .linked").all_inner_texts()
    assert "".join(based).strip() in ARTICLE
    assert sentence.inner_text().rstrip(".") in "".join(based)
    expect(page.locator("#summary-state")).to_contain_text(f"of {len(ARTICLE.split())} words")
    page.locator("#style").select_option("bullets")
    expect(page.locator("#summary")).to_contain_text("- ")


def test_a_pair_of_ones_own_is_aligned(page: Page) -> None:
    page.locator("#tab-align").click()
    page.locator("#align-examples").select_option(index=1)
    expect(page.locator("#align-state")).to_contain_text("links")
    page.locator("#align-source").press("Home")
    assert page.locator("#align-target-editor .linked").all_inner_texts() == ["O"]


def test_nothing_may_run_that_is_not_the_servers_own(url: str) -> None:
    for path in ("/", "/docs", "/playground/main.js", "/playground/style.css"):
        answer = httpx.get(url + path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    assert httpx.get(f"{url}/playground/nothing.js").status_code == 404
    assert httpx.get(f"{url}/playground/main.js").headers["content-type"].startswith("text/javascript")
