# The handles of the project; the work is done by the scripts they call.

PORT ?= 8000
BENCH ?= append

.PHONY: help setup run dev demo test lint types bench

help:
	@echo "make run [PORT=8000]  install what is missing, migrate, serve on 127.0.0.1"
	@echo "make dev [PORT=8000]  the same with debug on and a reload on every change"
	@echo "make demo [PORT=8000] a console with a fleet that does not exist, in a folder of its own"
	@echo "make test             everything that CI runs"
	@echo "make lint, make types one part of it"
	@echo "make bench [BENCH=append]  one of append, ingest_http, live, soak, perspt; see bench/README.md"
	@echo "make setup            only install, with the tools for development"

setup:
	@scripts/setup --dev

run:
	@scripts/setup
	@.venv/bin/python scripts/serve.py --port $(PORT)

dev:
	@scripts/setup --dev
	@.venv/bin/python scripts/serve.py --port $(PORT) --dev

demo:
	@scripts/setup
	@.venv/bin/python scripts/demo.py --port $(PORT)

test:
	@scripts/setup --dev
	@.venv/bin/python scripts/run_tests.py

lint:
	@scripts/setup --dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types:
	@scripts/setup --dev
	@.venv/bin/mypy

bench:
	@scripts/setup --dev
	@.venv/bin/python -m bench.$(BENCH)
