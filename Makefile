# The front door. Needs Python 3.11–3.13 and make; the first target sets up all the rest.
#
#   make run [DATASET=datasets/core.toml]   the whole path: server, schema, data, build, a table of names
#   make test                               the suite (minutes)
#   make test-full                          the same and the larger runs
#   make lint                               ruff, mypy, sqlfluff, the Dockerfile's linter
#   make bench                              timings beside their peers
#   make lock                               renew the two locks from pyproject.toml
#   make clean                              remove what was installed and cached; data stay
#
# PYTHON=… names another interpreter, VENV=… another place for the environment.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-full bench lock clean
.PHONY: lint lint-ruff lint-format lint-types lint-functions lint-queries lint-models lint-docker

DATASET ?=
VENV ?= .venv
BIN := $(VENV)/bin

# The newest interpreter that answers: a name on the PATH may be a shim for one that is not there.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && { echo $$name; break; }; done)

help:
	@sed -n '3,9s/^#  //p' Makefile

run: $(VENV)/.installed
	$(BIN)/factorium run $(if $(DATASET),--dataset $(DATASET))

test: $(VENV)/.installed-dev
	$(BIN)/pytest -m "not full"

test-full: $(VENV)/.installed-dev
	$(BIN)/pytest

bench: $(VENV)/.installed-dev
	$(BIN)/factorium bench

# --- set-up -----------------------------------------------------------------------------------

# pip, checking its hash, installs uv from the lock; uv installs the rest, in a sixth of pip's time.
# --no-deps: the lock is complete, and leaves out psycopg2 (a compiler's work; psycopg2-binary is in).
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps
LOCKED = $(INSTALL) --require-hashes --only-binary :all:

$(VENV)/.uv: requirements.lock
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv on the PATH." \
		"Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Installing into $(VENV) ($$($(PYTHON) --version)) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--require-hashes --only-binary :all: -r $(VENV)/uv.lock
	@touch $@

$(VENV)/.installed: requirements.lock pyproject.toml $(VENV)/.uv
	@$(LOCKED) -r requirements.lock
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@$(LOCKED) -r requirements-dev.lock
	@touch $@

# --- checks -----------------------------------------------------------------------------------

lint: lint-ruff lint-format lint-types lint-functions lint-queries lint-models lint-docker

lint-ruff: $(VENV)/.installed-dev
	$(BIN)/ruff check

lint-format: $(VENV)/.installed-dev
	$(BIN)/ruff format --check

lint-types: $(VENV)/.installed-dev
	$(BIN)/mypy

# sqlfluff takes one templater a run: dbt (the default, in .sqlfluff) for models, these for the rest.
lint-functions: $(VENV)/.installed-dev
	$(BIN)/sqlfluff lint --processes 2 --templater raw sql/functions sql/aggregates

lint-queries: $(VENV)/.installed-dev
	$(BIN)/sqlfluff lint --processes 2 --templater placeholder sql/queries

lint-models: $(VENV)/.installed-dev
	VENV=$(VENV) .ci/with-warehouse $(BIN)/sqlfluff lint --processes 2 dbt/models dbt/tests

lint-docker: $(VENV)/.installed-dev
	@if test -x $(BIN)/hadolint; then set -x; $(BIN)/hadolint --config docker/hadolint.yaml docker/Dockerfile; \
	else echo "lint-docker: hadolint has no build for this platform; the Dockerfile was not linted"; fi

# --- upkeep -----------------------------------------------------------------------------------

# The runtime lock is a subset of the development one, so the same versions are tested and shipped.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-build --no-header --no-annotate --no-emit-index-url --no-emit-package psycopg2 \
	--override requirements-override.txt $(LOCK_OPTIONS)

lock: $(VENV)/.uv
	$(COMPILE) --extra dev pyproject.toml requirements.in requirements-dev.in -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock pyproject.toml requirements.in -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf dbt/target dbt/logs logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
