"""The reference of the API: every operation of it can be tried there."""

from __future__ import annotations

import json

from playwright.sync_api import Route, expect

from tests.service.http.node import FOLDER, require_package
from tests.service.http.playground.conftest import DESKTOP, Opener
from tests.service.http.playground.test_page import PHONE, runs_over, text_file, violations


def test_nothing_of_it_is_lost_to_who_hears_it_or_has_a_phone(opened: Opener) -> None:
    require_package("axe-core")
    with opened("/docs") as page:
        page.wait_for_selector(".operation")
        page.evaluate((FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
        assert violations(page) == []
        for viewport in (DESKTOP, PHONE):
            page.set_viewport_size(viewport)
            assert not runs_over(page)


def test_an_example_can_be_sent(opened: Opener) -> None:
    with opened("/docs") as page:
        card = page.locator("#translate")
        card.get_by_role("button", name="Send").click()
        expect(card.locator("pre")).to_contain_text("O gato preto dorme.")
        card.locator("select").select_option(label="A pair that no model serves")
        card.get_by_role("button", name="Send").click()
        expect(card.locator("pre")).to_contain_text("unsupported_language_pair")


def test_parameters_and_forms_can_be_filled_in(opened: Opener) -> None:
    with opened("/docs") as page:
        sent = page.locator("#send_document")
        sent.locator("[name=file]").set_input_files(text_file("cat.txt", "The black cat sleeps."))
        sent.locator("[name=target_lang]").fill("pt")
        sent.locator("[name=target_lang]").press("Enter")
        expect(sent.locator("pre")).to_contain_text("202 Accepted")
        document_id = json.loads(sent.locator("pre").inner_text().partition("\n\n")[2])["id"]
        for operation, answer in (("show_document", "200 OK"), ("delete_document", "204 No Content")):
            card = page.locator(f"#{operation}")
            card.locator("[name=document_id]").fill(document_id)
            card.get_by_role("button", name="Send").click()
            expect(card.locator("pre")).to_contain_text(answer)


def test_it_names_failures_and_asks_for_a_key(opened: Opener) -> None:
    def refuse(route: Route) -> None:
        known = route.request.headers.get("authorization") == "Bearer clk_1"
        route.fulfill(status=200 if known else 401, json={})

    with opened("/docs") as page:
        card = page.locator("#translate")
        card.locator("summary").click()
        expect(card.locator("details")).to_contain_text("429 Too Many Requests. queue_full")
        page.route("**/v1/translate", refuse)
        card.get_by_role("button", name="Send").click()
        expect(card.locator("pre")).to_contain_text("401")
        page.get_by_label("Key").fill("clk_1")
        card.get_by_role("button", name="Send").click()
        expect(card.locator("pre")).to_contain_text("200")


def test_the_contents_can_be_passed_by(opened: Opener) -> None:
    with opened("/docs") as page:
        page.wait_for_selector(".operation")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.operation').id") == "translate"
