# Every target sets up what it needs, inside this checkout (.venv), once.
# A Python of your choice: make test PYTHON=/path/to/python3.12

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# Of the extra `train`, whose newest versions are not taken unseen.
TRAIN_PINS := ^(torch|torchvision|timm|lightning|tensorboard|grad-cam)==
# Debian and Ubuntu package these two apart from Python itself.
HAS_VENV := import ensurepip, venv

.NOTPARALLEL:
.PHONY: help demo test test-all test-train bench lint constraints clean

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

demo: $(VENV)/.runtime ## make a digital head with a bleed, analyze it, compare (no torch)
	@rm -rf demo
	@$(BIN)/headct phantom --out demo/phantom --tilt-deg 15 --slices 14x4+16x7
	@$(BIN)/headct analyze demo/phantom/dicom --out demo/answer --truth demo/phantom/truth.json

test: $(VENV)/.dev ## the tests, lint among them, that take minutes at most
	@$(BIN)/python -m pytest

test-all: $(VENV)/.dev ## the slow tests too
	@$(BIN)/python -m pytest -m ""

test-train: $(VENV)/.train ## the tests of training, which need PyTorch (some gigabytes)
	@$(BIN)/python -m pytest -m "" tests/train tests/docs -k "train or bundle"

bench: $(VENV)/.dev ## measure speed, memory and accuracy
	@$(BIN)/python -m bench

lint: $(VENV)/.dev ## style, types, and who may import whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

constraints: $(BIN)/python ## write constraints.txt anew: the newest versions that go together
	@$(BIN)/python -m venv --clear $(VENV)/pins
	@$(VENV)/pins/bin/python -m pip -qq --disable-pip-version-check install '.[dev]'
	@{ sed '/^[^#]/,$$d' constraints.txt; \
	   { $(VENV)/pins/bin/python -m pip freeze --exclude headct; grep -E '$(TRAIN_PINS)' constraints.txt; } \
	   | sort --ignore-case; } > $(VENV)/pins/constraints.txt
	@mv $(VENV)/pins/constraints.txt constraints.txt

clean: ## remove everything that was made here
	rm -rf $(VENV) demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.runtime: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing headct into $(VENV) (once) ..."
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing headct and its test tools into $(VENV) (once) ..."
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.runtime $@

$(VENV)/.train: $(VENV)/.dev
	@echo "Installing PyTorch and what stands on it into $(VENV) (once) ..."
	@$(PIP) install -c constraints.txt -e '.[dev,train]' grad-cam
	@touch $@

$(BIN)/python:
	@for python in $(PYTHONS); do \
	    "$$python" -c '$(NEW_ENOUGH)' 2> /dev/null || continue; \
	    if "$$python" -c '$(HAS_VENV)' 2> /dev/null; then \
	        "$$python" -m venv --clear $(VENV) && exit 0; \
	        rm -rf $(VENV); exit 1; \
	    fi; \
	    bare=$$("$$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
	done; \
	if [ -n "$$bare" ]; then \
	    echo "$$bare cannot make virtual environments. On Debian or Ubuntu:" \
	         "sudo apt install $$bare-venv; then run make again."; \
	else \
	    echo "headct needs Python 3.11 or newer and found none (looked for: $(strip $(PYTHONS)))." \
	         "Install one, or name it: make PYTHON=/path/to/python3.12"; \
	fi >&2; exit 1
