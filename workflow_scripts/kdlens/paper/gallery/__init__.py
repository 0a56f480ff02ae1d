"""The gallery: every unit of a dissected layer, with the images to which it responds most.

One HTML page a layer, and an index of them. A page opens from disk, in any browser of the last few
years, and asks nothing of a network: style, program and photographs are inside, and its content
security policy allows nothing else. Same input, same bytes.

``units``       what is shown, read off the tallies and the top images
``regions``     a region of pixels as a short text (run lengths), which ``layer.js`` reads
``thumbnails``  the photographs, each once, small
``colours``     the categories' colours as CSS (order: `kdlens.paper.categories`)
``document``    a whole page (``document.html``) around a template: escaping, data, security policy
``layer_page``  the page of a layer
``index_page``  the index
``strip``       the units of a layer by category, in one line

Beside them lie the pages' bodies (``layer.html``, ``index.html``), the styles (``base.css`` for
both, ``layer.css``, ``index.css``) and the program (``layer.js``), which only adds to a page that
can be read without it: it draws photographs when they come into sight, sorts and filters.
"""
