"""Cryptography behind one door: SM2, SM3, SM4 and Ed25519, SHA-256, AES.

Terms. *Provider*: whatever holds the keys and does the arithmetic, software here, a hardware module in production.
*Commitment*: a salted HMAC of a personal identifier, so that a record can say "about the same person" without saying
who. Pure: no Django. GB/T 39786-2021 8.4 (application and data layer) says which measures are due.
"""

from __future__ import annotations

from gongshu.crypto.provider import Provider, answers_provider, commit, forget, provider

__all__ = ["Provider", "answers_provider", "commit", "forget", "provider"]
