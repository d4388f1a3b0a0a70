//! Remarks that hold for several steps of a part are said once, at the first, with the steps that they hold for.

use deltarule_document::{Block, Document, Prose};

use crate::notice::list;

/// At most this many steps are named one by one.
const NAMED: usize = 8;

/// The remarks of the part that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    part: String,
    remarks: Vec<Remark>,
}

#[derive(Clone, Debug)]
struct Remark {
    words: Prose,
    /// The step that says it.
    step: usize,
    /// Later steps that it holds for.
    later: Vec<usize>,
    /// Which item of its list it is, and which block the list.
    item: usize,
    block: Option<usize>,
}

impl Said {
    /// Those of a step's remarks that no earlier step of the part has said.
    pub(crate) fn new_ones(&mut self, part: &str, step: usize, remarks: Vec<Prose>) -> Vec<Prose> {
        if self.part != part || step == 1 {
            *self = Self { part: part.into(), remarks: Vec::new() };
        }
        let mut fresh = Vec::new();
        for words in remarks {
            match self.remarks.iter_mut().find(|remark| remark.words == words) {
                Some(known) => known.later.push(step),
                None => {
                    let item = fresh.len();
                    let remark =
                        Remark { words: words.clone(), step, later: vec![], item, block: None };
                    self.remarks.push(remark);
                    fresh.push(words);
                }
            }
        }
        fresh
    }

    /// Where the remarks that were new stand.
    pub(crate) fn stand_in(&mut self, block: usize) {
        for remark in self.remarks.iter_mut().filter(|remark| remark.block.is_none()) {
            remark.block = Some(block);
        }
    }

    /// Adds to each remark which later steps it holds for.
    pub(crate) fn end_part(&mut self, document: &mut Document, steps: usize) {
        for remark in std::mem::take(&mut self.remarks) {
            let later: Vec<String> = remark.later.iter().map(usize::to_string).collect();
            let words = match later.as_slice() {
                [] => continue,
                all if all.len() == steps - remark.step => if all.len() == 1 {
                    " So it is in the next step, too."
                } else {
                    " So it is in every later step, too."
                }
                .to_string(),
                [one] => format!(" So it is in step {one}, too."),
                some => format!(" So it is in steps {}, too.", list(some, NAMED)),
            };
            let Some(Block::List(items)) =
                remark.block.and_then(|block| document.blocks.get_mut(block))
            else {
                continue;
            };
            if let Some(item) = items.get_mut(remark.item) {
                *item = std::mem::take(item).and_text(words);
            }
        }
    }
}
