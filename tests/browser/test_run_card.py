"""The run card in a real browser: two runs set side by side, a run changed and brought back, a phone."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from similarity import run_format
from tests import builders
from tests.browser.conftest import HOSTILE
from tests.browser.test_dashboard import heading, open_at


@pytest.fixture
def spare(home: Path) -> Iterator[Path]:
    """A run that a test may change and delete, on a data set of its own; gone afterwards."""
    runs = home / "artifacts" / "runs"
    older = builders.START - timedelta(days=9)
    record = builders.record("spare", data={"name": "elsewhere"}, display_name="Spare", created_at=older)
    run_format.write_record(runs, record)
    yield runs / "spare"
    for folder in (runs, home / "artifacts" / "trash"):
        shutil.rmtree(folder / "spare", ignore_errors=True)


def test_two_runs_side_by_side_and_the_picture_of_one(page: Page, address: str) -> None:
    open_at(page, f"{address}/run_card?run=cross")
    heading(page, "Run card")
    page.get_by_role("tab", name="Network").click()
    expect(page).to_have_url(re.compile("section=network"))
    picture = page.get_by_test_id("stImage").locator("img")
    expect(picture).to_have_attribute("alt", re.compile("2 layers, 2 attention heads"))
    assert picture.evaluate("image => image.naturalWidth") == 460
    expect(page.locator(".st-key-chart-layers .bars path").first).to_be_visible()

    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name="Bi-encoder").click()
    expect(page).to_have_url(re.compile("against=bi"))
    table = page.get_by_test_id("differences")
    expect(table.get_by_role("row", name="kind")).to_contain_text("bi-encoder")
    expect(page.get_by_test_id("remarks")).to_contain_text("on the same 40 pairs")
    expect(table.get_by_text("pretrained body")).to_have_count(0)
    page.get_by_text("Show equal values too").click()
    expect(table.get_by_text("pretrained body")).to_be_visible()


def test_a_run_is_renamed_deleted_only_when_confirmed_and_brought_back(page: Page, address: str, spare: Path) -> None:
    open_at(page, f"{address}/run_card?run=spare")
    page.get_by_role("button", name="Name, tags, note").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(HOSTILE[:90])
    dialog.get_by_label("Note").fill("first line\nsecond line")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", level=3).first).to_contain_text(HOSTILE[:90])
    expect(page.locator(".run-note")).to_have_text("first line\nsecond line")
    assert page.evaluate("window.hacked") is None

    page.get_by_role("button", name="Delete …").click()
    expect(dialog).to_contain_text("Delete run")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert spare.is_dir()
    page.get_by_role("button", name="Delete …").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted run")).to_be_visible()
    expect(page).not_to_have_url(re.compile("run=spare"))
    assert not spare.exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=3).first).to_contain_text(HOSTILE[:90])
    assert spare.is_dir()


def test_a_phone_shows_every_section_without_sideways_scroll(phone: BrowserContext, address: str) -> None:
    narrow = phone.new_page()
    open_at(narrow, f"{address}/run_card?run=cross")
    heading(narrow, "실행 카드")
    content = narrow.get_by_test_id("stMain")
    for section in ("점수", "재현", "에폭", "모델", "파일"):
        narrow.get_by_role("tab", name=section).click()
        expect(narrow.get_by_role("tab", name=section)).to_have_attribute("aria-selected", "true")
        expect(narrow.get_by_test_id("stStatusWidget")).to_have_count(0)
        assert content.evaluate("element => element.scrollWidth <= element.clientWidth"), section
    open_at(narrow, f"{address}/run_card?run=cross&against=bi")
    expect(narrow.get_by_test_id("differences")).to_contain_text("바이 인코더")
    assert content.evaluate("element => element.scrollWidth <= element.clientWidth")
