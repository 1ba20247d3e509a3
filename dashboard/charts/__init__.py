"""Tables as plotly figures; text, grid and paper take their colours from Streamlit's theme, light or dark."""
