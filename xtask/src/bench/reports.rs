//! What can be measured of ourselves alone, each a table: scaling, memory, load, decayed.

/// A table and where its rows come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// What it is called on the command line, ours and that of our program.
    pub(crate) name: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) remark: &'static str,
    /// The workloads that our program is asked about; it is asked once if there are none.
    pub(crate) workloads: &'static [&'static str],
    pub(crate) header: &'static [&'static str],
    pub(crate) kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scaling,
    Memory,
    Load,
    Decayed,
}

pub(crate) const REPORTS: [Report; 4] = [
    Report {
        name: "scaling",
        heading: "How time grows with the work",
        remark: "A 64-256-256-10 network, 8,192 examples, batches of 256, with one of them changed at a time (parameters: two \
                 hidden layers of the same width, 2,048 examples).",
        workloads: &[],
        header: &["series", "value", "an epoch", "examples a second", "GFLOP/s", "% of peak"],
        kind: Kind::Scaling,
    },
    Report {
        name: "memory",
        heading: "Memory of a training",
        remark: "The most that a process had resident in which one epoch was trained, against the sum of parameters (weights, \
                 gradient, two moments), outputs and deltas of one batch, and the data once.",
        workloads: &["mnist", "wide"],
        header: &[
            "workload",
            "parameters × 4",
            "a batch",
            "data",
            "sum",
            "measured",
            "measured / sum",
        ],
        kind: Kind::Memory,
    },
    Report {
        name: "load",
        heading: "Beside a busy process",
        remark: "The time of an epoch while another process keeps one processor busy.",
        workloads: &["digits", "tabular"],
        header: &[
            "workload",
            "one thread",
            "alone",
            "beside it",
            "alone again",
            "beside it / alone",
            "beside it / one thread",
        ],
        kind: Kind::Load,
    },
    Report {
        name: "decayed",
        heading: "Gradients that have decayed to subnormal numbers",
        remark: "The time of an epoch of the same network and data, with and without a bias that makes nearly all gradients \
                 subnormal; each is timed three times, in turn.",
        workloads: &["digits", "tabular"],
        header: &["workload", "subnormal", "ordinary", "decayed", "decayed / ordinary"],
        kind: Kind::Decayed,
    },
];

/// The report of this name.
pub(crate) fn find(name: &str) -> Option<&'static Report> {
    const ALL: &[Report] = &REPORTS;
    ALL.iter().find(|report| report.name == name)
}
