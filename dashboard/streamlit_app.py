"""The dashboard's entry: navigation only.

streamlit run dashboard/streamlit_app.py
"""

import streamlit as st

from dashboard import texts, view_state
from dashboard.navigation import PAGE_NAMES, PAGES
from dashboard.view_state import t
from dashboard.views import controls, parts

SIDEBAR_WIDTH = 216


def main() -> None:
    """Show the chosen page with the language switch beside it."""
    view_state.sync_with_url()
    st.set_page_config(
        page_title=t("app.title"), page_icon=str(parts.ICON), layout="wide", initial_sidebar_state=SIDEBAR_WIDTH
    )
    st.html(parts.STYLES)
    page = st.navigation(
        {
            t(f"nav.{group}"): [
                st.Page(f"app_pages/{name}.py", title=t(f"nav.{name}"), url_path=name, default=name == PAGE_NAMES[0])
                for name in pages
            ]
            for group, pages in PAGES.items()
        }
    )
    with st.sidebar:
        controls.single(
            "lang", t("app.language"), list(texts.LANGUAGES), view_state.language(), texts.LANGUAGES.__getitem__
        )
    page.run()


main()
