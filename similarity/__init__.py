"""What the trainer and the dashboard agree on: sentence pairs, metrics, the run format, scorers."""
