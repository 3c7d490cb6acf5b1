# A thin front: it installs missing packages (packages.txt) and calls meson, which does the work.
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
SUITES  ?=

.PHONY: all demo check soak mutants bench bench-servers install clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

# Not on packages.txt: a folder that is set up is set up, packages are looked at every time.
$(BUILD)/build.ninja: packages-build
	@test -f $@ || meson setup $(BUILD) --prefix $(PREFIX)

.PHONY: packages-build packages-check packages-demo packages-bench
packages-build packages-check packages-demo packages-bench: packages-%:
	@tools/packages.sh $*

demo: packages-demo all
	@LOCKSTEP=$(abspath $(BUILD)/lockstep) tools/demo.sh

# make check SUITES="unit style" runs these only; names are those of the last lines of a full run
check: packages-check $(BUILD)/build.ninja
	@tools/check.py --build $(BUILD) $(SUITES)

soak: packages-check $(BUILD)/build.ninja
	@tools/check.py --build $(BUILD) --soak $(SUITES)

# make mutants BUGS="anchor barrier" hunts those that have one of these words in their name
mutants: packages-check all
	@tests/mutants/mutants.py $(BUGS)

bench: packages-bench all
	@LOCKSTEP=$(abspath $(BUILD)/lockstep) bench/run --build $(BUILD) $(BENCH)

bench-servers: packages-bench all
	@LOCKSTEP=$(abspath $(BUILD)/lockstep) BUILD_ROOT=$(abspath $(BUILD)) bench/servers --build $(BUILD) $(BENCH)

# Only another PREFIX than last time changes the set-up: installing must not disturb a running check.
install: all
	@meson introspect $(BUILD) --buildoptions | grep -q '"value": "$(PREFIX)", "section": "directory"' \
	  || meson configure $(BUILD) --prefix $(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)
	@test -n "$(DESTDIR)" || ldconfig || true

clean:
	rm -rf $(BUILD) $(BUILD)-clang $(BUILD)-tsan demo
