"""Counts the instructions of small workloads under valgrind, so that two builds can be compared where times would waver.

    python oracle/record.py instructions --bench PATH --command PATH --write before.json
    python oracle/record.py instructions --bench PATH --command PATH --compare before.json

A count hangs on compiler, libraries and processor: compare two builds of one machine. Repeated counts of the benchmark agree
to a ten-thousandth or two, those of the command to half a hundredth. Valgrind knows no AVX-512, so the kernels of AVX2 run
(or the portable ones, where the processor has not even that), and its fused multiply-adds are so slow that the trainings must
be small.
"""

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from record_tables import Lcg, mixed, text_of

#: More than this is a difference.
BAR = 0.01
PROCESSES = 2
ROOT = Path(__file__).resolve().parent.parent

#: The benchmark's workloads that do a fixed amount of work; its others go by the clock.
BENCH = {
    "step, one step, adam": "memory step --optimizer adam",
    "digits, one epoch, adam": "memory digits --optimizer adam",
    "digits, one epoch, sgd": "memory digits --optimizer sgd",
    "digits, ten single steps, adam": "export digits --optimizer adam --folder .",
    "64-100-10, forward": "export-network 64-100-10 --folder .",
}
#: What an epoch costs: the difference of two trainings, by the epochs between them. Network and batch as in the benchmark,
#: fewer rows.
EPOCHS = {
    "5-3-2, batches of 1": ("few.csv", "--hidden 3 --activation sigmoid --batch-size 1 --optimizer sgd", (1, 41)),
    "28-64-64-2": ("tabular.csv", "--hidden 64,64 --batch-size 256", (1, 3)),
    "64-100-10, single": ("digits", "--hidden 100 --batch-size 200", (1, 3)),
    "64-100-10, double": ("digits", "--hidden 100 --batch-size 200 --precision f64", (1, 2)),
    "64-100-10, dropout": ("digits", "--hidden 100 --batch-size 200 --dropout 0.2 --optimizer adamw", (1, 2)),
    "64-30-10, rprop": ("digits", "--hidden 30 --optimizer rprop", (1, 3)),
    "64-30-10, lbfgs": ("digits", "--hidden 30 --optimizer lbfgs", (1, 3)),
    "784-512-512-2": ("pixels.csv", "--hidden 512,512 --batch-size 64", (1, 2)),
    "128-512-512-2, tanh": ("wide.csv", "--hidden 512,512 --activation tanh --batch-size 64", (1, 2)),
}
#: Whole commands.
COMMANDS = {
    "train, mixed table": "train mixed.csv --drop joined,code --hidden 8 --epochs 3 --threads 1 --quiet -o mixed.safetensors",
    "solve 2 as HTML": "solve 2 -o solution.html",
    "solve 3 as a notebook": "solve 3 -o solution.ipynb",
    "compare 3": "compare 3 -o comparison.md",
    "check": f"check {shlex.quote(str(ROOT))}/oracle/values/marking/exercises/2-3-2-adam.toml {shlex.quote(str(ROOT))}"
    "/oracle/values/marking/answers/bias_gradient_times_input/2-3-2-adam-first-input.toml --format json",
    "new": "new --layers 3,3,2 --seed 5",
}


def add_arguments(actions):
    action = actions.add_parser("instructions", help="counts the instructions of workloads under valgrind")
    action.add_argument("--bench", help="the benchmark deltarule-bench, a release build")
    action.add_argument("--command", help="the command deltarule, a release build")
    action.add_argument("--write", help="a file for the counts, JSON")
    action.add_argument("--compare", help="a file with the counts of another build")


def numbers(seed, rows, inputs):
    """A table of numbers and two classes."""
    random = Lcg(seed)
    table = [[*(f"c{j}" for j in range(inputs)), "class"]]
    for _ in range(rows):
        cells = [random.uniform() for _ in range(inputs)]
        table.append([*(f"{cell:.3f}" for cell in cells), "yes" if cells[0] + cells[1] > cells[2] + 0.5 else "no"])
    return text_of(table)


def count(program, words, folder):
    """The instructions of a command, and whether kernels of AVX2 were among them."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        profile = Path(own) / "callgrind.out"
        for path in folder.glob("*.csv"):
            (Path(own) / path.name).symlink_to(path)
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", program, *words]
        done = subprocess.run(valgrind, cwd=own, capture_output=True, text=True, check=False)
        collected = re.search(r"Collected : (\d+)", done.stderr)
        # `check` exits with 1, because the answer it is given has a mistake.
        if done.returncode not in (0, 1) or not collected:
            raise SystemExit(f"{' '.join(valgrind)}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return int(collected[1]), "kernel::table::avx2" in profile.read_text(errors="replace")


def training(program, data, options, epochs, folder):
    words = ["train", data, *shlex.split(options), "--holdout", "0", "--threads", "1", "--quiet", "-o", "model.safetensors"]
    return count(program, [*words, "--epochs", str(epochs)], folder)


def measure(options):
    """The instructions of every workload."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as temporary:
        folder = Path(temporary)
        for name, text in {
            "few.csv": numbers(1, 400, 5),
            "tabular.csv": numbers(2, 1024, 28),
            "pixels.csv": numbers(3, 64, 784),
            "wide.csv": numbers(4, 64, 128),
            "mixed.csv": text_of(mixed(5, 400)),
        }.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        with ThreadPoolExecutor(PROCESSES) as pool:
            waiting = {}
            if options.command:
                program = str(Path(options.command).resolve())
                for name, (data, words, epochs) in EPOCHS.items():
                    both = [pool.submit(training, program, data, words, n, folder) for n in epochs]
                    waiting[f"an epoch of {name}"] = (both, epochs[1] - epochs[0])
                for name, words in COMMANDS.items():
                    waiting[f"command: {name}"] = ([pool.submit(count, program, shlex.split(words), folder)], 1)
            if options.bench:
                program = str(Path(options.bench).resolve())
                for name, words in BENCH.items():
                    words = [*shlex.split(words), "--threads", "1"]
                    waiting[f"bench: {name}"] = ([pool.submit(count, program, words, folder)], 1)
            counts, vectors = {}, False
            for name, (futures, epochs) in waiting.items():
                results = [future.result() for future in futures]
                vectors |= any(avx2 for _, avx2 in results)
                numbers_of = [number for number, _ in results]
                counts[name] = (numbers_of[-1] - numbers_of[0]) // epochs if len(numbers_of) == 2 else numbers_of[0]
    print(f"Kernels: {'AVX2' if vectors else 'portable'}; one thread")
    return counts


def run(options):
    if not shutil.which("valgrind"):
        print("valgrind is not installed")
        return 2
    if not (options.bench or options.command):
        print("nothing to count: --bench or --command is missing")
        return 2
    before = json.loads(Path(options.compare).read_text(encoding="utf-8")) if options.compare else {}
    counts, over = measure(options), []
    for name, number in counts.items():
        line = f"{name:40} {number:>16,}"
        if name in before:
            change = number / before[name] - 1.0
            line += f"  {100.0 * change:+8.3f} %"
            if abs(change) > BAR:
                over.append(name)
                line += "  over the bar"
        elif before:
            line += "  not counted before"
        print(line)
    if options.write:
        Path(options.write).write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8", newline="\n")
    if before:
        print(f"{len(over)} of {len(counts)} changed by more than {100 * BAR:g} %")
    return 1 if over else 0
