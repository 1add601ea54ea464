"""The settings of the console for tests: whatever the shell says, in a data folder of their own.

Each pytest process has its own folder, so several may run at once in one checkout. Servers started by the harness
are not touched by this: they get `perspt_site.settings` and an environment of their own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

for name in [name for name in os.environ if name.startswith("PERSPT_")]:
    del os.environ[name]
os.environ["PERSPT_DATA"] = tempfile.mkdtemp(prefix="perspt-tests-")
atexit.register(shutil.rmtree, os.environ["PERSPT_DATA"], ignore_errors=True)

from perspt_site.settings import *  # noqa: E402, F403 - the environment comes first
from perspt_site.settings import DATABASES  # noqa: E402

if "sqlite" in str(DATABASES["default"]["ENGINE"]):  # a file: other threads and processes see it, memory they would not
    DATABASES["default"]["TEST"] = {"NAME": Path(os.environ["PERSPT_DATA"]) / "test.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, and nobody's password
SERVESTATIC_USE_FINDERS = SERVESTATIC_USE_STATIC_ROOT = False  # else each test client first lists every static file
