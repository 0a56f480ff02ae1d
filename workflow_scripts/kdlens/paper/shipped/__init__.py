"""The results that are shipped with the project: how they are made small, and compared with others.

``reduced``      tallies, top images, photographs and pictures without what no table or figure reads
``folder``       the folder of a run's shipped results
``readme``       its README
``origin``       in which respects two runs were made alike
``spread``       how far two runs may lie apart, by the spread of their seeds
``comparison``   a run's tables against the shipped ones, value by value
``verdict``      whether a run is as shipped: more values beyond than chance makes likely?
``telling``      the differences, in lines for people
"""
