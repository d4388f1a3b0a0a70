//! New exercises: the same seed makes the same file, every combination can be made, and the numbers are what they promise to
//! be. The promises are looked up in the solution's JSON, as somebody who reads it would.

use deltarule::trace::{Reduction, TraceOptions};
use deltarule::{Activation, Adam, AdamW, Loss, Optimizer, Rmsprop, Rprop, Sgd};
use deltarule_exercise::generate::{
    Demand, Feature, GenerateError, Generated, Recipe, RecipeOptions, StartFrom, exercise_file,
    generate, generate_with, variant_seeds,
};
use deltarule_exercise::marking::{Alike, WrongRule, indistinguishable};
use deltarule_exercise::{Exercise, ExerciseHint, Mode, PartTask, Task, sheet, to_json};
use serde_json::{Value, json};

/// Every optimiser with the learning rate and epochs that the command chooses.
fn optimizers() -> [(Optimizer, usize); 7] {
    let sgd = |learning_rate, momentum, nesterov| Sgd { learning_rate, momentum, nesterov }.into();
    [
        (sgd(0.5, 0.0, false), 1),
        (sgd(0.2, 0.9, false), 2),
        (sgd(0.2, 0.9, true), 2),
        (Adam { learning_rate: 0.1, ..Adam::default() }.into(), 2),
        (AdamW { learning_rate: 0.1, ..AdamW::default() }.into(), 2),
        (Rprop { initial_step: 0.1, ..Rprop::default() }.into(), 2),
        (Rmsprop { learning_rate: 0.02, ..Rmsprop::default() }.into(), 2),
    ]
}

fn update(optimizer: Optimizer, epochs: usize) -> Task {
    Task::Update { optimizer, mode: Mode::Batch, epochs }
}

fn make(recipe: &Recipe) -> Generated {
    generate(recipe).unwrap_or_else(|error| panic!("{recipe:?}: {error}"))
}

/// As [`make`], without a look at which mistakes can be told apart: that takes longer than all the rest.
fn make_quickly(recipe: &Recipe) -> Generated {
    generate_with(recipe, |_| Vec::new()).unwrap_or_else(|error| panic!("{recipe:?}: {error}"))
}

fn look(recipe: &Recipe) -> Generated {
    let made = make_quickly(recipe);
    look_at(&made, recipe);
    made
}

/// A file that is read as the same exercise, and looks like one for a person.
fn look_at(made: &Generated, recipe: &Recipe) {
    let text = made.exercise.to_toml();
    let again = Exercise::parse(&text, "again").unwrap_or_else(|d| panic!("{}", d.render(100)));
    assert_eq!(format!("{again:?}"), format!("{:?}", made.exercise), "{text}");
    kind_numbers(&made.exercise);
    let json = to_json(&made.solution);
    for part in json["parts"].as_array().unwrap() {
        let steps = part["steps"].as_array().unwrap();
        for step in steps {
            readable(step, &json, recipe);
            different_units(step, &json);
            falls(step);
            no_tie(step);
        }
        alive(part, &json, recipe);
    }
}

/// At most one decimal, and small.
fn kind_numbers(exercise: &Exercise) {
    let short = |v: f64| (v * 10.0 - (v * 10.0).round()).abs() < 1e-9;
    for v in exercise.network.parameters() {
        assert!(short(*v) && v.abs() <= 7.0, "{v}");
    }
    for example in exercise.parts.iter().flat_map(|part| &part.examples) {
        assert!(example.x.iter().all(|v| short(*v) && v.abs() <= 2.0 && *v != 0.0), "{example:?}");
        let Some(t) = &example.t else { continue };
        assert!(t.iter().all(|v| short(*v) && v.abs() <= 4.0));
        match exercise.loss {
            Loss::CrossEntropy => assert_eq!(t.iter().sum::<f64>(), 1.0),
            Loss::BinaryCrossEntropy => assert!(t.iter().all(|v| *v == 0.0 || *v == 1.0)),
            Loss::Poisson => assert!(t.iter().all(|v| *v >= 0.0 && v.fract() == 0.0)),
            _ => {}
        }
    }
}

