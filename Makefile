# Verdict: `make run` serves the app, `make test` runs every test. Needs python3 (3.11 or newer) and make.

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --upgrade
POSTGRES := $(shell ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null || command -v postgres)
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

# Debian packages, when they may be installed: as root, or through sudo.
APT := if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$as apt-get update -qq && $$as apt-get install -y -qq --no-install-recommends

.PHONY: help run install install-dev test kills load check format bench calibrate samples docs screenshot lock clean

help:
	@echo "make run        serve the app on http://127.0.0.1:$(PORT) (PORT=8600 for another port)"
	@echo "make test       run every test, the browser's too"
	@echo "make kills      kill saving processes 200 times, on SQLite and on PostgreSQL"
	@echo "make load       measure shared pages, people and idle sessions on a served app"
	@echo "make check      format, lint, types and floors, as CI does"
	@echo "make format     format the code"
	@echo "make bench      measure beside pandas, tea-tasting and plain DuckDB (BENCH_ROWS=100000000)"
	@echo "make calibrate  run the simulated experiments at full length, and the slowest tests"
	@echo "make samples    write data/samples anew"
	@echo "make docs       write docs/methods.md anew from the registry of methods"
	@echo "make screenshot take the picture in the README anew"
	@echo "make lock       resolve requirements*.txt into the locks anew"
	@echo "make clean      remove what the other targets made, but never data/var"

run: install
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.headless true

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Verdict needs Python 3.11 or newer. Name one: make PYTHON=python3.12 run" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(APT) python3-venv; } || { \
		echo "$(PYTHON) cannot make a virtual environment. Run: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed: requirements.lock | $(BIN)/python
	@echo "Installing what Verdict needs (once, about a minute) ..."
	@$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock | $(BIN)/python
	@echo "Installing what the tests need (once, about a minute) ..."
	@$(INSTALL) -r requirements-dev.lock
	@touch $(VENV)/.installed $@

.PHONY: chromium
chromium:
	@test -n "$(CHROMIUM)" || { echo "Installing Chromium for the browser tests ..."; $(APT) chromium; } || { \
		echo "The browser tests need Chromium. Run: apt-get install chromium" >&2; exit 1; }

.PHONY: postgres
postgres:
	@test -n "$(POSTGRES)" || { echo "Installing PostgreSQL for the tests of the store ..."; $(APT) postgresql; } || { \
		echo "The tests need PostgreSQL. Run: apt-get install postgresql" >&2; exit 1; }

# What measures time runs alone on a quiet machine.
test: install-dev chromium postgres
	$(BIN)/python -m pytest -n 2 -m "not browser and not timing and not slow"
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "browser and not timing"
	$(BIN)/python -m pytest -m "timing and not browser"

kills: install-dev postgres
	VERDICT_KILLS=200 $(BIN)/python -m pytest tests/store/test_rivals.py

load: install-dev
	$(BIN)/python -m tests.bench.load

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	PYTHONPATH=. $(BIN)/python docs/generate.py --check

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

bench: install-dev
	$(BIN)/python -m tests.bench

calibrate: install-dev
	VERDICT_CALIBRATION=full $(BIN)/python -m pytest -n 2 -m "calibration or slow"

samples: install
	$(BIN)/python -m analysis.simulate.samples data/samples

docs: install
	PYTHONPATH=. $(BIN)/python docs/generate.py

screenshot: install-dev chromium
	PYTHONPATH=. $(BIN)/python docs/screenshot.py

lock: install-dev
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache tests/bench/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
