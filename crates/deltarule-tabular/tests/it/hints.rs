//! What can be done about an error is a hint, and not a flag of the command in the message: a library has other users.

use std::path::Path;

use deltarule_tabular::{
    ClassWeight, FitOptions, Hint, NoProgress, ReadOptions, Source, TabularModel, TaskChoice, fit,
    resume,
};

const GOOD: &str = "a,b,y\n1,2,x\n2,1,z\n3,5,x\n4,2,z\n5,9,x\n6,1,z\n7,3,x\n8,2,z\n9,4,x\n10,1,z\n";

fn table(text: &str) -> Source {
    Source::spool("table", text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn quick() -> FitOptions {
    FitOptions { epochs: Some(1), hidden: vec![2], ..FitOptions::default() }
}

/// The hint and the message of the error that a training on this table ends with.
#[track_caller]
fn refused(text: &str, options: &FitOptions) -> (Option<Hint>, String) {
    let error = fit(&table(text), None, options, 1, &mut NoProgress).unwrap_err();
    (error.hint().cloned(), error.to_string())
}

#[test]
fn an_error_says_what_is_wrong_and_its_hint_what_may_help() {
    let numbers = FitOptions { task: TaskChoice::Regression, ..quick() };
    let classes = FitOptions { task: TaskChoice::Classification, ..quick() };
    let many: String = (0..1500).map(|i| format!("{},{}\n", i % 7, i as f64 / 4.0)).collect();
    for (text, options, hint, message) in [
        ("1,1,y\n1,2,x\n", quick(), None, "two columns are named \"1\""),
        ("1,2\n", quick(), Some(Hint::HeaderMayBeData), "there is a header, but no rows"),
        ("1,2\n3,4\n", quick(), Some(Hint::HeaderMayBeData), "there is only one row"),
        (
            "1,2\n3,4\n5,6\n",
            FitOptions { targets: vec!["y".into()], ..quick() },
            Some(Hint::HeaderMayBeData),
            "there is no column \"y\"; there are \"1\", \"2\"",
        ),
        ("a;y\n1;2\n", quick(), Some(Hint::Delimiter(';')), "table: only one column was found"),
        (
            "a b,y\nq,1\nr,2\ns,3\nt,4\n",
            FitOptions { categories: 2, holdout: 0.0, ..numbers.clone() },
            Some(Hint::Categories { column: "a b".into() }),
            "table: column \"a b\" holds text with more than 2 distinct values",
        ),
        (
            &format!("a,y\n{many}"),
            classes,
            Some(Hint::PredictNumbers),
            "table: \"y\" has more than 1000 classes",
        ),
        (
            "a,y\n1,2\n2,1\n3,5\n4,4\n5,4\n",
            FitOptions { class_weight: ClassWeight::Balanced, ..numbers },
            Some(Hint::ClassWeights),
            "classes can be weighed in a classification only",
        ),
    ] {
        let (found, said) = refused(text, &options);
        assert_eq!(found, hint, "{said}");
        assert!(said.contains(message), "{said}");
    }
    let latin = Source::spool("table", &b"a,y\n1,caf\xe9\n"[..], &ReadOptions::default()).unwrap();
    let error = fit(&latin, None, &quick(), 1, &mut NoProgress).unwrap_err();
    assert_eq!(error.hint(), Some(&Hint::Encoding));
    assert_eq!(error.to_string(), "table, line 2: not valid UTF-8");
}

#[test]
fn a_continuation_hints_at_what_keeps_its_rows_unseen() {
    let model = |test: Option<&Source>| -> TabularModel {
        fit(&table(GOOD), test, &quick(), 1, &mut NoProgress).unwrap().model
    };
    let again = |model: TabularModel, text: &str, options: FitOptions| {
        let error = resume(model, &table(text), None, &options, 1, &mut NoProgress).unwrap_err();
        error.hint().cloned()
    };
    let other = FitOptions { holdout: 0.4, ..quick() };
    assert_eq!(again(model(None), GOOD, other.clone()), Some(Hint::KeepHoldout));
    assert_eq!(again(model(Some(&table(GOOD))), GOOD, other), Some(Hint::KeepHoldout));
    let other = FitOptions { seed: 3, ..quick() };
    assert_eq!(again(model(None), GOOD, other), Some(Hint::KeepSeed));
    let more = format!("{GOOD}11,2,x\n");
    assert_eq!(again(model(None), &more, quick()), Some(Hint::TestTable));
}

#[test]
fn no_text_of_this_crate_names_a_flag() {
    fn check(folder: &Path, checked: &mut usize) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                check(&path, checked);
                continue;
            }
            *checked += 1;
            for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
                let code = !line.trim_start().starts_with("//");
                let flag =
                    line.split("--").skip(1).any(|rest| rest.starts_with(char::is_alphabetic));
                assert!(!(code && flag), "{}:{}: {line}", path.display(), number + 1);
            }
        }
    }
    let mut checked = 0;
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut checked);
    assert!(checked > 15);
}
