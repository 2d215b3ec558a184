# Two commands do all the set-up: `make run` and `make test`.
# Nothing but Python (3.11 or newer), make and a package index is needed.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Many tests wait for processes and clocks: two a core; the longest come first, one by one.
JOBS   ?= $(shell $(PYTHON) -c "import os; print(2 * (os.cpu_count() or 1))")

.PHONY: run test test-chaos lint format quality bench lock clean
.DEFAULT_GOAL := run

# The locks are installed with hashes; the project itself without resolving anything.
$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

run: $(VENV)/run.stamp
	@exec $(BIN)/alliance-watch run $(if $(CONFIG),--config $(CONFIG))

test: $(VENV)/dev.stamp
	$(BIN)/pytest -n $(JOBS) --maxschedchunk 1 -m "not chaos"

test-chaos: $(VENV)/dev.stamp
	ALLIANCE_WATCH_TEST_PROFILE=thorough $(BIN)/pytest -m "chaos or hypothesis"

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

quality: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.quality $(ARGS)

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.bench $(ARGS)

lock: $(VENV)/dev.stamp
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --extra build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --extra dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis
