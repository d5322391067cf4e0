"""Opening to the public: a release is proposed, reviewed for secrecy and privacy, decided, published, withdrawn.

Serves luzhou-21 to 25 and 37, xian-24 to 26, zaozhuang-5.3, yongjia-27 to 31 and 39. Which reviews are needed, who
decides and which grounds forbid opening is read from the rule pack. What is open is read through a public grant, by
the same gate as everything else.
"""
