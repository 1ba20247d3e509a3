"""What pages show, as tables and facts: no Streamlit, no pictures."""
