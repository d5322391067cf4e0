"""Django's settings under test: an installation of its own in a temporary folder, whatever the environment says."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="gongshu-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["GONGSHU_HOME"] = _folder
for _name in ("GONGSHU_CITY", "GONGSHU_LANG", "GONGSHU_GATEWAY_URL"):
    os.environ.pop(_name, None)

from gongshu.crypto import keys  # noqa: E402
from gongshu.home import open_home  # noqa: E402

for _each in open_home().folders:
    _each.mkdir(parents=True, exist_ok=True)
keys.ensure(open_home())

from gongshu.web.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests sign in often; nothing is secret here
