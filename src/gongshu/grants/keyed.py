"""What one recipient sees for one purpose in place of an identifier or a day: keyed, and another for everybody else.

*Token*: a name that stays the same for a value. *Cipher*: other digits of the same number (FF1). *Shift*: all days of one
subject moved by the same number of days, so that the time between two of them stays. Two recipients, or one under two
purposes, cannot join what they got. Serves xian-30 and yongjia-32 (classified protection).
"""

from __future__ import annotations

from datetime import date, timedelta

from gongshu.crypto import Provider, digests
from gongshu.crypto.ff1 import FF1
from gongshu.grants import masking
from gongshu.grants.masking import Mask

SHIFT_DAYS = 180  # at most so many days either way


class Keyed:
    """The keyed masks of one recipient for one purpose."""

    def __init__(self, provider: Provider, organization: str, purpose: str) -> None:
        self._provider = provider
        self._recipient = f"token|{organization}|{purpose}"
        self._named = f"{len(organization)}/{organization}/{purpose}"
        self._shift_key = provider.derive(f"shift/{self._named}")

    def token(self, text: str) -> str:
        return "tok_" + self._provider.commit(f"{self._recipient}|{text}")[-64:-32]

    def cipher(self, item: str) -> Mask:
        """The digits of a text become other digits, signs between them and letters stay. Too few digits to hide
        something in (fewer than six) are hidden whole."""
        machine = FF1(self._provider.derive(f"ff1/{self._named}"))
        tweak = item.encode()

        def encipher(text: str) -> str:
            digits = "".join(sign for sign in text if "0" <= sign <= "9")
            if len(digits) < machine.shortest:
                return masking.hidden(text)
            other = iter(machine.encrypt(digits, tweak))
            return "".join(next(other) if "0" <= sign <= "9" else sign for sign in text)

        return encipher

    def shift(self, text: str, subject: str) -> str:
        """The day at the beginning of ``text`` (``YYYY-MM-DD``), moved as all days of ``subject`` (a commitment) are."""
        try:
            moved = date.fromisoformat(text[:10]) + timedelta(days=self._days(subject))
        except (ValueError, OverflowError):
            return masking.hidden(text)
        return moved.isoformat() + text[10:]

    def _days(self, subject: str) -> int:
        """1 to ``SHIFT_DAYS``, forward or back; never 0."""
        drawn = int.from_bytes(digests.hmac_sm3(self._shift_key, subject.encode())[:8], "big")
        days = 1 + drawn % SHIFT_DAYS
        return days if drawn & (1 << 63) else -days
