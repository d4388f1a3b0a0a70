"""Runs notebooks from top to bottom, each in a fresh kernel, two at a time; fails when one is not valid or a cell raises."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
from nbclient import NotebookClient


def run(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        return f"{path}: nbformat {notebook.nbformat}.{notebook.nbformat_minor}, not 4.5"
    try:
        client = NotebookClient(notebook, timeout=120, kernel_name="python3")
        # The kernel itself has nothing to say but warnings about its connection.
        client.execute(stderr=subprocess.DEVNULL)
    except Exception as error:
        return f"{path}: {error}"
    return None


with ThreadPoolExecutor(max_workers=2) as pool:
    problems = [problem for problem in pool.map(run, sys.argv[1:]) if problem]
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(bool(problems))
