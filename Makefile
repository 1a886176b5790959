# Signet. `make test` sets up what it needs and runs the whole test suite; `make` builds ./signet.
SHELL   := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
GO      ?= go

.PHONY: build test test-long unit lint fuzz lab-up lab-down docs dist bench bench-store bench-web record new-check clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o signet ./cmd/signet

# Everything in one command: formatting, vet, staticcheck, module hygiene, ten seconds of fuzzing for each target of the
# packages that changed, the lab of real servers (root on Debian; it installs and starts them), then every test with the
# race detector, the seeds of all fuzz targets among them.
test:
	tools/test

# What takes longer: fuzzing every target for two minutes, repeated kills, large stores.
test-long:
	SIGNET_FUZZ=120s SIGNET_LONG=1 tools/test

# The tests that need neither root nor a lab.
unit:
	$(GO) test ./...

lint:
	tools/lint

fuzz:
	tools/fuzz $(or $(SIGNET_FUZZ),10s) all

lab-up:
	lab/install && lab/up

lab-down:
	lab/down

# Man pages and shell completion, from the commands themselves, into docs/.
docs:
	$(GO) run ./tools/docs docs

# Release archives for every platform, a .deb, checksums and a bill of materials, into dist/.
dist:
	VERSION=$(VERSION) tools/dist

bench:
	bench/run

# Large runs: stored beside a bare insert of the same bytes, reported and compared. Ten minutes; PostgreSQL where it is there.
bench-store: build
	$(GO) test -run '^$$' -bench Record -benchtime 1000000x ./internal/store/sqlite ./internal/store/postgres
	$(GO) run ./bench/store

# The server over two runs of a million observations, under load. Ten minutes for each database; root.
bench-web:
	bench/web/run
	bench/web/run -store postgres

# Record a conversation again: make record CHECK=ldap AT=127.20.2.1:389 AS=SERVER.VERDICT
record:
	tools/record $(CHECK) $(AT) $(AS)

# Scaffold a check: make new-check NAME=x
new-check:
	tools/new-check $(NAME)

clean:
	rm -rf signet dist lab/run bench/build
