"""The Excel way of compiling (xian-11: online, by an offline tool, by interface): template, export, import, marked copy.

Pure: no Django, no clock. ``columns`` is the form, ``sheets`` reads a workbook in a process of its own, ``mapping`` finds
out which column is which field, ``parsing`` turns rows into entries and findings, ``writing`` writes template and export,
``marking`` hands a user's file back with every wrong cell marked.
"""
