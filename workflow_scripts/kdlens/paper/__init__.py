"""What do we conclude? Tables, figures, the comparison with the published numbers, the manifest.

Nothing here computes with a network, and nothing imports torch: the stage reads the tallies, the
metrics and the activation maps that the earlier stages wrote, so a figure can be drawn again in
seconds, on a machine that could not run the networks.

``style``, ``legend``    one look for all figures, one colour a method; legends and notes
``bars``, ``categories``, ``cell_pictures``   bars, the colours of categories, drawn cells: each as
                         all figures show them
``formats``, ``page``    numbers as text, Markdown and LaTeX; a table as an HTML page
``table_parts``, ``table_files``   lines of a table and the words around them; its four files
``reference``            the published numbers, and csv files in general
``inputs``               tallies and top images, checked to be of the network they stand for
``over_seeds``           means and spreads over seeds
``table01``              detectors of many networks; ``table01_count`` counts them, ``table01_csv``
                         is the file, ``table01_render`` the table for people
``table01_comparison``   our changes against scratch beside the published ones; ``..._render``
``table10``, ``table11`` the same counts for lower layers and other networks
``measure_table``        what the tables of the other measures share (Tables 2 to 5, 12, 13)
``tableNN``, ``figureNN``   what is of one table or figure alone
``entropy_notes``        what Tables 2 and 12 say of their numbers
``text_tables``, ``text_attributions``   Tables 5 and 13; sentences word by word (``text_words``)
``curves``               Figures 9 and 10; ``curve_files`` their files, from tallies
``diffroar_curves``      DiffROAR by the fraction removed
``loss_gradients_figure``, ``loss_gradients_table``   Figures 8 and 13; how much lies on the object
``unit_grids``, ``concept_bars``   the best units of a network, the concepts that it detects
``gallery``              the pages of units
``claims``               the paper's claims and this run's verdicts
``items``, ``artifact``  every figure and table of the paper, and ARTIFACT.md's tables of them
``report``               the report's front page
``manifest``             which code, packages, config and files made the results: ``checkout`` the
                         code, ``chain`` the inputs of every job
``cost``                 what that took, by rule; ``benchmarks`` reads it
``shipped``              results that are shipped, and how a run compares with them

A drawing function takes data and returns a figure, a table function takes data and returns text;
what reads or writes files says so.
"""
