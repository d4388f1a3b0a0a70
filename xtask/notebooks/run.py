"""Runs notebooks from top to bottom; fails when one is not valid or a cell raises.

    run.py COMMAND FOLDER NOTEBOOK...

One of each kind runs in a fresh kernel, as Jupyter would; the others cell by cell in this process, each with names of its own,
because a kernel takes a second to start. COMMAND writes into FOLDER the notebooks of exercises.py, which run here too.
"""

import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

import exercises

# What runs in a kernel: one of each kind of document.
IN_A_KERNEL = {"solve-1", "compare-3", "explain-classes-step", "gallery-wide-tanh-forward"}


def written(command, folder):
    """The notebooks that the command writes of the exercises of exercises.py."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in exercises.all_of_them():
        exercise, notebook = folder / f"{name}.toml", folder / f"{name}.ipynb"
        exercise.write_text("\n".join(lines) + "\n")
        subprocess.run([command, "solve", exercise, "-o", notebook], check=True, stdout=subprocess.DEVNULL)
        yield notebook


def valid(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        raise ValueError(f"nbformat {notebook.nbformat}.{notebook.nbformat_minor}, not 4.5")
    return notebook


def in_a_kernel(notebook):
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    # The kernel itself has nothing to say but warnings about its connection.
    client.execute(stderr=subprocess.DEVNULL)


def here(notebook):
    names = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        try:
            exec(cell.source, names)
        except Exception as error:
            raise RuntimeError(f"{cell.id}: {type(error).__name__}: {error}\n{cell.source}") from error


def problem_of(path):
    try:
        notebook = valid(path)
        (in_a_kernel if path.stem in IN_A_KERNEL else here)(notebook)
    except Exception as error:
        return f"{path}: {error}"
    return None


def main(command, folder, *paths):
    paths = [Path(path) for path in paths]
    # An overflow is what some of these exercises are about; what comes of it is asserted.
    warnings.simplefilter("ignore", RuntimeWarning)
    with ThreadPoolExecutor(max_workers=2) as pool:
        kernels = pool.map(problem_of, [path for path in paths if path.stem in IN_A_KERNEL])
        rest = [path for path in paths if path.stem not in IN_A_KERNEL]
        problems = [problem_of(path) for path in (*rest, *written(command, Path(folder)))]
        problems += kernels
    problems = [problem for problem in problems if problem]
    if problems:
        sys.exit("\n".join(problems))


main(*sys.argv[1:])
