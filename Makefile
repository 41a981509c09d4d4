# The commands of this project, each of which makes the environment it needs. From a fresh clone, with Python >= 3.10
# and a C++ compiler (g++ >= 11 or clang >= 14) and nothing else:
#
#   make demo       train a small CNN on handwritten digits; pictures and weights go to runs/demo/
#   make test       the whole test suite
#   make test-torch compare every operation, optimizer and scheduler with PyTorch (a few minutes)
#   make test-long  the same tests with many more random cases (up to an hour)
#   make drill      put bugs into the sources, one at a time, to see that tests catch them (half an hour)
#   make coverage   which lines and branches of cpp/ the tests run, by gcov (a quarter of an hour)
#   make tsan       the threads and all kernels, in C++ alone, under ThreadSanitizer
#   make asan       the same under AddressSanitizer and UndefinedBehaviorSanitizer; asan-python: tests through Python
#   make lint       ruff, its format check and mypy
#   make bench      every benchmark that needs no other library; JSON and pictures go to runs/bench/
#   make gallery    what a network does, in pictures, with a page that shows them: runs/gallery/index.html
#   make venv       only the environment, .venv, with the package installed from this folder
#   make clean      remove what these commands made, the environments too
#
# PYTHON=python3.12 chooses the interpreter; PYTEST_ARGS="-k conv2d" goes to pytest.

PYTHON ?= python3
PYTEST_ARGS ?=
MINICNN_TEST_SCALE ?= 20
TEST_EXTRAS ?= test,lint

# An environment's stamp is younger than all that its installation reads; Python files are read where they lie.
SOURCES := pyproject.toml CMakeLists.txt $(shell find cpp -type f)
VENV := .venv
DEMO_VENV := .venv-demo
TORCH_VENV := .venv-torch
INSTALL := -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-torch test-long drill tsan asan asan-python coverage lint bench gallery venv clean

demo: $(DEMO_VENV)/stamp
	$(DEMO_VENV)/bin/python examples/train_digits.py --out runs/demo

test: $(VENV)/stamp
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

test-torch: $(TORCH_VENV)/stamp
	MINICNN_TEST_TORCH=1 OMP_NUM_THREADS=1 $(TORCH_VENV)/bin/python -m pytest tests/torch_parity $(PYTEST_ARGS)

test-long: $(VENV)/stamp
	MINICNN_TEST_SCALE=$(MINICNN_TEST_SCALE) $(VENV)/bin/python -m pytest --hypothesis-profile=long $(PYTEST_ARGS)

# The tools that build a changed copy of the project: those that pip used for the first build.
BUILD_TOOLS := "pybind11>=3.0" "cmake>=3.18" "ninja>=1.11"
DRILL_ARGS ?=
COVERAGE_ARGS ?=

drill: $(VENV)/stamp
	$(VENV)/bin/python $(INSTALL) $(BUILD_TOOLS)
	$(VENV)/bin/python -m tools.drill $(DRILL_ARGS)

coverage: $(VENV)/stamp
	$(VENV)/bin/python $(INSTALL) $(BUILD_TOOLS)
	$(VENV)/bin/python -m tools.coverage $(COVERAGE_ARGS)

# The program of tests/cpp/ has no Python in it, so that what is reported is the kernels' own. It wants neither speed nor
# every instruction set. AddressSanitizer also works below Python, if it and libstdc++ are loaded first; what Python
# itself never frees is not looked at. (Memory is not flat where freed memory is kept to be watched, nor is fork quick.)
SANITIZED_TARGETS := baseline;avx2
ASAN_VENV := .venv-asan
ASAN_TESTS ?= tests/test_gemm.py tests/test_buffers.py tests/test_interrupts.py tests/optim tests/nn/test_fusion.py \
	$(addprefix tests/ops/test_,add.py augment.py avg_pool2d.py batch_norm.py conv2d.py conv2d_winograd.py \
	cross_entropy_kernel.py dropout.py max_pool2d.py)
CXX_FILE = $(shell $(CXX) -print-file-name=$(1))

define build_kernel_tests
$(VENV)/bin/python $(INSTALL) $(BUILD_TOOLS)
$(VENV)/bin/cmake -S . -B build/$(1) -G Ninja -DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(VENV)/bin/ninja \
	-DMINICNN_OPTIMIZATION=-O1 "-DMINICNN_TARGETS=$(SANITIZED_TARGETS)" \
	-DMINICNN_SANITIZE=$(2) -DSKBUILD_PROJECT_NAME=minicnn -DSKBUILD_PROJECT_VERSION=0 \
	-DPython_EXECUTABLE=$(CURDIR)/$(VENV)/bin/python -Dpybind11_DIR="$$($(VENV)/bin/python -m pybind11 --cmakedir)"
$(VENV)/bin/cmake --build build/$(1) --target kernel_tests
endef

tsan: $(VENV)/stamp
	$(call build_kernel_tests,tsan,thread)
	TSAN_OPTIONS=halt_on_error=1 build/tsan/kernel_tests

asan: $(VENV)/stamp
	$(call build_kernel_tests,asan,address$(COMMA)undefined)
	build/asan/kernel_tests

asan-python: $(ASAN_VENV)/stamp
	LD_PRELOAD="$(call CXX_FILE,libasan.so) $(call CXX_FILE,libstdc++.so)" PYTHONMALLOC=malloc \
	ASAN_OPTIONS=detect_leaks=0 MINICNN_TEST_SCALE=0.1 $(ASAN_VENV)/bin/python -m pytest $(ASAN_TESTS) \
	-k "not flat and not forked" $(PYTEST_ARGS)

lint: $(VENV)/stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(VENV)/stamp
	mkdir -p runs/bench
	$(VENV)/bin/python benchmarks/bench_gemm.py --json runs/bench/gemm.json
	$(VENV)/bin/python benchmarks/bench_conv2d.py --json runs/bench/conv2d.json
	$(VENV)/bin/python benchmarks/bench_pool.py --json runs/bench/pool.json
	$(VENV)/bin/python benchmarks/roofline.py --json runs/bench/roofline.json --png runs/bench/roofline.png

gallery: $(VENV)/stamp
	$(VENV)/bin/python -m examples.gallery --out runs/gallery

venv: $(VENV)/stamp

$(VENV)/stamp: $(SOURCES)
	$(call make_environment,$(VENV),$(TEST_EXTRAS))

$(DEMO_VENV)/stamp: $(SOURCES)
	$(call make_environment,$(DEMO_VENV),demo)

$(TORCH_VENV)/stamp: $(SOURCES)
	$(call make_environment,$(TORCH_VENV),test$(COMMA)compare)

$(ASAN_VENV)/stamp: $(SOURCES)
	$(PYTHON) -m venv $(ASAN_VENV)
	$(ASAN_VENV)/bin/python $(INSTALL) --editable '.[test]' -C build-dir=build/asan-python \
		-C cmake.define.MINICNN_OPTIMIZATION=-O1 -C "cmake.define.MINICNN_TARGETS=$(SANITIZED_TARGETS)" \
		-C cmake.define.MINICNN_SANITIZE=address,undefined
	@touch $@

COMMA := ,
define make_environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "minicnn needs Python 3.10 or newer, $(PYTHON) is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
@echo "Making $(1): compiling the kernels takes about a minute"
@$(PYTHON) -m venv $(1)
@$(1)/bin/python $(INSTALL) --editable '.[$(2)]'
@touch $@
endef

clean:
	rm -rf $(VENV) $(DEMO_VENV) $(TORCH_VENV) $(ASAN_VENV) build dist runs .hypothesis .pytest_cache .mypy_cache .ruff_cache
