//! Answer files: what is read from them in each format, and what is said about a mistake in one.

use deltarule_exercise::marking::{AnswerFormat, Answers, Quantity, quantities};
use deltarule_exercise::{Exercise, sheet, solve, to_json};
use proptest::prelude::*;

/// A 2-3-2 network: one joint update of two examples, then two online epochs of them, then a class.
const EXERCISE: &str = r#"title = "T"
[network]
layers = [2, 3, 2]
activation = "tanh"
loss = "squared_error"
weights = 0.1
[[part]]
name = "a"
task = "update"
learning_rate = 0.5
examples = [{ x = [1, 0], t = [1, 0] }, { x = [0, 1], t = [0, 1] }]
[[part]]
name = "on line"
task = "update"
mode = "online"
epochs = 2
optimizer = "adam"
learning_rate = 0.5
examples = [{ x = [1, 0], t = [1, 0] }, { x = [0, 1], t = [0, 1] }]
[[part]]
name = "c"
task = "classify"
start = "a"
examples = [{ x = [1, 1] }]
"#;

fn exercise() -> Exercise {
    Exercise::parse(EXERCISE, "exercise.toml").unwrap()
}

#[track_caller]
fn read(text: &str, format: AnswerFormat) -> Answers {
    Answers::parse(&exercise(), text, "answers", format)
        .unwrap_or_else(|diagnostic| panic!("{}", diagnostic.render(100)))
}

/// Answers to part a, as TOML.
#[track_caller]
fn part_a(answers: &str) -> Answers {
    read(&format!("[[part]]\nname = \"a\"\n[part.answers]\n{answers}\n"), AnswerFormat::Toml)
}

/// Part, step, quantity, whether transposed, and the numbers as they were written, row by row.
fn listed(answers: &Answers) -> Vec<String> {
    let mut all = Vec::new();
    for (part, given) in answers.parts.iter().enumerate() {
        for given in given {
            let rows: Vec<String> = given
                .entries
                .rows()
                .into_iter()
                .map(|row| {
                    let cells = row.iter().map(|cell| cell.as_ref().map_or("?", |w| &w.text));
                    cells.collect::<Vec<_>>().join(" ")
                })
                .collect();
            let turned = if given.transposed { " turned" } else { "" };
            let (step, quantity) = (given.step, given.quantity);
            all.push(format!("{part} {step} {quantity}{turned}: {}", rows.join("; ")));
        }
    }
    all
}

#[test]
fn toml_in_any_order_with_the_digits_as_written() {
    let answers = part_a(
        r#""total_loss" = "1.0"
"z[1]" = [[0.10, "0.1"], ["?", "−0,1"], [1e-1, ""]]
"biases[2]" = ["?", 0.50]
"loss" = [0.5, 1]"#,
    );
    let expected = [
        "0 0 z[1]: 0.10 0.1; ? −0,1; 1e-1 ?",
        "0 0 loss: 0.5 1",
        "0 0 total_loss: 1.0",
        "0 0 biases[2]: ?; 0.50",
    ];
    assert_eq!(listed(&answers), expected);
    let z = &answers.parts[0][0].entries;
    assert_eq!(z[(0, 0)].as_ref().unwrap().significant, 2);
    assert_eq!(z[(1, 1)].as_ref().unwrap().value, -0.1);
}

#[test]
fn vectors_lie_or_stand_and_matrices_may_be_turned() {
    for text in ["[1, 2, 3]", "[[1], [2], [3]]"] {
        assert_eq!(listed(&part_a(&format!("\"biases[1]\" = {text}"))), ["0 0 biases[1]: 1; 2; 3"]);
    }
    let row = part_a("\"biases[1]\" = [[1, 2, 3]]");
    assert_eq!(listed(&row), ["0 0 biases[1] turned: 1; 2; 3"]);
    let turned = part_a("\"weights[1]\" = [[1, 2, 3], [\"?\", 5, 6]]");
    assert_eq!(listed(&turned), ["0 0 weights[1] turned: 1 ?; 2 5; 3 6"]);
    // A square matrix does not show it.
    let square = part_a("\"z[2]\" = [[1, 2], [3, 4]]");
    assert_eq!(listed(&square), ["0 0 z[2]: 1 2; 3 4"]);
    for text in ["0.5", "\"0.5\"", "[0.5]", "[[0.5]]"] {
        let total = part_a(&format!("\"total_loss\" = {text}"));
        assert_eq!(listed(&total), ["0 0 total_loss: 0.5"]);
    }
}

