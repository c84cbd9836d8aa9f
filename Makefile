# Every target sets up what it needs: a virtual environment in .venv and the install.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint bench clean

# The stamp names the files that decide what is installed, so a changed pin is installed again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("prefpairs needs Python 3.11 or newer; set PYTHON=python3.x") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing prefpairs into $(VENV) (the first time takes a few minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[pipeline,train,dev]'
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/prefpairs demo --into build/demo

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest --cov --cov-report=term

bench: bench-ingest bench-pairs bench-labels bench-improve bench-deid bench-train

# What de-identification is measured beside: a transformer of six layers and spaCy's CNN, trained once (half an hour).
NER_PEERS := build/ner/six_layer_float32 build/ner/cnn

build/ner/six_layer_float32: | $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ner-training]'
	@$(BIN)/python -m training.ner.train --output build/ner/student

build/ner/cnn: | $(STAMP)
	@$(BIN)/python -m training.ner.cnn

bench-deid: $(STAMP) | $(NER_PEERS)
	@$(BIN)/python -m benchmarks.deid

bench-%: $(STAMP)
	@$(BIN)/python -m benchmarks.$*

clean:
	rm -rf build .coverage* .mypy_cache .ruff_cache .pytest_cache
