"""The sections of the Predictions page: each looks at the same predictions from another side."""
