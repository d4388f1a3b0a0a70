//! The markings of a class as JSON: `deltarule-class/1`.

use serde_json::{Map, Value, json};

use super::super::json::report_json_with;
use super::super::options::ReportOptions;
use super::{Class, ClassAnswer, not_read};

impl Class {
    /// Every marking, who makes which mistake, and what was not marked.
    pub fn to_json(&self) -> Value {
        self.to_json_with(ReportOptions::default())
    }

    /// The same with what is to be seen of each marking.
    pub fn to_json_with(&self, options: ReportOptions) -> Value {
        let answers: Vec<Value> =
            self.answers.iter().map(|answer| self.answer(answer, options)).collect();
        let mistakes: Vec<Value> = self
            .mistakes()
            .iter()
            .map(|(rule, names)| json!({ "mistake": rule.id(), "count": names.len(), "names": names }))
            .collect();
        let unread = self.answers.iter().filter_map(|answer| {
            let problem = answer.result.as_ref().err()?;
            Some(left_out(
                &answer.file,
                Some(&answer.name),
                answer.identifier.as_deref(),
                &not_read(problem),
            ))
        });
        let others = self.left_out.iter().map(|left| {
            left_out(&left.file, left.name.as_deref(), left.identifier.as_deref(), &left.reason)
        });
        let mut json = json!({
            "format": "deltarule-class/1",
            "title": self.title(),
            "answers": answers,
            "mistakes": mistakes,
            "left_out": unread.chain(others).collect::<Vec<Value>>(),
        });
        if self.exercises.len() > 1 {
            let exercises = self
                .exercises
                .iter()
                .map(|of_class| json!({ "name": of_class.name, "title": of_class.exercise.title }));
            json["exercises"] = exercises.collect();
        }
        json
    }

    fn answer(&self, answer: &ClassAnswer, options: ReportOptions) -> Value {
        let mut entries = Map::new();
        let mut put = |key: &str, value: Value| entries.insert(key.into(), value);
        put("name", answer.name.as_str().into());
        put("file", answer.file.as_str().into());
        if let Some(identifier) = &answer.identifier {
            put("identifier", identifier.as_str().into());
        }
        let of_class = self.exercises.get(answer.exercise);
        if let Some(of_class) = of_class.filter(|_| self.exercises.len() > 1) {
            put("exercise", of_class.name.as_str().into());
        }
        if let Some(page) = &answer.page {
            put("page", page.as_str().into());
        }
        if let Some(remark) = &answer.remark {
            put("remark", remark.as_str().into());
        }
        match (&answer.result, of_class) {
            (Ok((marking, grading)), Some(of_class)) => {
                let exercise = &of_class.exercise;
                put("marking", report_json_with(exercise, marking, grading, options));
                if !answer.by_hand.is_empty() {
                    let set = answer.by_hand.iter().map(|set| {
                        json!({ "quantity": set.quantity, "computed": set.computed, "marks": set.marks })
                    });
                    put("set_by_hand", set.collect());
                }
            }
            (Err(problem), _) => {
                put("problem", problem.as_str().into());
            }
            (Ok(_), None) => {}
        }
        Value::Object(entries)
    }
}

fn left_out(file: &str, name: Option<&str>, identifier: Option<&str>, reason: &str) -> Value {
    json!({ "file": file, "name": name, "identifier": identifier, "reason": reason })
}
