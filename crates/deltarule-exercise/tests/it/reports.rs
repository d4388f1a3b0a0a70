//! Markings written down: marks, the report for a student, JSON, and the table of a class.

use deltarule_document::{
    HtmlOptions, MarkdownOptions, TextOptions, render_html, render_markdown, render_text,
};
use deltarule_exercise::marking::{
    AnswerFormat, Answers, Class, ClassAnswer, ClassExercise, DecimalSign, EntryMarking, Finding,
    LeftOut, MarkWeights, Marking, PartMarking, Quantity, QuantityMarking, Verdict, Written,
    WrongRule, grade, quantities, report, report_digits, report_json, template,
};
use deltarule_exercise::{Exercise, sheet, solve, to_json};

fn exercise() -> Exercise {
    Exercise::parse(&sheet(1).unwrap().replacen("title", "digits = 5\ntitle", 1), "1").unwrap()
}

/// The marking of an answer that has every number of the solution with six digits.
fn all_right(exercise: &Exercise) -> Marking {
    let json = to_json(&solve(exercise).unwrap()).to_string();
    let answers = Answers::parse(exercise, &json, "solution", AnswerFormat::Json).unwrap();
    let parts = exercise.parts.iter().zip(answers.parts).map(|(part, given)| PartMarking {
        name: part.name.clone(),
        notes: Vec::new(),
        quantities: given
            .into_iter()
            .map(|given| QuantityMarking {
                step: given.step,
                quantity: given.quantity,
                verdict: Verdict::Correct,
                findings: Vec::new(),
                entries: given.entries.map(|written| {
                    let value = written.as_ref().unwrap().value;
                    let text = deltarule_document::format_number(value, 6);
                    let written = Written::parse(&text);
                    EntryMarking {
                        written,
                        verdict: Verdict::Correct,
                        right: value,
                        expected: value,
                        explained: None,
                        counted: true,
                    }
                }),
                too_short: false,
                likeness: None,
            })
            .collect(),
    });
    Marking { parts: parts.collect() }
}

fn find(marking: &mut Marking, part: usize, quantity: Quantity) -> &mut QuantityMarking {
    marking.parts[part].quantities.iter_mut().find(|q| q.quantity == quantity).unwrap()
}

/// Turns numbers into others that were written and judged like this.
fn judge(quantity: &mut QuantityMarking, verdict: Verdict, factor: f64) {
    quantity.verdict = verdict;
    for entry in &mut quantity.entries {
        entry.verdict = verdict;
        let value = factor * entry.right;
        entry.written = Written::parse(&deltarule_document::format_number(value, 6));
        if verdict == Verdict::FollowThrough {
            entry.expected = value;
        }
    }
}

/// δ of the outputs has the other sign, gradients and parameters follow; part b is not answered.
fn with_a_mistake(exercise: &Exercise) -> Marking {
    let mut marking = all_right(exercise);
    let delta = find(&mut marking, 0, Quantity::Delta(2));
    judge(delta, Verdict::Wrong, -1.0);
    delta.findings.push(Finding {
        rule: WrongRule::DeltaSign,
        sentence: "δ has the other sign: you took t − x where x − t belongs.".into(),
        together: false,
    });
    for quantity in [Quantity::Delta(1), Quantity::GradWeights(2), Quantity::GradBiases(2)] {
        judge(find(&mut marking, 0, quantity), Verdict::FollowThrough, -1.0);
    }
    let weights = find(&mut marking, 0, Quantity::Weights(2));
    weights.verdict = Verdict::Wrong;
    weights.entries[(0, 1)].verdict = Verdict::Wrong;
    weights.entries[(0, 1)].written = Written::parse("0.17");
    find(&mut marking, 0, Quantity::X(1)).too_short = true;
    marking.parts[0].notes.push("The loss rises with this step.".into());
    let after = find(&mut marking, 0, Quantity::TotalLossAfter);
    after.verdict = Verdict::Missing;
    after.entries[(0, 0)].written = None;
    after.entries[(0, 0)].verdict = Verdict::Missing;
    for quantity in &mut marking.parts[1].quantities {
        quantity.verdict = Verdict::Missing;
        for entry in &mut quantity.entries {
            (entry.written, entry.verdict) = (None, Verdict::Missing);
        }
    }
    marking
}

