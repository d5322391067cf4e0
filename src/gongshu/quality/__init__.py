"""The quality of data in use: somebody doubts a value, its source checks it, whoever received it is told.

Serves luzhou-26, luzhou-31, luzhou-32, xian-23, yongjia-23.
"""
