# What a contributor runs. `make help` lists the targets; .ci/run has every check.

GO = go
PKG = ./...
BENCH = .
FUZZTIME = 30s
VERSION = devel

# for_modules runs the command after it in each module of the repository, each
# of which has a go.mod of its own.
for_modules = set -e; for m in $$(find . -name go.mod ! -path '*/testdata/*' -exec dirname {} \;); do

.PHONY: help check build generate golden bench fuzz dist clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

check: ## what to run before a commit: format, vet, staticcheck, the quick tests
	@wrong=$$(gofmt -l .); [ -z "$$wrong" ] || { echo "gofmt -w" $$wrong; exit 1; }
	@$(for_modules) (cd $$m && echo "vet $$m" && $(GO) vet ./...); done
	$(GO) run "$$(sed -n 's/^staticcheck=//p' .ci/run)" ./...
	@$(for_modules) (cd $$m && echo "test $$m" && $(GO) test -short ./...); done

build: ## the command, as ./chord: one static binary
	CGO_ENABLED=0 $(GO) -C cmd/chord build -trimpath -o "$$PWD/chord" .

generate: ## write the generated code anew
	$(GO) generate ./...

golden: ## write anew what tests compare with, after a change that is meant
	$(GO) test -run 'TestAPI$$' . -update-api
	$(GO) test -run 'TestPromise$$' ./llama -update-promise
	git diff --stat

bench: ## benchmarks: make bench BENCH=Gemv PKG=./simd
	$(GO) test -run '^$$' -bench '$(BENCH)' $(PKG)

fuzz: ## each fuzz target of PKG for FUZZTIME: make fuzz PKG=./gguf FUZZTIME=5m
	@set -e; for p in $$($(GO) list $(PKG)); do \
		names=$$($(GO) test -list '^Fuzz' $$p); \
		for f in $$(echo "$$names" | sed -n '/^Fuzz/p'); do \
			echo "$$p $$f"; \
			$(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$p; \
		done; \
	done

dist: ## the binaries of a release and their checksums, in dist
	$(GO) run .ci/dist.go $(VERSION)

clean: ## remove what build and dist make
	rm -rf chord dist
