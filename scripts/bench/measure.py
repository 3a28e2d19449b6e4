#!/usr/bin/env python3
"""Runs a command and writes what it took, as the operating system counts it.

    python3 scripts/bench/measure.py REPORT.json COMMAND [ARGUMENT ...]

REPORT.json: wall-clock seconds of the whole process, processor seconds, peak resident memory in
bytes of its largest process, the start as milliseconds since 1970, and the exit code.
"""
import json
import pathlib
import resource
import subprocess
import sys
import time


def main() -> int:
    report, *command = sys.argv[1:]
    started = time.time()
    clock = time.perf_counter()
    code = subprocess.run(command, check=False).returncode
    seconds = time.perf_counter() - clock
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Linux counts kilobytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    pathlib.Path(report).write_text(json.dumps(dict(
        seconds=seconds,
        processorSeconds=used.ru_utime + used.ru_stime,
        peakBytes=used.ru_maxrss * unit,
        startedAt=started * 1000,
        code=code,
    )))
    return code


if __name__ == "__main__":
    sys.exit(main())
