"""Columns of values, a batch at a time and without a step per row: their bytes (``cells``), numbers and days read from
them (``words``), numbers with a check sign (``checksums``), the kinds of data that texts look like (``recognisers``) and
what a whole version's columns are like (``profile``). Pure; the lake counts every version that it commits with it.
"""