fn text(exercise: &Exercise, marking: &Marking) -> String {
    let document = report(exercise, marking, &grade(marking, &MarkWeights::default()));
    render_text(
        &document,
        &TextOptions { digits: report_digits(marking), ..TextOptions::default() },
    )
}

fn snapshot(name: &str, output: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, output));
}

#[test]
fn a_report_says_what_is_right_then_the_first_error_then_what_followed() {
    let exercise = exercise();
    let marking = with_a_mistake(&exercise);
    let text = text(&exercise, &marking);
    let places: Vec<usize> = [
        "What is right",
        "Where it first went wrong",
        "δ has the other sign",
        "What else went wrong",
        "What followed from it",
        "The loss rises",
        "Number by number",
    ]
    .iter()
    .map(|words| text.find(words).unwrap_or_else(|| panic!("no {words} in {text}")))
    .collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    snapshot("marking-1.txt", &text);
    let document = report(&exercise, &marking, &grade(&marking, &MarkWeights::default()));
    snapshot("marking-1.md", &render_markdown(&document, &MarkdownOptions::default()));
    let page = render_html(&document, &HtmlOptions::default());
    assert!(page.contains("<mark class=\"wrong\">0.113937</mark>"), "{page}");
    assert!(page.contains("<mark class=\"wrong\">✗ wrong</mark>"), "{page}");
    assert!(page.contains("<mark class=\"follows\">→ follows</mark>"), "{page}");
}

#[test]
fn a_report_of_a_good_answer_is_short() {
    let exercise = exercise();
    let marking = all_right(&exercise);
    let quantities = || marking.parts.iter().flat_map(|part| &part.quantities);
    let (numbers, all) =
        (quantities().map(|q| q.entries.len()).sum::<usize>(), quantities().count());
    let text = text(&exercise, &marking);
    let summary = format!("All {numbers} numbers are right. Marks: {all} of {all}.");
    assert!(text.contains(&summary), "{text}");
    assert!(!text.contains("wrong\n") && !text.contains("followed"), "{text}");
}

#[test]
fn explanations_side_by_side_and_together() {
    let exercise = exercise();
    let mut marking = with_a_mistake(&exercise);
    let other = |together| Finding {
        rule: WrongRule::UpdateSign,
        sentence: "The step goes up.".into(),
        together,
    };
    find(&mut marking, 0, Quantity::Delta(2)).findings.push(other(false));
    assert!(text(&exercise, &marking).contains("More than one mistake explains"));
    for finding in &mut find(&mut marking, 0, Quantity::Delta(2)).findings {
        finding.together = true;
    }
    assert!(text(&exercise, &marking).contains("It takes these mistakes together"));
    find(&mut marking, 0, Quantity::Delta(2)).findings.clear();
    assert!(text(&exercise, &marking).contains("No known mistake explains it."));
}

#[test]
fn json_has_what_the_format_promises() {
    let exercise = exercise();
    let marking = with_a_mistake(&exercise);
    let json = report_json(&exercise, &marking, &grade(&marking, &MarkWeights::default()));
    let quantities = json["parts"][0]["quantities"].as_array().unwrap();
    let delta = quantities.iter().find(|q| q["name"] == "delta[2]").unwrap();
    assert_eq!(delta["verdict"], "wrong");
    assert_eq!(delta["mistakes"], serde_json::json!(["delta_sign"]));
    assert_eq!(
        delta["explanations"][0]["sentence"].as_str().unwrap().split(':').next(),
        Some("δ has the other sign")
    );
    assert_eq!((delta["step"].as_u64(), delta["marks"].as_f64()), (Some(1), Some(0.0)));
    let entry = &delta["entries"][0][0];
    assert_eq!(
        (entry["verdict"].as_str(), entry["written"].as_str()),
        (Some("wrong"), Some("0.113937"))
    );
    assert!(entry["right"].as_f64().unwrap() < 0.0);
    let follow = quantities.iter().find(|q| q["name"] == "grad_weights[2]").unwrap();
    assert_eq!(
        (follow["verdict"].as_str(), follow["marks"].as_f64()),
        (Some("follow_through"), Some(1.0))
    );
    assert_eq!(json["parts"][1]["quantities"][0]["verdict"], "missing");
    assert_eq!(json["parts"][1]["marks"], 0.0);
}

