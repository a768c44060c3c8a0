# Everything one does with ivig_care from a shell. `make` alone lists the targets.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Where `make run` listens, and the interpreter the virtual environment is made with (empty: find one).
PORT ?= 8000
PYTHON ?=
# Extra words for pytest, as in: make test-sqlite ARGS="-k quiet_hours"
ARGS ?=
# How many rounds `make chaos` does; ARGS="--seed 7" to see the same ones again.
ROUNDS ?= 200
# How many requests `make fuzz` sends; ARGS="--seed 7 --threads 1" to send the same ones again.
REQUESTS ?= 20000

BIN := .venv/bin
# What gettext reads, one for each language, compiled from what people write.
WORDS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
MANAGE := $(BIN)/python manage.py
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras

# Checks and tests see none of the settings of the shell they are started from.
SETTINGS := $(shell sed -nE 's/^\#?([A-Z_]+)=.*/\1/p' .env.example)
EMBEDDED := env $(SETTINGS:%=-u %)
PYTEST := $(EMBEDDED) $(BIN)/python -m pytest

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- using it ---------------------------------------------------------------------------------

# Celery warns of root at length, for queues that carry pickles; ours carries JSON.
QUIET_AS_ROOT := ignore::UserWarning:celery.platforms

# Where Linux can: even when honcho dies of a closed terminal or a kill, what it started stops in an orderly way.
TOGETHER := $(if $(shell command -v setpriv),setpriv --pdeathsig TERM --)

# Said here, because honcho gives every process another PORT.
run reset-demo: export PUBLIC_URL ?= http://127.0.0.1:$(PORT)

.PHONY: run
run: .venv/.base $(WORDS) ## Start everything on this machine, with demo data (PORT=8000)
	@$(BIN)/python -c "$$PORT_IS_FREE" "$(PORT)"
	@$(MANAGE) migrate --no-input --verbosity 0
	@$(MANAGE) seed_demo
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONUNBUFFERED=1 PYTHONWARNINGS=$(QUIET_AS_ROOT) TOGETHER="$(TOGETHER)" \
	  exec $(BIN)/honcho -e /dev/null start -p $(PORT)

.PHONY: reset-demo
reset-demo: .venv/.base $(WORDS) ## Throw the demo data away and make it anew
	@$(MANAGE) migrate --no-input --verbosity 0
	@$(MANAGE) seed_demo --reset

# --- checking it ------------------------------------------------------------------------------

.PHONY: check
check: static ## All static checks and the fast tests, under a minute
	env HYPOTHESIS_PROFILE=brief $(PYTEST) -q -n 2 tests/regimen tests/languages tests/test_repository.py \
	  --ignore tests/regimen/test_fuzz.py $(ARGS)

.PHONY: static
static: .venv/.test $(WORDS)
	$(BIN)/ruff format --check --output-format concise .
	$(BIN)/ruff check --output-format concise .
	$(EMBEDDED) $(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(TEMPLATES) | xargs -0 -r $(BIN)/djade --target-version 5.2 --check
	$(EMBEDDED) $(MANAGE) check
	$(EMBEDDED) $(MANAGE) makemigrations --check --dry-run
	@echo "manage.py check --deploy, with the settings of a real site"
	@$(EMBEDDED) \
	  SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))')" \
	  PUBLIC_URL=https://care.example.org DATABASE_URL=postgres://ivig_care:unused@127.0.0.1:1/ivig_care \
	  $(MANAGE) check --deploy --fail-level WARNING

.PHONY: test
test: static audit-deps test-sqlite test-postgres test-services test-browser ## Everything: static checks and all tests below

.PHONY: test-sqlite
test-sqlite: .venv/.test $(WORDS) ## The tests on SQLite
	$(PYTEST) -n 2 -m "not services and not browser" $(ARGS)

.PHONY: test-postgres
test-postgres: .venv/.test $(WORDS) need-postgres ## The same tests on a PostgreSQL of their own
	$(EMBEDDED) $(BIN)/python -m tests.servers with-postgres -- \
	  $(BIN)/python -m pytest -n 2 -m "not services and not browser" $(ARGS)

.PHONY: test-services
test-services: .venv/.test $(WORDS) need-postgres need-redis ## The tests with real worker, beat, Redis, PostgreSQL and sinks
	$(PYTEST) -m services $(ARGS)

.PHONY: test-browser
test-browser: .venv/.test $(WORDS) need-chromium ## The tests in a real browser
	$(PYTEST) -m browser $(ARGS)

.PHONY: screenshots
screenshots: .venv/.test $(WORDS) need-chromium ## Write every screen as a picture (ARGS=word: those with it in their name)
	$(EMBEDDED) $(BIN)/python -m tests.browser.screenshots $(ARGS)

.PHONY: mutate
mutate: .venv/.test ## Change the regimen in one place at a time: do its tests notice? (ARGS="rates doses")
	@$(EMBEDDED) $(BIN)/python -m tests.mutation $(ARGS)

.PHONY: chaos
chaos: .venv/.test $(WORDS) need-postgres need-redis ## Faults at random moments while messages leave, as one JSON object (ROUNDS=200)
	@$(EMBEDDED) $(BIN)/python -m tests.chaos --rounds $(ROUNDS) $(ARGS)

