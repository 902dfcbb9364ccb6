#!/usr/bin/env python3
"""Start everything, or test everything, with nothing installed but Python.

    python run.py              install what is missing, start the stack and the starter
    python run.py test         run every test (more arguments go to pytest)
    python run.py status       anything else goes to the `hipflask` command

Standard library only. The syntax is that of Python 2.7 and 3.6, so that an older Python can still
say which one is needed.
"""

import signal
import sys

CTRL_C = signal.getsignal(signal.SIGINT)
if callable(CTRL_C):
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # among the imports it needs no traceback

OLDEST = (3, 11)
TOO_OLD = (
    "Hipflask needs Python 3.11 or newer; this is Python {}.{} ({}). Install a newer one and run it"
    " by name, for example: python3.12 run.py"
)
if sys.version_info < (3, 6):  # before the imports: Python 2 has no pathlib
    sys.exit("Error: " + TOO_OLD.format(sys.version_info[0], sys.version_info[1], sys.executable))

import hashlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import re  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

STARTED = time.time()
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "hipflask-installed.json"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
VERSION = "{}.{}".format(*sys.version_info[:2])

# What an install depends on; the first file is what is installed.
REQUIREMENTS = {"local": ["local.txt"], "dev": ["dev.txt", "local.txt"]}
NO_NETWORK = re.compile(
    r"ConnectionError|Temporary failure in name|Name or service not known|getaddrinfo failed"
    r"|timed out|ProxyError|Network is unreachable|Max retries exceeded|nodename nor servname"
    r"|RemoteDisconnected|Failed to establish a new connection",
    re.IGNORECASE,
)


class Problem(Exception):
    """Something the user has to do first. The message is a sentence or two."""


def main(arguments):
    """Install when needed, then become the command."""
    check_python()
    testing = arguments[:1] == ["test"]
    install("dev" if testing else "local")
    if testing:
        return become(["-m", "pytest"] + arguments[1:], ROOT, {})
    # For the time until "Ready", and so that advice can be typed as it is printed.
    told = {"HIPFLASK_STARTED": repr(STARTED), "HIPFLASK_COMMAND": typed()}
    return become(["-m", "hipflask.cli"] + command(arguments), folder(arguments), told)


def typed():
    """Return how the user calls this program."""
    python = Path(sys.executable).name
    program = sys.argv[0] if " " not in sys.argv[0] else '"{}"'.format(sys.argv[0])
    return "{} {}".format(python[:-4] if python.endswith(".exe") else python, program)


def command(arguments):
    """Return the command line for the CLI: `dev` unless another command is named."""
    if not arguments:
        return ["dev"]
    if arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version"):
        return ["dev"] + arguments
    return arguments


def folder(arguments):
    """Return the folder to run in: the caller's when it belongs to a project, else the starter."""
    here = Path.cwd()
    if arguments[:1] == ["new"]:
        return here
    for above in [here] + list(here.parents):
        if (above / "supabase" / "config.toml").is_file():
            return here
    return ROOT / "starter"


def check_python():
    """Refuse a Python that is too old."""
    if sys.version_info < OLDEST:
        raise Problem(TOO_OLD.format(sys.version_info[0], sys.version_info[1], sys.executable))


def install(kind):
    """Make `.venv` and install into it, unless the last install still holds."""
    fingerprint = fingerprint_of(kind)
    stamp = read_stamp()
    # An install with the test tools will do for running, too.
    holds = stamp.get(kind) == fingerprint or stamp.get("dev") == fingerprint_of("dev")
    if holds and PYTHON.exists():
        return
    make_venv(stamp)
    # A broken-off install must not look complete.
    write_stamp({"python": VERSION})
    tools = " and its test tools" if kind == "dev" else ""
    say("Installing Hipflask{} into .venv. This happens once.".format(tools))
    began = time.time()
    pip("install", "--require-hashes", "-r", "requirements/" + REQUIREMENTS[kind][0])
    pip("install", "--no-deps", "--no-build-isolation", "-e", ".")
    write_paths_in_ascii()
    write_stamp({"python": VERSION, kind: fingerprint})
    say("Installed in {:.0f} s.".format(time.time() - began))


def write_paths_in_ascii():
    """Let Python start whatever characters the folder's path has.

    pip writes the path as UTF-8; up to Python 3.12 it is read in the system's encoding, which on
    Windows is another one: nothing would be found, or Python itself would not start.
    """
    library = VENV / ("Lib" if WINDOWS else "lib/python" + VERSION) / "site-packages"
    for file in library.glob("*hipflask*.pth"):
        lines = file.read_bytes().decode("utf-8").splitlines()
        ours = [line for line in lines if line and max(line) > "\x7f"]
        for line in ours:
            path = "os.fsdecode({!r})".format(os.fsencode(line))
            lines[lines.index(line)] = "import os, sys; sys.path.append({})".format(path)
        if ours:
            file.write_bytes("\n".join(lines).encode("ascii"))


