"""The library behind the workflow's scripts: pure functions and small classes, one package a stage.

``data`` (what do we look at?), ``training`` (which networks?), ``dissection`` (which units see
concepts?) and ``paper`` (what do we conclude?). Nothing in here knows of Snakemake, and importing
a package never imports torch: only the modules that compute with it do.
"""
