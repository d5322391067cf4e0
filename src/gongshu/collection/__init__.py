"""Collection: a department's file becomes a version of its resource, whole or not at all, and nothing is
lost.

The pure part (no Django): ``arrival`` unpacks, ``encoding`` decodes, ``header`` and ``reading`` find the
table, ``typing`` and ``checks`` judge every cell, ``duplicates`` the keys, ``profile`` counts what
the values are like, ``pipeline`` does it all; ``drafting`` proposes a
contract for a file that has none. The Django part: ``models``, ``actions``,
``queries``. Xi'an art. 16, Luzhou art. 13, Yongjia art. 12.
"""
