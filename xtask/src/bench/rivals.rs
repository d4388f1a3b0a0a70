//! The rivals: which there are, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, cargo};
use crate::context::Context;
use crate::tools;

/// Where the rivals are, from the root.
const FOLDER: &str = "bench/rivals";

/// How a rival is run.
enum How {
    /// A script of [`FOLDER`], with an argument that chooses a variant.
    Python(&'static str, &'static str),
    /// A binary of the crate `rust` in [`FOLDER`].
    Rust(&'static str),
}

/// Another program that trains.
pub(crate) struct Rival {
    /// Its name in lines and tables.
    pub(crate) name: &'static str,
    how: How,
    /// Workloads that it cannot express.
    pub(crate) without: &'static [&'static str],
}

/// Those that train.
pub(crate) const TRAIN: &[Rival] = &[
    Rival { name: "jax", how: How::Python("with_jax.py", ""), without: &[] },
    Rival { name: "pytorch", how: How::Python("with_torch.py", "eager"), without: &[] },
    Rival { name: "pytorch-compile", how: How::Python("with_torch.py", "compile"), without: &[] },
    // Its classifier has no squared error, its regressor no sigmoid outputs.
    Rival { name: "scikit-learn", how: How::Python("with_sklearn.py", ""), without: &["step"] },
    Rival { name: "candle", how: How::Rust("candle"), without: &[] },
    Rival { name: "burn", how: How::Rust("burn"), without: &[] },
];

/// Those that are asked.
pub(crate) const INFER: &[Rival] = &[
    Rival { name: "onnxruntime", how: How::Python("infer.py", "onnxruntime"), without: &[] },
    Rival { name: "pytorch", how: How::Python("infer.py", "pytorch"), without: &[] },
    Rival { name: "scikit-learn", how: How::Python("infer.py", "scikit-learn"), without: &[] },
];

/// The rivals of a kind, ready to be started.
pub(crate) struct Installed {
    pub(crate) rivals: Vec<&'static Rival>,
    python: PathBuf,
    /// The scripts.
    folder: PathBuf,
    /// The binaries.
    binaries: PathBuf,
}

impl Installed {
    /// Installs and builds what those with these names need; nothing if there is no name.
    pub(crate) fn new(
        context: &Context,
        rivals: &'static [Rival],
        names: &[&str],
    ) -> Result<Option<Self>, String> {
        let rivals: Vec<_> = rivals.iter().filter(|rival| names.contains(&rival.name)).collect();
        if rivals.is_empty() {
            return Ok(None);
        }
        let requirements = format!("{FOLDER}/requirements.txt");
        let python = tools::environment(context, "bench", &requirements)?;
        let folder = context.root.join(FOLDER);
        let target = context.root.join("target/bench-rust");
        if rivals.iter().any(|rival| matches!(rival.how, How::Rust(_))) {
            let mut command = cargo(context, &["build", "--quiet", "--release", "--locked"]);
            // There, cargo finds the flags that the crate's own .cargo/config.toml asks for.
            command.current_dir(folder.join("rust")).arg("--target-dir").arg(&target);
            command::run(&mut command)?;
        }
        Ok(Some(Self { rivals, python, folder, binaries: target.join("release") }))
    }

    /// A rival on the files of this folder.
    pub(crate) fn command(&self, rival: &Rival, files: &Path, threads: usize) -> Command {
        let threads = threads.to_string();
        let mut command = match rival.how {
            How::Python(script, variant) => {
                let mut command = Command::new(&self.python);
                // -B: no __pycache__ in the source tree.
                command.arg("-B").arg(self.folder.join(script)).arg(files).arg(&threads);
                command.arg(variant);
                command
            }
            How::Rust(binary) => {
                let name = format!("{binary}{}", std::env::consts::EXE_SUFFIX);
                let mut command = Command::new(self.binaries.join(name));
                command.arg(files);
                command
            }
        };
        for name in ["RAYON_NUM_THREADS", "MATMUL_NUM_THREADS", "OMP_NUM_THREADS"] {
            command.env(name, &threads);
        }
        for name in ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONPATH", "PYTHONHOME"] {
            // A rival picks its kernels by the processor, whatever this shell was told.
            command.env_remove(name);
        }
        command
    }
}
