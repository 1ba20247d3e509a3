"""Which pages there are, in the navigation's order: adding a page is adding its name."""

PAGES = {
    "compare": ("runs", "curves", "predictions", "disagreements"),
    "detail": ("run_card", "data", "report"),
    "try": ("score",),
}
"""Group → files below `app_pages/`; the texts are `nav.<group>` and `nav.<page>`."""

PAGE_NAMES = tuple(name for pages in PAGES.values() for name in pages)
