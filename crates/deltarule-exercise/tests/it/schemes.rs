//! Marking schemes: what a file of them says, what is wrong with one, and what an answer earns by it.

use deltarule_exercise::marking::{
    AnswerFormat, Answers, Grading, MarkWeights, Marking, MarkingOptions, MarkingScheme, Quantity,
    QuantityMarking, grade, mark, report, scheme_template,
};
use deltarule_exercise::{Exercise, sheet};

/// Two updates of a 3-2-1 network, and a classification after them.
const EXERCISE: &str = "title = \"two steps\"\n[network]\nlayers = [3, 2, 1]\nactivation = \"sigmoid\"\n\
    loss = \"squared_error\"\nweights = [[[0.1, 0.8, -0.3], [0.4, 0.6, 0.2]], [[0.3, 0.9]]]\n[[part]]\nname = \"a\"\n\
    task = \"update\"\nepochs = 2\nlearning_rate = 0.5\nexamples = [{ x = [0.35, 0.9, 0.1], t = [0.5] }]\n\
    [[part]]\nname = \"b\"\ntask = \"forward\"\nstart = \"a\"\nexamples = [{ x = [1, 0, 0.5] }]\n";

fn exercise() -> Exercise {
    Exercise::parse(EXERCISE, "exercise").unwrap_or_else(|d| panic!("{}", d.render(100)))
}

/// The losses of part a are one number, those of part "b: two" are not.
fn one_and_two_examples() -> Exercise {
    let both = "examples = [{ x = [1, 0, 0.5], t = [1] }, { x = [0, 1, 0.5], t = [0] }]";
    let two = EXERCISE.replace("name = \"b\"", "name = \"b: two\"").replace("forward", "update");
    let two =
        two.replace("examples = [{ x = [1, 0, 0.5] }]", &format!("learning_rate = 1\n{both}"));
    Exercise::parse(&two, "exercise").unwrap_or_else(|d| panic!("{}", d.render(100)))
}

fn marked(exercise: &Exercise, answers: &str) -> Marking {
    let answers = match answers {
        "" => Answers::default(),
        _ => Answers::parse(exercise, answers, "answers", AnswerFormat::Toml)
            .unwrap_or_else(|d| panic!("{}", d.render(100))),
    };
    mark(exercise, &answers, &MarkingOptions::default()).unwrap()
}

fn scheme(exercise: &Exercise, text: &str) -> MarkingScheme {
    MarkingScheme::parse(text, "scheme.toml", exercise)
        .unwrap_or_else(|d| panic!("{}", d.render(100)))
}

fn possible(
    marking: &Marking,
    grading: &Grading,
    is_it: impl Fn(&str, &QuantityMarking) -> bool,
) -> f64 {
    let parts = marking.parts.iter().zip(&grading.parts);
    let all = parts.flat_map(|(part, marks)| {
        part.quantities
            .iter()
            .zip(&marks.quantities)
            .map(|(q, marks)| (part.name.as_str(), q, marks))
    });
    all.filter(|(part, q, _)| is_it(part, q)).map(|(.., marks)| marks.possible).sum()
}

#[test]
fn the_nearest_line_wins_and_a_kind_is_shared_by_the_rest() {
    let exercise = exercise();
    let marking = marked(&exercise, "");
    let text = "[marks]\nz = 6\n\"z[2]\" = 9\n\"a: z[1]\" = 4\n\"a : z[1] step 2\" = 7\n\"b: x\" = 5\ndelta = 0\n";
    let scheme = scheme(&exercise, text);
    let grading = grade(&marking, &scheme);
    let of = |is_it: &dyn Fn(&str, &QuantityMarking) -> bool| possible(&marking, &grading, is_it);
    let z = |layer: usize| move |q: &QuantityMarking| q.quantity == Quantity::Z(layer);
    // z[1] of part b is the only z that no other line names.
    assert!((of(&|part, q| part == "b" && z(1)(q)) - 6.0).abs() < 1e-12);
    // z[2] stands in both steps of a and in b.
    assert!((of(&|part, q| part == "b" && z(2)(q)) - 3.0).abs() < 1e-12);
    assert!((of(&|_, q| z(2)(q)) - 9.0).abs() < 1e-12);
    assert!((of(&|part, q| part == "a" && q.step == 0 && z(1)(q)) - 4.0).abs() < 1e-12);
    assert!((of(&|part, q| part == "a" && q.step == 1 && z(1)(q)) - 7.0).abs() < 1e-12);
    assert!(
        (of(&|part, q| part == "b" && matches!(q.quantity, Quantity::X(_))) - 5.0).abs() < 1e-12
    );
    assert!((grading.total.possible - 31.0).abs() < 1e-12);
    assert!(grading.idle.is_empty());
    // Nothing is left for a line whose quantities all stand in others, and that is said.
    let all = "[marks]\nz = 1\n\"z[1]\" = 2\n\"z[2]\" = 3\n";
    let grading = grade(&marking, &self::scheme(&exercise, all));
    assert_eq!((grading.total.possible, grading.idle.as_slice()), (5.0, &["z".to_string()][..]));
}

