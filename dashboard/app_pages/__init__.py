"""One file a page; each reads as pick, load, show."""
