"""What do we conclude? Tables, figures, the comparison with the published numbers, the manifest.

Nothing here computes with a network, and nothing imports torch: the stage reads the tallies, the
metrics and the activation maps that the earlier stages wrote, so a figure can be drawn again in
seconds, on a machine that could not run the networks.

``style``            one look for all figures, one colour a method
``formats``          numbers as text; Markdown and LaTeX tables
``table01``          the counts of detectors, and the one file format that the other modules read
``table01_render``   the same table for people: Markdown and LaTeX
``table01_comparison``   our changes against scratch beside the published ones
``table10``          the same counts for the lower layers
``table_files``      the files of Tables 1 and 10, for programs and for people
``inputs``           tallies and top images, checked to be of the network they stand for
``page``             a Markdown table as an HTML page for the report
``figure02``         bars: detectors, unique detectors, detectors per category
``figure03``         activation maps of the best detector of a concept
``curves``           Figures 9 and 10: detectors against the quantile and the IoU threshold
``curve_files``      their files, from tallies
``concept_bars``     the concepts that one network detects, as bars
``unit_grids``       the best units of one network with their top images
``legend``           the legend above a figure, and how wide a text is
``manifest``         which code, packages, config and files made the results

Pure functions throughout: a drawing function takes data and returns a figure, a table function
takes data and returns text. Files are touched only by functions whose name says so (``load``,
``read``, ``save``, ``write``).
"""
