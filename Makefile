# make demo: from nothing to a finished video. make test: everything the continuous check runs. docs/operations.md says more.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development

.PHONY: help setup setup-dev packages demo up down test check bench faults lock clean

help:
	@echo "make demo    set everything up, take a real video through the studio and leave it running (DEMO_EXIT=1: stop again)"
	@echo "make up      start the studio        make down   stop it"
	@echo "make test    every check and test    make check  the quick ones: style, types, imports, migrations"
	@echo "make bench   speed beside peers      make faults what happens when things break"
	@echo "make lock    compile requirements.txt and requirements-dev.txt from the .in files"

setup: $(RUNTIME)
	@.ci/packages runtime

setup-dev: $(DEVELOPMENT)
	@.ci/packages development

# The stamps are keyed on the locks: an unchanged lock costs nothing.
$(RUNTIME): requirements.txt .ci/environment
	@.ci/environment $@ requirements.txt

$(DEVELOPMENT): requirements.txt requirements-dev.txt .ci/environment
	@.ci/environment $@ requirements.txt requirements-dev.txt
	@touch $(RUNTIME)

demo: setup
	@$(PYTHON) manage.py demo

up: setup
	@$(PYTHON) manage.py up

down: $(RUNTIME)
	@$(PYTHON) manage.py down

check: setup-dev
	@.ci/check

test: check
	@$(PYTHON) manage.py models
	@PYTHON=$(PYTHON) .ci/test

bench: setup-dev
	@$(PYTHON) manage.py models
	@$(PYTHON) -m bench

faults: setup-dev
	@$(PYTHON) manage.py models
	@$(PYTHON) -m faults

# opencv-python is left out (requirements-overrides.txt): opencv-python-headless serves everyone who imports cv2.
COMPILE = uv pip compile --quiet --generate-hashes --python-version 3.11 --no-emit-index-url --no-header
lock: $(RUNTIME)
	PATH="$$PWD/.venv/bin:$$PATH" $(COMPILE) --override requirements-overrides.txt requirements.in -o requirements.txt
	PATH="$$PWD/.venv/bin:$$PATH" $(COMPILE) requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
