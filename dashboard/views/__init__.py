"""Pieces of pages: what Streamlit draws of tables, figures and choices."""
