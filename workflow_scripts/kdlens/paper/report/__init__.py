"""The report: the page that answers the run's question first, and then holds all that it found.

One HTML file that opens from disk and needs no program. The answer, every table and the small
figures are inside; larger pictures are shown from the files beside it, so it belongs into the run's
folder. Same files, same bytes.

``answer``     the verdict on the main claim, in a few sentences made from the run's numbers
``tables``     a table's Markdown as HTML, its notes apart
``pictures``   a figure, inside the page or from beside it
``items``      a table or figure with its caption, its files and the command that makes it
``claims``     the verdict on every claim
``about``      cost, provenance, how to make it again, and what this run does not have
``front_page`` all of it as one page

Beside them lie the page's body (``report.html``) and its style (``report.css``), both of which
build on the gallery's.
"""
