"""Grants: what one recipient may read of one resource, for which purpose, how, and until when.

A grant is made by a decision (sharing) or a release (opening) and enforced by the gateway on every call.
Serves luzhou-24, xian-20 and yongjia-24: data are provided item by item, for the stated purpose, and no
wider.

Pure and free of Django: ``scope``, ``masking``, ``feed``, ``states``. The rest belongs to the control plane.
"""
