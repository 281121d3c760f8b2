# llantern: one GNU Makefile.  `make help` lists the targets.
#
# Sources are found by folder, so that adding a view, a format or a lesson is
# adding one file.  Objects live in build/VARIANT/, one variant per set of
# flags, and are rebuilt when a header they include changes (-MMD).

VERSION := 0.1.0
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
DESTDIR ?=
OPT     ?= -O2 -g
SAN     ?=
WERROR  ?=
COV     ?=

comma   := ,
VARIANT := $(CC)$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COV),-cov)
OUT     := build/$(VARIANT)
BIN     := $(if $(filter gcc cc,$(VARIANT)),build/llantern,$(OUT)/llantern)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wcast-qual \
	$(if $(WERROR),-Werror)
# Loops are shared out by OpenMP; the thread sanitizer does not understand its
# runtime, so that build starts plain threads (team.c), and so does a fuzzer's.
OMP  := $(if $(findstring thread,$(SAN))$(findstring fuzzer,$(SAN)),,-fopenmp)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
COVFLAGS := $(if $(COV),--coverage -O0)
# What a damaged file could turn against us is checked by compiler and linker
# (tests/lint/hardened.test.sh).  A sanitizer's own checks stand in for these.
ELF  := $(if $(filter Darwin,$(shell uname -s)),,1)
HARD := $(if $(SAN)$(COV),,-fPIE -fstack-protector-strong \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
LDHARD := $(if $(SAN)$(COV),,$(if $(ELF),-pie -Wl$(comma)-z$(comma)relro \
	-Wl$(comma)-z$(comma)now))
CFLAGS_ALL = -std=c11 -D_POSIX_C_SOURCE=200809L -DLLANTERN_VERSION='"$(VERSION)"' \
	-I. $(WARN) -ffp-contract=off $(OPT) -fno-common -MMD -MP $(OMP) \
	$(HARD) $(SANFLAGS) $(COVFLAGS) $(CFLAGS)
LDFLAGS_ALL = $(OMP) $(LDHARD) $(SANFLAGS) $(COVFLAGS) $(LDFLAGS)

PKG_CORE  := jansson libutf8proc
PKG_TRACE := libzip
PKG_DECK  := md4c md4c-html
PKG_VIZ   := sdl2 SDL2_ttf SDL2_image fontconfig libpng zlib libqrencode \
	cairo cairo-ft freetype2 harfbuzz
# Pages of PDF files on slides; without it a box says so.
POPPLER   ?= $(shell pkg-config --exists poppler-glib 2>/dev/null && echo 1)
PKG_PDF   := $(if $(POPPLER),poppler-glib)
# A line for each file; with V=1 the commands instead.
V   ?=
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

pkg_cflags = $(shell pkg-config --cflags $(1))
pkg_libs   = $(shell pkg-config --libs $(1))

# The layers, lowest first: each archive links without the next.
CORE_SRC  := $(wildcard $(foreach room,base formula spec kernel format model tokenizer \
	run,engine/$(room)/*.c))
TRACE_SRC := $(wildcard engine/trace/*.c engine/study/*.c)
TRAIN_SRC := $(wildcard engine/train/*.c)
WORLD_SRC := $(wildcard engine/world/*.c)
DECK_SRC  := $(wildcard lessons/*.c)
VIZ_SRC   := $(wildcard viz/*.c viz/paint/*.c viz/views/*.c viz/views/*/*.c \
	viz/app/*.c viz/screen/*.c viz/window/*.c)
CLI_SRC   := $(wildcard viz/cli/*.c viz/cli/*/*.c)
# What viz/app/code.c shows of the program's own source.
EMBED_C   := engine/run/forward.c engine/run/forward_attend.c \
	$(addprefix engine/kernel/,kern.c kern_row.c kern_body.h kern_body_quant.h)
EMBED_IN  := $(sort $(wildcard lessons/*.md assets/models/*.bin \
	assets/models/*.gguf assets/models/steps/* assets/world/*.txt assets/known/*.tsv) $(EMBED_C))
EMBED_IN  := $(filter-out lessons/README.md,$(EMBED_IN))

obj = $(patsubst %.c,$(OUT)/%.o,$(1))
LIB_CORE  := $(OUT)/libcore.a
LIB_TRACE := $(OUT)/libtrace.a
LIB_TRAIN := $(OUT)/libtrain.a
LIB_WORLD := $(OUT)/libworld.a
LIB_DECK  := $(OUT)/libdeck.a
LIB_VIZ   := $(OUT)/libviz.a
LIB_CLI   := $(OUT)/libcli.a
LIB_TEST  := $(OUT)/libtest.a

LINK_engine  = $(LIB_CORE) $(call pkg_libs,$(PKG_CORE)) -lm -lpthread
LINK_trace   = $(LIB_TRACE) $(call pkg_libs,$(PKG_TRACE)) $(LINK_engine)
LINK_train   = $(LIB_TRAIN) $(LINK_engine)
LINK_world   = $(LIB_WORLD) $(LINK_engine)
LINK_lessons = $(LIB_DECK) $(call pkg_libs,$(PKG_DECK)) $(LINK_engine)
LINK_viz     = $(LIB_CLI) $(LIB_VIZ) $(LIB_DECK) $(LIB_TRAIN) $(LIB_WORLD) \
	$(OUT)/embed.o $(call pkg_libs,$(PKG_VIZ) $(PKG_DECK)) -ldl \
	$(LINK_trace)
LINK_cli     = $(LINK_viz)

# For targets that build from nothing: all cores, unless make was given -j.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc || echo 2))

.PHONY: all
all: $(BIN)                ## build/llantern: the viewer and every command

$(BIN): $(OUT)/viz/main.o $(LIB_CLI) $(LIB_VIZ) $(LIB_DECK) $(LIB_TRAIN) \
		$(LIB_WORLD) $(LIB_TRACE) $(LIB_CORE) $(OUT)/embed.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(OUT)/viz/main.o $(LINK_viz)

$(LIB_CORE): $(call obj,$(CORE_SRC))
$(LIB_TRACE): $(call obj,$(TRACE_SRC))
$(LIB_TRAIN): $(call obj,$(TRAIN_SRC))
$(LIB_WORLD): $(call obj,$(WORLD_SRC))
$(LIB_DECK): $(call obj,$(DECK_SRC))
$(LIB_VIZ): $(call obj,$(filter-out viz/main.c,$(VIZ_SRC)))
$(LIB_CLI): $(call obj,$(CLI_SRC))
$(LIB_TEST): $(call obj,$(wildcard tests/support/*.c))
$(OUT)/lib%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $^

# One file per instruction set; the table in use is chosen when it runs.
ifneq (,$(filter x86_64 amd64,$(shell uname -m)))
$(OUT)/engine/kernel/kern_avx2.o: ARCH = -mavx2 -mfma -mf16c
AVX512 := -mavx512f -mavx512bw -mavx512vl -mfma -mf16c
$(OUT)/engine/kernel/kern_avx512.o: ARCH = $(AVX512)
$(OUT)/engine/kernel/kern_vnni.o: ARCH = $(AVX512) -mavx512vnni
$(OUT)/engine/train/tkern_avx2.o: ARCH = -mavx2 -mfma -mf16c
$(OUT)/engine/train/tkern_avx512.o: ARCH = -mavx512f -mavx512bw -mavx512vl -mfma
endif
# Wide vectors are passed by inlined functions alone, which have no ABI.  With
# a sanitizer's checks in every lane, more than -O1 takes minutes to compile.
# Loops of five instructions take a third longer where they lie unluckily.
$(OUT)/engine/kernel/kern_%.o: OPT += $(if $(SAN),-O1,-O3 -falign-loops=32) -Wno-psabi
$(OUT)/viz/paint/raster.o: OPT += $(if $(SAN),,-O3)
$(OUT)/engine/study/principal.o: OPT += $(if $(SAN),,-O3)
$(OUT)/viz/cli/bench/limits.o: OPT += -O3 -ffp-contract=fast
$(OUT)/engine/train/tkern_%.o: OPT += -O3 -ffp-contract=fast -fno-math-errno
$(OUT)/engine/%.o: PKG = $(PKG_CORE)
$(OUT)/engine/trace/%.o: PKG = $(PKG_TRACE)
$(OUT)/lessons/%.o: PKG = $(PKG_DECK)
$(OUT)/viz/%.o $(OUT)/tests/viz/%.o $(OUT)/tests/bench/%.o: \
	PKG = $(PKG_VIZ) $(PKG_DECK) $(PKG_TRACE)
$(OUT)/viz/paint/document.o: PKG += $(PKG_PDF)
$(OUT)/viz/paint/document.o: ARCH = $(if $(POPPLER),-DLLANTERN_POPPLER)
$(OUT)/tests/%.o: PKG += check
# Made anew once poppler came or went.
$(OUT)/poppler: FORCE
	@mkdir -p $(@D)
	@echo "$(POPPLER)" | cmp -s - $@ || echo "$(POPPLER)" > $@
$(OUT)/viz/paint/document.o: $(OUT)/poppler

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) $(ARCH) $(if $(PKG),$(call pkg_cflags,$(PKG))) \
		-c -o $@ $<

# Lessons and, when there is one, the model: bytes in the binary
# (assets/embed.h).  The list is made each time, but only a changed one counts.
.PHONY: FORCE
$(OUT)/embed.S: FORCE
	@mkdir -p $(@D)
	@sh assets/embed.sh $(EMBED_IN) > $@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
$(OUT)/embed.o: $(OUT)/embed.S $(EMBED_IN)
	$(call say,AS,$@)
	$(Q)$(CC) -c -o $@ $<

.PHONY: run
run: deps                  ## install what is missing, build, open the viewer
	@$(MAKE) $(JOBS) --no-print-directory all
	$(BIN) view $(if $(MODEL),-m $(MODEL))

.PHONY: model
model: $(BIN)              ## train the embedded models anew (hours)
	sh assets/model.sh $(BIN)

STEPS := $(patsubst assets/models/steps/step-%.bin,%,$(sort \
	$(wildcard assets/models/steps/step-*.bin)))
.PHONY: training
training: $(BIN)           ## measure the steps of its training anew
	sh assets/training.sh $(BIN) $(STEPS) > build/training.tsv
	cp build/training.tsv assets/models/steps/

# ---- tests ---------------------------------------------------------------

TEST_SRC := $(wildcard tests/engine/test_*.c tests/trace/test_*.c \
	tests/train/test_*.c tests/world/test_*.c \
	tests/lessons/test_*.c tests/viz/test_*.c tests/cli/test_*.c)
TESTS    := $(patsubst tests/%.c,$(OUT)/tests/%,$(TEST_SRC))
$(OUT)/tests/engine/%: LINK = $(LINK_engine)
$(OUT)/tests/trace/%: LINK = $(LINK_trace)
$(OUT)/tests/train/%: LINK = $(LINK_train)
$(OUT)/tests/world/%: LINK = $(LINK_world)
$(OUT)/tests/lessons/%: LINK = $(LINK_lessons)
$(OUT)/tests/viz/%: LINK = $(LINK_viz)
$(OUT)/tests/cli/%: LINK = $(LINK_viz)
LIBS := $(LIB_CLI) $(LIB_VIZ) $(LIB_DECK) $(LIB_TRAIN) $(LIB_WORLD) \
	$(LIB_TRACE) $(LIB_CORE)
$(filter $(OUT)/tests/engine/%,$(TESTS)): $(LIB_CORE)
$(filter $(OUT)/tests/trace/%,$(TESTS)): $(LIB_TRACE) $(LIB_CORE)
$(filter $(OUT)/tests/train/%,$(TESTS)): $(LIB_TRAIN) $(LIB_CORE)
$(filter $(OUT)/tests/world/%,$(TESTS)): $(LIB_WORLD) $(LIB_CORE)
$(filter $(OUT)/tests/lessons/%,$(TESTS)): $(LIB_DECK) $(LIB_CORE)
$(filter $(OUT)/tests/viz/% $(OUT)/tests/cli/%,$(TESTS)): $(LIBS) $(OUT)/embed.o
$(TESTS): $(OUT)/tests/%: $(OUT)/tests/%.o $(LIB_TEST)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(TEST_LDFLAGS) -o $@ $< $(LIB_TEST) $(LINK) \
		$(call pkg_libs,check)
# The out-of-memory and input/output fault tests fail the Nth call; that of
# damaged files counts the bytes.
WRAP_ALLOC = $(foreach f,malloc calloc realloc aligned_alloc free, \
	-Wl$(comma)--wrap=$(f))
$(OUT)/tests/%_fault $(OUT)/tests/engine/test_malformed: \
	TEST_LDFLAGS = $(WRAP_ALLOC)
# The test of the window makes SDL's calls fail.
WRAP_SDL = $(foreach f,Init CreateWindow GetWindowSurface \
	CreateRGBSurfaceWithFormatFrom SetSurfaceBlendMode UpperBlit \
	UpdateWindowSurface GetDisplayUsableBounds GetDisplayDPI \
	SetWindowFullscreen SetClipboardText GetClipboardText PushEvent WaitEvent, \
	-Wl$(comma)--wrap=SDL_$(f))
$(OUT)/tests/viz/test_window_sdl: TEST_LDFLAGS = $(WRAP_SDL)

# Large model files, for measuring and for the tests of the commands.
MAKE_GGUF := $(OUT)/tests/bench/make_gguf
$(MAKE_GGUF): $(MAKE_GGUF).o $(LIB_TEST) $(LIB_CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB_TEST) $(LINK_engine)

.PHONY: check test
check: deps-check          ## install what is missing, build, run every test
	@$(MAKE) $(JOBS) --no-print-directory test
test: $(BIN) $(TESTS) $(MAKE_GGUF) fuzz-replay ## the tests alone, nothing installed
	@LLANTERN=$(BIN) OUT=$(OUT) CC=$(CC) SAN=$(SAN) sh tests/run.sh $(TESTS)

.PHONY: hardened
hardened: $(BIN)           ## is the program hardened?
	@LLANTERN=$(BIN) CC=$(CC) sh tests/lint/hardened.test.sh

.PHONY: asan tsan
asan:                      ## the tests under address + undefined sanitizers
	@LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lint/lsan.txt:print_suppressions=0 \
		$(MAKE) $(JOBS) --no-print-directory SAN=address,undefined test
tsan:                      ## the threaded tests under the thread sanitizer
	@$(MAKE) $(JOBS) --no-print-directory SAN=thread test-threads
.PHONY: test-threads
test-threads: $(addprefix $(OUT)/tests/,engine/test_team engine/test_session \
		trace/test_off train/test_train viz/test_worker \
		viz/test_ahead viz/test_opening viz/test_app \
		viz/test_scripts) | $(OUT)/tests/lint/race
	@sh tests/lint/race.sh $(OUT)/tests/lint/race
	@SCRIPTS=none TSAN_OPTIONS=halt_on_error=1 CK_FORK=no sh tests/run.sh $^
$(OUT)/tests/lint/race: $(OUT)/tests/lint/race.o $(LIB_CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LINK_engine)

# ---- fuzzing -------------------------------------------------------------

# One program per target: with a fuzzer it fuzzes, else it replays the files
# and folders named as its arguments (tests/fuzz/replay.test.sh).
FUZZ  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(patsubst %,$(OUT)/tests/fuzz/fuzz_%,$(FUZZ))
LINK_fuzz = $(LIB_DECK) $(call pkg_libs,$(PKG_DECK)) $(LIB_TRAIN) \
	$(LIB_WORLD) $(LINK_trace) $(call pkg_libs,check)
FUZZ_MAIN = $(if $(findstring fuzzer,$(SAN)),,$(OUT)/tests/fuzz/replay.o)
$(FUZZERS) $(OUT)/tests/fuzz/seeds: $(LIB_TEST) $(LIB_DECK) $(LIB_TRAIN) \
	$(LIB_WORLD) $(LIB_TRACE) $(LIB_CORE)
$(FUZZERS): $(OUT)/tests/fuzz/%: $(OUT)/tests/fuzz/%.o $(FUZZ_MAIN)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(FUZZ_MAIN) $(LIB_TEST) $(LINK_fuzz)
$(OUT)/tests/fuzz/seeds: $(OUT)/tests/fuzz/seeds.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB_TEST) $(LINK_fuzz)

SECONDS ?= 60
.PHONY: fuzz fuzz-build
fuzz: deps-fuzz            ## every fuzzer for SECONDS; TARGETS="gguf json"
	@$(MAKE) $(JOBS) --no-print-directory CC=clang \
		SAN=fuzzer,address,undefined fuzz-build
	@$(MAKE) --no-print-directory $(OUT)/tests/fuzz/seeds
	@sh tests/fuzz/fuzz.sh $(OUT)/tests/fuzz/seeds \
		build/clang-fuzzer-address-undefined/tests/fuzz $(SECONDS) \
		$(or $(TARGETS),$(FUZZ))
fuzz-build: $(FUZZERS)
.PHONY: fuzz-replay
fuzz-replay: $(FUZZERS) $(OUT)/tests/fuzz/seeds

.PHONY: golden-update
golden-update: $(BIN) $(OUT)/tests/viz/test_golden ## remake tests/golden/
	GOLDEN_UPDATE=1 CK_FORK=no $(OUT)/tests/viz/test_golden

.PHONY: same
same: $(BIN) $(MAKE_GGUF)  ## do OLD=program and this build give the same bytes?
	sh tests/same.sh $(OLD) $(BIN) $(MAKE_GGUF)

.PHONY: cov
cov:                       ## line coverage per file (gcov)
	@$(MAKE) $(JOBS) --no-print-directory COV=1 OPT=-O0 test
	@sh tests/lint/coverage.sh build/$(CC)-cov

# The set: every shape in floats and in both common quantised types; with
# MODEL=FILE that file instead.  Needs 7 GB of memory and some ten minutes.
BENCH_SHAPES := small,15M,110M,1.1B
BENCH_CSV    := build/bench
COMMIT        = commit $(shell git describe --always --dirty 2>/dev/null)
.PHONY: bench bench-engine
bench: deps                ## speed: engine, viewer, training
	@$(MAKE) $(JOBS) --no-print-directory $(BIN) \
		$(OUT)/tests/bench/bench_viewer $(OUT)/tests/bench/bench_views \
		$(OUT)/tests/bench/bench_train
	@$(MAKE) --no-print-directory bench-engine
	$(OUT)/tests/bench/bench_viewer \
		-m $(or $(MODEL),assets/models/tales.bin)
	$(OUT)/tests/bench/bench_views $(BIN)
	$(OUT)/tests/bench/bench_train
bench-engine: $(BIN)       ## speed of the engine alone, also as build/bench*.csv
	$(if $(MODEL),$(BIN) bench -m $(MODEL) --note "$(COMMIT)" \
		--csv $(BENCH_CSV).csv,$(BIN) bench --shape $(BENCH_SHAPES) \
		--type f32,q8_0,q4_0 --note "$(COMMIT)" --csv $(BENCH_CSV).csv)
	$(if $(MODEL),,$(BIN) bench --shape 7B --type q4_0 --seconds 0 \
		--note "$(COMMIT)" --csv $(BENCH_CSV)-7B.csv)
$(OUT)/tests/bench/bench_%: $(OUT)/tests/bench/bench_%.o $(LIBS) $(LIB_TEST) \
		$(OUT)/embed.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB_TEST) $(LINK_viz)

# ---- lint ----------------------------------------------------------------

C_FILES = $(shell find engine lessons viz assets tests -name '*.[ch]')
.PHONY: lint fmt fmt-check tidy cppcheck layers
lint: deps-lint fmt-check layers cppcheck tidy ## every static check
fmt:                       ## clang-format in place
	clang-format -i $(C_FILES)
fmt-check:                 ## clang-format, check only
	@clang-format --dry-run -Werror $(C_FILES)
layers:                    ## includes, globals, banned calls, file sizes
	@$(MAKE) $(JOBS) --no-print-directory $(LIBS)
	@sh tests/lint/layers.sh $(OUT)
cppcheck:                  ## cppcheck
	cppcheck --quiet --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppressions-list=tests/lint/cppcheck.txt \
		--error-exitcode=1 -I. -j2 assets engine lessons viz
tidy:                      ## clang-tidy
	@sh tests/lint/tidy.sh $(filter %.c,$(C_FILES))

# ---- packages, installing, cleaning --------------------------------------

.PHONY: deps deps-check deps-lint deps-fuzz
deps:                      ## install what building needs
	@sh .ci/deps build
deps-check:
	@sh .ci/deps build check
deps-lint:
	@sh .ci/deps build lint
deps-fuzz:
	@sh .ci/deps build check fuzz

.PHONY: install uninstall
install: $(BIN)            ## honours PREFIX and DESTDIR
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/llantern
	install -d $(DESTDIR)$(PREFIX)/share/llantern/lessons
	install -m 644 $(filter lessons/%,$(EMBED_IN)) \
		$(DESTDIR)$(PREFIX)/share/llantern/lessons
uninstall:                 ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/llantern
	rm -rf $(DESTDIR)$(PREFIX)/share/llantern

.PHONY: clean help
clean:                     ## remove build/
	rm -rf build
help:                      ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | \
		expand -t 18

.SECONDARY:
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