#[test]
fn a_gap_may_stand_for_a_row_or_for_all() {
    let some =
        part_a("\"weights[1]\" = [[1, 2], \"?\", [5, 6]]\n\"z[1]\" = \"?\"\n\"x[1]\" = \"\"");
    assert_eq!(listed(&some), ["0 0 weights[1]: 1 2; ? ?; 5 6"]);
    assert_eq!(listed(&part_a("\"weights[1]\" = [\"?\", \"?\", \"?\"]")), [""; 0]);
}

#[test]
fn a_name_without_a_step_means_the_last_one() {
    let answers = read(
        "[[part]]\nname = \"on line\"\n[part.answers]\n\"z[2]\" = [1, 2]\n\"z[2] step 2\" = [3, 4]\n\
         \"m_weights[1], step 1\" = [[1, 2], [3, 4], [5, 6]]\n",
        AnswerFormat::Toml,
    );
    assert_eq!(
        listed(&answers),
        ["1 0 m_weights[1]: 1 2; 3 4; 5 6", "1 1 z[2]: 3; 4", "1 3 z[2]: 1; 2"]
    );
}

#[test]
fn csv_as_spreadsheets_write_it() {
    let expected = [
        "0 0 z[1]: 0.10 ?; ? ?; ? -2.5e-3",
        "0 0 total_loss: 1.5",
        "1 1 delta[2]: ?; 7",
        "2 0 class: 2",
    ];
    let with_commas = "part,quantity,row,column,value\na,z[1],1,1,0.10\na,z[1],3,2,-2.5e-3\n\
                       a,\"total_loss\",,,1.5\na,z[1],2,2,?\na,z[1],2,1,\non line,delta[2] step 2,2,,7\n\
                       c,class,1,1,2\n";
    assert_eq!(listed(&read(with_commas, AnswerFormat::Csv)), expected);
    let by_windows = format!("\u{feff}{}", with_commas.replace('\n', "\r\n").replace(',', ";"));
    assert_eq!(listed(&read(&by_windows, AnswerFormat::Csv)), expected);
    let decimal = by_windows.replace('.', ",");
    let decimal = listed(&read(&decimal, AnswerFormat::Csv));
    assert_eq!(decimal[0], "0 0 z[1]: 0,10 ?; ? ?; ? -2,5e-3");
    let tabs = with_commas.replace(',', "\t");
    assert_eq!(listed(&read(&tabs, AnswerFormat::Csv)), expected);
    let moved = "Value, Column ,row,quantity,part,\n7,,2,delta[2] step 2,on line,\n,,,,,\n\n";
    assert_eq!(listed(&read(moved, AnswerFormat::Csv)), ["1 1 delta[2]: ?; 7"]);
    let turned = "part,quantity,row,column,value\na,weights[1],2,3,6\na,weights[1],1,2,2\n";
    assert_eq!(listed(&read(turned, AnswerFormat::Csv)), ["0 0 weights[1] turned: ? ?; 2 ?; ? 6"]);
}

/// A file of a student who works in a spreadsheet and has notes in it: what can be read is, and everything else is named.
#[test]
fn what_cannot_be_read_in_a_table_costs_itself() {
    let text = "# my answers\nPart,Quantity,Row,Column,Value,Comment\na,z[1],1,1,1/5,easy\n# half way\n\n\
                a,z[1],1,2,~0.2,\na,z[1],2,1,54.98 %,x\na,z[1],2,2,5.06·10⁻⁴,\na,z[1],3,1,#NAME?,\na,z[1],3,2,NaN,\n\
                a,z[1],4,1,0.5,\na,q[1],1,1,0.5,\nd,z[1],1,1,0.5,\nd,z[1],2,1,0.5,\na,x[1],1,1,abc,\na,x[1],1,2,=0.1+0.1,\n\
                a,x[1],2,2,0,6,\na,x[1],2,1,-0.25,\na,x[1] step 3,2,1,0.25,\n";
    let answers = read(text, AnswerFormat::Csv);
    let expected = ["0 0 z[1]: 1/5 ~0.2; 54.98 % 5.06·10⁻⁴; ? ?", "0 0 x[1]: ? ?; -0.25 ?; ? ?"];
    assert_eq!(listed(&answers), expected);
    let unread: Vec<(usize, &str, &str)> = answers
        .unread
        .iter()
        .map(|unread| (unread.line.unwrap(), unread.place.as_str(), unread.text.as_str()))
        .collect();
    let expected = [
        (9, "part \"a\", z[1] in row 3, column 1", "#NAME?"),
        (10, "part \"a\", z[1] in row 3, column 2", "NaN"),
        (11, "part \"a\", z[1], row 4, column 1", "4"),
        (12, "part \"a\", q[1]", "q[1]"),
        (13, "part \"d\"", "d"),
        (15, "part \"a\", x[1] in row 1, column 1", "abc"),
        (16, "part \"a\", x[1] in row 1, column 2", "=0.1+0.1"),
        (17, "part \"a\", x[1], row 2, column 2", "0"),
        (19, "part \"a\", x[1] step 3", "x[1] step 3"),
    ];
    assert_eq!(unread, expected, "{:?}", answers.unread);
    assert!(answers.unread[7].problem.contains("0 or 0,6"), "{:?}", answers.unread[7]);
}

