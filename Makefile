# The two that a fresh machine needs are `make run` and `make test`; `make` alone lists the rest.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := bin/microgrid
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOLANGCI_VERSION := v2.15.0
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

# Given on the command line: make test TESTFLAGS='-run Settle -race', make run ARGS='--listen 127.0.0.1:9000'.
TESTFLAGS ?=
ARGS ?=

# The web page is part of the binary once there is one.
WEB := $(wildcard web/package.json)
WEB_SOURCES := $(if $(WEB),$(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path '*/test-results/*'))

.PHONY: help
help: ## List what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: web-build ## Build bin/microgrid, with the web page in it
	@[ -e $(BIN) ] || echo "the first build compiles every dependency: minutes on two cores, seconds from then on"
	go build -ldflags '-X main.version=$(VERSION)' -o $(BIN) ./cmd/microgrid

.PHONY: run
run: setup build ## Build and start a living demo station, everything embedded (ARGS= for flags)
	./$(BIN) demo $(ARGS)

.PHONY: test
test: setup-web web-build ## Check and test everything on this machine (TESTFLAGS= for flags of go test)
	go vet ./...
	go test -timeout 20m $(TESTFLAGS) ./...
	$(if $(WEB),cd web && CI=true npm test)

.PHONY: test-docker
test-docker: ## Test against the real EventStoreDB, and start the production-like compose file (needs a Docker engine)
	@docker info >/dev/null 2>&1 || { echo "skipped: no Docker engine answers here"; exit 0; }; \
	set -x; go test -count=1 -tags docker ./adapters/eventstore && \
	docker compose up --build --detach --wait && \
	curl --fail --silent --show-error http://127.0.0.1:8081/readyz

.PHONY: bench
bench: setup build ## Measure this machine: ingest, projections, settlement (ARGS= for flags)
	./$(BIN) bench $(ARGS)

.PHONY: torture
torture: setup ## Kill, crash and fill things for a long time, many more rounds than `make test` does
	TORTURE=1 TORTURE_CYCLES=200 go test -count=1 -timeout 120m -run Torture $(TESTFLAGS) ./...

.PHONY: lint
lint: ## Format check, golangci-lint (built on first use, some minutes) and the web page's linter
	@unformatted=$$(git ls-files -co --exclude-standard -- '*.go' | xargs -r gofmt -l); \
		[ -z "$$unformatted" ] || { echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; }
	$(GOLANGCI) run ./...
	$(if $(WEB),cd web && npm run lint --if-present)

.PHONY: screenshots
screenshots: setup-web build ## Take the pictures of the web page that the documentation shows
	$(if $(WEB),cd web && npm run screenshots,@echo "no web page here, nothing to take pictures of")

.PHONY: clean
clean: ## Remove what was built (never the data folder)
	rm -rf bin $(if $(WEB),web/node_modules) $(if $(WEB),web/dist/assets web/dist/index.html)

# Not in the list: steps of the above.
.PHONY: setup setup-web web-build
setup:
	@deploy/setup.sh

setup-web:
	@deploy/setup.sh --web

web-build: $(if $(WEB),web/dist/index.html)

ifneq ($(WEB),)
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build
	@touch $@
endif
