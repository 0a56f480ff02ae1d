"""The concept world: a seeded renderer of small scenes, and two datasets made with it.

==================  ================================================================
``vocabulary``      every name: species, liveries, objects, parts, materials, scenes
``geometry``        seeded draws; outlines that are exact on every machine
``colours``         RGB to the eleven basic colour names; paints
``tiles``           what textures and grain are made of
``textures``        tiles of textures; texture-only images
``grains``          tiles of the materials' grain
``canvas``          outlines to pixels and labels, by one polygon pass and tables
``pen``             draws one thing, an outline at a time, onto a canvas
``animals`` etc.    the 24 species, a module a family
``props``           clutter: ``props_grown`` (bushes, boulders), ``props_made`` (balls, lamps)
``lights``          day, dusk, night and so on
``backdrop``        skies, land, mountains, skylines, water
``scenes``          the fifteen places; those of land and water are in ``scenes_nature``
``compose``         one picture, put together
``render``          picture i of a dataset
``image_tree``      the training images, an ImageFolder
``broden_tree``     the concept images, in Broden's format
``masks``           where a training image shows what it is classified by
``encoding``        JPEG and PNG bytes that are the same everywhere
==================  ================================================================

The datasets' bytes are the same on every machine for the same versions of numpy and Pillow (the
lock file pins them); nothing depends on the processor, the mathematics library or zlib.
"""
