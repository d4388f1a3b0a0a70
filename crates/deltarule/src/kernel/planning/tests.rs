//! Steps against the textbook, to the bit: on every instruction set, for any number of threads and awkward sizes.

use ndarray::ArrayView2;

use super::*;
use crate::kernel::batch::Penalty;
use crate::kernel::phases::MAX_ROWS_AT_ONCE;
use crate::kernel::team::tests::with_absent_workers;
use crate::kernel::team::with_team;
use crate::loss::{Clip, Loss};
use crate::random::{Purpose, Random};
use crate::{Activation, BiasInit, Init, backprop};

fn numbers<T: Float>(count: usize, seed: u64) -> Vec<T> {
    let mut random = Random::new(seed, Purpose::Order, 2);
    (0..count).map(|_| T::from_f64(random.normal())).collect()
}

fn network<T: Float>(sizes: &[usize], hidden: Activation, output: Activation) -> Network<T> {
    let mut builder = Network::builder(sizes[0]);
    for &units in &sizes[1..sizes.len() - 1] {
        builder = builder.layer(units, hidden);
    }
    builder
        .layer(sizes[sizes.len() - 1], output)
        .init(Init::HeNormal { seed: 1 })
        .bias_init(BiasInit::Drawn)
        .build()
        .unwrap()
}

const PLAIN: StepOptions = StepOptions {
    loss: Loss::SquaredError,
    l2: Penalty { strength: 0.0, is_divided: false },
    clip: Clip::NONE,
    dropout: 0.0,
    label_smoothing: 0.0,
    seed: 3,
    keeps_finite: true,
};

/// Objective and gradient of a step.
fn evaluate<T: Float>(
    network: &Network<T>,
    (x, t, weights): (&[T], &[T], Option<&[T]>),
    rows: &[usize],
    options: StepOptions,
    threads: usize,
    set: InstructionSet,
) -> (f64, Vec<T>) {
    with_team(threads, |team| {
        let mut plan = Blocks::new(network, rows.len(), team.threads(), options, true, set);
        let batch = Batch { x, t, rows, next: &[], weights, seen: 7, epoch: 2 };
        let mut gradient = vec![T::ZERO; network.parameter_count()];
        let objective = plan.evaluate(team, &batch, network.parameters(), &mut gradient);
        (objective.total(), gradient)
    })
}

fn same_bits<T: Float>(a: &[T], b: &[T]) -> bool {
    let bits = |v: &T| if v.is_nan() { u64::MAX } else { v.to_f64().to_bits() };
    a.len() == b.len() && a.iter().map(bits).eq(b.iter().map(bits))
}

#[test]
fn any_number_of_threads_and_any_instruction_set_give_the_same_bits() {
    let all: Vec<usize> = (0..50).rev().collect();
    let options = StepOptions {
        loss: Loss::CrossEntropy,
        l2: Penalty { strength: 0.01, is_divided: false },
        dropout: 0.25,
        label_smoothing: 0.1,
        ..PLAIN
    };
    for sizes in [&[3, 1][..], &[5, 3, 2], &[17, 33, 16, 4], &[64, 100, 10]] {
        let network = network::<f64>(sizes, Activation::Gelu, Activation::Softmax);
        let x = numbers(50 * sizes[0], 4);
        let absolute = |v: &f64| v.abs();
        let t: Vec<f64> = numbers(50 * network.outputs(), 5).iter().map(absolute).collect();
        let weights: Vec<f64> = numbers(50, 6).iter().map(absolute).collect();
        let data = (&x[..], &t[..], Some(&weights[..]));
        // Fewer rows than threads, fewer units than threads, and a whole batch.
        for rows in [&all[..1], &all[..3], &all[..37], &all[..]] {
            let portable = InstructionSet::Portable;
            let expected = evaluate(&network, data, rows, options, 1, portable);
            assert!(expected.0.is_finite());
            for set in InstructionSet::available() {
                for threads in [1, 2, 3, 4, 7] {
                    let got = evaluate(&network, data, rows, options, threads, set);
                    let n = rows.len();
                    assert_eq!(got, expected, "{sizes:?}, {n} rows, {set:?}, {threads}");
                }
            }
        }
    }
}

