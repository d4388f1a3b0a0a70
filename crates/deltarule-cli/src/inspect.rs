//! `deltarule inspect`

use deltarule_tabular::{TabularModel, Target};

use crate::args::InspectArguments;
use crate::failure::{Outcome, emit};
use crate::table;

pub(crate) fn run(arguments: &InspectArguments) -> Outcome {
    let model = TabularModel::load(&arguments.model)?;
    let (network, record) = (model.network(), model.record());
    let mut text = format!("Network ({})\n", model.precision());
    text += &format!("  {:8} {:>8} inputs\n", "", network.inputs());
    for (l, layer) in network.layers().iter().enumerate() {
        let size: f64 = network.weights(l).iter().map(|w| w * w).sum::<f64>();
        text += &format!(
            "  layer {:2} {:>8} units, {}, weights {} × {}, root mean square {}\n",
            l + 1,
            layer.units(),
            layer.activation(),
            layer.units(),
            layer.inputs(),
            table::rounded((size / (layer.units() * layer.inputs()) as f64).sqrt())
        );
    }
    text += &format!("  {} parameters\n", network.parameter_count());
    text += "\nPreparation\n";
    text += &table::preparation(model.preparation());
    text += "\nTarget\n";
    match model.target() {
        Target::Classes { column, classes, .. } => {
            let some: Vec<&str> = classes.iter().take(20).map(String::as_str).collect();
            let more = if classes.len() > 20 { ", …" } else { "" };
            text += &format!("  {column}: {} classes ({}{more})\n", classes.len(), some.join(", "));
        }
        Target::Numbers(targets) => {
            for t in targets {
                let (mean, deviation) = (table::rounded(t.mean), table::rounded(t.deviation));
                text += &format!("  {}: number, mean {mean}, deviation {deviation}\n", t.column);
            }
        }
    }
    let options = &record.options;
    text += &format!(
        "\nTraining\n  {} rows, {} test rows, {} epochs of batches of {}",
        record.training_rows, record.test_rows, record.epochs, record.batch_size
    );
    if let Some(best) = record.best_epoch {
        text += &format!(", the best of them the {best}.");
    }
    text += &format!(
        "\n  optimizer {}, schedule {}, l2 {}, dropout {}, seed {}\n\n",
        table::optimizer(&options.optimizer),
        options.schedule,
        options.penalty(),
        options.dropout,
        options.seed
    );
    let mut columns = vec![("training", &record.train)];
    if let Some(test) = &record.test {
        columns.push(("test", test));
    }
    columns.push(("baseline", &record.baseline));
    text += &table::scores(&columns);
    emit(&text)
}
