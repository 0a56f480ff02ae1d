"""Which GPU a job computes on: each takes its own, so that jobs that run together share none.

Snakemake only counts GPUs. So a job that computes with torch first leases as many as it needs, by
locks that the kernel frees when the job ends, however it ends; it then sees no others.

``devices``  the GPUs that there are, and those that this process may use
``locks``    files of a folder that all users share, one to lock for each place on a GPU
``lease``    takes GPUs, all or none, and waits for them
``job``      what a script of the workflow calls first of all

Nothing but the standard library is used here: a lease comes before torch is imported, which may
look for GPUs once and for all.
"""