fn rows(matrix: &Value) -> Vec<Vec<f64>> {
    let numbers =
        |row: &Value| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    matrix.as_array().unwrap().iter().map(numbers).collect()
}

fn activation(json: &Value, layer: usize) -> Activation {
    json["activations"][layer].as_str().unwrap().parse().unwrap()
}

/// No delta or gradient that prints as 1e-9, and none that does not fit.
fn readable(step: &Value, json: &Value, recipe: &Recipe) {
    let size = |v: f64, least: f64| v == 0.0 || (least..=50.0).contains(&v.abs());
    for (l, z) in step["z"].as_array().unwrap().iter().enumerate() {
        for z in rows(z).into_iter().flatten() {
            assert!(z != 0.0 && size(z, 5e-3), "z {z}");
            // Saturation by its usual words: |z| beyond 3.3 for a sigmoid, beyond 1.7 for tanh.
            let limit = match activation(json, l) {
                Activation::Sigmoid => 3.3,
                Activation::Tanh => 1.7,
                _ => 50.0,
            };
            assert!(recipe.feature.is_some() || z.abs() < limit, "{z} in layer {}", l + 1);
        }
        if activation(json, l) == Activation::Softmax && recipe.feature.is_none() {
            assert!(rows(&step["x"][l]).into_iter().flatten().all(|x| x < 0.965));
        }
    }
    for key in ["delta", "grad_weights"] {
        for matrix in step.get(key).and_then(Value::as_array).into_iter().flatten() {
            let all: Vec<f64> = rows(matrix).into_iter().flatten().collect();
            assert!(all.iter().any(|v| *v != 0.0), "{key} is 0");
            assert!(
                recipe.feature.is_some() || all.iter().all(|v| size(*v, 5e-4)),
                "{key} {all:?}"
            );
        }
    }
    for loss in step.get("loss").and_then(Value::as_array).into_iter().flatten() {
        assert!((1e-3..=50.0).contains(&loss.as_f64().unwrap().abs()));
    }
}

/// Units that compute the same would hide that one was taken for the other.
fn different_units(step: &Value, json: &Value) {
    let layers = json["layers"].as_array().unwrap().len() - 1;
    for l in 0..layers {
        let all = rows(&step["x"][l]);
        for (i, a) in all.iter().enumerate() {
            for b in &all[..i] {
                let equal = a.iter().zip(b).any(|(a, b)| (a - b).abs() < 1e-4 && *a != 0.0);
                assert!(!equal, "units of layer {} have the same output", l + 1);
            }
        }
    }
}

fn falls(step: &Value) {
    if let Some(after) = step.get("total_loss_after") {
        assert!(after.as_f64().unwrap() < step["total_loss"].as_f64().unwrap());
    }
}

fn no_tie(step: &Value) {
    if step.get("class").is_none() {
        return;
    }
    let outputs = rows(step["x"].as_array().unwrap().last().unwrap());
    for example in 0..outputs[0].len() {
        let mut column: Vec<f64> = outputs.iter().map(|row| row[example]).collect();
        column.sort_by(f64::total_cmp);
        let [.., second, first] = column[..] else { panic!("one output") };
        assert!(first - second >= 0.02, "{column:?}");
    }
}

/// The ReLU units, as (layer, unit), that are inactive in every step of a part that trains.
fn dead(part: &Value, json: &Value) -> Vec<(usize, usize)> {
    let steps = part["steps"].as_array().unwrap();
    let mut found = Vec::new();
    for l in 0..json["activations"].as_array().unwrap().len() {
        if activation(json, l) != Activation::Relu || steps[0].get("delta").is_none() {
            continue;
        }
        for i in 0..json["layers"][l + 1].as_u64().unwrap() as usize {
            if steps.iter().all(|step| rows(&step["z"][l])[i].iter().all(|z| *z <= 0.0)) {
                found.push((l, i));
            }
        }
    }
    found
}