/// The textbook's gradient of Σ sᵢ Eᵢ, to the bit.
fn against_the_reference<T: Float>(
    sizes: &[usize],
    hidden: Activation,
    n: usize,
    spoil: impl Fn(usize, T) -> T,
) {
    let network = network::<T>(sizes, hidden, Activation::Identity);
    let x: Vec<T> =
        numbers(n * sizes[0], 4).into_iter().enumerate().map(|(i, v)| spoil(i, v)).collect();
    let t: Vec<T> = numbers(n * network.outputs(), 5);
    let inputs = ArrayView2::from_shape((n, sizes[0]), &x).unwrap();
    let targets = ArrayView2::from_shape((n, network.outputs()), &t).unwrap();
    let pass = backprop::forward(&network, inputs);
    let mut delta = backprop::output_delta(&network, PLAIN.loss, &pass, targets);
    let scale = T::from_f64(1.0 / n as f64);
    delta.mapv_inplace(|d| d * scale);
    let backward = backprop::backward(&network, inputs, &pass, delta);
    let mut expected = Vec::new();
    for (w, b) in backward.grad_weights.iter().zip(&backward.grad_biases) {
        expected.extend(w.iter().chain(b.iter()).copied());
    }
    let rows: Vec<usize> = (0..n).collect();
    for set in InstructionSet::available() {
        let (_, got) = evaluate(&network, (&x, &t, None), &rows, PLAIN, 2, set);
        assert!(same_bits(&got, &expected), "{sizes:?} {hidden} {n} {set:?} {}", T::NAME);
    }
}

fn every_size<T: Float>() {
    // Single numbers, a vector less one, whole, and one more, primes, and the skinny layers that libraries are slow on.
    let shapes: [&[usize]; 9] = [
        &[1, 1],
        &[7, 8, 9],
        &[15, 16, 17],
        &[16, 16],
        &[31, 33, 2],
        &[28, 64, 64, 2],
        &[64, 100, 10],
        &[3, 97, 5],
        &[130, 67, 1, 12],
    ];
    for (number, sizes) in shapes.into_iter().enumerate() {
        for n in [1, 2, 5, 6, 7, 15, 16, 17, 37] {
            let hidden = [Activation::Relu, Activation::Tanh, Activation::Identity];
            against_the_reference::<T>(sizes, hidden[(number + n) % 3], n, |_, v| v);
        }
    }
}

#[test]
fn gradients_have_the_bits_of_the_textbook_for_every_size() {
    every_size::<f32>();
    every_size::<f64>();
}

#[test]
fn long_sums_and_large_batches_are_cut_without_changing_a_bit() {
    // More inputs and units than a stretch of k, and more examples than go through a step at once.
    against_the_reference::<f32>(&[1031, 3, 1100, 2], Activation::Relu, 19, |_, v| v);
    against_the_reference::<f64>(&[3, 2100, 2], Activation::Tanh, 3, |_, v| v);
    against_the_reference::<f32>(
        &[5, 18, 3],
        Activation::Relu,
        2 * MAX_ROWS_AT_ONCE + 77,
        |_, v| v,
    );
}

#[test]
fn not_a_number_infinities_and_subnormals_go_through() {
    for n in [5, 16, 21] {
        let specials = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-310, 1e-42, -0.0];
        for hidden in [Activation::Relu, Activation::Tanh] {
            let spoil = |i: usize| (i % 29 == 3).then(|| specials[i / 29 % specials.len()]);
            against_the_reference::<f32>(&[17, 19, 3], hidden, n, |i, v| {
                spoil(i).map_or(v, |s| s as f32)
            });
            against_the_reference::<f64>(&[17, 19, 3], hidden, n, |i, v| spoil(i).unwrap_or(v));
        }
    }
}

