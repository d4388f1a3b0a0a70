//! The data sets inside the program; `datasets/README.md` of this crate has their licences.

/// An embedded data set.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedTable {
    /// What to type in place of a path.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// Where it comes from and under which licence.
    pub source: &'static str,
    bytes: &'static [u8],
}

/// Every embedded data set.
pub const DATASETS: [EmbeddedTable; 2] = [
    EmbeddedTable {
        name: "digits",
        description: "1,797 handwritten digits of 8 × 8 pixels, ten classes",
        source: "UCI Machine Learning Repository, Optical Recognition of Handwritten Digits (test part), CC BY 4.0",
        bytes: include_bytes!("../datasets/digits.csv"),
    },
    EmbeddedTable {
        name: "iris",
        description: "150 iris flowers by the size of their leaves, three species",
        source: "UCI Machine Learning Repository, Iris (R. A. Fisher, 1936), CC BY 4.0",
        bytes: include_bytes!("../datasets/iris.csv"),
    },
];

/// The bytes of the data set of this name.
pub(crate) fn bytes(name: &str) -> Option<&'static [u8]> {
    DATASETS.iter().find(|d| d.name == name).map(|d| d.bytes)
}
