"""Networks that read sentences: BERT and smaller ones of its shape.

``pieces``       words to word pieces, and the vocabulary that is learned for them
``bert``         the networks: their shapes, initial weights and files
``sentences``    a treebank as padded batches, ordered by length
``predictions``  what a network says of sentences, and how good that is
``published``    BERT's published weights and vocabulary, from a hub or a folder
``trainer``      the training, resumable after every epoch
"""
