"""What is said of a run when it has ended: when its jobs ran, whether its files are still those of
its manifest, whether a part of it comes out the same again, and all of it as an RO-Crate.

No rule runs any of this, so no result hangs on it.
"""
