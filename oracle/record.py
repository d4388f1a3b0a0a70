"""Records what the program gives, and later says what gives something else: the proof that a rearrangement moves nothing.

    python oracle/record.py write FILE --command PATH [--python PYTHON]
    python oracle/record.py compare FILE --command PATH [--python PYTHON]
    python oracle/record.py instructions --bench PATH --command PATH [--write FILE | --compare FILE]

`--command` is a release build of the command, `--python` an interpreter that has the package and scikit-learn; without it
the Python part is left out. `compare` exits with 1 where anything differs. `--outputs FOLDER` keeps the whole outputs, so
that those of two programs can be compared with `diff -r`.

`record.json` has a line per item: a training, a solution, a comparison, a marking, a new exercise, a document in a format, an
estimator. What is kept of an item stands in `record_content.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import record_exercises
import record_instructions
import record_tables
import record_trainings
from record_content import canonical, fingerprint

ABOUT = "what the program gave when this was recorded; see oracle/record.py"
#: Jobs at a time; each runs the command in a process of its own.
PROCESSES = 2
#: Seconds after which a command counts as hanging.
PATIENCE = 300
#: Differences that are shown for an item, unless --all.
SHOWN = 4
#: Items of these kinds hang on more than the program: SciPy's L-BFGS.
ON_REQUEST = "python-scipy"
#: Not an item: the versions that the Python part ran with.
VERSIONS = "python-versions"
HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parent / "crates/deltarule-tabular/tests/fixtures"


def surroundings():
    """The environment of every command: the same width, language and time zone, no colours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    fixed = {"COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb", "NO_COLOR": "1", "PYTHONHASHSEED": "0"}
    return {**kept, **fixed, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Result:
    """How a command ended, and what it wrote."""

    def __init__(self, code, output, error):
        self.code, self.output, self.error = code, output, error

    def outcome(self):
        kept = {"exit": str(self.code)}
        if self.error:
            kept["messages"] = fingerprint(self.error)
        return kept


class Command:
    """The program that is looked at."""

    def __init__(self, path):
        self.path = str(Path(path).resolve())

    def run(self, words, folder, standard_input=None):
        """Runs it in a folder, so that no path of this machine is in what it writes."""
        given = (folder / standard_input).read_bytes() if standard_input else b""
        done = subprocess.run(
            [self.path, *words], cwd=folder, env=surroundings(), input=given, capture_output=True, timeout=PATIENCE, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)


def run_python(python, folder):
    """The Python part, which is a program of its own: its items, and under `python-versions` what it ran with."""
    words = [python, "-B", str(HERE / "record_python.py"), str(folder)]
    done = subprocess.run(words, cwd=folder, env=surroundings(), capture_output=True, timeout=3 * PATIENCE, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"record_python.py: {done.stderr.decode(errors='replace').strip()}")
    return {name: (kept, {}) for name, kept in json.loads(done.stdout).items()}


def attempt(name, job):
    """A job that fails is a difference like any other."""
    try:
        return job()
    except Exception as error:  # noqa: BLE001
        return {name: ({"failed": f"{type(error).__name__}: {error}"[:300]}, {})}


def look(options):
    """Runs everything, and gives the items."""
    with tempfile.TemporaryDirectory(prefix="record-") as temporary:
        folder = Path(temporary)
        record_tables.write_tables(folder)
        (folder / "types.parquet").write_bytes((FIXTURES / "types.parquet").read_bytes())
        command = Command(options.command)
        jobs = {**record_trainings.jobs(command, folder), **record_exercises.jobs(command, folder)}
        if options.only:
            jobs = {name: job for name, job in jobs.items() if name.startswith(options.only) or options.only.startswith(name)}
        if options.python and (not options.only or options.only.startswith("python")):
            # The longest one begins first.
            jobs = {"python": lambda: run_python(options.python, folder), **jobs}
        with ThreadPoolExecutor(PROCESSES) as pool:
            found = list(pool.map(lambda item: attempt(*item), jobs.items()))
    items = {}
    for part in found:
        for name, (kept, raw) in part.items():
            items[name] = kept
            for file, data in raw.items() if options.outputs else ():
                path = Path(options.outputs) / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    return {name: kept for name, kept in items.items() if name == VERSIONS or name.startswith(options.only)}


def write(options):
    items = look(options)
    versions = items.pop(VERSIONS, {})
    failed = [name for name, kept in items.items() if "failed" in kept]
    for name in failed:
        print(f"{name}: {items[name]['failed']}")
    if failed:
        return 1
    lines = [f"{canonical(name)}: {canonical(items[name])}" for name in sorted(items)]
    head = f'"about": {json.dumps(ABOUT)},\n"versions": {json.dumps(versions, sort_keys=True)},\n'
    text = "{\n" + head + '"items": {\n' + ",\n".join(lines) + "\n}\n}\n"
    Path(options.file).write_text(text, encoding="utf-8", newline="\n")
    for kind, count in sorted(Counter(kind_of(name) for name in items).items()):
        print(f"{kind}: {count} items")
    print(f"Wrote {options.file}, {len(text.encode()) / 1e6:.2f} MB")
    return 0


def kind_of(name):
    return name.split("/")[0]


def differences(then, now):
    """What differs between two maps: how (`new`, `gone`, `changed`), the path, and a line that says it."""
    found = []
    for path in sorted(then.keys() | now.keys(), key=lambda path: (rank(path), path)):
        before, after = then.get(path), now.get(path)
        if before is None:
            found.append(("new", path, f"{path}: new, {after}"))
        elif after is None:
            found.append(("gone", path, f"{path}: gone, was {before}"))
        elif before != after:
            found.append(("changed", path, f"{path}: was {before}, is {after}"))
    return found


def rank(path):
    """What explains the rest comes first: a failure, then parameters, then what is computed from them."""
    first = ("failed", "exit", "messages", "message", "train/exit", "tensor/", "file/tensor/", "record/", "file/record/")
    return next((number for number, start in enumerate(first) if path.startswith(start)), len(first))


def show(name, found, options):
    """Prints the differences of an item, or the first of them and how many there are in each of its parts."""
    print(f"{name}: {len(found)} {'difference' if len(found) == 1 else 'differences'}")
    shown = found if options.all else found[:SHOWN]
    for _, _, line in shown:
        print(f"  {line}")
    rest = Counter(path.split("/")[0] for _, path, _ in found[len(shown) :])
    if rest:
        print(f"  … and {', '.join(f'{count} in {part}' for part, count in rest.items())}; --all shows them")


def compare(options):
    record = json.loads(Path(options.file).read_text(encoding="utf-8"))
    recorded = {name: kept for name, kept in record["items"].items() if name.startswith(options.only)}
    items = look(options)
    versions = items.pop(VERSIONS, {})
    left_out = set() if options.python else {"python", ON_REQUEST}
    if not options.scipy:
        left_out.add(ON_REQUEST)
    compared, different, ways = Counter(), Counter(), {}
    for name in sorted(recorded.keys() | items.keys()):
        kind = kind_of(name)
        if kind in left_out:
            continue
        compared[kind] += 1
        then, now = recorded.get(name), items.get(name)
        if then == now:
            continue
        different[kind] += 1
        if then is None or now is None:
            print(f"{name}: {'new, not in the record' if then is None else 'gone'}")
            continue
        found = differences(then, now)
        ways.setdefault(kind, Counter()).update(way for way, _, _ in found)
        show(name, found, options)
    for kind, count in sorted(compared.items()):
        counted = ", ".join(f"{number} {way}" for way, number in sorted(ways.get(kind, {}).items()))
        print(f"{kind}: {count - different[kind]} of {count} items as recorded{f'; {counted}' if counted else ''}")
    if not options.python:
        print("python: left out, because no --python says where the package is")
    elif not options.scipy:
        print(f"{ON_REQUEST}: left out; --scipy compares what SciPy's L-BFGS trains, on the machine that recorded it")
    if versions and versions != record["versions"]:
        print(f"the record was made with {record['versions']}, and this ran with {versions}")
    if not compared:
        print("nothing was compared")
    return 1 if different or not compared else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    for name, about in [("write", "records what the program gives"), ("compare", "says what differs from the record")]:
        action = actions.add_parser(name, help=about)
        action.add_argument("file", help="the record, JSON")
        action.add_argument("--command", required=True, help="the command deltarule, a release build")
        action.add_argument("--python", help="an interpreter that has the package and scikit-learn")
        action.add_argument("--outputs", help="a folder for the whole outputs")
        action.add_argument("--only", default="", help="only items whose names begin so, for example training/resumed")
        if name == "compare":
            action.add_argument("--all", action="store_true", help="show every difference of an item")
            action.add_argument("--scipy", action="store_true", help="also compare what SciPy's L-BFGS trains")
    record_instructions.add_arguments(actions)
    options = parser.parse_args()
    if options.action == "write" and not options.python:
        print("python: left out, because no --python says where the package is")
    return {"write": write, "compare": compare, "instructions": record_instructions.run}[options.action](options)


if __name__ == "__main__":
    sys.exit(main())
