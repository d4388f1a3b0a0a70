//! When each is the right one.

use deltarule_document::Prose;

use super::pages::Pages;

impl Pages<'_, '_> {
    pub(super) fn advice(&mut self) {
        self.document.heading(1, "When each is the right one");
        self.document.list(vec![
            Prose::text("Squared error, with outputs that are the net inputs (identity): regression. It is what a normal distribution of the errors asks for."),
            Prose::text("Squared error with tanh, sigmoid or softmax outputs: it works, and its errors are bounded, which can help where some targets are wrong; but it learns slowly from outputs that are badly wrong."),
            Prose::text("Cross-entropy with softmax: one class of several. It is what a distribution over the classes asks for, and its delta is the plain error."),
            Prose::text("Binary cross-entropy with sigmoid: two classes, or labels that may hold at once."),
        ]);
        self.document.paragraph(Prose::text(
            "A loss and an activation are not rivals: softmax says what the outputs mean, the loss says how wrong they are.",
        ));
    }
}
