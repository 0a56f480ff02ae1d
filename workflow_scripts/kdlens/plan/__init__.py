"""What a config asks of the rules: paths, inputs and parameters of every job.

Everything here is a function of the resolved config (see :func:`kdlens.config.resolve`) and of the
wildcards' values, without torch or numpy; the rules call it, the scripts never do,
so that an edit here runs a job again only if it changes what that job is given. What a function
returns as a job's parameters is compared by Snakemake with what the job was last given, so it holds
the keys that the job needs and no others.

``paths``         the folders of a run, a model and a dissection
``datasets``      how the datasets come about and where they lie
``models``        the networks: their files, and what makes them
``text``          the sentences and the networks that read them
``dissections``   the tallies, and what a dissection is told
``paper``         what tables, figures and captions share: the measurement, the rows
``tables``        Tables 1 and 10
``variants``      Tables 6 to 9 and 11 and Figures 4 and 5: hyper-parameters, other networks
``figures``       the other figures, and the activation maps behind Figure 3
``gallery``       the pages of units and their index
``limits``        the check of what Snakemake was told that it may give to jobs
``measures``      the measures beside dissection, a module each
``claims``        the tables that the ledger needs, and what it is told
``front_page``    the report: what it shows, and the commands it gives
``jobs``          a job as the table of costs knows it
``cost``          the jobs of a run, for that table
``provenance``    a job's name and seed in the manifest
``results``       every file that a run makes, and the check of files asked for by name
``shipped``       the results that are shipped, and what can be made from them
"""
