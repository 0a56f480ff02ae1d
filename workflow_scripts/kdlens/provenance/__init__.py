"""What is said of a run when it has ended: when its jobs ran, whether its files are still those of
its manifest, whether a part of it comes out the same again, and all of it as an RO-Crate.

``jobs``       when the jobs of a run ran, written when it ends
``manifest``   the manifest of a run, read again
``check``      its files, compared with the manifest
``parts``      what there is to make again of a part, and ``repeat``: making it, twice
``crate``      the RO-Crate; ``crate_about``, ``crate_entities``, ``crate_files``: its parts
``validate``   whether that is a valid one

No rule runs any of this, so no result hangs on it.
"""
