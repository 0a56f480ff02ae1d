"""The data stage: what do we look at? Training images, and concept images in Broden's format."""