/// A row that begins with # is a comment, unless a part is called so.
#[test]
fn parts_may_be_called_like_comments() {
    let text = EXERCISE.replacen("name = \"on line\"", "name = \"#2\"", 1);
    let exercise = Exercise::parse(&text, "exercise.toml").unwrap();
    let table =
        "part,quantity,row,column,value\n#2,x[1],1,1,0.5\n#2,x[1],2,1,abc\n#3,x[1],2,1,0.5\n";
    let answers = Answers::parse(&exercise, table, "answers", AnswerFormat::Csv).unwrap();
    assert_eq!(listed(&answers), ["1 3 x[1]: 0.5; ?; ?"]);
    let unread: Vec<(&str, usize)> =
        answers.unread.iter().map(|u| (u.text.as_str(), u.line.unwrap())).collect();
    assert_eq!(unread, [("abc", 3), ("#3", 4)]);
    let commented = format!("# mine\n{table}");
    assert_eq!(AnswerFormat::guess(&commented), AnswerFormat::Csv);
}

#[test]
fn a_table_of_another_shape_is_one() {
    let text = "part,quantity,row,column,value\non line,delta[2],1,1,0\non line,delta[2],1,2,0\n\
                on line,delta[2],2,1,0\non line,delta[2],2,2,0\n";
    let answers = read(text, AnswerFormat::Csv);
    let [misshapen] = answers.misshapen.as_slice() else { panic!("{answers:?}") };
    assert_eq!((misshapen.part, misshapen.step, misshapen.quantity), (1, 3, Quantity::Delta(2)));
    let sentence = "δ^[2] has 2 × 2 numbers, and one is expected for each unit: 2.";
    assert_eq!(misshapen.sentence.to_string(), sentence);
    // A place outside beside others is a slip of that number.
    let answers = read(&text.replace("2,2,0", "1,3,0"), AnswerFormat::Csv);
    assert_eq!(listed(&answers), ["1 3 delta[2]: 0; 0"]);
    assert_eq!((answers.misshapen.len(), answers.unread.len()), (0, 2));
}

#[test]
fn one_number_may_stand_for_the_biases_of_a_layer() {
    let text = "[[part]]\nname = \"on line\"\n[part.answers]\n\"biases[1]\" = 0.0949\n\"grad_biases[1]\" = \"0,1\"\n\
                \"v_biases[2]\" = 0.5\n\"biases[2]\" = [0.1, 0.2]\n";
    let answers = read(text, AnswerFormat::Toml);
    let given = &answers.parts[1];
    let shared: Vec<bool> = given.iter().map(|given| given.one_for_layer).collect();
    assert_eq!(shared, [true, true, true, false]);
    assert_eq!(
        listed(&answers),
        [
            "1 3 grad_biases[1]: 0,1; 0,1; 0,1",
            "1 3 v_biases[2]: 0.5; 0.5",
            "1 3 biases[1]: 0.0949; 0.0949; 0.0949",
            "1 3 biases[2]: 0.1; 0.2",
        ]
    );
    let table = "part,quantity,row,column,value\na,biases[1],,,0.0949\n";
    let answers = read(table, AnswerFormat::Csv);
    assert_eq!(listed(&answers), ["0 0 biases[1]: 0.0949; 0.0949; 0.0949"]);
    assert!(answers.parts[0][0].one_for_layer);
}

#[test]
fn names_of_other_courses() {
    let answers = part_a(
        "\"a[1]\" = [[1, 2], [3, 4], [5, 6]]\n\"y\" = [[1, 2], [3, 4]]\n\"net[2]\" = [[1, 2], [3, 4]]\n\
         \"dW[2]\" = [[1, 2, 3], [4, 5, 6]]\n\"b[1]\" = [1, 2, 3]",
    );
    assert_eq!(
        listed(&answers),
        [
            "0 0 x[1]: 1 2; 3 4; 5 6",
            "0 0 z[2]: 1 2; 3 4",
            "0 0 x[2]: 1 2; 3 4",
            "0 0 grad_weights[2]: 1 2 3; 4 5 6",
            "0 0 biases[1]: 1; 2; 3",
        ]
    );
    let renamed: Vec<(&str, &str)> =
        answers.renamed.iter().map(|r| (r.written.as_str(), r.read_as.as_str())).collect();
    let expected = [("a", "x"), ("y", "x"), ("net", "z"), ("dW", "grad_weights"), ("b", "biases")];
    assert_eq!(renamed, expected);
}

