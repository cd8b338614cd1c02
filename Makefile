# `make` alone lists what there is. Everything works on the tools of .venv, which `make install` keeps up to date.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Modules that write documents into docs/; a test runs each and compares.
GENERATORS := mlflow_exporter.config.reference mlflow_exporter.collectors.reference mlflow_exporter.cli.reference
BENCHMARKS := profiling poll scrape instrument serving
DEMO_SECONDS ?=
PYTEST_ARGS ?=

.PHONY: help install test lint types tests programs demo bench bench-drift dashboards docs format lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## install the package and its locked development dependencies into .venv

# Made anew only when the lock or the project's description changed; an install that broke off starts again.
$(INSTALLED): requirements-dev.lock pyproject.toml
	@.ci/create-venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

test: install programs lint types tests ## everything: lint, types, architecture, tests

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

# The architecture (import-linter) and the generated files are tests too.
tests: install programs
	$(BIN)/pytest -n logical --dist worksteal $(PYTEST_ARGS)

# Prometheus, Alertmanager and Chromium, where this may install them; tests say what they miss.
programs:
	@.ci/install-programs

demo: install ## MLflow, two models, traffic that drifts, the exporter; DEMO_SECONDS=90 stops by itself
	@exec $(BIN)/mlflow-exporter demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

bench: install ## measure against peers; writes benchmarks/RESULTS.md
	@for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python benchmarks/$$name.py; done

bench-drift: install ## false alarms and detections of the drift tests; writes benchmarks/RESULTS.md
	$(BIN)/python benchmarks/drift.py
	$(BIN)/python benchmarks/drift_dataset.py

dashboards: install ## make the JSON of the Grafana dashboards anew
	$(BIN)/python -m dashboards.builders

docs: install ## make the generated documents anew
	@for module in $(GENERATORS); do echo "$$module" && $(BIN)/python -m "$$module"; done

format: install ## format the code and mend what can be mended
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: install ## lock the newest development dependencies that pyproject.toml allows
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --extra dev --custom-compile-command "make lock" \
	  --no-emit-index-url --no-emit-find-links --output-file requirements-dev.lock pyproject.toml

clean: ## remove everything that can be made again
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path "./.git/*" -prune -exec rm -rf {} +
