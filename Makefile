PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What holds the pages to the code: links, commands, words, and the pages that are made from it.
DOCS := tests/unit/test_docs.py tests/unit/channels/test_docs.py tests/unit/cli/test_commands_page.py \
	tests/unit/journey/test_language_page.py tests/unit/journey/test_check_rules.py

.PHONY: demo test check format bench latency evaluate kill-test fuzz install clean

$(STAMP): pyproject.toml constraints.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked versions into $(VENV) (once, about a minute)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e .
	@touch $(STAMP)

install: $(STAMP)

demo: $(STAMP)
	@$(BIN)/loop demo

test: $(STAMP)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

check: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports
	@$(BIN)/loop check
	@$(BIN)/loop deploy --check
	@$(BIN)/python -m pytest -q $(DOCS)

format: $(STAMP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP)
	@$(BIN)/python -m benchmarks

latency: $(STAMP)
	@$(BIN)/python -m benchmarks.latency

# How good the scores are, beside simple methods, on the sample shop's year: some minutes.
evaluate: $(STAMP)
	@$(BIN)/python -m evaluation

kill-test: $(STAMP)
	@$(BIN)/python -m pytest -q tests/heavy --run-heavy

# Thousands of requests made from the API's description, sent to the real service: no 5xx, answers as described.
fuzz: $(STAMP)
	@LOOP_FUZZ_EXAMPLES=300 $(BIN)/python -m pytest -q -s tests/integration/web/test_described_api.py

clean:
	rm -rf $(VENV) var
