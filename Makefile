# Every task is a goal here. Each goal first installs missing Debian packages and upstream sources. A second run skips this.
JOBS ?= 2
SECONDS ?= 30
N ?= 1000
WAYS = gcc cross asan tsan
HOST = 127.0.0.1
HTTP_PORT = 4318
HTTPS_PORT = 4319
PAGE_PORT = 4320
BUILD = build
CMAKE = cmake -S . -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
SETUP = @port/deps/setup.sh
FETCH = @port/deps/fetch.sh
PICOS = pico pico2 pico_w pico2_w
PICO_DEPS = nanopb mbedtls lwip cjson pico-sdk tinyusb

.DEFAULT_GOAL := help
.PHONY: help demo test check receiver bench size fuzz mutate cov lint interop fleet firmware flash dist host clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## trace an agent and its model calls to a local HTTPS receiver, and show what arrived; BOARD=x: on an emulated board; CRASH=tool, assert or hang: with a crash first
ifeq ($(BOARD),pico)
	$(SETUP) demo emulator
	$(FETCH) $(PICO_DEPS) opentelemetry-proto
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/support/demo.py --board $(BOARD)
else ifneq ($(BOARD),)
	$(SETUP) demo firmware machine
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto cjson
ifneq ($(CRASH),)
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/support/crash_demo.py $(BOARD) $(CRASH)
else
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/support/demo.py --board $(BOARD)
endif
else
	$(SETUP) demo
	$(FETCH) nanopb mbedtls opentelemetry-proto cjson
	@$(MAKE) --no-print-directory -s host
	@/usr/bin/python3 -B tests/support/demo.py --edge $(BUILD)/host/examples/edge_agent
endif

host: # optimised libraries and examples, as a user builds them
	@mkdir -p $(BUILD)
	@echo "building (about a minute the first time; build output: $(BUILD)/host.log)"
	@$(CMAKE) -B $(BUILD)/host -DCMAKE_BUILD_TYPE=Release -DUSPAN_TESTS=OFF -DUSPAN_STUDIO=1 >$(BUILD)/host.log 2>&1 && \
	    cmake --build $(BUILD)/host -j $(JOBS) >>$(BUILD)/host.log 2>&1 || { cat $(BUILD)/host.log; exit 1; }

test: ## the tests that need only gcc, in minutes; TESTS=regex: those whose name matches
	$(SETUP) test
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto cjson
	@JOBS=$(JOBS) tests/build/run_tests.sh gcc

check: ## every hermetic test: those of make test, with clang under ASan and UBSan, TSan, cross compilers, boards in QEMU
	$(SETUP) test check emulator browser
	$(FETCH) $(PICO_DEPS) mbedtls2 opentelemetry-proto
	@port/deps/interop.sh rp2040 packages
	@JOBS=$(JOBS) tests/build/run_tests.sh $(WAYS)

receiver: ## a local OTLP receiver for any firmware, with a live tree and a page; HOST=0.0.0.0: for boards in your network
	$(SETUP) demo
	$(FETCH) opentelemetry-proto
	@/usr/bin/python3 -B tests/support/receive.py --host $(HOST) --http-port $(HTTP_PORT) --https-port $(HTTPS_PORT) \
	    --page-port $(PAGE_PORT)

bench: ## instructions per span, spans per second; writes build/bench.json, checks the budgets; BOARD=mps2_an386: on a Cortex-M4
ifneq ($(BOARD),)
	$(SETUP) bench firmware machine
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/bench/board.py $(BOARD)
else
	$(SETUP) bench
	$(FETCH) nanopb mbedtls opentelemetry-proto cjson
	@/usr/bin/python3 -B tests/bench/bench.py
endif

size: ## flash, RAM and stack per module; writes build/size.json and the tables, checks the budgets
	$(SETUP) size firmware machine
	$(FETCH) $(PICO_DEPS) opentelemetry-proto
	@/usr/bin/python3 -B tests/size/size.py --write
	@/usr/bin/python3 -B tests/size/stack.py --write

fuzz: ## each fuzz target for SECONDS (30), readers of LLM traffic for 60; SEED=0: other inputs; LONG=1: 10 million inputs a reader
	$(SETUP) fuzz
	$(FETCH) nanopb mbedtls cjson
	@JOBS=$(JOBS) SECONDS=$(SECONDS) SEED=$(or $(SEED),1) tests/build/run_fuzz.sh

