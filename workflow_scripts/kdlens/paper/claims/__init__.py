"""The claims ledger: the paper's claims, each with a verdict from the seeds of a run.

``read``        ``config/claims.yaml``, checked
``evidence``    the numbers of a run's table by network; ``published`` the paper's tables
``orders``      which groups of networks a claim compares, from least to greatest
``testing``     those comparisons as tests; ``statistics`` what a handful of seeds can say
``ledger``      from the tests of all claims to their verdicts
``show``        the ledger for people
"""
