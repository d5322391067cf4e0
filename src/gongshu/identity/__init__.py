"""Who is who: organisations as a tree, people, the roles they hold in an organisation, sign-in, and API clients.

Serves luzhou-5, luzhou-6, xian-35, yongjia-4, yongjia-43: duties and rights follow the office that an organisation
holds and the role that a person holds in it, never the person alone.
"""