#[test]
fn json_of_the_same_shape_keeps_the_digits() {
    let text = r#"{"part": [{"answers": {"x[1]": [[0.50, 1e-3], [null, "?"], ["0.2500", -7]],
                   "total_loss": 0.10}, "name": "a"}]}"#;
    assert_eq!(
        listed(&read(text, AnswerFormat::Json)),
        ["0 0 x[1]: 0.50 1e-3; ? ?; 0.2500 -7", "0 0 total_loss: 0.10"]
    );
}

#[test]
fn a_solution_is_an_answer_with_every_number() {
    let adam = EXERCISE.to_string();
    let exercises = (1..=3).map(|n| sheet(n).unwrap().to_string()).chain([adam]);
    for text in exercises {
        let exercise = Exercise::parse(&text, "exercise").unwrap();
        let solution = solve(&exercise).unwrap();
        let json = to_json(&solution).to_string();
        let answers = Answers::parse(&exercise, &json, "solution", AnswerFormat::Json)
            .unwrap_or_else(|diagnostic| panic!("{}", diagnostic.render(100)));
        for ((part, given), solved) in
            exercise.parts.iter().zip(&answers.parts).zip(&solution.parts)
        {
            let shapes = quantities(&exercise, part);
            assert_eq!(given.len(), shapes.len() * solved.steps.len());
            for (i, given) in given.iter().enumerate() {
                let shape = &shapes[i % shapes.len()];
                assert_eq!(given.step, i / shapes.len());
                assert_eq!(given.quantity, shape.quantity);
                assert_eq!(given.entries.dim(), (shape.rows, shape.columns));
                assert!(given.entries.iter().all(Option::is_some) && !given.transposed);
            }
            let step = &solved.steps[solved.steps.len() - 1];
            let find = |quantity| {
                let all = given.iter().rev();
                &all.clone().find(|g| g.quantity == quantity).unwrap().entries
            };
            // A column per example there, a row per example in the trace.
            let z = find(Quantity::Z(1)).map(|written| written.as_ref().unwrap().value);
            assert_eq!(z, step.trace.z[0].shown().reversed_axes());
            if let Some(update) = &step.trace.update {
                let w = find(Quantity::Weights(2)).map(|w| w.as_ref().unwrap().value);
                assert_eq!(w, update.weights[1].shown());
            }
        }
    }
}

#[test]
fn formats_by_ending_and_by_look() {
    assert_eq!(AnswerFormat::of_ending("a/b.toml"), Some(AnswerFormat::Toml));
    assert_eq!(AnswerFormat::of_ending("b.tsv"), Some(AnswerFormat::Csv));
    assert_eq!(AnswerFormat::of_ending("b"), None);
    assert_eq!(AnswerFormat::guess("\u{feff}\n {\"part\": []}"), AnswerFormat::Json);
    assert_eq!(AnswerFormat::guess("Part;Quantity;Row;Column;Value\r\n"), AnswerFormat::Csv);
    assert_eq!(AnswerFormat::guess("[[part]]"), AnswerFormat::Toml);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC*|[\\[\\]{}\",;:=?.\n\r\t a-z0-9-]{0,200}") {
        for format in [AnswerFormat::Toml, AnswerFormat::Csv, AnswerFormat::Json] {
            if let Err(diagnostic) = Answers::parse(&exercise(), &text, "answers", format) {
                diagnostic.render(80);
            }
        }
    }

    /// Files that are nearly right get further than noise.
    #[test]
    fn no_damage_makes_the_readers_panic(
        which in 0..3_usize,
        cuts in proptest::collection::vec((0.0..1.0_f64, 0..4_usize, "[\\[\\]{}\",;=?x1\n -]{0,3}"), 1..4),
    ) {
        let files = [
            ("[[part]]\nname = \"a\"\n[part.answers]\n\"z[1]\" = [[1, 2], [3, \"?\"], [5, 6]]\n\"class\" = 1\n", AnswerFormat::Toml),
            ("part,quantity,row,column,value\r\na,z[1],1,1,\"0,10\"\r\n\r\na,total_loss,,,1.5\r\n", AnswerFormat::Csv),
            ("{\"format\": \"deltarule-solution/1\", \"parts\": [{\"name\": \"a\", \"steps\": [{\"z\": [[[1, 2], [3, 4], [5, 6]]], \"total_loss\": 1}]}]}", AnswerFormat::Json),
        ];
        let (text, format) = files[which];
        let mut bytes = text.as_bytes().to_vec();
        for (at, length, put) in cuts {
            let at = (at * bytes.len() as f64) as usize;
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, put.bytes());
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Err(diagnostic) = Answers::parse(&exercise(), &text, "answers", format) {
            diagnostic.render(80);
        }
    }
}
