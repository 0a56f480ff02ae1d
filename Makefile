# Everything that one types. Each target sets up the environment first, if it is not there yet:
# a private .venv with the versions of uv.lock, made by uv (fetched into .bootstrap/ if need be).

CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
PYTHON ?= python3
# What `make report`, `verify`, `crate`, `compare` and `reference` are about.
RUN ?= demo
CONFIG_OF_RUN = config/$(if $(filter demo,$(RUN)),config,$(RUN)).yaml
CELLS = $(addprefix results/paper/,tables/table03.md figures/figure06.svg figures/figure07.svg figures/figure11.svg)
SNAKEMAKE = .venv/bin/snakemake --cores $(CORES) --rerun-incomplete --quiet host rules
# The first import of a package is slow if its byte code cannot be kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-full study cells smoke real real-measures report verify crate reference compare test lint format
.PHONY: clean-env help dockerfile faults artifact
.PHONY: bench-cells bench-dissection bench-diffroar bench-scale bench-training

help:
	@echo 'make demo     render the world, train, dissect, and write results/demo/ (5 to 6 minutes)'
	@echo 'make demo-full   the same with all methods, grids, architectures and measures (about 45 minutes)'
	@echo 'make study    the same at full width with five seeds, for a GPU (about an hour)'
	@echo "make cells    Table 3 and Figures 6, 7, 11 at the paper's size, for a GPU"
	@echo 'make smoke    the demo in miniature (2 to 3 minutes)'
	@echo 'make real     the same on photographs (see config/real.yaml)'
	@echo 'make real-measures   the measures beside dissection on real data (about an hour)'
	@echo 'make clean-env   remove the packages'
	@echo 'make report   results/demo/report.html from what make demo made, and workflow.html: the graph and code'
	@echo 'make verify   are the files of RUN=demo those of its manifest, and PART=... again the same?'
	@echo 'make crate    RUN=demo as an RO-Crate (ZIP=yes: as an archive too)'
	@echo 'make compare  the tables of make demo against the shipped ones (RUN=full: of make demo-full)'
	@echo 'make reference   results/reference/demo/ from what make demo made (RUN=full as well)'
	@echo 'make artifact   the tables of ARTIFACT.md once more, after a change in config/ or shipped results'
	@echo 'make test     all tests'
	@echo 'make lint     the linters and the types (mypy)'
	@echo 'make format   formats the code'
	@echo 'make dockerfile   envs/Dockerfile once more, after a change in envs/'
	@echo 'make faults   kills, stops and starves a tiny run fifty times (about 15 minutes)'
	@echo 'make bench-training     training against a bare PyTorch loop (5 minutes)'
	@echo 'make bench-dissection   dissection against a forward pass and the published way (8 minutes)'
	@echo 'make bench-diffroar     retraining of small networks against a plain loop (5 minutes)'
	@echo 'make bench-scale        dissection of 63,305 images: time and memory (10 minutes)'
	@echo 'make bench-cells        drawn cells against the plain way (2 minutes)'

demo: .venv/.ready
	$(SNAKEMAKE)
	$(MAKE) --no-print-directory report RUN=demo

demo-full: .venv/.ready
	$(SNAKEMAKE) --configfile config/full.yaml
	$(MAKE) --no-print-directory report RUN=full

# Three jobs share the GPU: one alone leaves it half idle.
study: .venv/.ready
	KDLENS_JOBS_PER_GPU=3 $(SNAKEMAKE) --resources gpu=3 --configfile config/study.yaml
	$(MAKE) --no-print-directory report RUN=study

# Four small networks share the GPU.
cells: .venv/.ready
	KDLENS_JOBS_PER_GPU=4 $(SNAKEMAKE) --resources gpu=4 --configfile config/paper.yaml -- $(CELLS)

smoke: .venv/.ready
	$(SNAKEMAKE) --configfile config/smoke.yaml

real-measures: .venv/.ready
	$(SNAKEMAKE) --configfile config/real_measures.yaml
	$(MAKE) --no-print-directory report RUN=real_measures

real: .venv/.ready
	$(SNAKEMAKE) --configfile config/real.yaml
	$(MAKE) --no-print-directory report RUN=real

reference: .venv/.ready
	$(SNAKEMAKE) --forcerun ship --configfile $(CONFIG_OF_RUN) -- results/reference/$(RUN)/shipped.json

compare: .venv/.ready
	.venv/bin/python tools/compare.py --run $(RUN)

report: .venv/.ready
	$(SNAKEMAKE) --configfile $(CONFIG_OF_RUN) -- results/$(RUN)/report.html
	$(SNAKEMAKE) --configfile $(CONFIG_OF_RUN) --report results/$(RUN)/workflow.html

verify: .venv/.ready
	.venv/bin/python tools/verify.py --run $(RUN) --part '$(PART)' --cores $(CORES) $(if $(DATA),--data)

crate: .venv/.ready
	.venv/bin/python tools/crate.py --run $(RUN) $(if $(ZIP),--zip)

artifact: .venv/.ready
	.venv/bin/python tools/artifact_tables.py

test: .venv/.ready
	.venv/bin/python -m pytest

lint: .venv/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check Snakefile rules
	.venv/bin/mypy
	@for config in $(filter-out config/claims.yaml config/items.yaml,$(wildcard config/*.yaml)); do \
	  echo "snakemake --lint --configfile $$config"; \
	  .venv/bin/snakemake --lint --configfile $$config || exit 1; \
	done

format: .venv/.ready
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/snakefmt Snakefile rules

# Snakemake asks a conda for its platform first, so where there is none a stand-in answers.
dockerfile: .venv/.ready
	PATH="$$PATH:$(CURDIR)/tests/conda/bin" .venv/bin/snakemake --containerize > envs/Dockerfile.tmp
	mv envs/Dockerfile.tmp envs/Dockerfile

faults: .venv/.ready
	.venv/bin/python tests/faults --cores $(CORES)

bench-training: .venv/.ready
	.venv/bin/python tests/benchmarks/training.py

bench-dissection: .venv/.ready
	.venv/bin/python tests/benchmarks/dissection.py

bench-diffroar: .venv/.ready
	.venv/bin/python tests/benchmarks/diffroar.py

bench-scale: .venv/.ready
	.venv/bin/python tests/benchmarks/scale.py

bench-cells: .venv/.ready
	.venv/bin/python tests/benchmarks/cells.py

clean-env:
	rm -rf .venv .bootstrap

.venv/.ready: pyproject.toml uv.lock
	uv="$$($(PYTHON) envs/bootstrap.py)" && \
	  "$$uv" sync --locked --compile-bytecode --python "$$(command -v $(PYTHON))"
	touch $@
