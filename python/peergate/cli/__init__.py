"""The command line. Each command lives in a file of its own, which is imported when the command is given."""

from __future__ import annotations

import errno
import os
import signal
import sys
from io import TextIOWrapper

from cyclopts import App, CycloptsError, Parameter

from peergate.problems import DocumentError, harmless

USAGE = 2
"""Exit status for what the person asked wrongly, files that they wrote included."""

FAILED = 1
"""Exit status for what was asked rightly and could not be done."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""What writing fails with where there is no more room."""


class MistakeError(Exception):
    """Something was asked that cannot be meant; its words say what can."""


STANDARD_INPUT = "/dev/stdin"
"""What `-` stands for until the command sees it: an option's name begins so, and an argument must not."""


def _version() -> str:
    # Imported here: the engine is not needed to say how a command is called.
    from peergate import version

    return f"peergate {version()}"


app = App(
    name="peergate",
    help="Recognises evasive voice, peer-to-peer and messaging applications, says why, and enforces policy.",
    help_format="plaintext",
    version=_version,
    version_flags=["--version"],
    default_parameter=Parameter(negative="", show_default=False),
)
app.command(
    "peergate.cli.read:read", help="Show what is in captures, and why it is taken for that."
)
app.command("peergate.cli.calls:calls", help="Show calls, and how well they came through.")
app.command("peergate.cli.hosts:hosts", help="Show hosts that are peers, supernodes or relays.")
app.command("peergate.cli.gateway:gateway", help="Stand in the line: recognise, judge and enforce.")
app.command(
    "peergate.cli.policy:app", name="policy", help="Check a policy, and ask what it would do."
)
app.command(
    "peergate.cli.signatures:app", name="signatures", help="What can be recognised; try your own."
)
app.command(
    "peergate.cli.lab:app", name="lab", help="A network of namespaces with real clients in it."
)


def end_with_the_reader() -> None:
    """A reader that stops early (`| head`) ends us quietly, as it does every other filter."""

    def stop(_number: int, _frame: object) -> None:
        # Raised also where the write that failed had written something: Python would take that for success.
        raise BrokenPipeError

    signal.signal(signal.SIGPIPE, stop)


@app.command
def version() -> None:
    """Say which version this is."""
    print(_version())


def main() -> None:
    """Run the command line. What a person can mend is told in a line; a traceback is a fault of ours."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show an arrow shows a question mark, and all else.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    words = [STANDARD_INPUT if word == "-" else word for word in sys.argv[1:]]
    status: int | None = FAILED
    try:
        status = app(words, exit_on_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError:
        # Its words are printed by now.
        status = USAGE
    except DocumentError as error:
        print(error, file=sys.stderr)
        status = USAGE
    except MistakeError as error:
        print(f"peergate: {harmless(str(error))}", file=sys.stderr)
        status = USAGE
    except BrokenPipeError:
        # Bars are put away by now.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    except OSError as error:
        print(f"peergate: {_in_words(error)}", file=sys.stderr)
        status = FAILED
    sys.exit(status)


def _in_words(error: OSError) -> str:
    if error.filename:
        return harmless(f"{error.filename}: {error.strerror}")
    if error.errno in DISK_FULL:
        # Or Python would try once more at its end, and show how it failed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return f"standard output: {error.strerror}"
    return str(error)
