//! Runs steps beside each other, each as soon as what it needs is done, and sums up: fetching wants the network, the oracle
//! one processor, the compiler two. What a step prints goes into a file of its own under `target/xtask`, and is shown when it
//! fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::step::{Outcome, Step};

/// The steps named and those that they need, in the order of the list.
pub(crate) fn chosen<'a>(steps: &'a [Step], names: &[String]) -> Vec<&'a Step> {
    let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut at = 0;
    while at < wanted.len() {
        let needs = steps.iter().find(|s| s.name == wanted[at]).map_or(&[][..], |s| s.needs);
        for need in needs {
            if !wanted.contains(need) {
                wanted.push(need);
            }
        }
        at += 1;
    }
    steps.iter().filter(|s| names.is_empty() || wanted.contains(&s.name)).collect()
}

/// Runs the steps, each when those that it needs are done; prints the summary, and says whether none failed.
pub(crate) fn run(context: &Context, steps: &[&Step]) -> bool {
    for step in steps {
        // What an earlier run wrote; it is not there the first time.
        let _ = std::fs::remove_file(context.log(step.name));
    }
    let start = Instant::now();
    let mut results: BTreeMap<usize, (Duration, Outcome)> = BTreeMap::new();
    std::thread::scope(|scope| {
        let (done, finished) = mpsc::channel();
        let mut waiting: Vec<usize> = (0..steps.len()).collect();
        let mut running = 0;
        loop {
            let before = waiting.len();
            waiting.retain(|&index| {
                let step = steps[index];
                let position = |name: &&str| steps.iter().position(|s| s.name == *name);
                let needs: Vec<usize> = step.needs.iter().filter_map(position).collect();
                let failed =
                    |need: &&usize| matches!(results.get(*need), Some((_, Outcome::Failed(_))));
                if let Some(&need) = needs.iter().find(failed) {
                    let why = format!("not run: {} failed", steps[need].name);
                    say(step.name, &Outcome::Failed(why.clone()), Duration::ZERO);
                    results.insert(index, (Duration::ZERO, Outcome::Failed(why)));
                    return false;
                }
                if !needs.iter().all(|need| results.contains_key(need)) {
                    return true;
                }
                println!("{:<9} begins: {}", step.name, step.what);
                let done = done.clone();
                running += 1;
                scope.spawn(move || {
                    let start = Instant::now();
                    let panicked = |_| Outcome::Failed("the step panicked".to_string());
                    let run = std::panic::AssertUnwindSafe(|| (step.run)(context).under(context));
                    let outcome = std::panic::catch_unwind(run).unwrap_or_else(panicked);
                    // Nobody receives only when the loop is over.
                    let _ = done.send((index, start.elapsed(), outcome));
                });
                false
            });
            if running == 0 && waiting.is_empty() {
                break;
            }
            if running == 0 {
                // What failed may have made others fail that stand before it in the list; a circle makes nothing fail.
                if waiting.len() == before {
                    for &index in &waiting {
                        let why = "not run: it needs itself".to_string();
                        results.insert(index, (Duration::ZERO, Outcome::Failed(why)));
                    }
                    break;
                }
                continue;
            }
            let Ok((index, duration, outcome)) = finished.recv() else { break };
            running -= 1;
            say(steps[index].name, &outcome, duration);
            results.insert(index, (duration, outcome));
        }
    });
    let named: Vec<(&str, Duration, Outcome)> = results
        .into_iter()
        .map(|(index, (duration, outcome))| (steps[index].name, duration, outcome))
        .collect();
    let runs = context.compiler_runs.load(Ordering::Relaxed);
    print!("\n{}", summary(&named, start.elapsed(), runs));
    !named.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)))
}

/// What came of a step, as soon as it is known.
fn say(name: &str, outcome: &Outcome, duration: Duration) {
    let gap = if outcome.remark().is_empty() { "" } else { ": " };
    let (word, seconds) = (outcome.word(), duration.as_secs_f64());
    println!("{name:<9} {word} after {seconds:.1} s{gap}{}", outcome.remark());
}

