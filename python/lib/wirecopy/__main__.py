"""The command: `wirecopy`, or `python -m wirecopy`."""

import signal
import sys

from wirecopy import _wirecopy


def main() -> int:
    """Runs the command with what was typed; gives its exit code."""
    # The command ends at once when it is interrupted, as a program does that is none of Python's.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _wirecopy.command(["wirecopy", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
