"""FF1 against the nine samples that NIST publishes for SP 800-38G."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.crypto.ff1 import FF1

KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94")
TEN, LONG = "0123456789", "0123456789abcdefghi"
TWEAK, TWEAK_36 = "39383736353433323130", "3737373770717273373737"
SAMPLES = [
    (16, 10, "", TEN, "2433477484"),
    (16, 10, TWEAK, TEN, "6124200773"),
    (16, 36, TWEAK_36, LONG, "a9tv40mll9kdu509eum"),
    (24, 10, "", TEN, "2830668132"),
    (24, 10, TWEAK, TEN, "2496655549"),
    (24, 36, TWEAK_36, LONG, "xbj3kv35jrawxv32ysr"),
    (32, 10, "", TEN, "6657667009"),
    (32, 10, TWEAK, TEN, "1001623463"),
    (32, 36, TWEAK_36, LONG, "xs8a0azh2avyalyzuwd"),
]


@pytest.mark.parametrize(("size", "radix", "tweak", "plain", "cipher"), SAMPLES)
def test_the_samples_of_the_standard(size, radix, tweak, plain, cipher):
    machine = FF1(KEY[:size], radix)
    assert machine.encrypt(plain, bytes.fromhex(tweak)) == cipher
    assert machine.decrypt(cipher, bytes.fromhex(tweak)) == plain


@given(st.text("0123456789", min_size=6, max_size=60), st.binary(max_size=40))
def test_what_was_encrypted_is_decrypted(text, tweak):
    machine = FF1(KEY)
    other = machine.encrypt(text, tweak)
    assert len(other) == len(text) and other.isdecimal() and machine.decrypt(other, tweak) == text


def test_it_is_one_to_one():
    machine = FF1(KEY)
    assert len({machine.encrypt(f"{n:06d}") for n in range(2000)}) == 2000


@pytest.mark.parametrize("text", ["", "12345", "12345a", "１２３４５６", "-12345"])
def test_what_is_outside_its_domain_is_refused(text):
    with pytest.raises(ValueError):
        FF1(KEY).encrypt(text)
    with pytest.raises(ValueError):
        FF1(KEY, 37)
