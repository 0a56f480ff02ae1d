"""The tables of ``ARTIFACT.md``: how each claim, figure and table is reproduced.

``runs``        the runs that a reviewer starts, by the command
``claims``      each claim: command, where to look, the published numbers, what to expect
``expected``    what shipped results say of a claim, with tolerances
``items``       each figure and table: the command that makes it alone, and what is shipped
``document``    the parts of the file that are written by program
"""