#[test]
fn weights_are_a_scheme_and_without_marks_each_quantity_is_worth_one() {
    let exercise = exercise();
    let marking = marked(&exercise, "");
    let by_weights = grade(&marking, &MarkWeights::parse("z=6,delta=3", &exercise).unwrap());
    let by_scheme = grade(&marking, &scheme(&exercise, "[marks]\nz = 6\ndelta = 3\n"));
    assert_eq!(by_weights.parts, by_scheme.parts);
    let plain = grade(&marking, &MarkingScheme::default());
    assert_eq!(plain.parts, grade(&marking, &scheme(&exercise, "")).parts);
    let quantities: usize = marking.parts.iter().map(|part| part.quantities.len()).sum();
    assert_eq!(plain.total.possible, quantities as f64);
}

#[test]
fn a_scheme_to_start_from_changes_nothing() {
    let sheets = (1..=3).map(|n| Exercise::parse(sheet(n).unwrap(), "sheet").unwrap());
    for exercise in sheets.chain([exercise(), one_and_two_examples()]) {
        let template = scheme_template(&exercise);
        let marking = marked(&exercise, "");
        let (own, plain) = (
            grade(&marking, &scheme(&exercise, &template)),
            grade(&marking, &MarkingScheme::default()),
        );
        let quantities = own.parts.iter().flat_map(|part| &part.quantities);
        assert!(quantities.clone().all(|marks| (marks.possible - 1.0).abs() < 1e-12), "{template}");
        assert_eq!(
            quantities.count(),
            plain.parts.iter().map(|p| p.quantities.len()).sum::<usize>()
        );
        // What stands in it as a remark is right as well.
        let used: String = template
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(setting) if setting.contains(" = ") => format!("{setting}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert!(used.contains("\nround_marks_to = 0.5"), "{used}");
        scheme(&exercise, &used);
    }
    assert!(scheme_template(&exercise()).contains("step 2"));
}

/// With one example the total loss is the loss: it earns what lines about either name give it.
#[test]
fn a_number_of_two_names_earns_the_marks_of_both() {
    let exercise = one_and_two_examples();
    let marking = marked(&exercise, "");
    let text = "[marks]\n\"a: loss\" = 4\ntotal_loss = 9\n\"b: two: loss\" = 2\n";
    let grading = grade(&marking, &scheme(&exercise, text));
    let of = |part: &str, quantity: Quantity| {
        possible(&marking, &grading, |own, q| own == part && q.quantity == quantity)
    };
    // Each of the two steps of a has half of its line and a third of what the three total losses share.
    assert!((of("a", Quantity::Loss) - (4.0 + 6.0)).abs() < 1e-12);
    assert_eq!(of("a", Quantity::TotalLoss), 0.0);
    assert!((of("b: two", Quantity::Loss) - 2.0).abs() < 1e-12);
    assert!((of("b: two", Quantity::TotalLoss) - 3.0).abs() < 1e-12);
    assert!(grading.idle.is_empty());
}

#[test]
fn few_digits_follow_through_and_rounding() {
    let exercise = Exercise::parse(sheet(1).unwrap(), "sheet").unwrap();
    // x[1] is 0.549834: right with two digits; z[1] is 0.2, which ends there; delta[2] is wrong, delta[1] follows.
    let answers = "[[part]]\nname = \"a\"\n[part.answers]\n\"z[1]\" = [\"0.2\", \"0.2\", \"0.2\"]\n\
        \"x[1]\" = [\"0.55\", \"0.549834\", \"0.549834\"]\n\"delta[2]\" = [\"0.113937\", \"-0.13437\"]\n\
        \"grad_biases[2]\" = [\"0.113937\", \"-0.13437\"]\n";
    let marking = marked(&exercise, answers);
    let text = "digits = 4\nfew_digits = 0.25\nfollow_through = 0.6\nround_marks_to = 0.5\n[marks]\n\"a: z[1]\" = 1\n\
                \"a: x[1]\" = 3\n\"grad_biases[2]\" = 2\n";
    let grading = grade(&marking, &scheme(&exercise, text));
    let of = |quantity| {
        let at = marking.parts[0].quantities.iter().position(|q| q.quantity == quantity).unwrap();
        (grading.parts[0].quantities[at].reached, grading.parts[0].lost[at])
    };
    assert_eq!(of(Quantity::Z(1)).0, 1.0);
    let (reached, lost) = of(Quantity::X(1));
    assert!((reached - 2.25).abs() < 1e-12 && lost.short == 1);
    assert!((lost.few_digits - 0.75).abs() < 1e-12);
    assert!((of(Quantity::GradBiases(2)).0 - 1.2).abs() < 1e-12);
    assert!((grading.exact - 4.45).abs() < 1e-12);
    assert_eq!((grading.total.reached, grading.total.possible), (4.5, 6.0));
    let document = report(&exercise, &marking, &grading);
    let words = deltarule_document::render_text(&document, &Default::default());
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Marks: 4.5 of 6 (rounded to multiples of 0.5 from 4.45)",
        "Answered, but worth no marks here: delta.",
        "They earn 60 % of their marks.",
        "fewer than the 4 significant digits asked for, in x^[1]. It costs 0.75 marks.",
    ] {
        assert!(words.contains(said), "no {said} in {words}");
    }
}

