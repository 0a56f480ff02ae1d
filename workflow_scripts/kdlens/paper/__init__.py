"""What do we conclude? Tables, figures, the comparison with the published numbers, the manifest.

Nothing here computes with a network, and nothing imports torch: the stage reads the tallies, the
metrics and the activation maps that the earlier stages wrote, so a figure can be drawn again in
seconds, on a machine that could not run the networks.

``style``            one look for all figures, one colour a method
``formats``          numbers as text; Markdown and LaTeX tables
``table01``          the counts of detectors, and the one file format that the other modules read
``table01_render``   the same table for people: Markdown and LaTeX
``table01_comparison``   our changes against scratch beside the published ones
``page``             a Markdown table as an HTML page for the report
``figure02``         bars: detectors, unique detectors, detectors per category
``figure03``         activation maps of the best detector of a concept
``manifest``         which code, packages, config and files made the results

Pure functions throughout: a drawing function takes data and returns a figure, a table function
takes data and returns text. Files are touched only by functions whose name says so (``load``,
``read``, ``save``, ``write``).
"""
