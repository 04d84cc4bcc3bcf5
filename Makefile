# Visitbooth. `make` alone says what there is.
#
# Every target first makes the machine ready (.ci/bootstrap): a virtual environment in .venv and,
# where they are missing, a few Debian packages. A machine that is ready costs nothing.

SHELL := /bin/bash
BIN := .venv/bin
ARGS :=
# Tests that mostly wait run side by side; sound and pictures in real time, calls and whole visits
# have the machine alone.
SOUND := contract earpiece portaudio selftest selftest_sound sound sound_server sweep_player
CALLS := call check visit
SIDE_BY_SIDE := $(wildcard tests/test_*.py) tests/config tests/systemd tests/fuzz tests/bench \
    $(wildcard tests/kiosk/test_*.py) tests/kiosk/screens \
    $(wildcard tests/signalling/test_*.py) $(wildcard tests/signalling/hub/test_*.py) \
    tests/signalling/hub/bus tests/signalling/hub/store \
    $(filter-out $(CALLS:%=tests/signalling/web/test_page_%.py),$(wildcard tests/signalling/web/test_*.py)) \
    $(filter-out $(SOUND:%=tests/hardware/test_%.py),$(wildcard tests/hardware/test_*.py))

SCRIPTS := .ci/bootstrap .ci/run systemd/install-hub systemd/install-terminal systemd/build-debs systemd/debian/environment systemd/debian/*.post*

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-vm test-install lint bench bench-media bench-hardware bench-page bench-hub screenshots fuzz deb clean

help: ## say what there is
	@echo "make TARGET"; echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

# AUTO, DEMO_VISIT_S and DEMO_SIZE reach the demo by themselves: make passes on what its command
# line and its environment set.
demo: ## a whole visit; AUTO=1 plays both sides, DEMO_VISIT_S=60, DEMO_SIZE=1280x720
	@.ci/bootstrap demo
	@$(BIN)/python -m tests.e2e.demo

test: ## every test; some of them: make test ARGS="tests/config -k secret"
	@.ci/bootstrap test
ifeq ($(strip $(ARGS)),)
	@status=0; \
	COLUMNS=200 $(BIN)/pytest -n 2 $(SIDE_BY_SIDE) || status=$$?; \
	$(BIN)/pytest $(addprefix --ignore=,$(SIDE_BY_SIDE)) || status=$$?; \
	exit $$status
else
	$(BIN)/pytest $(ARGS)
endif

test-long: ## the hub killed 500 times under load, on both databases; HUB_KILLS=N: N times
	@.ci/bootstrap test
	HUB_KILLS=$${HUB_KILLS:-500} $(BIN)/pytest -s tests/signalling/hub/test_kill.py $(ARGS)

test-vm: ## the terminal in a virtual machine, its devices pulled out; needs root; by KVM where there is one
	@.ci/bootstrap vm
	$(BIN)/python -m tests.vm $(ARGS)

test-install: ## bare Debian to hub and terminal, one command each, in two virtual machines; needs root
	@.ci/bootstrap vm
	@.ci/bootstrap deb
	$(BIN)/python -m tests.vm tests/vm/installing $(ARGS)

lint: ## style, types, import contracts, the page's JavaScript
	@.ci/bootstrap lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	tsc -p signalling/web/jsconfig.json
	shellcheck --external-sources $(SCRIPTS)

# Each runs even where another has not met its goals; the status says whether any has not.
bench: ## every benchmark; tables here, numbers in bench-report/
	@.ci/bootstrap test
	@status=0; for file in tests/bench/bench_*.py tests/bench/media tests/bench/hardware tests/bench/page tests/bench/hub; do \
	    echo "== $$file"; \
	    $(BIN)/python -m "tests.bench.$$(basename "$$file" .py)" || status=$$?; \
	done; exit $$status

bench-media: ## the call beside Chromium's, ten minutes; less: make bench-media ARGS=--short
	@.ci/bootstrap test
	$(BIN)/python -m tests.bench.media $(ARGS)

bench-hardware: ## what devices delay, hook to screen, plugging in fast forward; ARGS="--seconds 60"
	@.ci/bootstrap test
	$(BIN)/python -m tests.bench.hardware $(ARGS)

screenshots: ## every state of the family's page, in page-report/; ARGS=--help says what else
	@.ci/bootstrap test
	@$(BIN)/python -m tests.signalling.web.screenshots $(ARGS)

bench-page: ## what the page costs a cheap phone, and how soon it shows a change; ARGS=--short
	@.ci/bootstrap test
	$(BIN)/python -m tests.bench.page $(ARGS)

bench-hub: ## the hub under load beside a bare relay and PeerJS, 8 minutes; ARGS=--short
	@.ci/bootstrap test
	$(BIN)/python -m tests.bench.hub $(ARGS)

fuzz: ## a million inputs to every decoder and endpoint; ARGS="--inputs 50000 answer"
	@.ci/bootstrap test
	@$(BIN)/python -m tests.fuzz $(ARGS)

deb: ## Debian packages and the install scripts, in build/deb; LINTIAN=1: judged by lintian too
	@.ci/bootstrap deb
	@systemd/build-debs build/deb

clean: ## remove reports and caches (not .venv)
	rm -rf build fuzz-report demo-report test-report bench-report page-report .coverage *.egg-info
	rm -rf .mypy_cache .ruff_cache .hypothesis .import_linter_cache .pytest_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