#[test]
fn a_small_network_takes_the_same_steps_on_either_path() {
    let rules = UpdateRules::new(&crate::Adam::default().into()).unwrap();
    for hidden in Activation::ALL.into_iter().filter(|a| *a != Activation::Softmax) {
        let network = network::<f32>(&[5, 17, 3], hidden, Activation::Sigmoid);
        let (x, t) = (numbers(8 * 5, 4), numbers(8 * 3, 5));
        let run = |large: bool, set: InstructionSet| {
            with_team(1, |team| {
                let mut plan: Box<dyn Plan<f32>> = if large {
                    Box::new(Blocks::new(&network, 8, 1, PLAIN, false, set))
                } else {
                    assert!(Small::suits(&network, 8, &PLAIN));
                    plan(&network, 8, 1, PLAIN, &rules, set)
                };
                let mut rules = rules.clone();
                let mut state = crate::Optimizer::from(crate::Adam::default())
                    .new_state(network.parameter_count());
                plan.load(network.parameters());
                plan.load_state(&mut state);
                let mut objectives = Vec::new();
                for n in [1, 8, 3] {
                    let rows: Vec<usize> = (0..n).collect();
                    let batch = Batch {
                        x: &x,
                        t: &t,
                        rows: &rows,
                        next: &[],
                        weights: None,
                        seen: 0,
                        epoch: 0,
                    };
                    objectives.push(step(&mut *plan, team, &batch, &mut rules, &mut state, 1e-3));
                }
                let mut flat = vec![0.0; network.parameter_count()];
                plan.store(&mut flat);
                plan.store_state(&mut state);
                (objectives, flat, state)
            })
        };
        let expected = run(true, InstructionSet::Portable);
        for set in InstructionSet::available() {
            assert_eq!(run(true, set), expected, "{hidden} {set:?} large");
            assert_eq!(run(false, set), expected, "{hidden} {set:?} small");
        }
    }
}

#[test]
fn a_worker_that_never_comes_changes_no_bit() {
    let rules = UpdateRules::new(&crate::Adam::default().into()).unwrap();
    // Sums that are cut into halves, and sums that are not.
    for (sizes, rows) in [(&[17, 33, 16, 4][..], 100), (&[64, 100, 10], 200), (&[5, 300, 301], 40)]
    {
        let network = network::<f32>(sizes, Activation::Relu, Activation::Softmax);
        let x = numbers(rows * sizes[0], 4);
        let t: Vec<f32> =
            numbers(rows * network.outputs(), 5).iter().map(|v: &f32| v.abs()).collect();
        let options = StepOptions {
            loss: Loss::CrossEntropy,
            l2: Penalty { strength: 0.01, is_divided: false },
            ..PLAIN
        };
        let order: Vec<usize> = (0..rows).rev().collect();
        let run = |team: &Team<'_>| {
            let set = InstructionSet::detect();
            let mut plan = plan(&network, rows, team.threads(), options, &rules, set);
            let (mut rules, optimizer) =
                (rules.clone(), crate::Optimizer::from(crate::Adam::default()));
            let mut state = optimizer.new_state(network.parameter_count());
            plan.load(network.parameters());
            plan.load_state(&mut state);
            let batch = Batch {
                x: &x,
                t: &t,
                rows: &order,
                next: &order,
                weights: None,
                seen: 0,
                epoch: 0,
            };
            let mut objectives = [0.0; 3];
            for objective in &mut objectives {
                *objective = step(&mut *plan, team, &batch, &mut rules, &mut state, 1e-3).total();
            }
            let mut flat = vec![0.0; network.parameter_count()];
            give_back(&mut *plan, &mut state, |plan| plan.store(&mut flat));
            (objectives, flat, state)
        };
        let expected = with_team(1, run);
        for threads in [2, 3, 4] {
            assert_eq!(with_absent_workers(threads, run), expected, "{sizes:?} {threads}");
            assert_eq!(with_team(threads, run), expected, "{sizes:?} {threads}");
        }
    }
}
