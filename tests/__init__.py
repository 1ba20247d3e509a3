"""Tests; the folder mirrors the code."""
