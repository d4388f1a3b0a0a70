//! `deltarule datasets`

use crate::failure::{Outcome, emit};

pub(crate) fn run() -> Outcome {
    let mut text = String::new();
    for dataset in deltarule_tabular::DATASETS {
        text +=
            &format!("{:8} {}\n         {}\n", dataset.name, dataset.description, dataset.source);
    }
    text += "\nTrain on one with, for example: deltarule train digits\n";
    emit(&text)
}
