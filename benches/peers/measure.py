"""One measured run of a whole process: start-up, reading and answering count; nothing is left out."""
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """What a process said and what it used: seconds of all its threads, seconds on the wall, peak resident MiB."""

    stdout: str
    cpu_s: float
    wall_s: float
    peak_mib: float


class Failed(Exception):
    """The process did not end well; the text says which, how, and its last words."""


def run(command, cores):
    """Runs a command on the first `cores` cores that this process may use and accounts for it through wait4(2).

    Every contestant is held to the same cores, because each takes its number of threads from them. The kernel counts
    the runner's own memory as the least peak (a few MiB), which is why the runner imports nothing large.
    """
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 preexec_fn=lambda: os.sched_setaffinity(0, allowed))
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - began
        # wait4 has taken the child: its handle must not wait for it again.
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            last = err.read().decode(errors="replace").strip()[-500:]
            raise Failed(f"{command[:2]} ended with {child.returncode}: {last}")
        said = out.read().decode(errors="replace")
    return Measured(said, used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss / 1024)
