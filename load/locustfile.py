"""The locustfile: `locust -f load/locustfile.py` with LOAD_FOLDER naming a folder with a stage (`python -m load.staging.prepare` makes one), or `understudy load`.

Locust is imported before anything else: it patches the network.
"""

import locust  # noqa: F401 - first, since it patches sockets

from load.running import install

RUN, USERS = install()
