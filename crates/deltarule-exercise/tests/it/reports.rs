//! Markings written down: marks, the report for a student, JSON, and the table of a class.

use deltarule_document::{
    HtmlOptions, MarkdownOptions, TextOptions, render_html, render_markdown, render_text,
};
use deltarule_exercise::marking::{
    AnswerFormat, Answers, Class, ClassAnswer, ClassExercise, DecimalSign, EntryMarking, Finding,
    LeftOut, MarkWeights, Marking, MarkingOptions, PartMarking, Quantity, QuantityMarking,
    ReportOptions, Verdict, Written, WrongRule, grade, mark, quantities, report, report_digits,
    report_json, report_json_with, report_with, template,
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
                transposed: false,
            })
            .collect(),
    });
    Marking { parts: parts.collect(), unread: Vec::new() }
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

/// On a page so wide that no line breaks.
fn words(exercise: &Exercise, marking: &Marking) -> String {
    let document = report(exercise, marking, &grade(marking, &MarkWeights::default()));
    let text = render_text(&document, &TextOptions { width: 10_000, ..TextOptions::default() });
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn finding(rule: WrongRule, sentence: &str) -> Finding {
    Finding { rule, sentence: sentence.into(), together: false }
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
    let page = class.page(&class.answers[0], ReportOptions::default()).unwrap();
    let page = render_text(&page, &TextOptions::default());
    assert!(page.contains("set by hand: a: delta[2] 0.5") && page.contains("Marks: 20 of 22"));
    let comment = |options| class.comment(&class.answers[0], options).unwrap();
    let whole = comment(ReportOptions::default());
    assert!(whole.starts_with("Marks: 20 of 22. Set by hand"), "{whole}");
    let hint = comment(ReportOptions { hint: true, ..ReportOptions::default() });
    assert!(hint.starts_with("The first mistake is in δ") && hint.ends_with('?'), "{hint}");
    assert!(class.page(&class.answers[2], ReportOptions::default()).is_none());
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
                let mut shapes = quantities(&exercise, part);
                // The loss of one example is asked for once.
                if part.examples.len() == 1 || part.name.contains("b,") {
                    shapes.retain(|shape| shape.quantity != Quantity::TotalLoss);
                }
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

#[test]
fn rounding_is_a_remark_and_what_follows_needs_a_mistake() {
    let exercise = exercise();
    let mut marking = all_right(&exercise);
    let gradient = find(&mut marking, 0, Quantity::GradWeights(2));
    judge(gradient, Verdict::FollowThrough, 1.002);
    let rounded = "The method is right, but earlier values were rounded.";
    gradient.findings.push(finding(WrongRule::RoundedIntermediates, rounded));
    assert_eq!(marking.wrong(), 0);
    let said = words(&exercise, &marking);
    for expected in [
        "6 agree within the rounding of your own numbers.",
        "Agrees within the rounding of your own numbers, and counts in full: ∂E/∂w^[2].",
        "∂E/∂w^[2]: your numbers agree to the digits that you kept. The method is right",
        "≈ within your rounding",
    ] {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
    for wrong in ["✗", "went wrong", "mistake", "followed", "→"] {
        assert!(!said.contains(wrong), "{wrong} in {said}");
    }
    let class = |marking: &Marking| {
        let grading = grade(marking, &MarkWeights::default());
        let answers = vec![ClassAnswer::new("Ada", "Ada.toml", Ok((marking.clone(), grading)))];
        let exercises = vec![ClassExercise { name: "sheet".into(), exercise: exercise.clone() }];
        let class = Class { exercises, answers, left_out: Vec::new() };
        render_text(&class.to_document(), &TextOptions::default())
    };
    assert!(class(&marking).contains("22 of 22  none"), "{}", class(&marking));
    // With something wrong before it, it follows from that; from what comes after it, nothing follows.
    let slip = |marking: &mut Marking, quantity| {
        let marking = find(marking, 0, quantity);
        marking.verdict = Verdict::Wrong;
        marking.entries[(0, 0)].verdict = Verdict::Wrong;
    };
    let mut after = marking.clone();
    slip(&mut after, Quantity::TotalLossAfter);
    assert!(words(&exercise, &after).contains("6 agree within the rounding"));
    let mut before = marking.clone();
    slip(&mut before, Quantity::Z(2));
    assert!(words(&exercise, &before).contains("6 follow rightly from an earlier mistake"));
    assert_eq!(before.wrong(), 1);
}

#[test]
fn slips_are_told_one_by_one() {
    let exercise = exercise();
    let everything = "One number is off and everything else fits: a slip of the calculator or the pen rather than of \
                      the method. Compute this entry again.";
    let slip = |marking: &mut Marking, quantity| {
        let quantity = find(marking, 0, quantity);
        quantity.verdict = Verdict::Wrong;
        quantity.entries[(0, 0)].verdict = Verdict::Wrong;
        quantity.entries[(0, 0)].written = Written::parse("0.7777");
        let one = "One number is off: a slip of the calculator.";
        quantity.findings.push(finding(WrongRule::ArithmeticSlip, one));
    };
    let mut marking = all_right(&exercise);
    slip(&mut marking, Quantity::Z(1));
    assert!(words(&exercise, &marking).contains(everything));
    // How it is like the right number is said with it.
    let turned = "The sign of the wrong number is turned.";
    find(&mut marking, 0, Quantity::Z(1)).likeness = Some(turned.into());
    assert!(words(&exercise, &marking).contains(&format!("{everything} {turned}")));
    slip(&mut marking, Quantity::Z(2));
    slip(&mut marking, Quantity::Delta(2));
    let said = words(&exercise, &marking);
    assert!(!said.contains("everything else") && !said.contains("same reason"), "{said}");
    assert!(said.contains("One number is off: a slip of the calculator"), "{said}");
    assert_eq!(said.matches("Also a slip").count(), 2, "{said}");
    let json = report_json(&exercise, &marking, &grade(&marking, &MarkWeights::default()));
    let quantities = json["parts"][0]["quantities"].as_array().unwrap();
    let told: Vec<&str> =
        quantities.iter().filter_map(|q| q["explanations"][0]["sentence"].as_str()).collect();
    assert!(told[0].starts_with("One number is off: ") && told[1].starts_with("Also a slip"));
}

#[test]
fn what_a_mistake_gives_stands_beside_what_it_explains() {
    let exercise = exercise();
    let mut marking = with_a_mistake(&exercise);
    let explained = find(&mut marking, 0, Quantity::GradBiases(2));
    for entry in &mut explained.entries {
        entry.explained = Some(entry.expected);
        entry.expected = entry.right;
    }
    let said = words(&exercise, &marking);
    for expected in
        ["from your numbers with that mistake verdict", "→ explained by the mistake above"]
    {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
    assert!(said.contains("∂E/∂b^[2]: not the numbers of the solution, but explained by the"));
    let json = report_json(&exercise, &marking, &grade(&marking, &MarkWeights::default()));
    let quantities = json["parts"][0]["quantities"].as_array().unwrap();
    let biases = quantities.iter().find(|q| q["name"] == "grad_biases[2]").unwrap();
    assert!(biases["entries"][0][0]["explained"].as_f64().unwrap() > 0.1, "{biases}");
}

/// Every number of the solution that is long enough to be no other.
fn solution(marking: &Marking) -> Vec<String> {
    let quantities = marking.parts.iter().flat_map(|part| &part.quantities);
    let numbers = quantities.flat_map(|q| &q.entries).map(|entry| entry.right.abs());
    let mut numbers: Vec<String> =
        numbers.map(|n| deltarule_document::format_number(n, 5)).filter(|n| n.len() > 5).collect();
    numbers.sort();
    numbers.dedup();
    numbers
}

#[test]
fn a_hidden_solution_is_in_no_format() {
    let exercise = exercise();
    let mut marking = all_right(&exercise);
    for quantity in marking.parts.iter_mut().flat_map(|part| &mut part.quantities) {
        judge(quantity, Verdict::Wrong, 3.0);
    }
    let right = find(&mut marking, 0, Quantity::Delta(2)).entries[(0, 0)].right;
    let told = format!("You wrote another sign: {right:.5} is right.");
    for quantity in [Quantity::X(1), Quantity::Delta(2)] {
        let told = finding(WrongRule::DeltaSign, &told);
        find(&mut marking, 0, quantity).findings.push(told);
    }
    let loss = find(&mut marking, 0, Quantity::TotalLoss).entries[(0, 0)].right;
    marking.parts[0].notes.push(format!("The loss rises, from {loss:.6} to 0.9. So it does."));
    let grading = grade(&marking, &MarkWeights::default());
    let options = ReportOptions { hide_solution: true, hint: false };
    let document = report_with(&exercise, &marking, &grading, options);
    let json = report_json_with(&exercise, &marking, &grading, options);
    let outputs = [
        render_text(&document, &TextOptions { digits: 8, width: 10_000, ..TextOptions::default() }),
        render_markdown(&document, &MarkdownOptions { digits: 8 }),
        render_html(&document, &HtmlOptions { digits: 8 }),
        json.to_string(),
    ];
    let solution = solution(&marking);
    assert!(solution.len() > 5, "{solution:?}");
    for output in outputs {
        for number in &solution {
            assert!(!output.contains(number), "{number} in {output}");
        }
        assert!(output.contains("The loss rises. So it does."), "{output}");
        assert!(output.contains("which sign should its delta have?"), "{output}");
    }
    let entry = &json["parts"][0]["quantities"][0]["entries"][0][0];
    assert_eq!(entry["verdict"], "wrong");
    for key in ["right", "expected", "explained"] {
        assert!(entry.get(key).is_none(), "{entry}");
    }
    // What is not hidden is there: the test would see it.
    assert!(text(&exercise, &marking).contains(&format!("{right:.5}")));
}

#[test]
fn a_hint_is_where_the_first_mistake_is_and_a_question() {
    let exercise = exercise();
    let hint = |marking: &Marking| {
        let grading = grade(marking, &MarkWeights::default());
        let options = ReportOptions { hide_solution: false, hint: true };
        let document = report_with(&exercise, marking, &grading, options);
        let json = report_json_with(&exercise, marking, &grading, options);
        (render_text(&document, &TextOptions::default()), json)
    };
    let (text, json) = hint(&with_a_mistake(&exercise));
    let lines: Vec<&str> = text.lines().skip(2).filter(|line| !line.is_empty()).collect();
    let place = "The first mistake is in δ^[2] (unit 1 and unit 2), part a.";
    let question = "If an output is larger than its target, which sign should its delta have?";
    assert_eq!(lines, [place, question], "{text}");
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["format", "hint", "title", "unread"]);
    assert_eq!(
        (json["hint"]["quantity"].as_str(), json["hint"]["step"].as_u64()),
        (Some("delta[2]"), Some(1))
    );
    assert_eq!(json["hint"]["sentence"], question);
    let (text, json) = hint(&all_right(&exercise));
    assert!(text.contains("Nothing that is answered is wrong."), "{text}");
    assert!(json["hint"].is_null());
}

/// The student writes a row per unit below, and reads of the numbers where they stand there.
#[test]
fn numbers_are_named_in_the_layout_of_the_student() {
    let exercise = "[network]\nlayers = [2, 2, 1]\nactivation = \"sigmoid\"\nloss = \"squared_error\"\n\
        weights = [[[0.2, -0.4], [0.5, 0.7]], [[0.8, -0.3]]]\nbiases = [[0.1, -0.2], [0.25]]\n[[part]]\nname = \"a\"\n\
        task = \"update\"\nlearning_rate = 0.5\nexamples = [{ x = [0.6, 0.9], t = [0.3] }]\n";
    let exercise = Exercise::parse(exercise, "exercise").unwrap();
    let solution = to_json(&solve(&exercise).unwrap());
    let weights = &solution["parts"][0]["steps"][0]["weights"][0];
    let number = |row: usize, column: usize| weights[row][column].as_f64().unwrap();
    let answers = format!(
        "[[part]]\nname = \"a\"\n[part.answers]\n\"weights[1]\" = [[{:.4}, {:.4}], [{:.4}, {:.4}]]\n",
        number(0, 0),
        number(1, 0),
        number(0, 1),
        number(1, 1),
    );
    let answers = Answers::parse(&exercise, &answers, "answers", AnswerFormat::Toml).unwrap();
    let mut marking = mark(&exercise, &answers, &MarkingOptions::default()).unwrap();
    assert!(find(&mut marking, 0, Quantity::Weights(1)).transposed);
    let said = words(&exercise, &marking);
    assert!(said.contains("new w^[1], from input 1"), "{said}");
    assert!(said.contains("new w^[1], from input 2"), "{said}");
    let entries = &mut find(&mut marking, 0, Quantity::Weights(1)).entries;
    entries[(0, 1)].verdict = Verdict::Wrong;
    assert!(words(&exercise, &marking).contains("new w^[1], unit 2 ← input 1"));
}
