# Everything a contributor runs. A fresh machine needs Python 3.11 and make; the rest is fetched into
# .venv at the versions of constraints.txt. Stamp files make a second call start at once.

# The first that really is 3.11 or newer: version managers leave programs that only say "not found".
PYTHON ?= $(shell for p in python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
# The tests run in this many processes; 0 keeps them in one, as a debugger needs it.
WORKERS ?= 2
# What to measure; all of it where nothing is named: make bench PART=reads
PART ?=
# What to fuzz and for how long each: make fuzz TARGET="fold query" MINUTES=60
TARGET ?=
MINUTES ?= 5
# What to run, with pytest's own arguments: make test ARGS="tests/web -k counts"
ARGS ?=

INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
WEB := comments_service/static
RIVALS := benchmarks/checks/npm
SUPPLY := $(VENV)/supply
SUPPLY_TOOLS := uv==0.13.9 cyclonedx-bom==7.5.0
SCAN := $(VENV)/scan
SCAN_TOOLS := bandit==1.9.4 semgrep==1.185.0 detect-secrets==1.5.0
SEMGREP := $(SCAN)/bin/semgrep scan --metrics=off --disable-version-check
GATES := format lint types imports templates assets rules secrets

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-long fuzz check fix bench bench-checks db-revision constraints lock sbom chromium coverage train-abuse check-abuse $(GATES)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run: $(VENV)/.run ## Start the demo newspaper with its comments (HOST, PORT)
	$(BIN)/comments-service demo --host $(HOST) --port $(PORT)

test: $(VENV)/.dev chromium ## Run every test, the browser's included (ARGS, WORKERS)
	$(BIN)/pytest --numprocesses $(WORKERS) $(ARGS)

test-long: $(VENV)/.dev chromium ## Run what takes minutes or more: the whole of each short form (ARGS)
	$(BIN)/pytest --numprocesses 0 -m long $(ARGS)

fuzz: $(VENV)/.fuzz ## Look for inputs that break what reads strangers' text (TARGET, MINUTES each)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(TARGET)

check: $(GATES) coverage ## Run every gate, and every test last

format: $(VENV)/.dev ## Is the Python code formatted?
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev ## Does the Python code keep the house rules?
	$(BIN)/ruff check .

types: $(VENV)/.dev ## Do the types hold?
	$(BIN)/mypy

imports: $(VENV)/.dev ## Do imports keep to the layers?
	$(BIN)/lint-imports --no-logo

templates: $(VENV)/.dev ## Are the templates sound?
	$(BIN)/djlint --lint --quiet templates

assets: $(VENV)/.dev ## Are scripts and styles formatted and sound?
	.ci/lint-assets check $(WEB)

rules: $(SCAN)/bin/semgrep ## Is none of this field's known mistakes made? (.ci/rules, bandit)
	$(SCAN)/bin/bandit --quiet --configfile pyproject.toml --recursive comments_service wsgi.py
	$(SEMGREP) --quiet --test .ci/rules
	$(SEMGREP) --quiet --error --config .ci/rules comments_service migrations templates wsgi.py

secrets: $(SCAN)/bin/semgrep ## Was never a key or token in the history?
	$(SCAN)/bin/python .ci/scan-history

coverage: $(VENV)/.dev chromium ## Run every test and hold the coverage floor
	$(BIN)/pytest --numprocesses $(WORKERS) --cov --cov-report=term $(ARGS)

fix: $(VENV)/.dev ## Format and repair what a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	.ci/lint-assets check --write $(WEB)

train-abuse: $(VENV)/.dev ## Make the abuse model anew from ../shared/data, and its report
	$(BIN)/python -m training.abuse
	$(BIN)/python -m training.report

check-abuse: $(VENV)/.dev ## Is the abuse model, to the byte, what ../shared/data makes?
	$(BIN)/python -m training.abuse --check

bench: $(VENV)/.dev chromium ## Measure everything into benchmarks/results/ (PART="reads flat light ...")
	@benchmarks/ensure_tools.sh
	$(BIN)/python -m benchmarks $(PART) --write

bench-checks: $(VENV)/.bench ## Measure the checks beside other filters, into docs/checks.md
	$(BIN)/python -m benchmarks.checks --page docs/checks.md

# What the next migration is called: they are numbered in the order they run.
NEXT = $(shell printf '%04d' $$(($$(ls migrations/versions | grep -cE '^[0-9]{4}_') + 1)))
REVISION_HOME := $(VENV)/db-revision

db-revision: $(VENV)/.run ## Write the next migration from the models: make db-revision m="Add reports"
	@test -n "$(m)" || { echo 'Say what it does: make db-revision m="Add reports"' >&2; exit 2; }
	rm -rf $(REVISION_HOME)
	COMMENTS_HOME=$(REVISION_HOME) $(BIN)/comments-service init
	COMMENTS_HOME=$(REVISION_HOME) $(BIN)/flask --app comments_service.app:create_migrating_app db migrate \
		--directory migrations --rev-id $(NEXT) --message "$(m)"

constraints: ## Renew constraints.txt from the newest versions that pyproject.toml allows
	.ci/renew-constraints $(PYTHON)

lock: $(SUPPLY)/bin/uv ## Renew requirements.lock from constraints.txt, with the hash of every file
	.ci/renew-lock $(SUPPLY)/bin/uv

sbom: $(SUPPLY)/bin/uv ## Write sbom.json: what an installed service is made of (CycloneDX)
	$(SUPPLY)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file sbom.json requirements.lock

# These tools have an environment of their own: nothing of theirs is in the service's or the tests'.
$(SUPPLY)/bin/uv: Makefile | $(VENV)/bin/pip
	$(PYTHON) -m venv $(SUPPLY)
	$(SUPPLY)/bin/pip install --quiet --disable-pip-version-check $(SUPPLY_TOOLS)
	@touch $@

$(SCAN)/bin/semgrep: Makefile | $(VENV)/bin/pip
	$(PYTHON) -m venv $(SCAN)
	$(SCAN)/bin/pip install --quiet --disable-pip-version-check $(SCAN_TOOLS)
	@touch $@

chromium:
	@tests/support/ensure_chromium.sh

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo 'This needs Python 3.11 or newer (python3.11 or python3).' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(INSTALL) --editable .
	@touch $@

# The filters to compare with: some on PyPI, some on npm, where there is one.
$(VENV)/.bench: pyproject.toml constraints.txt $(RIVALS)/package-lock.json $(VENV)/.dev
	$(INSTALL) --editable ".[bench]"
	@if command -v npm >/dev/null; then \
		npm ci --prefix $(RIVALS) --ignore-scripts --no-audit --no-fund --loglevel=error; fi
	@touch $@

$(VENV)/.fuzz: pyproject.toml constraints.txt $(VENV)/.dev
	$(INSTALL) --editable ".[fuzz]"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(INSTALL) --editable ".[dev]"
	@touch $@ $(VENV)/.run
