# Every target is one line of plain go, which works without make too.

GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER = github.com/goreleaser/goreleaser/v2@v2.15.0
FUZZTIME ?= 30s

.PHONY: help generate check-generated test conformance faults interop lint lint-workflow lint-release fuzz bench cover

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 17

generate: ## make the generated code anew from openapi.yaml
	go generate ./...

check-generated: ## fail if the generated code is not what openapi.yaml gives
	go test -count=1 -run 'TestGeneratedCodeIsCurrent' ./contract_test

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

lint-workflow: ## lint the workflow of docs/ci.md
	sed -n '/^```yaml/,/^```/p' docs/ci.md | sed '1d;/^```/,$$d' | go run $(ACTIONLINT) -

lint-release: ## lint .goreleaser.yaml (builds goreleaser, which takes minutes the first time)
	go run $(GORELEASER) check

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
