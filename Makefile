# famqa: answers from your own documents, word for word. `make` alone prints what there is.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CORPUS ?=
QUESTIONS ?=
GATE := --fail-under alias_hit=0.8 --fail-under refusal_recall=0.6 --fail-over false_refusals=0.15
DIALOGUE_GATE := --fail-under right=0.75
corpus_flag = $(if $(CORPUS),--corpus "$(CORPUS)")

.DEFAULT_GOAL := help
.PHONY: help chat index eval test lint clean

help: ## print this text
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  CORPUS=DIR names another folder of documents, QUESTIONS=FILE the questions of make eval."

chat: $(VENV)/.installed ## set everything up, build the index and serve the page at http://127.0.0.1:7860
	$(if $(CORPUS),FAMQA_CORPUS="$(CORPUS)") $(BIN)/python app.py

index: $(VENV)/.installed ## bring the index up to date with the folder of documents
	$(BIN)/famqa index $(corpus_flag)

eval: $(VENV)/.installed ## measure the answers to the project's own questions (or to QUESTIONS=FILE); reports in runs/
ifdef QUESTIONS
	$(BIN)/famqa eval "$(QUESTIONS)" $(corpus_flag) --out runs/eval --overwrite
else
	$(BIN)/famqa eval evaluation/questions.jsonl --out runs/questions --overwrite $(GATE)
	$(BIN)/famqa eval evaluation/dialogues.jsonl --out runs/dialogues --overwrite $(DIALOGUE_GATE)
endif

test: $(VENV)/.installed-dev ## set everything up and run the tests (browser tests where there is a Chromium)
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/.installed-dev ## check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

clean: ## remove the virtual environment and the built indexes
	rm -rf $(VENV) indexes/*/

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "famqa needs Python 3.11 or newer; name one with make PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed
