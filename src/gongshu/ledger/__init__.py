"""The ledger: every decision and every delivery as a leaf of a transparency log that anyone can check offline.

Terms. *Entry*: one act, as canonical JSON with its SM3 digest (``entry``). *Leaf*: an entry's bytes, as hashed into the
Merkle tree (RFC 6962; ``merkle``). *Tile*: 256 hashes of the tree in one file (C2SP tlog-tiles; ``tiles``).
*Checkpoint*: size and root, signed (C2SP tlog-checkpoint; ``note``). *Spool*: acknowledged entries that wait for their
place (``spool``). *Sequencer*: the one process that gives them their place (``sequencer``). *Evidence*: an entry with
its proof and checkpoint (``bundle``).

These modules import no Django; ``models``, ``actions``, ``queries`` and ``sequencing`` join them to the database.
Kept at least three years (网络数据安全管理条例 article 12, 个人信息保护法 article 56): nothing here deletes an entry.
"""
