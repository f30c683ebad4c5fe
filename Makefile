# What a contributor runs. `make help` lists the targets; .ci/run has every check.

GO = go
PKG = ./...
BENCH = .
FUZZ = Fuzz
FUZZTIME = 30s
VERSION = devel

.PHONY: help check build generate golden bench fuzz libchord dist release-check npm-check clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile

check: ## what to run before a commit: format, vet, staticcheck, the quick tests
	@wrong=$$(gofmt -l .); [ -z "$$wrong" ] || { echo "gofmt -w" $$wrong; exit 1; }
	$(GO) vet work
	$(GO) run $$(sed -n 's/^staticcheck=//p' .ci/run) work
	$(GO) test -short work

build: ## the command, as ./chord: one static binary
	CGO_ENABLED=0 $(GO) -C cmd/chord build -trimpath -o "$$PWD/chord" .

generate: ## write the generated code anew, and the charts and tables of benchdata
	$(GO) generate ./...
	$(GO) run ./cmd/benchgate render

golden: ## write anew what tests compare with, after a change that is meant
	$(GO) test -run 'TestAPI$$' . -update-api
	$(GO) test -run 'TestReference$$' ./cmd/chord -update-cli
	$(GO) test -run 'TestHelpScreens$$|TestPSScreen$$' ./cmd/chord -update-screens
	$(GO) test -run 'TestBitIdentical$$' ./llama -update-hashes
	git diff --stat

bench: ## benchmarks: make bench BENCH=Gemv PKG=./simd
	$(GO) test -run '^$$' -bench '$(BENCH)' $(PKG)

fuzz: ## each fuzz target for FUZZTIME: make fuzz FUZZ=FuzzRead FUZZTIME=5m
	@find . -name '*_test.go' -exec grep '^func $(FUZZ)' {} /dev/null \; | \
		sed 's|^\(.*\)/[^/]*:func \(Fuzz[A-Za-z0-9]*\)(.*|\1 \2|' | sort | { \
		failed=; \
		while read -r dir target; do \
			echo "$$dir $$target"; \
			(cd $$dir && $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x . </dev/null) || \
				failed="$$failed $$dir.$$target"; \
		done; \
		[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }; }

libchord: ## the C library, with files for pkg-config, CMake and Python, in libchord
	$(GO) run ./cmd/libchord/build -version $(patsubst devel,0.0.0,$(VERSION:v%=%)) -o libchord

dist: ## what a release consists of, in dist; VERSION=v0.1.0 has packages too
	$(GO) run ./packaging dist $(VERSION)

release-check: ## make a release twice, compare, install and run what this machine can
	CHORD_RELEASE=1 $(GO) test -count=1 -timeout 60m -v ./packaging ./internal/tests/release

npm-check: ## the npm package, in dist/npm, and what npm would publish
	rm -rf dist/npm && mkdir -p dist && cp -r npm dist/npm
	$(GO) run ./cmd/chord-wasm/build -npm dist/npm
	npm publish ./dist/npm --dry-run --provenance=false --access public

clean: ## remove what build and dist make
	rm -rf chord dist libchord
