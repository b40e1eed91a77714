# Nearly every target is one plain go command, which works without make too.

GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER = github.com/goreleaser/goreleaser/v2@v2.15.0
OASDIFF = github.com/oasdiff/oasdiff@v1.37.0
REDOCLY = @redocly/cli@2.77.0
APIDIFF = golang.org/x/exp/cmd/apidiff@v0.0.0-20261113113407-e3970619a1a4
MODULE = github.com/dmstask/dmstask
FUZZTIME ?= 30s

# The revision to compare with: the last release, or if there is none, the commit that set the version of the contract.
# If the contract has not changed since, its parent: then the change of that commit is shown.
BASE ?= $(shell git describe --tags --abbrev=0 2>/dev/null || { v=$$(git log -1 --first-parent --format=%h -G'^  version:' \
	-- openapi.yaml); git diff --quiet $$v -- openapi.yaml && echo $$v^ || echo $$v; })

.PHONY: help check generate check-generated contract-diff api-diff change-day test conformance faults interop lint \
	lint-workflow lint-release fuzz bench cover docs

help: ## show this help
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 17

check: lint contract-diff ## everything to run before a commit
	go mod tidy -diff
	go test ./...

generate: ## regenerate the code from openapi.yaml
	go generate ./...

check-generated: ## fail if the generated code is not up to date with openapi.yaml
	go test -count=1 -run 'TestGeneratedCodeIsCurrent' ./contract_test

contract-diff: ## list the changes of openapi.yaml since BASE, and fail if its version was not raised
	@go run ./internal/contractdiff $(OASDIFF) $(BASE)

api-diff: ## list the changes of the exported packages since BASE
	@dir=$$(mktemp -d); trap "rm -r $$dir" EXIT; git archive $(BASE) | tar -x -C $$dir; \
	(cd $$dir && go run $(APIDIFF) -m -w base $(MODULE)) && go run $(APIDIFF) -m $$dir/base $(MODULE)

change-day: ## make the edits of docs/contract.md and others in copies of the repository, and test the results
	CHANGE_DAY=1 go test -count=1 -v ./contract_test/changeday

test: ## run all tests with the race detector
	go test -race ./...

conformance: ## check DMS_ENDPOINT, or the embedded server
	go run ./cmd/dms-conformance

faults: ## show which rule of the check finds which fault of a server
	@cd contract_test && go test -count=1 -run '^TestFaults$$|^TestSound$$' -matrix

interop: ## test check, server, client and otcauth with third-party software (needs node, python, nginx, haproxy)
	INTEROP=1 go test -count=1 -v -parallel 6 -timeout 30m ./contract_test/interop

lint: ## run the linters
	go run $(GOLANGCI_LINT) run ./...

lint-workflow: ## lint action.yml, and the workflow in docs/ci.md that uses it
	dir=$$(mktemp -d) && mkdir -p $$dir/.git $$dir/.github/workflows $$dir/dmstask && cp action.yml $$dir/dmstask && \
	sed -n '/^```yaml/,/^```/p' docs/ci.md | sed '1d;/^```/,$$d' >$$dir/.github/workflows/dms-conformance.yaml && \
	cd $$dir && go run $(ACTIONLINT) && rm -r $$dir

lint-release: ## lint .goreleaser.yaml (builds goreleaser, which takes minutes the first time)
	go run $(GORELEASER) check

docs: ## render openapi.yaml as dist/openapi.html (needs npx, of node)
	@if command -v npx >/dev/null; then npx --yes $(REDOCLY) build-docs openapi.yaml --inlineBundle --output dist/openapi.html; \
	else echo 'skipped: npx is not installed'; fi

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