.PHONY: fuzz
fuzz: .venv/.test $(WORDS) need-postgres ## Garbage against every address: does anything break or leak? As one JSON object (REQUESTS=20000)
	@$(EMBEDDED) $(BIN)/python -m tests.fuzz --requests $(REQUESTS) $(ARGS)

.PHONY: audit-deps
audit-deps: .venv/.test ## Have the pinned packages known holes? Says so where the registry does not answer
	@$(BIN)/python -m tests.audit_deps

.PHONY: simulate
simulate: .venv/.test $(WORDS) ## A month of 1 000 families: is everybody told what the rules say? (ARGS="--families 50")
	@$(EMBEDDED) $(BIN)/python -m tests.simulation $(ARGS)

.PHONY: bench-regimen
bench-regimen: .venv/.test ## How long dating 200 steps takes, as one JSON object
	@$(EMBEDDED) $(BIN)/python -m tests.bench.regimen

.PHONY: bench-dispatch
bench-dispatch: .venv/.test $(WORDS) need-postgres need-redis ## How fast nudges are found, written and sent, as one JSON object
	@$(EMBEDDED) $(BIN)/python -m tests.bench.dispatch $(ARGS)

.PHONY: bench-web
bench-web: .venv/.test need-postgres ## How many pages and ticks the site serves, beside the smallest page, as one JSON object
	@$(EMBEDDED) $(BIN)/python -m tests.bench.web $(ARGS)

# --- keeping it -------------------------------------------------------------------------------

.PHONY: format
format: .venv/.test ## Format code and templates, and mend what can be mended by itself
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	@$(TEMPLATES) | xargs -0 -r $(BIN)/djade --target-version 5.2

.PHONY: messages
messages: .venv/.test ## Bring the catalogues of other languages up to date with the files
	@$(EMBEDDED) $(BIN)/python -m tests.languages.catalogue

.PHONY: lock
lock: .venv/.test ## Compile requirements/*.in (newest versions: make lock ARGS=--upgrade)
	$(COMPILE) $(ARGS) requirements/base.in -o requirements/base.txt
	$(COMPILE) $(ARGS) requirements/test.in -o requirements/test.txt

.PHONY: clean
clean: ## Remove the virtual environment and the caches; var/, with the data, stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

TEMPLATES := git ls-files -z --cached --others --exclude-standard -- '*.html'

# --- what it stands on ------------------------------------------------------------------------

$(BIN)/python:
	@bash -eu -c "$$MAKE_VENV"

.venv/.base: requirements/base.txt | $(BIN)/python
	@echo "Installing the pinned packages ..."
	@$(PIP_INSTALL) -r requirements/base.txt
	@touch $@

.venv/.test: requirements/test.txt .venv/.base
	@echo "Installing the pinned test packages ..."
	@$(PIP_INSTALL) -r requirements/test.txt
	@touch $@

locale/%.mo: locale/%.po | .venv/.base
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

.PHONY: need-postgres need-redis need-chromium
need-postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || $(call INSTALL,postgresql)

need-redis:
	@command -v redis-server >/dev/null || $(call INSTALL,redis-server)

need-chromium:
	@test -x /usr/bin/chromium || $(call INSTALL,chromium fonts-liberation)

# RUNLEVEL=1 keeps Debian from starting the services it installs: the tests start their own.
INSTALL = WANTED="$(1)" bash -eu -c "$$INSTALL_WANTED"

define INSTALL_WANTED
as_root=""
[ "$$(id -u)" = 0 ] || as_root="sudo -n"
if ! command -v apt-get >/dev/null || ! $$as_root true 2>/dev/null; then
  echo "The tests need these packages (Debian's names), please install them: $$WANTED" >&2
  exit 1
fi
echo "Installing for the tests: $$WANTED ..."
log=$$(mktemp)
$$as_root apt-get update -qq >"$$log" 2>&1 &&
$$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
  apt-get install -y -qq --no-install-recommends $$WANTED >>"$$log" 2>&1 || { cat "$$log" >&2; exit 1; }
rm -f "$$log"
endef

define MAKE_VENV
found=""
for candidate in $$PYTHON python3.11 python3 python3.12 python3.13; do
  "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
  found="$$candidate"
  "$$candidate" -c 'import ensurepip, venv' 2>/dev/null || continue
  echo "Making a virtual environment in .venv with $$candidate ..."
  "$$candidate" -m venv .venv && exit 0
  rm -rf .venv
done
if [ -n "$$found" ]; then
  echo "$$found cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2
else
  echo "Python 3.11 or newer was not found. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2
fi
exit 1
endef

define PORT_IS_FREE
import socket, sys
try:
    port = int(sys.argv[1])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
except (ValueError, OverflowError):
    sys.exit(f"PORT must be a number from 1 to 65535, not {sys.argv[1]!r}")
except OSError as error:
    sys.exit(f"Port {port} cannot be used ({error.strerror}). Choose another one: make run PORT={port + 123}")
endef

export PYTHON INSTALL_WANTED MAKE_VENV PORT_IS_FREE
