"""The witness that comes with an installation, so that a newcomer sees the whole of it work on one machine.

It watches the log beside it and proves that the log's files were not exchanged behind its back. It does not prove it to
strangers, since one operator runs both: for that, departments run witnesses of their own, and the policy names them.
"""

from __future__ import annotations

from gongshu.home import Home
from gongshu.ledger import durable, installation, quorum
from gongshu.witness.folder import Folder

LABEL = "own"


def ensure(home: Home) -> Folder:
    """Make the witness of ``home`` and, where nobody has written one yet, the policy that asks for it."""
    folder = Folder(home.witness)
    signer = installation.signer(home)
    verifier = folder.make(f"{signer.origin}/witness") if not folder.exists else folder.verifier
    folder.trust(signer.verifiers)
    file = home.root / quorum.FILE
    if not file.exists():
        policy = quorum.Policy((quorum.Witness(LABEL, verifier),), quorum=LABEL)
        durable.write(file, (_HEAD + policy.text()).encode())
        durable.sync_folder(home.root)
    return folder


_HEAD = """\
# 哪些见证节点的签名才算数（格式：c2sp.org/tlog-policy）。请加入各部门自己的见证节点，例如：
# Which witnesses count (c2sp.org/tlog-policy). Add the departments' own, for example:
#   witness transport transport.example.gov.cn/w1+0a1b2c3d+BJ... https://witness.transport.example.gov.cn
#   group quorum-of-two 2 own transport
#   quorum quorum-of-two
# own 没有地址：平台在本机找到它。 "own" has no address: the platform finds it on this machine.
"""
