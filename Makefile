# Gongshu 公数. `make` or `make help` is the manual.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Every process of ours would compile all of our modules again: half a second each time.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CITY ?= xian
ONCE ?=
ONLY ?=
ARGS ?=
JOBS ?= 2

RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
PAGES := src/gongshu/web/static/dist/.built
PEERS := .venv-peers/.installed
DEBIAN := chromium fonts-noto-cjk postgresql bubblewrap mariadb-server mosquitto openssh-server
DEBIAN += nginx-light systemd
DEBIAN += golang-go golang-golang-x-mod-dev
DEBIAN += $(if $(shell command -v java),,default-jre-headless)
# Modules without Django are typed strictly; with Django, the models are beyond mypy's sight.
TYPED := $(addprefix src/gongshu/,clock.py ids.py errors.py stopping.py home.py deadlines workflow rules crypto columns lake gateway client witness cli \
	demo grants/scope.py grants/masking.py grants/feed.py grants/openapi.py grants/signed.py grants/keyed.py) $(wildcard src/gongshu/*/states.py) $(wildcard src/gongshu/*/policy.py) \
	$(addprefix src/gongshu/catalog/,terms.py draft.py shape.py codes.py hooks.py comparison.py consistency.py checking.py) \
	$(wildcard src/gongshu/catalog/checks_*.py) \
	$(addprefix src/gongshu/quality/,checkset.py predicates.py numbers_sql.py own_query.py checking.py score.py proposing.py \
	check_policy.py check_report.py reconciling.py cleaning.py prefixes.py checking_spark.py) src/gongshu/matters/matching.py

.PHONY: help
help: ## show this manual
	@echo 'Gongshu 公数 - make targets (needs Python 3.11+, Node 20+, make, git)'
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-8s %s\n", $$1, $$2 }'
	@echo
	@echo '  CITY=luzhou|dazhou|xian|zaozhuang|yongjia   the rule pack that `make demo` plays under (default xian)'
	@echo '  ONCE=1     `make demo`: play the story and stop, instead of leaving the platform running'
	@echo '  ONLY=name  `make bench`: one benchmark, for example ONLY=gateway'
	@echo '  ARGS=...   `make demo`, `make test`: more arguments, for example ARGS="--web-port 8010" or ARGS="-k ledger"'

.PHONY: demo
demo: $(RUNTIME) $(PAGES) ## set up, play the main job on the fictional city, leave the platform on :8000 and :8001
	@$(BIN)/gongshu demo --city "$(CITY)" $(if $(ONCE),--once) $(ARGS)

.PHONY: test
test: export GONGSHU_TESTS := all
test: $(DEV) $(PAGES) debian ## set up what the tests need and run all of them, on SQLite and on PostgreSQL
	@status=0; \
	$(BIN)/python tests/postgres.py $(BIN)/python -m pytest tests/integration -n $(JOBS) -q \
		-m 'not slow and (not heavy or postgres)' $(ARGS) || status=$$?; \
	[ $$status -eq 0 ] || [ $$status -eq 5 ] || echo 'The tests on PostgreSQL failed (above).'; \
	[ $$status -ne 5 ] || status=0; \
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m 'not slow' $(ARGS) || status=$$?; \
	exit $$status

.PHONY: check
check: $(DEV) ## lint, types, architecture and unit tests: about a minute
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/ruff format --check src tests benchmarks
	@status=0; $(BIN)/mypy --strict --follow-imports=silent $(TYPED) & types=$$!; \
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup -m 'not heavy and not slow' \
		tests/architecture tests/unit tests/rulepacks $(ARGS) || status=$$?; \
	wait $$types || status=$$?; \
	exit $$status

.PHONY: bench
bench: DEBIAN := postgresql wrk
bench: $(DEV) debian $(PEERS) ## measure against floors and peers, write benchmarks/results.json (ONLY=gateway for one)
	@$(BIN)/python -m benchmarks $(ONLY)

# What we are measured against, in an environment of its own.
$(PEERS): benchmarks/peers/requirements.txt
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/pip install --quiet --requirement $<
	@touch $@

.PHONY: soak
soak: $(DEV) $(PAGES) ## the slow tests: real faults, again and again
	@$(BIN)/python -m pytest -m slow $(ARGS)

.PHONY: build
build: $(DEV) $(PAGES) ## build the wheel into dist/
	@$(BIN)/python -m build --no-isolation --wheel

.PHONY: docs
docs: $(DEV) ## write docs/reference again from the code
	@$(BIN)/python docs/generate.py

.PHONY: format
format: $(DEV) ## put the code into its one format
	@$(BIN)/ruff check --fix src tests benchmarks
	@$(BIN)/ruff format src tests benchmarks

# One lock for every platform and every Python from 3.11 on; no index addresses. UPGRADE=--upgrade takes newer versions.
UPGRADE ?=
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links --no-strip-markers $(UPGRADE)

.PHONY: lock
lock: ## resolve the dependencies again and write the lock files (needs a package index)
	@$(PYTHON) -m venv --clear $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet uv
	@$(VENV)-lock/bin/uv $(COMPILE) --extra build --output-file requirements.lock pyproject.toml
	@$(VENV)-lock/bin/uv $(COMPILE) --extra build --extra dev --extra spark --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	@npm install --package-lock-only --omit-lockfile-registry-resolved

.PHONY: clean
clean: ## remove what was built and installed; var/ with its data stays
	@rm -rf $(VENV) $(VENV)-lock node_modules dist src/gongshu/web/static/dist

# ---- what the targets above stand on -------------------------------------------------------------------------
# A stamp is written when a step ended well, so an interrupted install is done again and a finished one is not.

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Gongshu needs Python 3.11 or newer. Name it with: make PYTHON=python3.11'; exit 4; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { \
		echo 'Python could not make a virtual environment here; on Debian install python3-venv.'; exit 4; }
	@touch $@

$(RUNTIME): requirements.lock pyproject.toml $(VENV)/.created
	@echo 'Installing the Python packages (once) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo 'Installing the packages for tests (once) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'Gongshu needs Node 20 or newer to build its pages.'; exit 4; }
	@echo 'Installing the packages of the pages (once) ...'
	@npm ci --silent --no-audit --no-fund
	@touch $@

$(PAGES): node_modules/.installed $(shell find frontend -type f)
	@npm run --silent build
	@mkdir -p $(@D) && touch $@

.PHONY: debian
debian:
	@missing=(); for package in $(DEBIAN); do \
		dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing+=($$package); \
	done; \
	[ $${#missing[@]} -eq 0 ] && exit 0; \
	if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then \
		echo "make test needs these Debian packages: $${missing[*]}"; \
		echo "Install them as root: apt-get install $${missing[*]}"; exit 4; \
	fi; \
	echo "Installing Debian packages: $${missing[*]}"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get install -y -qq --no-install-recommends $${missing[*]} >/dev/null 2>&1 \
		|| { apt-get update -qq && apt-get install -y -qq --no-install-recommends $${missing[*]} >/dev/null; }
