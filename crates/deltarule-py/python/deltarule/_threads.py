"""How many threads a call uses."""

from __future__ import annotations

import os


def thread_count(n_jobs: int | None) -> int:
    """How many threads share a step. Results have the same bits for any number.

    None means every processor that this process may use, but no more than OMP_NUM_THREADS says, which joblib sets where
    several processes share a machine; -1 means every processor, -2 all but one.
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if n_jobs is None:
        limit = os.environ.get("OMP_NUM_THREADS", "")
        return min(available, int(limit)) if limit.isdigit() and int(limit) > 0 else available
    if n_jobs < 0:
        return max(1, available + 1 + int(n_jobs))
    if n_jobs == 0:
        raise ValueError("n_jobs is 0, allowed: at least 1, negative numbers, or None")
    return int(n_jobs)
