"""What do we conclude? Tables, figures, the comparison with the published numbers, the manifest.

Nothing here computes with a network, and nothing imports torch: the stage reads the tallies, the
metrics and the activation maps that the earlier stages wrote, so a figure can be drawn again in
seconds, on a machine that could not run the networks.

``style``, ``legend``    one look for all figures, one colour a method; their legends
``formats``, ``page``    numbers as text, Markdown and LaTeX tables; a table as an HTML page
``inputs``               tallies and top images, checked to be of the network they stand for
``table01_count``        detectors of many networks; ``table01`` is the file format of the counts,
                         ``table01_render`` the table for people, ``table01_comparison`` our changes
                         against scratch beside the published ones
``table10``, ``table11`` the same counts for lower layers and other networks
``measure_table``        what the tables of the other measures share (Tables 2 to 5, 12, 13)
``tableNN``, ``figureNN``   what is of one table or figure alone
``curves``               Figures 9 and 10; ``curve_files`` their files, from tallies
``unit_grids``, ``concept_bars``   the best units of a network, the concepts that it detects
``gallery``              the pages of units
``claims``               the paper's claims and this run's verdicts
``items``, ``artifact``  every figure and table of the paper, and ARTIFACT.md's tables of them
``report``               the report's front page
``manifest``, ``chain``, ``cost``   which code, packages, config and files made the results; what
                         that took
``shipped``              results that are shipped, and how a run compares with them

A drawing function takes data and returns a figure, a table function takes data and returns text;
what reads or writes files says so.
"""
