"""The dashboard: reads runs, compares them, scores pairs with their models."""
