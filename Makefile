# make demo and make test need nothing but a Python from 3.11 to 3.13 and the package registry.
# The newest one that is here and starts (a pyenv shim may be there and not start).
IS_RIGHT := 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	if $$python -c $(IS_RIGHT) 2>/dev/null; then echo $$python; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo
INSTALLED := $(VENV)/installed

# Where this is set, every process of a test run compiles the package and the tests anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo test test-all lint format benchmark reliability kills audit sbom renew clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "quarrydb needs Python 3.11, 3.12 or 3.13: none is on the path. \
	Say which with make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[inference,onnx,openvino,stac,report,distributed,ducklake,dev]"
	touch $@

demo: $(INSTALLED)
	$(BIN)/quarry demo $(DEMO)
	$(BIN)/quarry build $(DEMO)
	$(BIN)/quarry export $(DEMO)/export --database $(DEMO)/mines.duckdb
	$(BIN)/quarry sql "FROM dataset_summary" --database $(DEMO)/mines.duckdb
	@echo
	@echo "Look at $(DEMO)/README.md, then ask: $(BIN)/quarry sql \"FROM country_summary\" -d $(DEMO)/mines.duckdb"
	@echo "Parquet summaries: $(DEMO)/export. All views: $(BIN)/quarry views"

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -m "not slow and not gpu" -n 2 --dist loadfile

test-all: $(INSTALLED)
	$(BIN)/python -m pytest -q -m "not gpu" -n 2 --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint db tests
	$(BIN)/sqlfluff lint sql db/report/panels --processes 2 --disable-progress-bar
	$(BIN)/sqlfluff lint db/report/place --config .sqlfluff_place --disable-progress-bar
	rm -rf $(VENV)/typed && $(BIN)/python -m pip install --quiet --no-deps --target $(VENV)/typed .
	MYPYPATH=$(VENV)/typed $(BIN)/mypy -p quarrydb

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Rewrites docs/reliability.md from what the tests see; the slow rows take some minutes.
reliability: $(INSTALLED)
	QUARRY_WRITE_RELIABILITY=1 $(BIN)/python -m pytest -q tests/reliability

# 120 random kills of a small project in all its stages, half an hour; writes their table into docs/reliability.md.
kills: $(INSTALLED)
	folder=$$(mktemp -d) && OMP_NUM_THREADS=1 $(BIN)/python -m tests.reliability.kills $$folder/project 120 1 --write; rm -rf $$folder

# Known holes in the tested set: by advisories.zip (OSV's export for PyPI) where it is here, else over the network.
ADVISORIES ?= advisories.zip
audit: $(INSTALLED)
	if [ -e $(ADVISORIES) ]; then $(BIN)/python -m tests.supply.advisories constraints.txt $(ADVISORIES); else \
	$(PYTHON) -m venv $(VENV)-audit && $(VENV)-audit/bin/python -m pip install --quiet pip-audit && \
	$(VENV)-audit/bin/pip-audit --no-deps --requirement constraints.txt; fi

# The bill of materials of an installation with all extras, CycloneDX.
sbom: $(INSTALLED)
	$(BIN)/python -m tests.supply.sbom quarrydb.cdx.json

benchmark: $(INSTALLED)
	$(BIN)/python -m benchmarks

# Writes what commands, comments, documented queries and notebooks say now into the pages that show it.
renew: $(INSTALLED)
	$(BIN)/quarry demo $(DEMO)
	$(BIN)/quarry build $(DEMO)
	$(BIN)/python -m tests.docs.reference
	$(BIN)/python -m tests.docs.runner README.md docs/start.md docs/data.md docs/extend.md docs/clients.md docs/cookbook.md docs/panels.md docs/walks.md
	$(BIN)/python -m examples.build_notebooks $(DEMO)

clean:
	rm -rf $(VENV) $(DEMO) build dist *.egg-info
