"""The library behind the workflow's scripts: pure functions and small classes.

A package for each stage: ``data`` (what do we look at?), ``training`` (which networks?),
``dissection`` (which units see concepts?), ``measures`` (what else is interpretable?) and ``paper``
(what do we conclude?). Beside them ``plan`` (what a config asks of the rules), ``config_*`` (its
checks), ``gpus`` (which GPU a job takes) and ``provenance`` (for the tools); and modules that all
use: ``script`` (what a script does around its ``main``), ``errors``, ``files``, ``npz``, ``disk``.

Nothing in here imports Snakemake, and importing a package never imports torch: only the modules
that compute with it do.
"""
