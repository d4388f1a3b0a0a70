//! Cross-entropy as a distance between distributions.

use deltarule::Loss;
use deltarule_document::Prose;

use super::case::first_step;
use super::pages::Pages;

impl Pages<'_, '_> {
    pub(super) fn distributions(&mut self) {
        let has_cross_entropy =
            self.comparison.cases.iter().any(|case| case.loss == Loss::CrossEntropy);
        if !has_cross_entropy {
            return;
        }
        self.document.heading(1, "Cross-entropy compares distributions");
        self.document.paragraph(self.prose(
            "Targets that are not negative and sum to 1 are a distribution over the classes. For outputs that are one too,",
        ));
        self.document.equation(
            self.style
                .notation
                .equation("E = −Σ_i t_i ln x_i = −Σ_i t_i ln t_i + Σ_i t_i ln(frac{t_i}{x_i})"),
        );
        self.document.paragraph(self.prose(
            "The first sum is the entropy of the targets, 0 where one class is certain. The second is the Kullback–Leibler \
             divergence of the outputs from the targets: never negative, and 0 only where $x = t$, though no distance in the strict sense, since it is not the same with $x$ and $t$ exchanged; $0 ln 0$ counts as 0. With one class certain $E$ is \
             just $−ln x$ of that class. All of this needs outputs that sum to 1. Otherwise the loss could fall by making every \
             output large, and outputs of tanh can be negative, where $ln x$ is not defined. The outputs of the first example sum to:",
        ));
        let mut sums = Vec::new();
        for (number, case) in self.cases() {
            let Some(x) = first_step(case).trace.x.last() else { continue };
            let quantity = self.quantity(number, "output_sum", None);
            sums.push(
                Prose::text(format!("{}: ", case.name()))
                    .and_number(x.value.row(0).sum(), quantity),
            );
        }
        self.document.list(sums);
    }
}