mutate: ## change one line of core, N times (40, chosen by SEED), and see if tests notice; fails below 92 %; ONLY=re: files that match
	$(SETUP) test
	$(FETCH) nanopb mbedtls opentelemetry-proto cjson
	@JOBS=$(JOBS) N=$(if $(filter file,$(origin N)),40,$(N)) SEED=$(or $(SEED),1) ONLY='$(ONLY)' tests/build/run_mutate.sh

cov: ## line and branch coverage of core/, proto/, port/lwip and port/mbedtls; fails below their floors
	$(SETUP) cov
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto cjson
	@JOBS=$(JOBS) tests/build/run_cov.sh

lint: ## format, clang-tidy, include rules, banned calls, links
	$(SETUP) lint
	$(FETCH) nanopb mbedtls lwip cjson
	@JOBS=$(JOBS) tests/build/run_lint.sh

interop: ## test against AgentScope, OpenAI's Agents SDK, Phoenix, the Collector, Jaeger, OpenSSL, GnuTLS, Go, rustls; PARTS="..." for some
ifeq ($(PARTS),pico_w)
	$(SETUP) emulator
	$(FETCH) $(PICO_DEPS) opentelemetry-proto
	@port/deps/interop.sh rp2040
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/interop/pico_w.py
else ifeq ($(PARTS),espidf)
	$(SETUP) test
	$(FETCH) nanopb opentelemetry-proto
	@/usr/bin/python3 -B tests/interop/espidf.py
else ifeq ($(PARTS),freertos)
	$(SETUP) test machine
	$(FETCH) nanopb opentelemetry-proto
	@/usr/bin/python3 -B tests/interop/freertos.py
else ifeq ($(PARTS),declared)
	@/usr/bin/python3 -B tests/interop/declared.py
else
	$(SETUP) interop
	@goals=$$(/usr/bin/python3 -B tests/interop/run.py --goals $(PARTS)) && port/deps/setup.sh $$goals
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto cjson
	@peers=$$(/usr/bin/python3 -B tests/interop/run.py --peers $(PARTS)) && { [ -z "$$peers" ] || port/deps/interop.sh $$peers; }
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/interop/run.py $(PARTS)
endif

fleet: ## N simulated devices (1000) against the real Collector, before and after an outage
	$(SETUP) fleet
	$(FETCH) nanopb opentelemetry-proto
	@port/deps/interop.sh collector
	@/usr/bin/python3 -B tests/interop/fleet.py $(N)

firmware: ## the example agent for a board (BOARD=x; else for all), with flash and RAM by module; BOARD=pico and the like: UF2
ifneq ($(filter $(PICOS),$(BOARD)),)
	$(SETUP) firmware
	$(FETCH) $(PICO_DEPS)
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/support/pico.py $(BOARD) $(IMAGE)
else
	$(SETUP) firmware
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto
	@JOBS=$(JOBS) /usr/bin/python3 -B tests/size/boards.py $(BOARD)
endif

flash: ## program a real board: BOARD=pico and the like by its drive or picotool, lm3s6965evb by OpenOCD; not tried on hardware
ifneq ($(filter $(PICOS),$(BOARD)),)
	$(SETUP) firmware
	$(FETCH) $(PICO_DEPS)
	@uf2=$$(JOBS=$(JOBS) /usr/bin/python3 -B tests/support/pico.py $(BOARD) $(IMAGE)) && port/pico/flash.sh "$$uf2"
else
	@test "$(BOARD)" = lm3s6965evb || { echo "make flash: BOARD is one of lm3s6965evb $(PICOS)"; exit 1; }
	$(SETUP) firmware flash
	$(FETCH) nanopb mbedtls lwip opentelemetry-proto
	@command -v openocd >/dev/null || { echo "make flash: openocd is not installed; cure: install OpenOCD 0.12"; exit 1; }
	@elf=$$(JOBS=$(JOBS) /usr/bin/python3 -B tests/support/firmware.py $(BOARD)) && \
	    { openocd -f board/ek-lm3s6965.cfg -c "program $$elf verify reset exit" || \
	    { echo "make flash: OpenOCD could not program the board, see its message above; cure: connect the board by USB, and check that you may open the device. $$elf was built"; \
	    exit 1; }; }
endif

dist: ## source archives in build/dist: of this tree, and as a library for Arduino's IDE; nanopb is declared, not in them
	@/usr/bin/python3 -B tests/build/dist.py

clean: ## remove build/; fetched sources stay
	rm -rf $(BUILD)
