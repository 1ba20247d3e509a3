"""The comparison of some runs as one document for people who don't have the dashboard.

`content` has the numbers, `sections` puts them into words and tables, `html` and `markdown` write these down; only
`load` knows Streamlit.
"""
