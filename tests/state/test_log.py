"""The log of a world: bounded by lines and by bytes."""

from dataclasses import dataclass

from mock_server.state.log import Log


@dataclass
class Line:
    size: int = 10
    number: int = 0


def test_lines_are_numbered_from_one_and_found_by_their_number() -> None:
    log = Log()
    lines = [Line() for _ in range(3)]
    for line in lines:
        log.append(line)
    assert [line.number for line in log] == [1, 2, 3]
    assert log.find(2) is lines[1]
    assert [log.find(number) for number in (0, 4, -1)] == [None, None, None]


def test_the_oldest_line_goes_when_there_are_too_many() -> None:
    log = Log(most=2)
    for _ in range(5):
        log.append(Line())
    assert [line.number for line in log] == [4, 5]
    assert (log.bytes, log.count, log.find(3)) == (20, 5, None)


def test_the_oldest_lines_go_when_they_hold_too_many_bytes() -> None:
    log = Log(largest=100)
    for size in (60, 30, 50):
        log.append(Line(size))
    assert [line.size for line in log] == [30, 50]
    log.append(Line(1000))
    assert (len(log), log.bytes) == (0, 0), "a line larger than the log is not kept"


def test_numbers_go_on_after_the_log_was_cleared() -> None:
    log = Log()
    log.append(Line())
    log.clear()
    log.append(Line())
    assert [line.number for line in log] == [2]
    assert log.bytes == 10
    assert log.find(2) is log[0]
