"""What the city has, who answers for it, under which terms: entries and their items, compiled, reviewed, published.

Serves luzhou-11, xian-11, xian-12, yongjia-10, yongjia-11. Core metadata follow 发改高技〔2017〕1272号.
"""
