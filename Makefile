# Two commands do everything on a fresh Debian: `make demo` and `make test`. Each installs what it needs, says so, and may be repeated.

PYTHON ?= python3
BIN := .venv/bin
DEMO_PACKAGES := python3-venv libsofthsm2 redis-server poppler-utils fonts-morisawa-bizud-gothic
TEST_PACKAGES := $(DEMO_PACKAGES) postgresql opensc opensc-pkcs11 openssl curl strace chromium fonts-noto-cjk oathtool pskctool dbus-daemon $(if $(shell command -v npm),,nodejs npm)

.DEFAULT_GOAL := help
.PHONY: help demo up test-users test fuzz lint bench lighthouse screens lock clean demo-packages test-packages

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

demo: .venv/.demo ## the main job by itself: a PDF signed in the HSM because a phone approved; ONCE=1 ends after the validation
	@$(BIN)/python -m demo.run $(if $(filter 1,$(ONCE)),--once)

up: .venv/.demo ## the whole stack, until Ctrl-C; NATSUIN_PORT, NATSUIN_DATA, DEMO=0
	@$(BIN)/natsuin up

test-users: .venv/.demo ## at a stack of your own: six signers that always give one fixed end, for tests of applications
	@DEMO_TEST_USERS=$${DEMO_TEST_USERS:-http://localhost:$${NATSUIN_PORT:-8080}} $(BIN)/python -m demo.test_users

test: .venv/.test lint ## all tests
	@$(BIN)/python -m pytest

fuzz: .venv/.test ## 20,000 calls and more that schemathesis makes up from /openapi.json; SEED makes them again
	@$(BIN)/python -m tests.fuzz

lint: .venv/.test
	@$(BIN)/ruff format --check --quiet . || { echo "run .venv/bin/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>&1 | tail -n 2

bench: .venv/.test ## every figure of the documentation, measured side by side on this machine
	@$(BIN)/python -m bench

lighthouse: .venv/.test ## every page on the phone profile of Lighthouse; fails where a score is under 95
	@$(BIN)/python -m bench.lighthouse

screens: .venv/.test ## the pictures in docs/screens, from the real pages
	@$(BIN)/python -m tests.browser.screens

lock: .venv/.test ## lock the newest allowed versions, with hashes and without an index address
	@$(BIN)/pip install --quiet uv
	@locks/make.sh

clean: ## removes .venv and var, with all keys and records in it
	@rm -rf .venv var build *.egg-info

.venv/.demo: locks/demo.txt pyproject.toml | demo-packages
	@$(call install,demo)

.venv/.test: locks/test.txt pyproject.toml tests/npm/package-lock.json | test-packages
	@$(call install,test)
	@echo "installing locked npm packages: tests/npm/package-lock.json"
	@npm ci --prefix tests/npm --ignore-scripts --no-audit --no-fund --silent
	@touch .venv/.demo $@

demo-packages:
	@$(call packages,$(DEMO_PACKAGES))

test-packages:
	@$(call packages,$(TEST_PACKAGES))

define packages
missing=$$(dpkg-query -W -f='$${Package} $${db:Status-Status}\n' $(1) 2>/dev/null | awk '$$2 == "installed" {print $$1}' | sort > .packages; \
	printf '%s\n' $(1) | sort | comm -23 - .packages | tr '\n' ' '; rm -f .packages); \
if [ -n "$$missing" ]; then \
	echo "installing Debian packages: $$missing"; \
	as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$as_root apt-get update -qq && \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing > /dev/null \
	|| { echo "could not install them; install by hand and repeat: $$missing"; exit 1; }; \
fi
endef

define install
set -e; \
[ -x $(BIN)/python ] || { echo "making .venv"; $(PYTHON) -m venv .venv; }; \
echo "installing locked Python packages: locks/$(1).txt"; \
$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r locks/$(1).txt; \
PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
touch $@
endef
