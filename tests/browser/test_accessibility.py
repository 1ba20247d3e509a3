"""Every page, light and dark, scanned by axe-core: nothing serious stands in anybody's way."""

from collections.abc import Iterator
from importlib import resources

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.navigation import PAGE_NAMES
from tests.browser.conftest import watched

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
STREAMLITS_OWN = [['[data-testid="stSidebarNavItems"]']]
"""Its navigation puts groups into a list without being items of it; that is not ours to mend."""
SERIOUS = ("serious", "critical")


@pytest.fixture(params=["light", "dark"])
def context_of_scheme(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    yield from watched(browser, locale="en-US", viewport={"width": 1280, "height": 1000}, color_scheme=request.param)


def violations(page: Page) -> list[str]:
    """Return what axe-core finds serious, one line a kind with the first places."""
    page.evaluate(AXE)
    found = page.evaluate(
        "async (exclude) => (await axe.run({exclude}, {resultTypes: ['violations']})).violations", STREAMLITS_OWN
    )
    return [
        f"{each['id']} ({each['impact']}): {each['help']}; {len(each['nodes'])} places, such as "
        + " | ".join(str(node["html"])[:160] for node in each["nodes"][:3])
        for each in found
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_a_page_has_no_serious_obstacle(context_of_scheme: BrowserContext, address: str, name: str) -> None:
    page = context_of_scheme.new_page()
    # The first page stands at the address itself.
    page.goto(f"{address}/{'' if name == PAGE_NAMES[0] else name}?data=korsts")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    # While a page is drawn, elements fade in and have another colour.
    page.wait_for_function("document.getAnimations().every(each => each.playState === 'finished')")
    assert violations(page) == []
