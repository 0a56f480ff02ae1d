"""The cells of Tjoa & Guan (2020): drawn images that say which of their pixels matter.

Ten classes before three kinds of background. Each image has a truth of the same size with three
values: 0 background, 1 the body of the object, which says where it is but not what it is, and 2 the
feature that tells its class. Class 9 is empty: its truth is 0 everywhere.

========  ===============================================  =======================
class     object                                           feature
========  ===============================================  =======================
0         a ball: a ring around another colour             the ring
1, 2      a ball with a bar; with a bar and a pole         the bar; the bar and pole
3, 4, 5   a rectangle with a red, green or blue border     the border
6, 7, 8   a ball with one, three or eight tails            the tails
9         nothing
========  ===============================================  =======================

All lengths are in pixels of an image of 512 (:data:`REFERENCE_SIZE`) and scale with the image, but
for the blur of a rotation, which is always one pixel wide. So one (seed, split, number) shows the
same scene at every size.

"The source", in this package, is the program that Tjoa & Guan published; where it does something
unexpected, so does this.

The modules: :mod:`.scene` draws what is random, :mod:`.shapes` the object's parts before it is
turned, :mod:`.backgrounds` what lies behind it, :mod:`.drawing` puts them together, :mod:`.tree`
writes the files.
"""

from __future__ import annotations

CLASSES = (
    "0_ball",
    "1_ball_with_bar",
    "2_ball_with_cross",
    "3_red_rectangle",
    "4_green_rectangle",
    "5_blue_rectangle",
    "6_ball_with_tail",
    "7_ball_with_3_tails",
    "8_ball_with_8_tails",
    "9_empty",
)
"""Folder names; sorted, they stand in the order of the classes' numbers."""

EMPTY_CLASS = 9

BACKGROUNDS = ("dark", "blurred", "noisy")

REFERENCE_SIZE = 512
"""Side of the published images, in whose pixels all lengths are."""

BACKGROUND, BODY, FEATURE = 0, 1, 2
"""The values of the truth."""
