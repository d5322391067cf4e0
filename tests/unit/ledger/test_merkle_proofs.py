"""Hashing and proofs against RFC 6962 as it is written, for every size that fits a test."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.ledger import merkle

BIGGEST = 600
HASHES = [merkle.leaf_hash(number.to_bytes(2, "big")) for number in range(BIGGEST)]

# The leaves and roots that Certificate Transparency's own implementations are tested with.
KNOWN_LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive(hashes):
    """MTH, word for word from RFC 6962 section 2.1."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + naive(hashes[:split]) + naive(hashes[split:])).digest()


def node(level, index):
    return merkle.complete_root(HASHES[index << level : (index + 1) << level])


ROOTS = [naive(HASHES[:size]) for size in range(BIGGEST + 1)]


def test_known_roots():
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN_LEAVES]
    assert [merkle.root(hashes[:size]).hex() for size in range(1, 9)] == KNOWN_ROOTS


def test_the_root_of_every_size():
    assert [merkle.root(HASHES[:size]) for size in range(BIGGEST + 1)] == ROOTS
    assert merkle.root([]) == merkle.EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_every_leaf_of_every_small_tree_has_a_proof_that_holds_for_it_alone():
    for size in range(1, 80):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, node)
            assert merkle.verify_inclusion(HASHES[index], index, size, proof, ROOTS[size])
            assert not merkle.verify_inclusion(HASHES[index], (index + 1) % size, size, proof, ROOTS[size]) or size == 1


def test_every_pair_of_small_trees_is_consistent():
    for size in range(80):
        for old in range(size + 1):
            proof = merkle.consistency_proof(old, size, node)
            assert merkle.verify_consistency(old, size, proof, ROOTS[old], ROOTS[size]), (old, size)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_inclusion_in_bigger_trees(data):
    size = data.draw(st.integers(1, BIGGEST))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, node)
    assert merkle.verify_inclusion(HASHES[index], index, size, proof, ROOTS[size])
    other = data.draw(st.integers(0, BIGGEST - 1).filter(lambda n: n != index))
    assert not merkle.verify_inclusion(HASHES[other], index, size, proof, ROOTS[size])
    assert not merkle.verify_inclusion(HASHES[index], index, size, [*proof, bytes(32)], ROOTS[size])
    if proof:
        broken = list(proof)
        at = data.draw(st.integers(0, len(proof) - 1))
        broken[at] = bytes([broken[at][0] ^ 1]) + broken[at][1:]
        assert not merkle.verify_inclusion(HASHES[index], index, size, broken, ROOTS[size])
        assert not merkle.verify_inclusion(HASHES[index], index, size, proof[:-1], ROOTS[size])


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_consistency_of_bigger_trees(data):
    size = data.draw(st.integers(1, BIGGEST))
    old = data.draw(st.integers(0, size))
    proof = merkle.consistency_proof(old, size, node)
    assert merkle.verify_consistency(old, size, proof, ROOTS[old], ROOTS[size])
    wrong = data.draw(st.integers(0, BIGGEST).filter(lambda n: n not in (old, size)))
    if old:
        assert not merkle.verify_consistency(old, size, proof, ROOTS[wrong], ROOTS[size])
    if old < size:
        assert not merkle.verify_consistency(old, size, [*proof, bytes(32)], ROOTS[old], ROOTS[size])
    if 0 < old < size:
        assert not merkle.verify_consistency(old, size, proof, ROOTS[old], ROOTS[wrong])
        assert not merkle.verify_consistency(old, size, proof[:-1], ROOTS[old], ROOTS[size])


def test_questions_outside_the_tree_are_refused():
    for index, size in ((-1, 3), (3, 3), (0, 0)):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.inclusion_proof(index, size, node)
        assert not merkle.verify_inclusion(HASHES[0], index, size, [], ROOTS[1])
    with pytest.raises(ValueError, match="no tree"):
        merkle.consistency_proof(4, 3, node)
    assert not merkle.verify_consistency(4, 3, [], ROOTS[4], ROOTS[3])
