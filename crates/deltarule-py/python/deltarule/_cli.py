"""The command `deltarule`: the same program as the one that cargo builds."""

from __future__ import annotations

import signal
import sys

from deltarule import _core


def main() -> None:
    """Runs the command with the arguments of this process, and ends it."""
    # Ctrl-C is the command's own business, and so is a pipe that nobody reads any more.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_core.main(["deltarule", *sys.argv[1:]]))