def fingerprint_of(kind):
    """Return a digest of everything that decides what an install contains."""
    digest = hashlib.sha256("{} {} ".format(sys.version, sys.platform).encode())
    digest.update(os.fsencode(str(ROOT)))
    for name in ["requirements/" + each for each in REQUIREMENTS[kind]] + ["pyproject.toml"]:
        try:
            digest.update((ROOT / name).read_bytes())
        except OSError:
            raise Problem("{} is missing. Clone the repository again, whole.".format(ROOT / name))
    return digest.hexdigest()


def make_venv(stamp):
    """Make `.venv`, or make it anew when it is broken or of another Python."""
    if venv_works() and stamp.get("python", VERSION) == VERSION:
        return
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            raise Problem(without_venv_module(module))
    say("Making .venv with Python {}.".format(VERSION))
    done = run([sys.executable, "-m", "venv", "--clear", VENV])
    if done.returncode:
        raise Problem(why_no_venv(done.stdout.decode("utf-8", "replace").strip()))


def venv_works():
    """Tell whether `.venv` holds a Python that runs, is new enough, and has pip."""
    check = "import pip, sys; sys.exit(sys.version_info < {!r})".format(OLDEST)
    return PYTHON.exists() and run([PYTHON, "-c", check]).returncode == 0


def without_venv_module(module):
    """Return what to do about a Python that was packaged in parts."""
    return (
        "Python {0} lacks its module {1}. Install it (on Debian and Ubuntu: sudo apt install"
        " python{0}-venv) and run this again.".format(VERSION, module)
    )


def why_no_venv(said):
    """Turn what `python -m venv` says into a sentence."""
    if "ensurepip" in said:
        return without_venv_module("ensurepip")
    if "denied" in said.lower() or "Read-only" in said:
        return (
            "Cannot write to {}. Give yourself the right to write there, or clone the repository"
            " into a folder of yours.".format(ROOT)
        )
    if "No space left" in said:
        return "The disk is full. Free 500 MB and run this again."
    last = said.splitlines()[-1] if said else "no reason given"
    return "Making .venv failed: {}. Delete .venv and run this again.".format(last.rstrip("."))


def pip(*arguments):
    """Run pip in `.venv`; turn its failures into a sentence."""
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--retries", "2"]
    done = run([PYTHON, "-m", "pip", arguments[0]] + options + list(arguments[1:]))
    if done.returncode == 0:
        return
    said = done.stdout.decode("utf-8", "replace").strip()
    if NO_NETWORK.search(said):
        raise Problem(
            "Python packages could not be downloaded: the package index does not answer. Check the"
            " network (PIP_INDEX_URL names a mirror, HTTPS_PROXY a proxy) and run this again."
        )
    if "No space left" in said:
        raise Problem("The disk is full. Free 500 MB and run this again.")
    if "denied" in said.lower():
        raise Problem(
            "pip may not write to {}. Stop what uses it (an editor, a running stack), or delete"
            " it, and run this again.".format(VENV)
        )
    say(said)
    raise Problem("pip failed, see above. Run this again; if it stays so, delete .venv first.")


def become(arguments, cwd, told):
    """Replace this process by `.venv`'s Python, or on Windows run it and pass its code on."""
    environ = dict(os.environ, VIRTUAL_ENV=str(VENV))
    environ.update(told)
    environ["PATH"] = str(PYTHON.parent) + os.pathsep + environ.get("PATH", "")
    environ.pop("PYTHONHOME", None)
    # Without bytecode of our own code every start would compile it anew: half a second.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    line = [str(PYTHON)] + arguments
    if not WINDOWS:
        os.chdir(str(cwd))
        os.execve(line[0], line, environ)
    # The child ends itself when this process does: it watches for that by the number.
    environ["HIPFLASK_PARENT"] = str(os.getpid())
    child = subprocess.Popen(line, cwd=str(cwd), env=environ)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # The console sent Ctrl-C to the child as well; it ends in its own order.
            continue


def run(arguments):
    """Run a program in the repository and collect what it says."""
    try:
        return subprocess.run(
            [str(each) for each in arguments],
            cwd=str(ROOT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        return subprocess.CompletedProcess(arguments, 127, str(error).encode())


def read_stamp():
    """Return what the last complete install wrote down."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(stamp):
    """Write down what `.venv` holds, whole or not at all."""
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps(stamp), encoding="utf-8")
    unfinished.replace(STAMP)


def say(text):
    """Write a line for people."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if callable(CTRL_C):
    signal.signal(signal.SIGINT, CTRL_C)

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        say("Error: {}".format(problem))
        sys.exit(1)
    except OSError as error:
        say("Error: {}. Give yourself the right to read and write {}.".format(error, ROOT))
        sys.exit(1)
    except KeyboardInterrupt:
        say("Stopped. Run it again to go on.")
        sys.exit(130)
