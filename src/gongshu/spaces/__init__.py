"""Data stores (数据仓): a place of its own in the lake for each department and township, with a quota and rights.

A store owns no data of its own: it is the set of tables whose entries belong to it, by their provider or by name. The quota
is counted from what those tables really hold, and is asked for before a version is committed (yongjia-7).
"""
