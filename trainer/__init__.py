"""The offline side: prepares data, trains and evaluates models, and keeps the runs (`python -m trainer --help`)."""
