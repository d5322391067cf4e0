"""What an organisation files with the authority: who holds its posts, and its systems with their security grades (备案).

luzhou-6, dazhou-5, xian-35, xian-42, yongjia-40, yongjia-43.
"""
