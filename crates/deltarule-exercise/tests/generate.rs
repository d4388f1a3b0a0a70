//! New exercises.

use deltarule::{Activation, Adam, AdamW, Loss, Optimizer, Rprop, Sgd};
use deltarule_exercise::generate::{Recipe, generate};
use deltarule_exercise::{Exercise, Mode, Task};

fn optimizers() -> Vec<(Optimizer, usize)> {
    let sgd = |learning_rate, momentum, nesterov| Sgd { learning_rate, momentum, nesterov }.into();
    vec![
        (sgd(0.5, 0.0, false), 1),
        (sgd(0.2, 0.9, false), 2),
        (sgd(0.2, 0.9, true), 2),
        (Adam { learning_rate: 0.1, ..Adam::default() }.into(), 2),
        (AdamW { learning_rate: 0.1, ..AdamW::default() }.into(), 2),
        (Rprop { initial_step: 0.1, ..Rprop::default() }.into(), 2),
    ]
}

#[test]
fn stats() {
    let mut worst = Vec::new();
    let start = std::time::Instant::now();
    let mut n = 0;
    for activation in Activation::ALL {
        if activation == Activation::Softmax { continue }
        for output_activation in Activation::ALL {
            for loss in Loss::ALL {
                if loss.admits(output_activation).is_err() { continue }
                let k = n % 6;
                let (optimizer, epochs) = optimizers()[k];
                n += 1;
                let recipe = Recipe { activation, output_activation, loss,
                    tasks: vec![Task::Update { optimizer, mode: Mode::Batch, epochs }, Task::Classify], ..Recipe::default() };
                let t = std::time::Instant::now();
                match generate(&recipe) {
                    Ok(g) => { worst.push((g.tries, format!("{activation} {output_activation} {loss} {}", optimizer.name()), t.elapsed()));
                      let again = Exercise::parse(&g.exercise.to_toml(), "again").unwrap();
                      assert_eq!(again.network.parameters(), g.exercise.network.parameters()); }
                    Err(e) => println!("FAILED {activation} {output_activation} {loss} {}: {e}", optimizer.name()),
                }
            }
        }
    }
    worst.sort();
    println!("{n} {:?}", start.elapsed());
    for w in worst.iter().rev().take(25) { println!("{w:?}"); }
    println!("median {:?}", worst[worst.len()/2]);
}
