"""A program that becomes PostgreSQL: it changes the account, ties itself to its parent, executes.

    python -I -S launch.py ACCOUNT PARENT_PID PROGRAM ARGUMENT…

ACCOUNT is `own`, `namespace` (an unprivileged account in a user namespace, whose files outside are
still those of the caller) or `nobody`. A process of its own, since nothing of this may run between
the fork and the exec of a process with threads. Exits with 77 where the account is refused.
It imports nothing of this project.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

NOBODY = 65534
"""The account without rights, by its number: a slim container has no list of names."""

REFUSED = 77
"""The exit code for an account that the system does not let us have."""

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def main(account: str, parent: str, program: str, *arguments: str) -> None:
    """Become `program`, as `account`, for as long as the process `parent` lives."""
    try:
        if account == "namespace":
            _enter_namespace()
        elif account == "nobody":
            _become_nobody()
    except OSError as error:
        sys.stderr.write(f"cannot run as {account}: {error}\n")
        sys.exit(REFUSED)
    # After the change of account, which would undo it.
    _die_with(int(parent))
    try:
        os.execv(program, [program, *arguments])  # noqa: S606 - this is what it is for
    except OSError as error:
        sys.exit(f"cannot execute {program}: {error}")


def _enter_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "a user namespace is refused")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1", encoding="ascii")


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        # SIGINT is PostgreSQL's fast shutdown. The signal comes when the *thread* that started
        # this process ends.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        sys.exit(f"the process {parent} that wanted this has ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
