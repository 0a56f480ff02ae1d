# Stage 5, paper: what a run says to the paper's claims.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    check_claims,


rule check_claims:
    input:
        claims=CLAIMS_FILE,
        schema=CLAIMS_SCHEMA,
        tables=claims.tables(CONFIG, CLAIMS),
        published=claims.published(PUBLISHED_TABLES),
        library=library("check_claims"),
    output:
        json=f"{RUN}/claims.json",
        md=f"{RUN}/claims.md",
        html=report(
            f"{RUN}/claims.html",
            caption="captions/claims.rst",
            category="Claims",
            labels={"file": "Each claim of the paper, with a verdict"},
        ),
    log:
        f"{RUN}/logs/check_claims.log",
    benchmark:
        f"{RUN}/benchmarks/check_claims.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        claims=claims.params(CONFIG),
    script:
        "../workflow_scripts/check_claims.py"
