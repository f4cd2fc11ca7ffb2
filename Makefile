# Everything that is done to this repository has a name here; `make` alone lists the names.
# The rules that need more than a line are scripts in Tests/tools.

SHELL := /bin/bash
SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
# The release binary carries the Swift runtime: it starts in milliseconds and runs where no toolchain is.
RELEASE := -c release --static-swift-stdlib --product cairn
# Passed on to `swift test`, for example: make test TEST_FLAGS='--filter SampleTests'
TEST_FLAGS ?=
# How long `make fuzz` damages the input of each parser: make fuzz SECONDS=600
SECONDS ?= 60
# Passed on to the benchmark, for example: make bench BENCH_FLAGS='--quick --only native'
BENCH_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup build test fuzz test-tools demo bench format lint install clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## Install the system packages that the build needs (nothing to do: milliseconds)
	@Tests/tools/setup

build: setup ## Build the release binary
	$(SWIFT) build $(RELEASE)

test-tools: setup ## Install the pinned dvc and the servers that the tests run against
	@Tests/tools/test-tools
	@Tests/tools/schema-tools
	@Tests/servers/install

test: setup test-tools ## Run all tests
	@Tests/tools/run-tests $(SWIFT) test $(TEST_FLAGS)

fuzz: setup ## Give damaged input to every parser, for SECONDS each; a failure tells its seed
	CAIRN_FUZZ_SECONDS=$(SECONDS) $(SWIFT) test --filter '[Ff]uzz' $(TEST_FLAGS)

demo: build ## Show the main job on real data
	@Tests/tools/demo "$$($(SWIFT) build $(RELEASE) --show-bin-path)/cairn"

bench: build test-tools ## Measure against the references, one JSON line for each
	@Tests/tools/bench-tools
	$(SWIFT) build -c release --static-swift-stdlib --product cairn-bench
	@bin="$$($(SWIFT) build $(RELEASE) --show-bin-path)" && "$$bin/cairn-bench" "$$bin/cairn" $(BENCH_FLAGS)

format: ## Lay out the Swift sources
	$(SWIFT) format --in-place --parallel --recursive --configuration .swift-format Package.swift Sources Tests

lint: ## Check the layout of the Swift sources and the syntax of the scripts
	$(SWIFT) format lint --strict --parallel --recursive --configuration .swift-format Package.swift Sources Tests
	@Tests/tools/check-scripts

install: build ## Install the binary and its completions below PREFIX
	@Tests/tools/install "$$($(SWIFT) build $(RELEASE) --show-bin-path)/cairn" "$(DESTDIR)$(PREFIX)"

clean: ## Delete what was built, and the tools that the tests installed
	rm -rf .build .build-*
