# `make help` lists the targets. Everything runs in .venv, which the targets create; only Python 3.11+ is needed.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501
export HF_HUB_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false

.DEFAULT_GOAL := help
.PHONY: help dashboard test check format pins clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dashboard: .venv/installed ## open the dashboard on http://localhost:8501 (PORT=… for another); trains two placeholder runs first if there are none
	@$(BIN)/python -m trainer demo --if-no-runs
	@$(BIN)/streamlit run dashboard/streamlit_app.py --server.port $(PORT)

test: .venv/installed-dev ## run all tests, those in a real browser included
	@$(BIN)/python -m tests.find_browser --install
	@$(BIN)/python -m pytest

check: .venv/installed-dev ## ruff, mypy, import-linter, and that no page loads torch on import
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/test_imports.py --durations=0

format: .venv/installed-dev ## rewrite the code in the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

pins: ## resolve requirements*.in anew and write the pins into requirements*.txt
	@$(PYTHON) tools/pin_requirements.py

clean: ## remove .venv and caches; runs and data stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Python 3.11 or newer is needed, but {sys.executable} is {v[0]}.{v[1]}. Name another: make PYTHON=python3.13")'
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.txt requirements.in pyproject.toml
	@echo "Installing the pinned requirements into .venv (some minutes the first time) …"
	@$(BIN)/python -m pip install -qq --requirement requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	@$(BIN)/python -m pip install -qq --requirement requirements-dev.txt
	@touch $@
