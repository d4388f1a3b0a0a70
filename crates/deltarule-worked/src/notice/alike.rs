//! Units that stay identical because they began identical.

use deltarule::trace::Quantity;
use deltarule_document::Prose;
use ndarray::ArrayView2;

use super::list;
use crate::step::Context;

/// In layers of more units than this not every unit is compared with every other.
const COMPARED: usize = 200;

/// What becomes of units that have the same parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EqualUnits {
    /// The step moves them alike.
    Stays,
    /// The step tells them apart.
    Parts,
    /// They compute the same, and no more is to be said.
    Computes,
}

impl EqualUnits {
    /// The remark on these units; `act` is who acts as one: "The layer acts".
    fn words(self, units: &str, act: &str) -> String {
        match self {
            Self::Stays => format!(
                "{units} began with the same weights and biases, so they compute the same output. Their outgoing weights are \
                 the same too, so they get the same delta and the same update, and stay identical. {act} as one unit. \
                 Random initial weights break this symmetry."
            ),
            Self::Parts => format!(
                "{units} began with the same weights and biases, so they compute the same output. Their deltas differ, since \
                 their outgoing weights do, and this update tells them apart."
            ),
            Self::Computes => format!(
                "{units} have the same weights and biases, so they compute the same output. {act} as one unit."
            ),
        }
    }
}

impl Context<'_, '_> {
    /// Units of a layer that have the same parameters, and whether the step tells them apart.
    pub(super) fn identical_units(&self, remarks: &mut Vec<Prose>) {
        let mut whole: [Vec<String>; 3] = Default::default();
        let mut some: Vec<(EqualUnits, Vec<usize>, usize)> = Vec::new();
        for layer in 1..self.last() {
            for units in self.alike(layer) {
                let alike = self.fate(layer, &units);
                if units.len() == self.numbers.network.layers()[layer - 1].units() {
                    whole[alike as usize].push(layer.to_string());
                } else {
                    some.push((alike, units, layer));
                }
            }
        }
        for alike in [EqualUnits::Stays, EqualUnits::Parts, EqualUnits::Computes] {
            let layers = &whole[alike as usize];
            if !layers.is_empty() {
                let word = if layers.len() == 1 { "layer" } else { "layers" };
                let each =
                    if layers.len() == 1 { "The layer acts" } else { "Each of these layers acts" };
                let units = format!("All units of {word} {}", list(layers, 8));
                remarks.push(self.prose(&alike.words(&units, each)));
            }
        }
        for (alike, units, layer) in some {
            let units: Vec<String> = units.iter().map(|unit| (unit + 1).to_string()).collect();
            let units = format!("Units {} of layer {layer}", list(&units, 8));
            remarks.push(self.prose(&alike.words(&units, "They act")));
        }
    }

    /// Groups of units of a layer that have the same weights and biases.
    fn alike(&self, layer: usize) -> Vec<Vec<usize>> {
        let network = self.numbers.network;
        let (w, b) = (network.weights(layer - 1), network.biases(layer - 1));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        // Large layers are looked through for one value only: comparing every unit with every other would take long.
        let most = if w.nrows() > COMPARED { 1 } else { w.nrows() };
        for unit in 0..w.nrows() {
            let same = |first: usize| w.row(first) == w.row(unit) && b[first] == b[unit];
            match groups.iter().position(|group| same(group[0])) {
                Some(group) => groups[group].push(unit),
                None if groups.len() < most => groups.push(vec![unit]),
                None => {}
            }
        }
        groups.retain(|group| group.len() > 1);
        groups
    }

    /// What becomes of units that are alike before the step.
    fn fate(&self, layer: usize, units: &[usize]) -> EqualUnits {
        let trace = self.numbers.trace;
        let updated = [Quantity::Weights(layer), Quantity::Biases(layer)].map(|q| trace.get(q));
        let [Some(w), Some(b)] = &updated else { return EqualUnits::Computes };
        let outgoing = self.numbers.network.weights(layer);
        let same_outgoing =
            units.iter().all(|unit| outgoing.column(*unit) == outgoing.column(units[0]));
        let alike_after = nearly_equal_rows(w.value.view(), w.bound.view(), units)
            && nearly_equal_rows(b.value.view(), b.bound.view(), units);
        match (alike_after, same_outgoing) {
            (true, true) => EqualUnits::Stays,
            (false, false) => EqualUnits::Parts,
            // Nothing reached them, or what the optimiser remembers of them differs.
            (true, false) | (false, true) => EqualUnits::Computes,
        }
    }
}

/// Whether these rows agree but for rounding.
fn nearly_equal_rows(
    values: ArrayView2<'_, f64>,
    bounds: ArrayView2<'_, f64>,
    rows: &[usize],
) -> bool {
    let first = rows[0];
    rows.iter().all(|&r| {
        (0..values.ncols()).all(|c| {
            (values[[r, c]] - values[[first, c]]).abs() <= bounds[[r, c]] + bounds[[first, c]]
        })
    })
}