#[test]
fn marks_by_quantity_and_by_weight() {
    let exercise = exercise();
    let marking = with_a_mistake(&exercise);
    let grading = grade(&marking, &MarkWeights::default());
    let part = &grading.parts[0];
    // All but δ^[2] and the loss after, and of the new weights five of six.
    let all = part.quantities.len() as f64;
    assert_eq!(part.total.possible, all);
    assert!((part.total.reached - (all - 2.0 - 1.0 / 6.0)).abs() < 1e-12);
    assert_eq!(part.total.answered, all - 1.0);
    assert_eq!(grading.total.reached, part.total.reached);
    let weights = MarkWeights::parse("delta=30, z = 10,class=0", &exercise).unwrap();
    let grading = grade(&marking, &weights);
    assert!((grading.total.possible - 40.0).abs() < 1e-12);
    // One of two δ, and z of part a, which is half of all z.
    assert!((grading.total.reached - 20.0).abs() < 1e-12);
    for (wrong, problem) in [
        ("delta", "does not look like z=10"),
        ("delta=x", "must be a number from 0"),
        ("delta=-1", "must be a number from 0"),
        ("delta=1,delta=2", "named twice"),
        ("m_weights=1", "the exercise has no \"m_weights\""),
        ("x=0", "all marks are 0"),
    ] {
        let error = MarkWeights::parse(wrong, &exercise).unwrap_err();
        assert!(error.contains(problem), "{wrong}: {error}");
    }
}

#[test]
fn the_table_of_a_class() {
    let exercise = exercise();
    let marked = |name: &str, marking: Marking| {
        let grading = grade(&marking, &MarkWeights::default());
        ClassAnswer::new(name, format!("{name}.toml"), Ok((marking, grading)))
    };
    let mut class = Class {
        exercises: vec![ClassExercise { name: "1".into(), exercise: exercise.clone() }],
        answers: vec![
            marked("=Ada", with_a_mistake(&exercise)),
            marked("Bob", all_right(&exercise)),
            ClassAnswer::new("Cy", "Cy.toml", Err("not valid TOML".into())),
        ],
        left_out: vec![LeftOut {
            file: "Di.txt".into(),
            name: Some("Di".into()),
            identifier: None,
            reason: "not an answer file (.txt)".into(),
        }],
    };
    let csv = class.to_csv(DecimalSign::Point).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("\u{feff}name,marks,possible,a z,a x,a loss,a total_loss,a delta,"),
        "{csv}"
    );
    assert!(lines[0].ends_with(",b class,mistakes,problem,file"), "{csv}");
    let words = WrongRule::DeltaSign.description();
    let ada = format!("'=Ada,14.83,22,2,2,1,1,1,2,2,1.83,2,0,0,0,0,\"{words}\",,'=Ada.toml");
    assert_eq!(lines[1], ada);
    assert!(lines[2].starts_with("Bob,22,22,2,2,1,1,2,2,2,2,2,1,2,2,1,,"), "{csv}");
    let unread = ",could not be read: not valid TOML,Cy.toml";
    assert!(lines[3].starts_with("Cy,,,") && lines[3].ends_with(unread), "{csv}");
    assert!(lines[4].ends_with(",not an answer file (.txt),Di.txt"), "{csv}");
    let german = class.to_csv(DecimalSign::Comma).unwrap();
    assert!(german.contains("\n'=Ada;14,83;22;2;2;"), "{german}");
    let text = render_text(&class.to_document(), &TextOptions::default());
    snapshot("class-1.txt", &text);
    let json = class.to_json();
    assert_eq!(json["mistakes"][0]["mistake"], "delta_sign");
    assert_eq!(json["mistakes"][0]["names"][0], "=Ada");
    assert_eq!(json["answers"][2]["problem"], "not valid TOML");
    let reasons = json["left_out"].as_array().unwrap().iter().map(|left| &left["reason"]);
    let reasons: Vec<&serde_json::Value> = reasons.collect();
    assert_eq!(reasons, ["could not be read: not valid TOML", "not an answer file (.txt)"]);

    // What a teacher sets by hand counts, in the part and in the whole, and is said.
    let answer = &mut class.answers[0];
    let Ok((marking, grading)) = &mut answer.result else { unreachable!() };
    let before = grading.clone();
    let error = grading.set_by_hand(&exercise, marking, "delta[3]", 1.0).unwrap_err();
    assert!(error.contains("no quantity \"delta[3]\""), "{error}");
    let error = grading.set_by_hand(&exercise, marking, "z[1]", 1.0).unwrap_err();
    assert!(error.contains("which part? a: z[1], b: z[1]"), "{error}");
    let error = grading.set_by_hand(&exercise, marking, "a: delta[1]", 2.0).unwrap_err();
    assert!(error.contains("from 0 to 1"), "{error}");
    assert_eq!(*grading, before);
    let set = grading.set_by_hand(&exercise, marking, "a: delta[2]", 0.5).unwrap();
    assert!((grading.total.reached - before.total.reached - 0.5 + set.computed).abs() < 1e-12);
    let parts = grading.parts.iter().map(|part| part.total.reached).sum::<f64>();
    assert!((grading.total.reached - parts).abs() < 1e-12);
    let whole = grading.set_by_hand(&exercise, marking, "", 20.0).unwrap();
    assert_eq!(grading.total.reached, 20.0);
    answer.by_hand = vec![set, whole];
    let csv = class.to_csv(DecimalSign::Point).unwrap();
    assert!(csv.contains("\n'=Ada,20,22,") && csv.contains("a: delta[2] 0.5 in place of"), "{csv}");
    let page = class.page(&class.answers[0]).unwrap();
    let page = render_text(&page, &TextOptions::default());
    assert!(page.contains("set by hand: a: delta[2] 0.5") && page.contains("Marks: 20 of 22"));
    assert!(class.comment(&class.answers[0]).unwrap().starts_with("Marks: 20 of 22. Set by hand"));
    assert!(class.page(&class.answers[2]).is_none());
}

