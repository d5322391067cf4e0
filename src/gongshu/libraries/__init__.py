"""Base, theme and task libraries (基础库、主题库、专题库): chosen items of published entries under one shape.

A library is a view, not a copy: it has a catalog entry of its own and no table. When a source has a new version the view is
computed again and served under that entry, so that it is applied for, granted, masked and recorded like any other data.
"""
