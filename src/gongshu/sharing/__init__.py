"""Sharing between public bodies: an application, who must decide on it by when, the decision, the grant.

Serves luzhou-15 to 19, dazhou-17 to 19, xian-18 to 22, zaozhuang-5.2, yongjia-13 to 22. Who decides, in which order,
within how many days and what a refusal must cite is read from the rule pack; this package knows the states.
"""
