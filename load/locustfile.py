"""The locustfile: `locust -f load/locustfile.py --story seat-rush --target-url http://localhost:3000`; `understudy load` runs it as well.

Locust is imported before anything else: it patches the network.
"""

import locust  # noqa: F401 - first, since it patches sockets

from load.running import install

RUN, USERS = install()
