# Nearly every target is one line of plain go, which works without make too.

GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER = github.com/goreleaser/goreleaser/v2@v2.15.0
OASDIFF = github.com/oasdiff/oasdiff@v1.37.0
REDOCLY = @redocly/cli@2.77.0
APIDIFF = golang.org/x/exp/cmd/apidiff@v0.0.0-20261113113407-e3970619a1a4
MODULE = github.com/dmstask/dmstask
FUZZTIME ?= 30s

# What is compared with: the last release, or where there is none the last commit that gave the contract its version. If
# the contract is still as that commit left it, the commit's own change is what there is to see.
BASE ?= $(shell git describe --tags --abbrev=0 2>/dev/null || { v=$$(git log -1 --first-parent --format=%h -G'^  version:' \
	-- openapi.yaml); git diff --quiet $$v -- openapi.yaml && echo $$v^ || echo $$v; })

.PHONY: help check generate check-generated contract-diff api-diff change-day test conformance faults interop lint \
	lint-workflow lint-release fuzz bench cover docs

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 17

check: lint contract-diff ## everything to run before a commit
	go mod tidy -diff
	go test ./...

generate: ## regenerate the code from openapi.yaml
	go generate ./...

check-generated: ## fail if the generated code is not what openapi.yaml gives
	go test -count=1 -run 'TestGeneratedCodeIsCurrent' ./contract_test

contract-diff: ## say what changed in openapi.yaml since BASE, and whether its version tells
	@go run ./internal/contractdiff $(OASDIFF) $(BASE)

api-diff: ## say what changed in the exported packages since BASE
	@dir=$$(mktemp -d); trap "rm -r $$dir" EXIT; git archive $(BASE) | tar -x -C $$dir; \
	(cd $$dir && go run $(APIDIFF) -m -w base $(MODULE)) && go run $(APIDIFF) -m $$dir/base $(MODULE)

change-day: ## change the contract in copies of the repository, and look at what that takes and says
	CHANGE_DAY=1 go test -count=1 -v ./contract_test/changeday

test: ## run all tests with the race detector
	go test -race ./...

conformance: ## check DMS_ENDPOINT, or the embedded server
	go run ./cmd/dms-conformance

faults: ## show which rule of the check notices which faulty server
	@cd contract_test && go test -count=1 -run '^TestFaults$$|^TestSound$$' -matrix

interop: ## hold check, server, client and otcauth against software of others (needs node, python, nginx, haproxy)
	INTEROP=1 go test -count=1 -v -parallel 6 -timeout 30m ./contract_test/interop

lint: ## run the linters
	go run $(GOLANGCI_LINT) run ./...

lint-workflow: ## lint the workflow of docs/ci.md, and action.yml, which it calls
	dir=$$(mktemp -d) && mkdir -p $$dir/.git $$dir/.github/workflows $$dir/dmstask && cp action.yml $$dir/dmstask && \
	sed -n '/^```yaml/,/^```/p' docs/ci.md | sed '1d;/^```/,$$d' >$$dir/.github/workflows/dms-conformance.yaml && \
	cd $$dir && go run $(ACTIONLINT) && rm -r $$dir

lint-release: ## lint .goreleaser.yaml (builds goreleaser, which takes minutes the first time)
	go run $(GORELEASER) check

docs: ## render openapi.yaml as dist/openapi.html (needs node)
	@if command -v npx >/dev/null; then npx --yes $(REDOCLY) build-docs openapi.yaml --inlineBundle --output dist/openapi.html; \
	else echo 'skipped: there is no npx on this machine'; fi

fuzz: ## run the fuzz targets, each for FUZZTIME
	go test -run '^$$' -fuzz FuzzRequests -fuzztime $(FUZZTIME) ./contract_test
	go test -run '^$$' -fuzz FuzzAnswer -fuzztime $(FUZZTIME) ./client
	go test -run '^$$' -fuzz FuzzServer -fuzztime $(FUZZTIME) ./client
	go test -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME) ./internal/retryafter
	go test -run '^$$' -fuzz FuzzClean -fuzztime $(FUZZTIME) ./internal/secret

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./client

cover: ## show the statement coverage of the hand-written packages
	go test -coverpkg=./client/...,./conformance/...,./cmd/... -coverprofile=cover.out ./... && go tool cover -func=cover.out
