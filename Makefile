# packcheck: `make demo` and `make test` need Python 3.11 or newer, git and make; all else is installed into .venv/.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest tests/ -n 2 --dist=loadfile
ONCE_MORE = { echo "packcheck: what failed runs once more by itself: some tests measure time, and shared the cores"; \
	       $(BIN)/python -m pytest tests/ --last-failed --last-failed-no-failures=none; }
OTHER_PYTHONS := $(wildcard $(HOME)/.pyenv/versions/3.1[23].*/bin/python)

.PHONY: help demo test everyday hosts bench lint lock rbac clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(VENV)/.runtime ## find, fix, verify and report the runbook's faults on the embedded sandbox
	$(BIN)/python -m pytest --sandbox --remediate checks/

test: everyday ## lint, types, layers and all tests (builds the real control plane once: some 8 minutes; hosts want root and Debian)
	@echo "packcheck: the everyday part is done; now what takes longer: hosts, damaged bundles, Pod Security beside the real server"
	$(PYTEST) -m "slow or hosts" --cov --cov-append --cov-report=term || $(ONCE_MORE)
	@[ -n "$(OTHER_PYTHONS)" ] || echo "packcheck: NOT RUN on newer Pythons: no 3.12 or 3.13 is here"
	@for python in $(OTHER_PYTHONS); do \
	   PATH="$$(dirname $$python):$$PATH" $(BIN)/python -m tox run -e py$$($$python -c 'import sys; print("%d%d" % sys.version_info[:2])') || exit 1; \
	 done

everyday: lint ## lint, types, layers and the tests that take no longer than a break: 10 minutes
	$(PYTEST) -m "not (slow or hosts)" --cov --cov-report= || $(ONCE_MORE)

hosts: $(VENV)/.dev ## only the tests against real sshd hosts in namespaces (root, Debian)
	$(BIN)/python -m pytest tests/ -m hosts

bench: $(VENV)/.dev ## time the main jobs as whole processes
	$(BIN)/python -m tests.bench

lint: $(VENV)/.dev ## lint, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: $(VENV)/.dev ## make requirements*.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" --quiet --upgrade --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --constraint requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet --upgrade --output-file requirements-dev.lock

clean: ## remove .venv and the tools' caches (runs in reports/runs stay)
	rm -rf $(VENV) .tox .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@echo "packcheck: making $(VENV)/ with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "packcheck: Python 3.11 or newer is needed; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(VENV)/bin/python
	@echo "packcheck: installing requirements.lock into $(VENV)/"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "packcheck: installing requirements-dev.lock into $(VENV)/"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

rbac: $(VENV)/.runtime ## write the rights that all checks need into deploy/rbac.yaml
	sed '/^# rules: /q' deploy/rbac.yaml > deploy/rbac.yaml.new
	$(BIN)/python -m pytest -p no:cacheprovider --rbac checks/ 2>/dev/null >> deploy/rbac.yaml.new
	mv deploy/rbac.yaml.new deploy/rbac.yaml
