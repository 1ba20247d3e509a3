"""Disagreements in a real browser: from the pair to its note and on to the score page; and on a phone."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import HOSTILE
from tests.browser.test_dashboard import heading, open_at

CHOSEN = "runs=cross&runs=bi"


def test_a_pair_is_found_marked_and_scored(page: Page, context: BrowserContext, address: str) -> None:
    open_at(page, f"{address}/disagreements?{CHOSEN}")
    cards = page.get_by_test_id("pair-card")
    expect(cards).to_have_count(10)
    page.get_by_label("Find in sentences").fill("test7")
    page.get_by_label("Find in sentences").press("Enter")
    expect(cards).to_have_count(1)
    expect(page).to_have_url(re.compile("find=test7"))

    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_text("label is wrong").click()
    page.get_by_label("Note (optional)").fill(HOSTILE)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("pair-note")).to_contain_text(HOSTILE)
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert page.evaluate("window.hacked") is None

    other = context.new_page()
    open_at(other, f"{address}/disagreements?{CHOSEN}&noted=label")
    expect(other.get_by_test_id("pair-note")).to_have_count(1)
    other.get_by_role("button", name="Change note").click()
    other.get_by_role("button", name="Remove", exact=True).click()
    expect(other.get_by_text("No pair passes these filters")).to_be_visible()

    sentence = cards.locator("p").first.inner_text()
    page.get_by_role("button", name="Score or edit").click()
    heading(page, "Score a pair")
    expect(page.get_by_label("First sentence")).to_have_value(sentence)


def test_turning_the_page_and_going_back(page: Page, address: str) -> None:
    open_at(page, f"{address}/disagreements?{CHOSEN}&lang=ko")
    first = page.get_by_test_id("pair-card").first
    expect(first.locator("header b")).to_have_text("1")
    page.get_by_role("button", name="Page 2", exact=True).last.click()
    expect(first.locator("header b")).to_have_text("11")
    expect(page).to_have_url(re.compile("page=2"))
    page.get_by_text("너무 높음", exact=True).click()
    expect(first.locator("header b")).to_have_text("1")
    expect(page).not_to_have_url(re.compile("page="))
    page.go_back()
    expect(first.locator("header b")).to_have_text("11")


def test_a_phone_shows_the_cards_without_sideways_scroll(phone: BrowserContext, address: str) -> None:
    narrow = phone.new_page()
    open_at(narrow, f"{address}/disagreements?{CHOSEN}")
    heading(narrow, "엇갈린 쌍")
    expect(narrow.get_by_test_id("pair-card")).to_have_count(10)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
    content = narrow.get_by_test_id("stMain")
    assert content.evaluate("element => element.scrollWidth <= element.clientWidth")
