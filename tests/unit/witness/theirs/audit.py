"""Run in an environment of its own with aics-tlog and aics-witness, which others wrote. Prints one line of JSON.

audit.py audit FOLDER LOG_KEY OLD WITNESS_KEYS…      checkpoint, cosignatures, full audit, inclusion, consistency
audit.py feed FOLDER LOG_KEY URL WITNESS_KEY         their log's client hands our checkpoint to the witness at URL
"""

import json
import sys
from pathlib import Path

import aics_tlog as theirs


def opened(folder, key):
    note = theirs.parse_note((Path(folder) / "checkpoint").read_text())
    vkey = theirs.parse_vkey(key)
    assert theirs.verify_note(note, [vkey]), "the log's signature"
    return note, vkey, theirs.parse_checkpoint(note.text)


def audit(folder, key, old, *witnesses):
    note, vkey, head = opened(folder, key)
    keys = [theirs.parse_vkey(each) for each in witnesses]
    result = theirs.verify_checkpoint(note, vkey, keys, len(keys), expected_origin=vkey.name)
    reader = theirs.FileSystemTileReader(folder)
    report = theirs.audit_tiles(reader, head.size, head.root)
    for index in range(head.size):
        proof = theirs.inclusion_proof_from_tiles(reader, index, head.size)
        leaf = theirs.read_entry(reader, index, head.size)
        assert theirs.verify_leaf_inclusion(leaf, index, head.size, proof, head.root), index
    old = int(old)
    proof = theirs.consistency_proof_from_tiles(reader, old, head.size)
    old_root = theirs.tree_root_from_tiles(reader, old, head.size)
    assert theirs.verify_consistency(old, head.size, old_root, head.root, proof)
    assert result.ok, result.error
    return {"size": head.size, "witnesses": result.witnesses, "audit": str(report)}


def feed(folder, key, url, witness):
    from aics_witness.feeder import WitnessClient, WitnessRejected

    _, _, head = opened(folder, key)
    reader = theirs.FileSystemTileReader(folder)
    signed = (Path(folder) / "checkpoint").read_text()
    client = WitnessClient(url, witness)
    try:
        line = client.submit(signed, lambda old, new: theirs.consistency_proof_from_tiles(reader, old, new))
    except WitnessRejected as error:
        return {"rejected": str(error)}
    return {"size": head.size, "line": line}


if __name__ == "__main__":
    work, *arguments = sys.argv[1:]
    print(json.dumps({"audit": audit, "feed": feed}[work](*arguments)))
