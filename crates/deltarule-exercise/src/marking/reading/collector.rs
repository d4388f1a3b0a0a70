//! What is found in a file, whatever its format is, becomes answers; what cannot be read costs itself and nothing else.

use std::collections::HashSet;
use std::ops::Range;

use super::super::answers::{Answers, Given, Misshapen, Renamed};
use super::super::quantity::{Quantity, Shape, answerable, step_count};
use super::lost::Lost;
use super::name::{self, Name};
use super::shape::{self, Numbers, Shaped};
use crate::diagnostic::{Mistake, Parsed, WithHelp, mistake, nearest};
use crate::exercise::Exercise;

/// Gathers what a file gives, and knows what the exercise has.
pub(super) struct Collector<'a> {
    pub(super) exercise: &'a Exercise,
    pub(super) lost: Lost<'a>,
    /// The quantities of a step of each part.
    shapes: Vec<Vec<Shape>>,
    /// What was given, with its place in the order of computation.
    given: Vec<Vec<(usize, Given)>>,
    misshapen: Vec<Misshapen>,
    renamed: Vec<Renamed>,
    seen: HashSet<(usize, usize, Quantity)>,
}

/// A quantity of a part that a name was found to mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Found {
    pub(super) part: usize,
    /// From 0.
    pub(super) step: usize,
    /// Its place in the quantities of the part.
    pub(super) index: usize,
}

impl<'a> Collector<'a> {
    pub(super) fn new(exercise: &'a Exercise, text: &'a str) -> Self {
        let parts = &exercise.parts;
        Self {
            exercise,
            lost: Lost::new(text),
            shapes: parts.iter().map(|part| answerable(exercise, part)).collect(),
            given: vec![Vec::new(); parts.len()],
            misshapen: Vec::new(),
            renamed: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// The part with this name.
    pub(super) fn part(&self, name: &str, span: Range<usize>) -> Parsed<usize> {
        let mut names = self.exercise.parts.iter().map(|part| part.name.as_str());
        let exactly = names.clone().position(|known| known == name);
        // In a table, blanks around a name are lost.
        let index = exactly.or_else(|| names.clone().position(|known| known.trim() == name));
        if let Some(index) = index {
            return Ok(index);
        }
        let unknown =
            mistake(span, format!("the exercise has no part {name:?}"), "no part has this name");
        match nearest(name, names.clone()) {
            Some(near) if !name.is_empty() => unknown.help(format!("did you mean {near:?}?")),
            _ => {
                let some: Vec<&str> = names.by_ref().take(12).collect();
                let more = if names.next().is_some() { ", …" } else { "" };
                unknown.help(format!("its parts are {}{more}", some.join(", ")))
            }
        }
    }

    /// Refuses a step that a part does not have; steps count from 1.
    pub(super) fn check_step(&self, part: usize, step: usize, span: Range<usize>) -> Parsed<()> {
        let part = &self.exercise.parts[part];
        let steps = step_count(part);
        match (1..=steps).contains(&step) {
            true => Ok(()),
            false => name::no_such_step(part, step, steps, span),
        }
    }

    /// The quantity of a part that a name stands for.
    pub(super) fn find(&mut self, part: usize, name: &Name, span: Range<usize>) -> Parsed<Found> {
        let steps = step_count(&self.exercise.parts[part]);
        let step = name.step.unwrap_or(steps);
        self.check_step(part, step, span.clone())?;
        let step = step - 1;
        let shapes = &self.shapes[part];
        let depth = self.exercise.network.layers().len();
        let read_as = name::ours(name, shapes, depth);
        let ours = read_as.as_ref().unwrap_or(name);
        let is_it = |shape: &Shape| {
            shape.quantity.layer() == ours.layer && shape.quantity.family() == ours.family
        };
        let Some(index) = shapes.iter().position(is_it) else {
            return name::unknown(ours, self.exercise, part, shapes, span);
        };
        if let Some(ours) = read_as {
            let renamed = Renamed { part, written: name.family.clone(), read_as: ours.family };
            if !self.renamed.contains(&renamed) {
                self.renamed.push(renamed);
            }
        }
        Ok(Found { part, step, index })
    }

    pub(super) fn shape(&self, found: Found) -> Shape {
        self.shapes[found.part][found.index]
    }

    /// The name of a quantity, with its step where there are several.
    pub(super) fn name_of(&self, found: Found) -> String {
        let quantity = self.shape(found).quantity;
        if step_count(&self.exercise.parts[found.part]) == 1 {
            quantity.to_string()
        } else {
            format!("{quantity} step {}", found.step + 1)
        }
    }

    /// A part as places have it.
    pub(super) fn part_in_words(&self, part: usize) -> String {
        format!("part {:?}", self.exercise.parts[part].name)
    }

    /// Notes that something of a part cannot be read.
    pub(super) fn lose(&mut self, part: usize, place: &str, mistake: Mistake) {
        let place = format!("{}, {place}", self.part_in_words(part));
        self.lost.add(place, mistake);
    }

    /// Takes the numbers of a quantity; gaps alone are no answer.
    pub(super) fn add(&mut self, found: Found, shaped: Shaped, span: Range<usize>) -> Parsed<()> {
        if let Shaped::Fitting(Numbers { entries, .. }) = &shaped
            && entries.iter().all(Option::is_none)
        {
            return Ok(());
        }
        let Found { part, step, index } = found;
        let shape = self.shape(found);
        let quantity = shape.quantity;
        if !self.seen.insert((part, step, quantity)) {
            let name = self.name_of(found);
            let part = &self.exercise.parts[part].name;
            return mistake(span, format!("{name} of part {part:?} is given twice"), "once more")
                .help("leave one of the two out; a name without a step means the last step");
        }
        match shaped {
            Shaped::Fitting(Numbers { entries, transposed, one_for_layer }) => {
                let given = Given { step, quantity, entries, transposed, one_for_layer };
                self.given[part].push((index, given));
            }
            Shaped::Otherwise(got) => {
                let sentence = shape::sentence(&shape, &got);
                self.misshapen.push(Misshapen { part, step, quantity, sentence });
            }
        }
        Ok(())
    }

    /// The answers; the mistakes where there is nothing else.
    pub(super) fn finish(self) -> Parsed<Answers> {
        let in_order = |mut given: Vec<(usize, Given)>| {
            given.sort_by_key(|(index, given)| (given.step, *index));
            given.into_iter().map(|(_, given)| given).collect()
        };
        let is_empty = self.given.iter().all(Vec::is_empty) && self.misshapen.is_empty();
        Ok(Answers {
            unread: self.lost.finish(is_empty)?,
            parts: self.given.into_iter().map(in_order).collect(),
            misshapen: self.misshapen,
            renamed: self.renamed,
        })
    }
}
