# The two commands of a newcomer: `make quickstart` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: quickstart test test-all lint types unit docs clean

quickstart: $(STAMP)
	$(BIN)/videorlvr quickstart

test: lint types unit

# Whatever `make test` leaves out for its time (tests/slow.py), too.
test-all: lint types
	$(BIN)/pytest -m ""

lint: $(STAMP)
	$(BIN)/ruff check src tests benchmarks docs examples
	$(BIN)/ruff format --check src tests benchmarks docs examples

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/pytest

docs: $(STAMP)
	$(BIN)/python -m videorlvr.reports.worlds_page docs/worlds
	$(BIN)/videorlvr methods catalogue --out docs/methods

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"videorlvr needs Python 3.11 or newer, this is {v.major}.{v.minor}: run make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache
