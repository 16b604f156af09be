# Everything that a developer runs. It needs Python 3.11 or newer, and make. Repeating a set-up takes seconds.
#
#   make               set up everything (same as: make setup)
#   make demo          run the product end to end on the local cloud
#   make test          run every test: unit, docs, contract, infrastructure, end to end; measure branch coverage
#   make check         check format, lint, types, import rules, the template, state machines, policies, the console
#   make format        format the Python and the console's files
#   make docs          build the documentation site in build/site
#   make screenshots   take the tutorial's pictures again
#   make bench         run the benchmarks, beside comparable libraries
#   make soak          run the property and tampering tests at full length (about two hours of one core)
#   make mutants       run mutation testing: make mutants ROOM=functions/evaluate/cases [RETRY=1]
#   make requirements  resolve the pins again, after a requirements/*.in has changed
#   make clean         delete everything that these commands made, the environments included
#   make help          print this list

SHELL := /bin/bash
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done)
PY := .venv/bin/python
UV := .venv-tools/bin/uv
STAMPS := .venv/.stamps
# Finds Node.js, npm and the programs of node_modules.
NODE := $(PY) -m local.node
WORKERS ?= 2
MEASURED := --cov --cov-report= --cov-fail-under=0

.PHONY: setup demo test test-unit test-docs test-contract test-infra test-e2e coverage check format docs screenshots \
	bench soak mutants browser clean help requirements
.DEFAULT_GOAL := setup

setup: $(STAMPS)/python $(STAMPS)/project $(STAMPS)/node

demo: setup
	$(PY) -m local.demo

test: setup browser test-unit test-docs test-contract coverage test-infra test-e2e

test-unit: setup
	COVERAGE_FILE=build/coverage.unit $(PY) -m pytest tests/unit -n $(WORKERS) -q $(MEASURED)

test-docs: setup
	$(PY) -m pytest tests/docs -q

test-contract: setup
	COVERAGE_FILE=build/coverage.contract $(PY) -m pytest tests/contract -n $(WORKERS) -q $(MEASURED)

# Branch coverage of the unit and contract tests together; the floor is tool.coverage.report.fail_under.
coverage: test-unit test-contract
	$(PY) -m coverage combine -q --keep --data-file=build/coverage build/coverage.unit build/coverage.contract
	$(PY) -m coverage report --data-file=build/coverage

test-infra: setup
	$(NODE) exec $(PY) -m pytest tests/infra -q

test-e2e: setup
	$(NODE) exec $(PY) -m pytest tests/e2e -n $(WORKERS) --dist loadgroup --durations 12 -q

check: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m local.check_templates
	$(NODE) exec node_modules/.bin/biome check --error-on-warnings
	@for policy in config/policies/*.yaml; do .venv/bin/plumbline policy check $$policy >/dev/null || exit 1; done

format: setup
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	$(NODE) exec node_modules/.bin/biome check --write

# MkDocs has its own environment. The reference pages are generated from the code first.
docs: setup $(STAMPS)/docs
	$(PY) -m local.docs
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet
	@echo "the site is in build/site; open build/site/index.html"

# Takes the tutorial's pictures again from the current pages.
screenshots: setup browser
	$(PY) -m tests.docs.screenshots

# The comparable libraries have an environment of their own; PEERS_PYTHON is its interpreter.
bench: setup $(STAMPS)/peers
	@for name in read evaluate pace ledger; do \
		PEERS_PYTHON=$(CURDIR)/.venv-peers/bin/python $(PY) -m bench.$$name || exit 1; done

# The tests that PLUMBLINE_SOAK lengthens, the longest first. Each prints a line when it ends.
SOAKED := $(addprefix tests/unit/ingest/test_,reading_properties.py reader_fuzz.py) \
	$(addprefix tests/unit/audit/test_,tampering.py two_verifiers.py case_course.py random_calls.py) \
	tests/unit/notify/test_random_page_calls.py
soak: setup
	PLUMBLINE_SOAK=1 $(PY) -m pytest $(SOAKED) -n $(WORKERS) --dist worksteal -v --durations 12

mutants: setup $(STAMPS)/mutants
	@test -n "$(ROOM)" || { echo "say which room: make mutants ROOM=functions/evaluate/cases"; exit 1; }
	$(PY) -m tests.mutants $(ROOM) --workers $(WORKERS) $(if $(RETRY),--retry) $(if $(TESTS),--tests $(TESTS))

# The page tests need Chromium. If it cannot be installed, those tests fail and say how to get it.
browser:
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing chromium for the page tests"; \
		mkdir -p build; { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
			</dev/null >build/chromium.log 2>&1 || echo "chromium could not be installed: see build/chromium.log"; \
	fi

$(STAMPS)/python: requirements/tools.txt requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "Plumbline needs Python 3.11 or newer (python3 on PATH, or make PYTHON=...)"; exit 1; }
	@test -x .venv-tools/bin/python || "$(PYTHON)" -m venv .venv-tools
	@.venv-tools/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@test -x $(PY) || $(UV) venv -q --python "$$(command -v $(PYTHON))" .venv
	@# pip may be configured for a package mirror that uv does not know, so it is tried second.
	@# Compile the libraries once here; otherwise each local Lambda compiles them when it starts.
	@$(UV) pip install -q --compile-bytecode --python $(PY) --require-hashes -r requirements/dev.txt || \
		.venv-tools/bin/python -m pip --python $(PY) install -q --require-hashes -r requirements/dev.txt
	@mkdir -p $(STAMPS) build && touch $@

$(STAMPS)/project: $(STAMPS)/python pyproject.toml hatch_build.py LICENSE
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation --offline -e .
	@touch $@

$(STAMPS)/node: $(STAMPS)/python package.json package-lock.json
	@$(NODE) npm ci --no-audit --no-fund --loglevel=error </dev/null
	@touch $@

$(STAMPS)/mutants: $(STAMPS)/python requirements/mutants.txt
	@$(UV) pip install -q --python $(PY) --require-hashes -r requirements/mutants.txt || \
		.venv-tools/bin/python -m pip --python $(PY) install -q --require-hashes -r requirements/mutants.txt
	@touch $@

$(STAMPS)/peers: $(STAMPS)/python bench/peers/requirements.txt
	@test -x .venv-peers/bin/python || $(UV) venv -q --python $(PY) .venv-peers
	@$(UV) pip install -q --python .venv-peers/bin/python --require-hashes -r bench/peers/requirements.txt || \
		.venv-tools/bin/python -m pip --python .venv-peers/bin/python install -q --require-hashes \
			-r bench/peers/requirements.txt
	@touch $@

$(STAMPS)/docs: $(STAMPS)/python requirements/docs.txt
	@test -x .venv-docs/bin/python || $(UV) venv -q --python $(PY) .venv-docs
	@$(UV) pip install -q --python .venv-docs/bin/python --require-hashes -r requirements/docs.txt || \
		.venv-tools/bin/python -m pip --python .venv-docs/bin/python install -q --require-hashes \
			-r requirements/docs.txt
	@touch $@

requirements: $(STAMPS)/python
	for name in tools function functions/audit functions/evaluate functions/ingest functions/notify dev docs mutants; do \
		$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; done

clean:
	rm -rf .venv .venv-tools .venv-peers .venv-docs node_modules cdk.out build .plumbline .mypy_cache .ruff_cache .pytest_cache .hypothesis

help:
	@sed -n 's/^#   //p' Makefile
