# SPDX-License-Identifier: Apache-2.0
# `make demo` and `make test` each work as the first command on a fresh clone. What they need from
# the machine: Python 3.11 or later with venv, git, make. Everything else goes into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMPS := $(VENV)/stamps
DEMO_DIR ?= demo-result
PYTEST_ARGS ?= -n 3 --dist worksteal
SOURCES := $(shell find src -name '*.py' 2>/dev/null)
# Those that have more cases in a long run: marked, told by a fixture, or made up by Hypothesis.
SOAKS := $(sort $(shell grep -rlE 'mark\.soak|soak: bool|^from hypothesis' tests --include='test_*.py'))

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PYTHONDONTWRITEBYTECODE :=

# Every version is pinned and every file's hash is checked; nothing is built from source.
PIP_INSTALL := $(PY) -m pip install --quiet --no-deps --require-hashes --only-binary :all:

.PHONY: help
help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' \
		| awk -F'\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

# ---- setting up ------------------------------------------------------------------------------

$(STAMPS)/python:
	@python=""; \
	for name in "$${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3 python; do \
		[ -n "$$name" ] || continue; \
		if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python="$$name"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "skontro needs Python 3.11 or later and found none." >&2; \
		echo "Debian 12: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "setting up $(VENV) with $$("$$python" --version)" >&2; \
	clear=""; [ ! -e $(VENV) ] || $(PY) -c "" 2>/dev/null || clear=--clear; \
	if ! "$$python" -m venv $$clear $(VENV) 2>$(VENV).log; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "this Python has no venv: installing python3-venv" >&2; \
			{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y python3-venv; } \
				>>$(VENV).log 2>&1 || true; \
		fi; \
		"$$python" -m venv --clear $(VENV) || { \
			echo "No virtual environment could be made; see $(VENV).log." >&2; \
			echo "Debian: apt-get install python3-venv" >&2; exit 1; }; \
	fi; \
	rm -f $(VENV).log; mkdir -p $(STAMPS); touch $@

$(STAMPS)/core: requirements/core.txt | $(STAMPS)/python
	@echo "installing what the package needs" >&2
	@$(PIP_INSTALL) -r $<
	@touch $@

$(STAMPS)/dev: requirements/dev.txt | $(STAMPS)/python
	@echo "installing what the package and its tests need" >&2
	@$(PIP_INSTALL) -r $<
	@touch $@ $(STAMPS)/core

$(STAMPS)/package: pyproject.toml | $(STAMPS)/core
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: setup setup-dev
setup: $(STAMPS)/core $(STAMPS)/package  ## set up .venv with what the package needs
setup-dev: $(STAMPS)/dev $(STAMPS)/package  ## set up .venv with what tests and checks need too

# Debian's Chromium, for the tests that open the report. Without it they are skipped, and say so.
.PHONY: browser
browser:
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
			&& ! command -v google-chrome >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing chromium for the browser tests" >&2; \
			{ timeout 120 apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
				timeout 300 apt-get install -qq -y --no-install-recommends chromium; } \
				>/dev/null 2>&1 || true; \
		fi; \
		command -v chromium >/dev/null || \
			echo "NO BROWSER: the tests that open the report in one will be skipped" >&2; \
	fi

# ---- using -----------------------------------------------------------------------------------

.PHONY: demo
demo: setup  ## clear a synthetic network and check the proof; let a house live through a year
	@$(BIN)/skontro demo --out $(DEMO_DIR)

.PHONY: test
test: setup-dev browser  ## run the tests
	@$(PY) -m pytest $(PYTEST_ARGS)

.PHONY: check
check: setup-dev  ## lint, types, house style
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(PY) -m pytest -q tests/test_tidy.py

.PHONY: bench
bench: setup-dev  ## measure against OR-Tools and LEMON; writes docs/benchmarks.md
	@$(PY) -m bench $(BENCH_ARGS)

# With a folder of real lists and labelled pairs: make screening SCREENING_ARGS="FOLDER --speed"
.PHONY: screening
screening: setup  ## measure how well listed names are found again, however they are written
	@$(PY) -m skontro.lab.screening $(SCREENING_ARGS)

# Suites that passed since the last change to their file or to src are not run again.
.PHONY: soak
soak: setup-dev browser $(SOAKS:%=.soak/%.done)  ## the long tests; stop it and it goes on from there

.soak/%.done: % $(SOURCES)
	@mkdir -p $(@D)
	@echo "soak: $<" >&2
	@SKONTRO_SOAK=1 $(PY) -m pytest -q $(SOAK_ARGS) $<
	@touch $@

# ---- looking after ---------------------------------------------------------------------------

.PHONY: requirements
requirements: setup-dev  ## pin the newest versions that requirements/*.in allow, with hashes
	@for name in core dev; do \
		CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/pip-compile --quiet --upgrade \
			--generate-hashes --allow-unsafe --strip-extras --no-emit-options \
			--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
			--output-file requirements/$$name.txt requirements/$$name.in; \
	done

# Until the first release only: see the docstring of src/skontro/store/migrations.
.PHONY: schema schema-check
schema: setup-dev tables  ## write the migrations anew from store/schema/ and guards.py
	@$(PY) -m tests.migration_writer

schema-check: setup-dev  ## say whether the migrations agree with store/schema/ and guards.py
	@$(PY) -m tests.migration_writer --check

.PHONY: tables
tables: setup-dev  ## write docs/tables.md from store/schema/ and guards.py
	@$(PY) -m tests.tables_page

.PHONY: clean
clean:  ## remove .venv, caches, the demo's result
	@rm -rf $(VENV) $(VENV).log .soak .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build \
		$(DEMO_DIR)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
