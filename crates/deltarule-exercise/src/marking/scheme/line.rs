//! What a line of a scheme is about: `delta`, `grad_weights[2]`, `a: z[1]`, `a: z[1] step 2`.

use std::fmt;
use std::ops::Range;

use crate::diagnostic::{Parsed, WithHelp, mistake, nearest};
use crate::exercise::{Exercise, Part};
use crate::marking::quantity::{Quantity, on_the_way_of_any_step, quantities, step_count};
use crate::meaning;

/// What some marks are for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SchemeLine {
    /// The name of a part; none for all parts.
    pub(super) part: Option<String>,
    /// A kind of quantities, or one of them.
    pub(super) name: String,
    /// The step, 0 being the first; none for all steps.
    pub(super) step: Option<usize>,
    /// So many marks, shared by what this is the nearest description of.
    pub(super) marks: f64,
}

impl fmt::Display for SchemeLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(part) = &self.part {
            write!(f, "{part}: ")?;
        }
        f.write_str(&self.name)?;
        match self.step {
            Some(step) => write!(f, " step {}", step + 1),
            None => Ok(()),
        }
    }
}

impl SchemeLine {
    /// All of a kind in the whole exercise.
    pub(super) fn of_kind(kind: String, marks: f64) -> Self {
        Self { part: None, name: kind, step: None, marks }
    }

    /// How nearly this describes a quantity; none where it does not. A part says more than a layer, and that more than a step.
    pub(super) fn nearness(
        &self,
        part: &str,
        step: usize,
        quantity: Quantity,
    ) -> Option<(bool, bool, bool)> {
        let named = self.name == quantity.to_string();
        let is_it = self.part.as_ref().is_none_or(|own| own == part)
            && self.step.is_none_or(|own| own == step)
            && (named || self.name == quantity.family());
        is_it.then_some((self.part.is_some(), named, self.step.is_some()))
    }

    /// Takes a key apart and looks whether the exercise has what it names.
    pub(super) fn read(
        key: &str,
        span: &Range<usize>,
        exercise: &Exercise,
        marks: f64,
    ) -> Parsed<Self> {
        // Neither quantities nor kinds have a colon in their names; parts may.
        let (part, name) = match key.rsplit_once(':') {
            Some((part, name)) => (Some(part.trim()), name),
            None => (None, key),
        };
        let (name, step) = match name.trim().rsplit_once(" step ") {
            Some((name, step)) => (name, Some(step.trim())),
            None => (name, None),
        };
        let name = name.trim();
        let parts = parts(part, span, exercise)?;
        let has = |part: &&&Part| {
            quantities(exercise, part)
                .iter()
                .any(|shape| name == shape.quantity.family() || name == shape.quantity.to_string())
        };
        let with: Vec<&Part> = parts.iter().filter(has).copied().collect();
        if with.is_empty() {
            return unknown(name, part, span, exercise, &parts);
        }
        let step = match step {
            None => None,
            Some(text) => {
                let steps = with.iter().map(|part| step_count(part)).max().unwrap_or(0);
                match text.parse::<usize>() {
                    Ok(step) if (1..=steps).contains(&step) => Some(step - 1),
                    _ => {
                        let label = "no such step";
                        return mistake(span.clone(), format!("there is no step {text}"), label)
                            .help(match steps {
                                1 => "there is only one: leave the step out".to_string(),
                                _ => format!("steps count from 1 to {steps}"),
                            });
                    }
                }
            }
        };
        Ok(Self { part: part.map(String::from), name: name.to_string(), step, marks })
    }
}

/// The parts that a line is about.
fn parts<'a>(
    name: Option<&str>,
    span: &Range<usize>,
    exercise: &'a Exercise,
) -> Parsed<Vec<&'a Part>> {
    let Some(name) = name else { return Ok(exercise.parts.iter().collect()) };
    let found: Vec<&Part> = exercise.parts.iter().filter(|part| part.name == name).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let names = || exercise.parts.iter().map(|part| part.name.as_str());
    let unknown = format!("the exercise has no part {name:?}");
    let unknown = mistake(span.clone(), unknown, "no such part");
    match nearest(name, names()).filter(|_| name.chars().count() > 1) {
        Some(near) => unknown.help(format!("did you mean {near:?}?")),
        None => unknown.help(format!("it has {}", names().collect::<Vec<_>>().join(", "))),
    }
}

fn unknown<T>(
    name: &str,
    part: Option<&str>,
    span: &Range<usize>,
    exercise: &Exercise,
    parts: &[&Part],
) -> Parsed<T> {
    let whose = match part {
        Some(part) => format!("part {part:?}"),
        None => "the exercise".to_string(),
    };
    let family = name.split('[').next().unwrap_or(name);
    if on_the_way_of_any_step().iter().any(|quantity| quantity.family() == family) {
        return mistake(
            span.clone(),
            format!("{name} is worth no marks"),
            "nobody is asked for it",
        )
        .help("it is marked where it is answered, and what follows from it earns marks");
    }
    let unknown = format!("{whose} has no {name:?}");
    let unknown = mistake(span.clone(), unknown, "neither a kind nor a quantity");
    let mut known: Vec<String> = Vec::new();
    for shape in parts.iter().flat_map(|part| quantities(exercise, part)) {
        for name in [shape.quantity.family(), shape.quantity.to_string()] {
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    match meaning::key(name, &names).or_else(|| nearest(name, names)) {
        Some(near) => unknown.help(format!("did you mean {near:?}?")),
        None => unknown.help(format!("it has {}", known.join(", "))),
    }
}

/// The kinds of quantities that an exercise has, in the order of computation.
pub(super) fn known_families(exercise: &Exercise) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for part in &exercise.parts {
        for shape in quantities(exercise, part) {
            let family = shape.quantity.family();
            if !known.contains(&family) {
                known.push(family);
            }
        }
    }
    known
}
