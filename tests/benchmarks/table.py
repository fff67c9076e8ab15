# SPDX-FileCopyrightText: 2026 The CoDrive authors
# SPDX-License-Identifier: MIT

"""Runs the benchmarks and judges them: table.py BUILD_FOLDER REPETITIONS [NAME...]"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table. What `ours` gives must be at most `most`, and at most `ratio` of what `rival` gives."""

    what: str
    program: str
    ours: str
    rival: str | None = None
    beside: str = ""
    most: float | None = None
    ratio: float | None = None
    unit: str = "ns"  # ns: time an item; s: real time; anything else: the counter of that name


# How counters are shown.
UNITS = {"maxLatenessMs": "ms", "mostInATurn": "", "bytesATask": "bytes"}

ROWS = [
    Row("await a child that is ready", "core", "awaitReadyCoDrive", "awaitReadyQCoro", "QCoro::Task", ratio=0.6),
    Row("start and cancel a waiting task, 4 frames deep", "core", "startAndCancelCoDrive", "startAndThrowQCoro",
        "an exception through 4 QCoro::Tasks", most=300),
    Row("gather 100 000 ready children, each", "core", "gatherReadyCoDrive", "gatherReadyQCoro",
        "awaiting 100 000 QCoro::Tasks one by one", most=200),
    Row("wake another task: Event", "core", "handOverCoDrive", most=60),
    Row("wake another task: Pulse", "sync", "pulse", most=60),
    Row("hand a Lock over", "sync", "lockHandOver", most=60),
    Row("hand an item over: Queue", "sync", "queue", most=60),
    Row("10 000 concurrent sleeps of 0.1 to 1 s", "core", "sleepsCoDrive/10000/real_time",
        "sleepsQCoro/10000/real_time", "QCoro::sleepFor", most=1.15, unit="s"),
    Row("100 000 concurrent sleeps of 0.1 to 1 s", "core", "sleepsCoDrive/100000/real_time", most=1.15, unit="s"),
    Row("memory of a waiting task of one frame", "memory", "memoryOfWaitingTasks/iterations:1", most=384, unit="bytesATask"),
    Row("next() of a ready item of a Stream", "streams", "nextCoDrive", "foreachQCoro", "QCoro::AsyncGenerator",
        ratio=1.2),
    Row("mapConcurrently over 100 000 ready items, each", "streams", "mapReady/ordered", most=400),
    Row("ThreadsafeState: there and back, two tasks", "threads", "roundTripState/real_time",
        "roundTripInvokeMethod/real_time", "queued invokeMethod", ratio=1.3),
    Row("ThreadsafeState: there and back, two observers", "threads", "roundTripObserve/real_time",
        "roundTripInvokeMethod/real_time", "queued invokeMethod", ratio=1.3),
    Row("1 000 000 updates by another thread: notices a turn", "threads", "burstOfUpdates/real_time", most=1,
        unit="mostInATurn"),
    Row("100 000 ready tasks of 10 us: a timer is late by", "threads", "timerBesideReadyTasks/iterations:3/real_time",
        most=8, unit="maxLatenessMs"),
]


def run_program(path, repetitions):
    """All figures of one program: name -> list of one dict a repetition."""
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "out.json")
        # Interleaved, so that a slow minute of the machine meets both sides of a ratio.
        subprocess.run(
            [path, f"--benchmark_out={output}", "--benchmark_out_format=json",
             f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
             "--benchmark_min_time=0.2"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(output, encoding="utf-8") as file:
            report = json.load(file)
    figures = {}
    for entry in report["benchmarks"]:
        if entry["run_type"] == "iteration":
            figures.setdefault(entry["run_name"], []).append(entry)
    return figures


def value(entry, unit):
    if unit == "ns":
        return 1e9 / entry["items_per_second"]
    if unit == "s":
        return entry["real_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[entry["time_unit"]]
    return entry[unit]


def median(figures, name, unit):
    if name not in figures:
        raise SystemExit(f"There is no benchmark {name}.")
    return statistics.median(value(entry, unit) for entry in figures[name])


def shown(number, unit):
    digits = f"{number:.0f}" if number >= 100 else f"{number:.3g}"
    return f"{digits} {unit}".rstrip()


def main():
    build, repetitions, wanted = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    programs = sorted({row.program for row in ROWS})
    unknown = set(wanted) - set(programs)
    if unknown:
        raise SystemExit(f"There is no benchmark program {', '.join(sorted(unknown))}; there are {', '.join(programs)}.")
    rows = [row for row in ROWS if not wanted or row.program in wanted]
    all_figures = {}
    for program in sorted({row.program for row in rows}):
        print(f"Running bench_{program}", file=sys.stderr, flush=True)
        all_figures[program] = run_program(build / "tests" / f"bench_{program}", repetitions)

    results, missed = [], 0
    print("| what | CoDrive | beside it | ratio | target | |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        figures = all_figures[row.program]
        ours = median(figures, row.ours, row.unit)
        theirs = median(figures, row.rival, row.unit) if row.rival else None
        ratio = ours / theirs if theirs else None
        targets = []
        unit = UNITS.get(row.unit, row.unit)
        if row.most is not None:
            targets.append((f"<= {row.most:g} {unit}".rstrip(), ours <= row.most))
        if row.ratio is not None:
            targets.append((f"<= {row.ratio:g} of it", ratio <= row.ratio))
        is_met = all(met for _, met in targets)
        missed += not is_met
        print(f"| {row.what} | {shown(ours, unit)} | "
              + (f"{shown(theirs, unit)}, {row.beside}" if theirs else "") + " | "
              + (f"{ratio:.2f}" if ratio else "") + f" | {', '.join(text for text, _ in targets)} | "
              + ("met" if is_met else "MISSED") + " |", flush=True)
        results.append({"what": row.what, "unit": row.unit, "codrive": ours, "rival": theirs, "ratio": ratio,
                        "met": is_met})
    with open(build / "results.json", "w", encoding="utf-8") as file:
        json.dump({"repetitions": repetitions, "rows": results, "programs": all_figures}, file, indent=1)
    print(f"{len(rows)} rows, {missed} targets missed; all figures are in {build / 'results.json'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
