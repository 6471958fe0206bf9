"""What wrk says is read as it is meant."""

import pytest

from benchmarks import wrk

SAID = """\
Running 4s test @ http://127.0.0.1:3950/api/orders
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     9.51ms   17.50ms 174.66ms   94.95%
    Req/Sec     5.23k     1.97k    7.36k    50.00%
  Latency Distribution
     50%  518.00us
     75%    7.36ms
     90%   12.03ms
     99%    1.09s
  20792 requests in 4.00s, 3.12MB read
{more}Requests/sec:   5184.67
Transfer/sec:      3.11MB
"""


def test_rate_and_latencies_are_read_in_their_units() -> None:
    assert wrk.parse(SAID.format(more="")) == wrk.Figures(rate=5184.67, p50=0.518, p99=1090.0, answered=20792, refused=0, lost=0)


def test_refused_and_lost_requests_are_counted() -> None:
    more = "  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 17\n"
    found = wrk.parse(SAID.format(more=more))
    assert (found.refused, found.lost) == (17, 7)


def test_what_is_no_result_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match=r"unable to connect"):
        wrk.parse("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_a_body_is_posted_with_its_token() -> None:
    assert wrk.script({"a": "it's"}, "secret").splitlines() == [
        'wrk.method = "POST"',
        'wrk.headers["Content-Type"] = "application/json"',
        'wrk.headers["Authorization"] = "Bearer secret"',
        'wrk.body = [[{"a": "it\'s"}]]',
    ]