/// A line per step, the longest first, and a line of counts.
fn summary(results: &[(&str, Duration, Outcome)], whole: Duration, compiler_runs: usize) -> String {
    let mut sorted: Vec<_> = results.iter().collect();
    sorted.sort_by_key(|(_, duration, _)| std::cmp::Reverse(*duration));
    let mut text = String::new();
    for (name, duration, outcome) in sorted {
        let first_line = outcome.remark().lines().next().unwrap_or_default();
        let line = format!(
            "{name:<9} {:<7} {:>7.1} s  {first_line}",
            outcome.word(),
            duration.as_secs_f64()
        );
        text += line.trim_end();
        text.push('\n');
    }
    let count = |word| results.iter().filter(|(_, _, outcome)| outcome.word() == word).count();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} ok, {} skipped, {} failed in {:.0} s; the build ran the compiler {compiler_runs} times",
        count("ok"),
        count("skipped"),
        count("FAILED"),
        whole.as_secs_f64()
    );
    text
}

#[cfg(test)]
mod tests_of_runner {
    use super::*;

    fn context(ci: bool) -> Context {
        Context::new(std::env::temp_dir().join(format!("xtask-runner-{}", std::process::id())), ci)
    }

    #[test]
    fn the_summary_is_sorted_and_counts_what_was_skipped_and_compiled() {
        let seconds = Duration::from_secs;
        let results = [
            ("format", seconds(1), Outcome::Done(String::new())),
            ("oracle", seconds(2), Outcome::Skipped("no Python".into())),
            ("tests", seconds(3), Outcome::Failed("exit status: 101\nmore".into())),
        ];
        let text = summary(&results, seconds(4), 17);
        let last = "1 ok, 1 skipped, 1 failed in 4 s; the build ran the compiler 17 times\n";
        assert!(text.ends_with(last), "{text}");
        assert!(
            text.contains("no Python") && text.contains("FAILED") && !text.contains("more"),
            "{text}"
        );
        let place = |name: &str| text.find(name).unwrap();
        assert!(place("tests") < place("oracle") && place("oracle") < place("format"), "{text}");
    }

    #[test]
    fn a_failed_step_fails_the_run_and_the_others_still_run() {
        let steps = [
            Step { name: "a", what: "fails", needs: &[], run: |_| Outcome::Failed("wrong".into()) },
            Step { name: "b", what: "passes", needs: &[], run: |_| Outcome::Done(String::new()) },
        ];
        assert!(!run(&context(false), &[&steps[0], &steps[1]]));
        assert!(run(&context(false), &[&steps[1]]));
    }

    #[test]
    fn a_step_runs_after_those_that_it_needs_and_not_when_one_fails() {
        let reached = |context: &Context| {
            context.compiler_runs.fetch_add(1, Ordering::Relaxed);
            Outcome::Done(String::new())
        };
        let late = |context: &Context| match context.compiler_runs.load(Ordering::Relaxed) {
            0 => Outcome::Failed("too early".into()),
            _ => Outcome::Done(String::new()),
        };
        let first = Step {
            name: "first",
            what: "",
            needs: &[],
            run: |_| {
                std::thread::sleep(Duration::from_millis(20));
                Outcome::Done(String::new())
            },
        };
        let second = Step { name: "second", what: "", needs: &["first"], run: reached };
        let third = Step { name: "third", what: "", needs: &["second"], run: late };
        assert!(run(&context(false), &[&third, &second, &first]));

        let fails =
            Step { name: "first", what: "", needs: &[], run: |_| Outcome::Failed("no".into()) };
        let context = context(false);
        assert!(!run(&context, &[&third, &second, &fails]));
        assert_eq!(context.compiler_runs.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_circle_of_needs_fails() {
        let done = |_: &Context| Outcome::Done(String::new());
        let circle = [
            Step { name: "a", what: "", needs: &["b"], run: done },
            Step { name: "b", what: "", needs: &["a"], run: done },
        ];
        assert!(!run(&context(false), &[&circle[0], &circle[1]]));
    }
}