fn alive(part: &Value, json: &Value, recipe: &Recipe) {
    let expected = usize::from(recipe.feature == Some(Feature::DeadUnit));
    if part["steps"][0].get("delta").is_some() {
        assert_eq!(dead(part, json).len(), expected);
    }
}

#[test]
fn the_same_seed_makes_the_same_file() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.set_omit_expression(true);
    let adam = optimizers()[3].0;
    let recipes = [
        ("new-default", Recipe::default()),
        (
            "new-softmax-cross-entropy",
            Recipe {
                layers: vec![4, 3, 3],
                activation: Activation::Tanh,
                output_activation: Activation::Softmax,
                loss: Loss::CrossEntropy,
                tasks: vec![Task::Forward, update(adam, 2), Task::Classify],
                seed: 7,
                ..Recipe::default()
            },
        ),
        (
            "new-dead-unit",
            Recipe {
                activation: Activation::Relu,
                output_activation: Activation::Identity,
                feature: Some(Feature::DeadUnit),
                seed: 3,
                ..Recipe::default()
            },
        ),
        (
            "new-saturated-no-biases",
            Recipe {
                biases: false,
                feature: Some(Feature::Saturated),
                seed: 1,
                ..Recipe::default()
            },
        ),
    ];
    for (name, recipe) in recipes {
        let made = make(&recipe);
        look_at(&made, &recipe);
        let text = made.exercise.to_toml();
        assert_eq!(text, make(&recipe).exercise.to_toml());
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

#[test]
fn every_activation_loss_and_optimizer_makes_an_exercise_that_teaches() {
    let hidden = Activation::ALL.into_iter().filter(|f| *f != Activation::Softmax);
    let hidden: Vec<Activation> = hidden.collect();
    let (mut count, mut pairs, known) = (0, 0, optimizers().len());
    let mut check = |activation, output_activation, loss: Loss, optimizer: usize| {
        let (optimizer, epochs) = optimizers()[optimizer];
        let tasks = vec![update(optimizer, epochs), Task::Classify];
        let seed = count as u64;
        let recipe =
            Recipe { activation, output_activation, loss, tasks, seed, ..Recipe::default() };
        look(&recipe);
        count += 1;
    };
    for output in Activation::ALL {
        for loss in Loss::ALL.into_iter().filter(|loss| loss.admits(output).is_ok()) {
            for (i, &activation) in hidden.iter().enumerate() {
                check(activation, output, loss, (i + output as usize + loss as usize) % known);
            }
            for optimizer in 0..known {
                check(
                    hidden[(optimizer + output as usize) % hidden.len()],
                    output,
                    loss,
                    optimizer,
                );
            }
            pairs += 1;
        }
    }
    assert_eq!(count, (hidden.len() + known) * pairs);
}

#[test]
fn shapes_tasks_and_options_are_met() {
    let (sgd, momentum) = (optimizers()[0].0, optimizers()[1].0);
    let online = Task::Update { optimizer: sgd, mode: Mode::Online, epochs: 2 };
    let mean = TraceOptions { reduction: Reduction::Mean, l2: 0.1, train_biases: false };
    let recipes = [
        Recipe { layers: vec![2, 2], ..Recipe::default() },
        Recipe { layers: vec![1, 1], tasks: vec![update(sgd, 1)], ..Recipe::default() },
        Recipe { layers: vec![5, 4, 3, 2], activation: Activation::Tanh, ..Recipe::default() },
        Recipe { layers: vec![10, 4, 3], examples: 1, ..Recipe::default() },
        Recipe { examples: 5, tasks: vec![online], ..Recipe::default() },
        Recipe {
            options: mean,
            tasks: vec![Task::Gradient, update(momentum, 3)],
            ..Recipe::default()
        },
        Recipe { tasks: vec![Task::Forward, Task::Gradient, Task::Classify], ..Recipe::default() },
        Recipe {
            tasks: vec![update(sgd, 1), update(sgd, 1)],
            start: StartFrom::Initial,
            ..Recipe::default()
        },
        Recipe { biases: false, ..Recipe::default() },
    ];
    for recipe in recipes {
        for seed in 0..5 {
            let recipe = Recipe { seed, ..recipe.clone() };
            let exercise = look(&recipe).exercise;
            assert_eq!(exercise.network.layer_sizes(), recipe.layers);
            for (part, task) in exercise.parts.iter().zip(&recipe.tasks) {
                let classify = *task == Task::Classify;
                assert_eq!(part.task, *task);
                assert_eq!(part.examples.len(), if classify { 1 } else { recipe.examples });
                assert_eq!(part.examples[0].t.is_none(), classify);
            }
            let zeros = exercise.network.layers().iter().enumerate();
            let zeros = zeros.flat_map(|(l, _)| exercise.network.biases(l).to_vec());
            assert!(zeros.into_iter().all(|b| (b == 0.0) != recipe.biases));
        }
    }
}

#[test]
fn parts_start_from_what_was_trained_unless_they_should_not() {
    let sgd = optimizers()[0].0;
    let tasks = vec![Task::Forward, update(sgd, 1), Task::Classify, update(sgd, 1), Task::Classify];
    let recipe = Recipe { tasks, ..Recipe::default() };
    let starts = |recipe: &Recipe| -> Vec<Option<usize>> {
        make_quickly(recipe).exercise.parts.iter().map(|part| part.start).collect()
    };
    assert_eq!(starts(&recipe), [None, None, Some(1), Some(1), Some(3)]);
    let initial = Recipe { start: StartFrom::Initial, ..recipe };
    assert_eq!(starts(&initial), [None; 5]);
}

#[test]
fn a_saturated_unit_is_saturated_and_no_other_is() {
    for activation in Activation::ALL {
        let flat = !matches!(
            activation,
            Activation::Identity | Activation::Relu | Activation::LeakyRelu | Activation::Softmax
        );
        if !flat {
            continue;
        }
        for biases in [true, false] {
            for seed in 0..4 {
                let recipe = Recipe {
                    activation,
                    output_activation: Activation::Identity,
                    feature: Some(Feature::Saturated),
                    biases,
                    seed,
                    ..Recipe::default()
                };
                let made = look(&recipe);
                let step = &made.solution.parts[0].steps[0];
                let (z, x) = (&step.trace.z[0].value, &step.trace.x[0].value);
                // The slope of each unit where it is smallest, by a difference.
                let slopes: Vec<f64> = (0..2)
                    .map(|i| {
                        let slope = |z: f64| {
                            (activation.value(z + 1e-6) - activation.value(z - 1e-6)) / 2e-6
                        };
                        z.column(i).iter().map(|z| slope(*z).abs()).fold(f64::INFINITY, f64::min)
                    })
                    .collect();
                let least = slopes.iter().copied().fold(f64::INFINITY, f64::min);
                assert!(least < 0.09, "{activation}, biases {biases}: {slopes:?} {z} {x}");
            }
        }
    }
    let recipe = Recipe { feature: Some(Feature::Saturated), ..Recipe::default() };
    for seed in 0..10 {
        let made = make(&Recipe { seed, ..recipe.clone() });
        let z = &made.solution.parts[0].steps[0].trace.z[0].value;
        let far = (0..2).filter(|i| z.column(*i).iter().any(|z| z.abs() > 4.0)).count();
        assert_eq!(far, 1, "{z}");
    }
}

#[test]
fn a_dead_unit_never_learns() {
    for output_activation in [Activation::Identity, Activation::Sigmoid] {
        for biases in [true, false] {
            for seed in 0..5 {
                let recipe = Recipe {
                    layers: vec![3, 4, 2],
                    activation: Activation::Relu,
                    output_activation,
                    feature: Some(Feature::DeadUnit),
                    biases,
                    seed,
                    ..Recipe::default()
                };
                let made = look(&recipe);
                let json = to_json(&made.solution);
                let (l, i) = dead(&json["parts"][0], &json)[0];
                let update = made.solution.parts[0].steps[0].trace.update.as_ref().unwrap();
                let before = made.exercise.network.weights(l).row(i).to_owned();
                assert_eq!(update.weights[l].value.row(i), before, "a dead unit moved");
            }
        }
    }
}

#[test]
fn variants_have_seeds_and_numbers_of_their_own() {
    let seeds = variant_seeds(5, 30);
    let files: Vec<String> = seeds
        .iter()
        .map(|seed| make(&Recipe { seed: *seed, ..Recipe::default() }).exercise.to_toml())
        .collect();
    for (i, file) in files.iter().enumerate() {
        assert!(!files[..i].contains(file));
        assert!(!seeds[..i].contains(&seeds[i]));
    }
    assert_eq!(variant_seeds(5, 3), seeds[..3]);
    assert_ne!(variant_seeds(6, 3), seeds[..3]);
}

#[test]
fn of_several_exercises_the_one_that_tells_most_mistakes_apart_is_taken() {
    let same = |exercise: &Exercise| {
        let first = exercise.network.parameters()[0];
        let pairs = if first > 0.5 { 1 } else { 2 };
        vec![Alike(WrongRule::UpdateSign, WrongRule::DeltaSign); pairs]
    };
    for seed in 0..5 {
        let recipe = Recipe { seed, ..Recipe::default() };
        let made = generate_with(&recipe, same).unwrap();
        assert_eq!(made.alike, [Alike(WrongRule::UpdateSign, WrongRule::DeltaSign)]);
        assert!(made.exercise.network.parameters()[0] > 0.5);
        // Where all are told apart, the first will do.
        assert!(make_quickly(&recipe).tries <= made.tries);
    }
}

#[test]
fn mistakes_give_different_answers_but_for_those_that_never_do() {
    let softmax = Recipe {
        activation: Activation::Tanh,
        output_activation: Activation::Softmax,
        loss: Loss::CrossEntropy,
        ..Recipe::default()
    };
    // With the squared error both leave x − t.
    let same = Alike(WrongRule::MissingOutputDerivative, WrongRule::DeltaOfOtherLoss);
    for seed in 0..5 {
        assert_eq!(make(&Recipe { seed, ..softmax.clone() }).alike, []);
        let made = make(&Recipe { seed, ..Recipe::default() });
        assert_eq!(made.alike, [same]);
        assert_eq!(indistinguishable(&made.exercise), made.alike);
    }
}

#[test]
fn what_cannot_go_together_is_said() {
    let base = Recipe::default;
    let sgd = optimizers()[0].0;
    let rprop = Task::Update { optimizer: optimizers()[5].0, mode: Mode::Online, epochs: 1 };
    let bad_rate = update(Sgd { learning_rate: -1.0, ..Sgd::default() }.into(), 1);
    for (recipe, message) in [
        (Recipe { layers: vec![3], ..base() }, "at least one layer"),
        (Recipe { layers: vec![3, 0, 2], ..base() }, "layer 1 has no units"),
        (Recipe { layers: vec![100, 100, 2], ..base() }, "at most 500"),
        (Recipe { layers: vec![usize::MAX, usize::MAX], ..base() }, "at most 500"),
        (Recipe { activation: Activation::Softmax, ..base() }, "outputs only"),
        (
            Recipe { loss: Loss::CrossEntropy, output_activation: Activation::Tanh, ..base() },
            "softmax or sigmoid",
        ),
        (
            Recipe { output_activation: Activation::Softmax, layers: vec![2, 1], ..base() },
            "always 1",
        ),
        (Recipe { layers: vec![3, 1], ..base() }, "classify needs at least 2 outputs"),
        (Recipe { examples: 0, ..base() }, "1 to 20"),
        (Recipe { examples: 21, ..base() }, "1 to 20"),
        (Recipe { digits: Some(0), ..base() }, "1 to 17"),
        (Recipe { tasks: vec![], ..base() }, "at least one part"),
        (Recipe { tasks: vec![Task::Forward; 27], ..base() }, "at most 26"),
        (Recipe { tasks: vec![update(sgd, 21)], ..base() }, "1 to 20"),
        (Recipe { tasks: vec![rprop], ..base() }, "mode batch"),
        (Recipe { tasks: vec![bad_rate], ..base() }, "learning_rate"),
        (Recipe { feature: Some(Feature::DeadUnit), ..base() }, "relu"),
        (
            Recipe {
                feature: Some(Feature::Saturated),
                activation: Activation::Relu,
                output_activation: Activation::Identity,
                ..base()
            },
            "sigmoid, tanh",
        ),
    ] {
        let error = generate(&recipe).unwrap_err();
        assert!(matches!(error, GenerateError::Recipe(_)), "{error:?}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn without_options_it_is_the_usual_exercise() {
    assert_eq!(RecipeOptions::default().recipe().unwrap(), Recipe::default());
    assert_eq!(RecipeOptions::from_json(&json!({})).unwrap(), RecipeOptions::default());
    let text = exercise_file(&RecipeOptions::default()).unwrap();
    let made = make(&Recipe::default()).exercise.to_toml();
    assert!(text.ends_with(&format!("\n\n{made}")), "{text}");
    assert!(
        text.starts_with("# Made by: deltarule new --layers 3,2,2 --activation sigmoid "),
        "{text}"
    );
}

#[test]
fn options_are_what_their_json_says() {
    let given = json!({
        "layers": [4, 3, 1], "activation": "tanh", "output_activation": "identity", "loss": "huber",
        "parts": ["gradient", "update"], "start": "initial", "examples": 3, "optimizer": "nesterov",
        "learning_rate": 0.3, "momentum": 0.5, "reduction": "mean", "mode": "online", "epochs": 2,
        "train_biases": false, "biases": false, "l2": 0.1, "saturated": true, "dead_unit": false,
        "digits": 4, "title": "It's mine", "seed": 18_446_744_073_709_551_615_u64,
    });
    let options = RecipeOptions::from_json(&given).unwrap();
    // Every field has a value of its own here, and comes out as it went in.
    assert_eq!(serde_json::to_value(&options).unwrap(), given);
    let usual = serde_json::to_value(RecipeOptions::default()).unwrap();
    for (name, value) in usual.as_object().unwrap() {
        assert!(name == "dead_unit" || given[name] != *value, "{name}");
    }
    let recipe = options.recipe().unwrap();
    let nesterov = Sgd { learning_rate: 0.3, momentum: 0.5, nesterov: true }.into();
    assert_eq!(
        recipe.tasks,
        [Task::Gradient, Task::Update { optimizer: nesterov, mode: Mode::Online, epochs: 2 }]
    );
    assert_eq!(recipe.feature, Some(Feature::Saturated));
    assert_eq!(
        recipe.options,
        TraceOptions { reduction: Reduction::Mean, l2: 0.1, train_biases: false }
    );
}

#[test]
fn an_option_that_is_none_is_named() {
    for (given, message) in [
        (json!({"layer": [2, 1]}), "unknown field `layer`"),
        (
            json!({"activation": "sigmoyd"}),
            "activation: unknown variant `sigmoyd`, expected one of",
        ),
        (
            json!({"optimizer": "lbfgs"}),
            "optimizer: unknown variant `lbfgs`, expected one of `sgd`",
        ),
        (json!({"seed": -1}), "seed: invalid value: integer `-1`, expected u64"),
        (json!({"layers": [2.5]}), "layers: invalid type: floating point `2.5`"),
        (json!([1]), "are an object"),
    ] {
        let error = RecipeOptions::from_json(&given).unwrap_err();
        assert!(error.to_string().contains(message), "{given} said: {error}");
    }
}

#[test]
fn an_option_that_would_change_nothing_is_refused_with_a_hint() {
    let base = || RecipeOptions { parts: vec![PartTask::Forward], ..RecipeOptions::default() };
    for (options, hint) in [
        (
            RecipeOptions { optimizer: deltarule::Adam::default().into(), ..base() },
            ExerciseHint::NeedsUpdate { option: "optimizer" },
        ),
        (
            RecipeOptions { learning_rate: Some(0.1), ..base() },
            ExerciseHint::NeedsUpdate { option: "learning_rate" },
        ),
        (
            RecipeOptions { mode: Mode::Online, ..base() },
            ExerciseHint::NeedsUpdate { option: "mode" },
        ),
        (
            RecipeOptions { epochs: Some(2), parts: vec![PartTask::Gradient], ..base() },
            ExerciseHint::NeedsUpdate { option: "epochs" },
        ),
        (RecipeOptions { l2: 0.1, ..base() }, ExerciseHint::NeedsGradient { option: "l2" }),
        (
            RecipeOptions { train_biases: false, ..base() },
            ExerciseHint::NeedsGradient { option: "train_biases" },
        ),
        (RecipeOptions { momentum: Some(0.5), ..base() }, ExerciseHint::NeedsMomentum),
    ] {
        let error = exercise_file(&options).unwrap_err();
        assert_eq!(error.hint(), Some(&hint), "{error}");
        // Every option that a hint names is one.
        if let ExerciseHint::NeedsUpdate { option } | ExerciseHint::NeedsGradient { option } = hint
        {
            let all = serde_json::to_value(RecipeOptions::default()).unwrap();
            assert!(all.as_object().unwrap().contains_key(option), "{option}");
        }
    }
    for (options, message) in [
        (RecipeOptions { saturated: true, dead_unit: true, ..base() }, "not both"),
        (
            RecipeOptions {
                optimizer: "momentum".parse().unwrap(),
                momentum: Some(1.0),
                ..RecipeOptions::default()
            },
            "the momentum is 1, expected at least 0 and below 1",
        ),
        (
            RecipeOptions { l2: -1.0, ..RecipeOptions::default() },
            "is -1, expected a number of at least 0",
        ),
        (RecipeOptions { l2: f64::NAN, parts: vec![PartTask::Gradient], ..base() }, "is NaN"),
        (RecipeOptions { learning_rate: Some(0.0), ..RecipeOptions::default() }, "learning_rate"),
    ] {
        let error = exercise_file(&options).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.hint(), None);
    }
}

#[test]
fn a_demand_that_cannot_be_met_is_named() {
    // No step so long goes down.
    let far = update(Sgd { learning_rate: 1e3, ..Sgd::default() }.into(), 1);
    let recipe = Recipe {
        activation: Activation::Tanh,
        output_activation: Activation::Identity,
        tasks: vec![far],
        ..Recipe::default()
    };
    let error = generate(&recipe).unwrap_err();
    assert!(matches!(error, GenerateError::Unmet { demand: Demand::LossFalls, .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("every update lowers the loss") && message.contains("learning rate"));
}

#[test]
fn every_exercise_is_written_as_the_file_that_it_could_come_from() {
    let gallery = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gallery");
    let files = std::fs::read_dir(gallery).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.map(|path| std::fs::read_to_string(path).unwrap());
    let awkward = "title = \"a \\\"b\\\" \\\\ \\n c\"\ndigits = 4\n[network]\nlayers = [1, 1, 1, 1]\n\
                   activation = [\"tanh\", \"relu\", \"exp\"]\nloss = \"huber\"\nweights = [[[1e-7]], [[1e300]], [[-0.0]]]\n\
                   biases = [[0], [12345678901234567890.0], [0.1]]\n[[part]]\nname = \"'x' # y\"\ntask = \"forward\"\n\
                   digits = 3\nexamples = [{ x = [1e15] }]\n";
    for text in texts.chain((1..=3).map(|n| sheet(n).unwrap().to_string())).chain([awkward.into()])
    {
        let exercise =
            Exercise::parse(&text, "file").unwrap_or_else(|d| panic!("{}", d.render(100)));
        let written = exercise.to_toml();
        let again =
            Exercise::parse(&written, "again").unwrap_or_else(|d| panic!("{}", d.render(100)));
        let normal = |e: &Exercise| format!("{e:?}").replace("-0.0", "0.0");
        assert_eq!(normal(&again), normal(&exercise), "{written}");
    }
}
