//! An output that is wrong and saturated, in an example made for it.

use deltarule::trace::Trace;
use deltarule::{Activation, Init, Loss, Network};
use ndarray::{Array2, array};

/// The net input of the saturated output, which is wrong.
pub(super) const SATURATED: f64 = 4.0;

/// One example that is as wrong as can be.
#[derive(Clone, Debug)]
pub(super) struct Saturated {
    pub(super) x: Array2<f64>,
    delta: Array2<f64>,
}

impl Saturated {
    /// x, x − t or δ of an output.
    pub(super) fn value(&self, name: &str, output: usize) -> f64 {
        let x = self.x[[0, output]];
        match name {
            "x" => x,
            "error" if output == 1 => x - 1.0,
            "error" => x,
            _ => self.delta[[0, output]],
        }
    }

    /// The first output is at z = 4 and the others at −4, and the target is the second.
    pub(super) fn new(outputs: usize, loss: Loss, output: Activation) -> deltarule::Result<Self> {
        let n = outputs.max(2);
        let network = Network::<f64>::builder(n)
            .layer(n, output)
            .init(Init::Constant(0.0))
            .weights(vec![Array2::eye(n)])
            .build()?;
        let z = Array2::from_shape_fn((1, n), |(_, i)| if i == 0 { SATURATED } else { -SATURATED });
        let t = Array2::from_shape_fn((1, n), |(_, i)| if i == 1 { 1.0 } else { 0.0 });
        let trace = Trace::gradient(&network, loss, z.view(), t.view(), &Default::default())?;
        let delta = trace.backward.map_or(array![[]], |b| b.delta[0].shown());
        Ok(Self { x: trace.x[0].value.clone(), delta })
    }
}
