"""Real programs: what they say, what they are told, and how they end."""

from __future__ import annotations

import _thread
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import psutil
import pytest

from hipflask.cloudrun.programs import Completed, ProgramsStopped, RealPrograms

# Starts a child of its own, which keeps both streams; says the child's number.
LEAVES_A_CHILD = """
    import subprocess, sys
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.pid, flush=True)
"""
WAITS = "import time; time.sleep(600)"


def run(code: str, *arguments: str, **options: object) -> Completed:
    """Run a Python program."""
    argv = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return RealPrograms(grace=0.2).run(argv, **options)  # type: ignore[arg-type]


def gone(pid: int) -> bool:
    """Wait for a process that is not ours to end."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_tells_exit_code_and_both_streams() -> None:
    done = run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (done.exit_code, done.stdout.split(), done.stderr.split()) == (3, ["out"], ["err"])


def test_keeps_every_byte_of_a_line_s_end() -> None:
    done = run(r"import sys; sys.stdout.buffer.write(b'a\r\nb\rc\n\nd')")
    assert done.stdout == "a\r\nb\rc\n\nd"


def test_odd_bytes_do_not_stop_it() -> None:
    done = run(r"import sys; sys.stdout.buffer.write(b'\xff caf\xc3\xa9')")
    assert done.stdout == "\N{REPLACEMENT CHARACTER} café"


def test_much_on_both_streams_blocks_nothing() -> None:
    code = """
        import sys
        for _ in range(2000):
            sys.stdout.write("o" * 999 + "\\n")
            sys.stderr.write("e" * 999 + "\\n")
    """
    done = run(code)
    assert done.stdout.count("o") == done.stderr.count("e") == 2000 * 999


def test_gives_standard_input() -> None:
    code = "import sys; print(sys.stdin.buffer.read() == 'päss\\nwörd='.encode())"
    assert run(code, stdin="päss\nwörd=").stdout.strip() == "True"


def test_standard_input_is_empty_otherwise() -> None:
    assert run("import sys; print(repr(sys.stdin.read()))").stdout.strip() == "''"


def test_program_need_not_read_its_input() -> None:
    assert run("pass", stdin="x" * 5_000_000).exit_code == 0


def test_arguments_arrive_as_they_are() -> None:
    given = ['say "hi"', "back\\slash\\", "^@^A=1,2", "100%PATH%", "$(id)", "", "two\nlines", "书"]
    code = "import json, sys; print(json.dumps(sys.argv[1:]))"
    assert run(code, *given).stdout.strip() == json.dumps(given)


def test_runs_in_its_folder_with_its_environment(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd()); print(os.environ.get('MARK'), 'HIDDEN' in os.environ)"
    os.environ["HIDDEN"] = "1"
    environ = {name: value for name, value in os.environ.items() if name != "HIDDEN"}
    done = run(code, folder=tmp_path, environ={**environ, "MARK": "here"})
    folder, rest = done.stdout.splitlines()
    assert Path(folder).samefile(tmp_path)
    assert rest == "here False"


def test_missing_program_is_said() -> None:
    with pytest.raises(FileNotFoundError):
        RealPrograms().run(["no-such-program-of-hipflask"])


def test_lines_are_heard_while_it_runs() -> None:
    heard: list[str] = []
    code = "import sys; print('one'); print('two'); print('three', file=sys.stderr)"
    run(code, on_line=heard.append)
    assert sorted(heard) == ["one", "three", "two"]


def test_answer_in_json_is_not_for_people() -> None:
    heard: list[str] = []
    code = "import sys; print('{}'); print('Deploying', file=sys.stderr)"
    done = run(code, "--format=json", on_line=heard.append)
    assert (heard, done.stdout.strip()) == (["Deploying"], "{}")


def test_listener_that_fails_does_not_stop_the_program() -> None:
    def fail(line: str) -> None:
        raise OSError(28, f"no space left for {line[:3]}")

    with pytest.raises(OSError, match="no space left"):
        run("print('x' * 99 + '\\n' * 1_000_000)", on_line=fail)


def test_child_that_is_left_behind_is_not_waited_for() -> None:
    began = time.monotonic()
    done = run(LEAVES_A_CHILD)
    try:
        assert time.monotonic() - began < 60
        assert done.exit_code == 0
    finally:
        psutil.Process(int(done.stdout)).kill()


def interrupted(code: str) -> int:
    """Press Ctrl-C once the program has said a number, and return that."""
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        _thread.interrupt_main()

    with pytest.raises(KeyboardInterrupt):
        run(code, on_line=hear)
    return int(heard[0])


def test_interrupt_ends_the_program() -> None:
    assert gone(interrupted(f"import os; print(os.getpid(), flush=True); {WAITS}"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends the program, not its children")
@pytest.mark.parametrize("habit", ["", "import signal; signal.signal(15, signal.SIG_IGN)\n"])
def test_interrupt_ends_its_children(habit: str) -> None:
    assert gone(interrupted(habit + textwrap.dedent(LEAVES_A_CHILD) + WAITS))


def test_stop_ends_what_other_threads_run() -> None:
    programs, pids = RealPrograms(), SimpleQueue[str]()
    code = f"import os; print(os.getpid(), flush=True); {WAITS}"

    with ThreadPoolExecutor() as pool:
        ends = [
            pool.submit(programs.run, [sys.executable, "-c", code], on_line=pids.put)
            for _ in range(2)
        ]
        running = [int(pids.get(timeout=30)) for _ in ends]
        programs.stop()
    assert [type(each.exception()) for each in ends] == [ProgramsStopped] * 2
    assert all(gone(pid) for pid in running)
    with pytest.raises(ProgramsStopped):
        programs.run([sys.executable, "-c", "pass"])


DRIVER = """
    import signal, sys
    from pathlib import Path
    from hipflask.cloudrun.programs import RealPrograms

    signal.signal(signal.SIGINT, lambda *_: Path(sys.argv[1]).touch())
    waits = "import sys, time, pathlib; print('ready', flush=True)\\n"
    waits += "while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    argv = [sys.executable, "-c", waits, sys.argv[1]]
    print(RealPrograms().run(argv, on_line=lambda line: print(line, flush=True)).exit_code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal for a whole group")
def test_ctrl_c_of_the_terminal_does_not_reach_it(tmp_path: Path) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DRIVER), str(tmp_path / "interrupted")],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert driver.stdout
    assert driver.stdout.readline() == "ready\n"
    os.killpg(driver.pid, signal.SIGINT)
    assert driver.communicate(timeout=60)[0] == "0\n"