#[test]
fn a_template_has_every_shape_and_no_answer() {
    let online = "title = \"A \\\"title\\\"\\nwith lines\"\n[network]\nlayers = [2, 3, 1]\nactivation = \"tanh\"\n\
                  loss = \"squared_error\"\nweights = 0.1\n[[part]]\nname = \" b, \\\"c\\\"\"\ntask = \"update\"\n\
                  mode = \"online\"\noptimizer = \"adam\"\nlearning_rate = 0.1\nexamples = [{ x = [1, 2], t = [1] }, \
                  { x = [2, 1], t = [0] }]\n";
    let exercises = (1..=3).map(|n| sheet(n).unwrap()).chain([online]);
    for text in exercises {
        let exercise = Exercise::parse(text, "exercise").unwrap();
        for format in [AnswerFormat::Toml, AnswerFormat::Csv] {
            let template = template(&exercise, format).unwrap();
            let read = |text: &str| {
                Answers::parse(&exercise, text, "template", format)
                    .unwrap_or_else(|diagnostic| panic!("{}", diagnostic.render(100)))
            };
            assert!(read(&template).parts.iter().all(Vec::is_empty));
            assert_eq!(AnswerFormat::guess(&template), format);
            // Filled in, it answers everything.
            let value = match format {
                AnswerFormat::Toml => {
                    template.replace("\"?\"", "0.5").replace("stays 0.5", "stays")
                }
                _ => template.replace("?", "0.5"),
            };
            let filled = read(&value);
            for (part, given) in exercise.parts.iter().zip(&filled.parts) {
                let shapes = quantities(&exercise, part);
                assert_eq!(given.len() % shapes.len(), 0);
                assert!(!given.is_empty());
                assert!(
                    given.iter().all(|g| g.entries.iter().all(Option::is_some) && !g.transposed)
                );
                for (given, shape) in given.iter().zip(shapes.iter().cycle()) {
                    assert_eq!(given.quantity, shape.quantity);
                }
            }
        }
    }
    let large = sheet(1)
        .unwrap()
        .replace("[5, 3, 2]", "[5, 2000, 2000]")
        .replace("[1, 0]", &format!("{:?}", vec![0; 2000]))
        .replace("[0, 1]", &format!("{:?}", vec![0; 2000]));
    let large = Exercise::parse(&large, "large").unwrap_or_else(|d| panic!("{}", d.render(100)));
    assert!(template(&large, AnswerFormat::Csv).unwrap_err().contains("too many"));
}
