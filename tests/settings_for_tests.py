"""Django's settings under test: an installation of its own in a temporary folder, whatever the environment says."""

import atexit
import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="gongshu-tests-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.environ["GONGSHU_HOME"] = FOLDER
for _name in ("GONGSHU_CITY", "GONGSHU_LANG", "GONGSHU_GATEWAY_URL"):
    os.environ.pop(_name, None)

from gongshu.crypto import keys  # noqa: E402
from gongshu.home import open_home  # noqa: E402

for _each in open_home().folders:
    _each.mkdir(parents=True, exist_ok=True)
keys.ensure(open_home())

from gongshu.web.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests sign in often; nothing is secret here

if not os.environ.get("GONGSHU_DATABASE_URL"):
    # A file, not memory: the thread that serves pages to a browser then has a connection of its own, as in earnest. With
    # one connection for both, a page that asks while the test is inside a transaction writes into that transaction.
    DATABASES["default"]["TEST"] = {"NAME": f"{FOLDER}/tests.sqlite3"}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] = (  # noqa: F405
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON; PRAGMA cache_size=-64000;"
    )
