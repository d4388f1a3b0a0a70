//! The exercises that documents are tested with: those of the sheet, and a set that covers every activation, loss, task,
//! mode, reduction and optimiser.

use deltarule::{Activation, Loss, Optimizer};
use deltarule_exercise::{Exercise, Mode, Task};

/// Every exercise with its name.
pub(crate) fn exercises() -> Vec<(String, Exercise)> {
    let parse = |name: &str, text: &str| {
        Exercise::parse(text, name).unwrap_or_else(|d| panic!("{}", d.render(100)))
    };
    let mut all: Vec<(String, Exercise)> = (1..=3)
        .map(|n| (format!("exercise-{n}"), parse("sheet", deltarule_exercise::sheet(n).unwrap())))
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gallery");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().to_string();
        all.push((name.clone(), parse(&name, &std::fs::read_to_string(&path).unwrap())));
    }
    all
}

#[test]
fn the_gallery_covers_what_an_exercise_can_say() {
    let all = exercises();
    let networks = || all.iter().map(|(_, e)| &e.network);
    for f in Activation::ALL {
        let used = networks().flat_map(|n| n.layers()).any(|l| l.activation() == f);
        assert!(used, "{f} is not in the gallery");
    }
    for loss in Loss::ALL {
        assert!(all.iter().any(|(_, e)| e.loss == loss), "{loss} is not in the gallery");
    }
    let parts = || all.iter().flat_map(|(_, e)| &e.parts);
    for task in ["forward", "gradient", "update", "classify"] {
        assert!(parts().any(|p| p.task.name() == task), "{task} is not in the gallery");
    }
    let updates = || {
        parts().filter_map(|p| match p.task {
            Task::Update { optimizer, mode, epochs } => Some((p, optimizer, mode, epochs)),
            _ => None,
        })
    };
    for optimizer in ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "rprop"] {
        let named = |o: Optimizer| o.name() == optimizer;
        assert!(updates().any(|(_, o, ..)| named(o)), "{optimizer} is not in the gallery");
    }
    assert!(updates().any(|(_, _, mode, _)| mode == Mode::Online));
    assert!(updates().any(|(.., epochs)| epochs > 1));
    assert!(updates().any(|(p, ..)| p.options.l2 > 0.0));
    assert!(updates().any(|(p, ..)| !p.options.train_biases));
    assert!(updates().any(|(p, ..)| p.options.reduction == deltarule::trace::Reduction::Mean));
    assert!(parts().any(|p| p.start.is_some()));
    assert!(networks().any(|n| n.layers().len() == 1) && networks().any(|n| n.outputs() == 1));
}
