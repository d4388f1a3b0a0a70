//! Classification: the outputs, the largest, the class.

use deltarule::trace::Quantity;
use deltarule::{Activation, Loss};
use deltarule_document::Math;

use crate::step::{Context, m};

/// More examples than this get one matrix of classes instead of a line each.
const EXAMPLES: usize = 8;

impl Context<'_, '_> {
    pub(crate) fn classification(&mut self, classes: &[usize]) {
        self.heading("Classification");
        let last = self.last();
        self.paragraph(&format!(
            "The class of an example is the place of the largest entry of its column of $x^[{last}]$; on a tie it is the first \
             of the largest."
        ));
        if self.numbers.network.outputs() == 1 && !self.style.blank {
            self.paragraph(
                "With one output there is one place only, so that this class says nothing.",
            );
        }
        let name = self.variable("x", last);
        if classes.len() > EXAMPLES {
            let matrix = self.shown(Quantity::Class);
            let equation = self.formula(&format!("argmax x^[{last}]")).equals(m(matrix));
            self.equation(equation, format!("classes = classify({name})"), "classes[None, :]");
            return;
        }
        for (column, &class) in classes.iter().enumerate() {
            let x = &self.numbers.trace.x[last - 1];
            let outputs = self.column_of(Quantity::X(last), column);
            let number = self.column_of(Quantity::Class, column);
            if classes.len() > 1 {
                self.paragraph(&format!("Example {}:", self.numbers.examples[column]));
            }
            let equation = self
                .formula(&format!("argmax x^[{last}]"))
                .equals(Math::spaced([Math::word("argmax"), m(outputs)]))
                .equals(Math::Number(number));
            let code = format!("class_ = classify({name})[{column}]");
            self.equation(equation, code, "class_");
            if self.style.blank {
                continue;
            }
            let best = class - 1;
            let value = x.value[[column, best]];
            let tied: Vec<String> = (0..x.value.ncols())
                .filter(|&i| {
                    (x.value[[column, i]] - value).abs()
                        <= x.bound[[column, i]] + x.bound[[column, best]]
                })
                .map(|i| (i + 1).to_string())
                .collect();
            if tied.len() > 1 {
                self.paragraph(&format!(
                    "Outputs {} are equal: the network cannot tell these classes apart, and the first is taken by \
                     convention.",
                    tied.join(", ")
                ));
            } else if self.numbers.loss == Loss::BinaryCrossEntropy
                && self.activation(last) == Activation::Sigmoid
            {
                let holds: Vec<String> = (0..x.value.ncols())
                    .filter(|&i| x.value[[column, i]] >= 0.5)
                    .map(|i| (i + 1).to_string())
                    .collect();
                let list = if holds.is_empty() { "none".into() } else { holds.join(", ") };
                self.paragraph(&format!(
                    "Label {class} is the most probable. The labels do not exclude each other here: those with an output of at \
                     least ½ hold, for this example {list}."
                ));
            } else if x.value.ncols() > 1 {
                self.paragraph(&format!("The network puts the example into class {class}."));
            }
        }
    }
}
