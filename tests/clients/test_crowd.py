"""Two hundred sockets and fifty seats."""

import json
import subprocess
from collections import Counter

from .eventplatform import Venue, figures
from .node import HERE, PATIENCE

CROWD, SEATS = 200, 50


def test_as_many_as_there_are_seats_get_one_and_everybody_sees_them_go(venue: Venue) -> None:
    event, users = venue.event(SEATS), [venue.user() for _ in range(CROWD)]
    watcher = venue.join(venue.user(), event)
    plan = {"url": f"{venue.realtime}/realtime", "users": [user.id for user in users], "lock": event.seats(1)}
    done = subprocess.run(["node", "crowd.mjs", json.dumps(plan)], cwd=HERE, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Counter(reply["success"] for reply in told["replies"]) == {True: SEATS, False: CROWD - SEATS}
    assert {reply["message"] for reply in told["replies"] if not reply["success"]} == {"Not enough tickets available"}
    assert sorted(reply["availableTickets"] for reply in told["replies"] if reply["success"]) == list(range(SEATS))
    assert told["seen"] == [list(reversed(range(SEATS)))] * CROWD
    assert [figures(watcher.wait("availability-update"))[0] for _ in range(2 * SEATS)] == [*reversed(range(SEATS)), *range(1, SEATS + 1)]
    assert venue.free(event) == [SEATS]
