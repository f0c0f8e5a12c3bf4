# What a developer runs. CI runs `.ci/run`, which calls this.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 30s
MODELTIME   ?= 10m
BENCHFLAGS  ?=

.PHONY: help test test-go test-client test-example test-cluster test-crash lint fuzz model bench example setup

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

test: setup test-go test-example test-client ## Everything; installs what it needs on Debian

setup: ## Install what the tests need and the machine lacks
	@./internal/setup.sh

test-go: ## The Go tests, with the race detector
	$(GO) test -race -shuffle=on -timeout 25m ./...

test-example: bin/example ## The lines that the example's page and the README say to paste
	@./internal/tryexample.sh bin/example

test-cluster: ## On a Galera cluster, 20 times with a node killed; installs what it needs on Debian
	@./internal/setup.sh cluster
	CI=true LIGATURE_TEST_ROUNDS=$${LIGATURE_TEST_ROUNDS:-20} $(GO) test -tags cluster -p 1 -count=1 -v -timeout 25m ./internal/dbproof/cluster ./internal/testdb

test-crash: setup ## With 50 processes killed while they bind, on each database
	CI=true LIGATURE_TEST_CRASHES=$${LIGATURE_TEST_CRASHES:-50} $(GO) test -count=1 -v -timeout 60m -run TestR65 ./internal/dbproof

test-client: bin/example ## The real client against the built example
	cd internal/realclient && npm ci --ignore-scripts --no-audit --no-fund && npm test

.PHONY: bin/example
bin/example:
	$(GO) build -o $@ ./example

lint: ## Formatting, vet, staticcheck, go.mod
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt would change these"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags cluster ./internal/...
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(STATICCHECK) -tags cluster ./internal/...
	$(GO) mod tidy -diff

fuzz: ## Every fuzz target for FUZZTIME (30s)
	@./internal/fuzz.sh $(FUZZTIME)

model: ## The random sequences against the model, on each store for MODELTIME (10m)
	$(GO) test -count=1 -v -timeout 0 -run TestTheServiceKeepsToItsModel ./internal/model -model.time=$(MODELTIME)

bench: setup ## The benchmarks; about half an hour, on a machine that does nothing else
	$(GO) test -run '^$$' -bench . -benchmem ./...
	mkdir -p bin && $(GO) run ./internal/bench -out bin/performance.md $(BENCHFLAGS)

example: ## Run the example on http://127.0.0.1:8080
	$(GO) run ./example