#[test]
fn what_does_not_count_earns_nothing_and_the_report_says_so() {
    let exercise = Exercise::parse(sheet(1).unwrap(), "sheet").unwrap();
    let answers =
        "[[part]]\nname = \"a\"\n[part.answers]\n\"z[1]\" = [\"0.2\", \"0.2\", \"0.2\"]\n";
    let mut marking = marked(&exercise, answers);
    let z = &mut marking.parts[0].quantities[0];
    z.entries[(1, 0)].counted = false;
    let grading = grade(&marking, &scheme(&exercise, "[marks]\n\"a: z[1]\" = 6\n"));
    assert!((grading.total.reached - 4.0).abs() < 1e-12);
    let document = report(&exercise, &marking, &grading);
    let text = deltarule_document::render_text(&document, &Default::default());
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("not counted on its own"), "{text}");
    let said = "2 marks are not given for numbers that are not counted on their own: nothing else in the answer shows";
    assert!(words.contains(said), "{words}");
}

/// Each with the line and column of the mistake, its message and what can be done.
#[test]
fn what_is_wrong_with_a_scheme_is_shown_with_its_place() {
    let exercise = exercise();
    for (text, place, message, help) in [
        ("digit = 4", "1:1", "unknown key \"digit\" in the marking scheme", "did you mean digits?"),
        ("digits = 0", "1:10", "digits is 0", "significant digits"),
        ("digits = \"4\"", "1:10", "digits is text, expected a whole number", ""),
        ("digits = 4\nfew_digits = 2", "2:14", "few_digits is 2", "1 is all of it"),
        ("few_digits = 0.5", "1:1", "few_digits without digits", "digits = 4"),
        ("follow_through = -0.5", "1:18", "follow_through is −0.5", "1 is all of it"),
        ("follow_through = nan", "1:18", "follow_through is not a finite number", ""),
        ("round_marks_to = 0", "1:18", "round_marks_to is 0", "half marks"),
        ("marks = 3", "1:9", "[marks] is a number, expected a table", ""),
        ("[marks]\ndelta = \"ten\"", "2:9", "delta is text, expected a number", ""),
        ("[marks]\ndelta = -1", "2:9", "delta is −1", ""),
        ("[marks]\ndleta = 1", "2:1", "the exercise has no \"dleta\"", "did you mean \"delta\"?"),
        ("[marks]\n\"z[3]\" = 1", "2:1", "the exercise has no \"z[3]\"", "did you mean \"z[1]\"?"),
        ("[marks]\n\"c: z[1]\" = 1", "2:1", "the exercise has no part \"c\"", "it has a, b"),
        ("[marks]\n\"b: delta\" = 1", "2:1", "part \"b\" has no \"delta\"", "it has z, z[1]"),
        ("[marks]\n\"a: z[1] step 3\" = 1", "2:1", "there is no step 3", "from 1 to 2"),
        ("[marks]\n\"b: z[1] step 2\" = 1", "2:1", "there is no step 2", "leave the step out"),
        ("[marks]\n\"a: z[1]\" = 1\n\"a:z[1]\" = 2", "3:1", "a: z[1] is named twice", ""),
        ("[marks]\nz = 0", "1:1", "all marks are 0", "worth nothing"),
        ("[marks", "1:6", "a bracket ] is missing", ""),
    ] {
        let error = MarkingScheme::parse(text, "scheme.toml", &exercise).unwrap_err();
        let shown = error.render(100);
        assert!(shown.contains(&format!("[scheme.toml:{place}]")), "{text}: {shown}");
        assert!(shown.contains(message), "{text}: {shown}");
        assert!(error.help_text().unwrap_or_default().contains(help), "{text}: {shown}");
    }
}
