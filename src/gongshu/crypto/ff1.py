"""Format-preserving encryption FF1 (NIST SP 800-38G, with the domain of Revision 1: at least a million texts).

A text of digits becomes another text of as many digits, one to one under its key: a recipient can join its own tables
by it and count, and learns nothing about the number itself. AES is the cipher that the standard names; keys are 16, 24
or 32 bytes. Tested with the nine samples that NIST publishes.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROUNDS = 10
SMALLEST_DOMAIN = 1_000_000
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class FF1:
    """``radix`` signs (2 to 36) of 0-9a-z. Raises ``ValueError`` for a text outside the alphabet, or too short."""

    def __init__(self, key: bytes, radix: int = 10) -> None:
        if not 2 <= radix <= 36:
            raise ValueError("the radix is 2 to 36")
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - the block cipher itself, as FF1 uses it
        self.radix = radix
        self.shortest = next(n for n in range(2, 32) if radix**n >= SMALLEST_DOMAIN)

    def encrypt(self, text: str, tweak: bytes = b"") -> str:
        """Algorithm 7 of the standard."""
        return self._run(text, tweak, forward=True)

    def decrypt(self, text: str, tweak: bytes = b"") -> str:
        """Algorithm 8 of the standard."""
        return self._run(text, tweak, forward=False)

    def _run(self, text: str, tweak: bytes, *, forward: bool) -> str:
        n, radix = len(text), self.radix
        if not self.shortest <= n < 2**32:
            raise ValueError(f"the text has at least {self.shortest} signs")
        u = n // 2
        v = n - u
        left, right = self._number(text[:u]), self._number(text[u:])
        width = (((radix**v - 1).bit_length()) + 7) // 8  # b: bytes of the longer half
        drawn = 4 * ((width + 3) // 4) + 4  # d: bytes drawn for each round
        head = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256])
        head += n.to_bytes(4, "big") + len(tweak).to_bytes(4, "big")
        padded = tweak + bytes(-(len(tweak) + width + 1) % 16)
        block = self._cipher.encryptor().update
        first = block(head)
        for i in range(ROUNDS) if forward else reversed(range(ROUNDS)):
            known = right if forward else left
            tail = padded + bytes([i]) + known.to_bytes(width, "big")
            mixed = first
            for at in range(0, len(tail), 16):
                mixed = block(_xor(mixed, tail[at : at + 16]))
            stream = mixed
            for j in range(1, (drawn + 15) // 16):
                stream += block(_xor(mixed, j.to_bytes(16, "big")))
            y = int.from_bytes(stream[:drawn], "big")
            modulus = radix ** (u if i % 2 == 0 else v)
            if forward:
                left, right = right, (left + y) % modulus
            else:
                left, right = (right - y) % modulus, left
        return self._text(left, u) + self._text(right, v)

    def _number(self, text: str) -> int:
        if any(sign not in _DIGITS[: self.radix] for sign in text):
            raise ValueError("a sign is outside the alphabet")
        return int(text, self.radix)

    def _text(self, number: int, length: int) -> str:
        signs = []
        for _ in range(length):
            number, digit = divmod(number, self.radix)
            signs.append(_DIGITS[digit])
        return "".join(reversed(signs))


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(16, "big")
