"""The leak guard, on tests that leak."""

from __future__ import annotations

import pytest

GUARDED = """
    import pytest
    pytestmark = pytest.mark.leaks_checked
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nhipflask_leaks = error\n")
    return pytester


def test_a_child_process_is_found(project: pytest.Pytester) -> None:
    project.makepyfile(
        GUARDED
        + """
    import subprocess, sys
    kept = []
    def test_leaks():
        kept.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
    def test_after():
        kept[0].communicate()
    """
    )
    outcome = project.runpytest_subprocess("-p", "no:playwright")
    outcome.assert_outcomes(passed=2, errors=1)
    outcome.stdout.fnmatch_lines(["*test_leaks left something behind:", "*child process*"])


def test_a_thread_is_found(project: pytest.Pytester) -> None:
    project.makepyfile(
        GUARDED
        + """
    import threading
    stop = threading.Event()
    def test_leaks():
        threading.Thread(target=stop.wait, name="forgotten").start()
    def test_after():
        stop.set()
    """
    )
    outcome = project.runpytest_subprocess("-p", "no:playwright")
    outcome.assert_outcomes(passed=2, errors=1)
    outcome.stdout.fnmatch_lines(["*thread 'forgotten' still runs"])


def test_what_a_session_fixture_starts_may_stay(project: pytest.Pytester) -> None:
    project.makepyfile(
        GUARDED
        + """
    import subprocess, sys
    @pytest.fixture(scope="session")
    def server():
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        yield process
        process.communicate()
    def test_first(server): pass
    def test_second(server): pass
    """
    )
    project.runpytest_subprocess("-p", "no:playwright").assert_outcomes(passed=2)


def test_only_a_warning_by_default(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        GUARDED
        + """
    import threading
    stop = threading.Event()
    def test_leaks():
        threading.Thread(target=stop.wait).start()
    def test_after():
        stop.set()
    """
    )
    outcome = pytester.runpytest_subprocess("-p", "no:playwright")
    outcome.assert_outcomes(passed=2, warnings=1)


def test_an_unknown_mode_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhipflask_leaks = maybe\n")
    outcome = pytester.runpytest_subprocess("-p", "no:playwright")
    outcome.stderr.fnmatch_lines(["*hipflask_leaks is 'maybe'*"])
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
