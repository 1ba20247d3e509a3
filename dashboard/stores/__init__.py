"""Cached reads: everything is read again when its file changes, and not before."""
