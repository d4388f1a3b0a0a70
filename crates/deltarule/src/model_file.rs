//! The model file: one safetensors file that holds the network, and what is needed to go on training it.
//!
//! Tensors `layers.0.weight` (units × inputs), `layers.0.bias` (units), … are what any safetensors reader sees.
//! Tensors `training.…` hold the state of an unfinished training. The one metadata key `deltarule` is a JSON object
//! with sorted keys: `format`, `activations`, `application` (the caller's own data), `training` and `checksum`.
//! The checksum is the CRC-32 of the text of that object, with zeros in place of its eight hexadecimal digits, and of
//! every tensor's name, type, shape and bytes, so that a flipped bit anywhere is found. Reading executes nothing and checks every length.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::float::Float;
use crate::network::Network;
use crate::optimizer::{LbfgsState, Optimizer, OptimizerState};
use crate::train::{TrainingProgress, TrainingState};

/// The version of the format that this code writes, and the latest that it reads.
pub const FORMAT_VERSION: u64 = 1;
const FORMAT: &str = "deltarule-model/";
const KEY: &str = "deltarule";
/// What stands before the digits of the checksum.
const CHECKSUM: &str = "\"checksum\":\"";
const NO_CHECKSUM: &str = "00000000";

/// A network, the state of its training if that is kept, and whatever the caller wants to keep beside them.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, AnyModelFile, ModelFile, Network};
///
/// let network = Network::<f32>::builder(2).layer(3, Activation::Softmax).build()?;
/// let mut bytes = Vec::new();
/// ModelFile::new(network.clone()).write(&mut bytes)?;
/// let AnyModelFile::F32(read) = AnyModelFile::read(bytes.as_slice())? else { panic!() };
/// assert_eq!(read.network, network);
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile<T> {
    /// The network.
    pub network: Network<T>,
    /// Where its training stopped.
    pub training: Option<TrainingState<T>>,
    /// The caller's own data.
    pub application: Value,
}

/// A model file of either number type.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyModelFile {
    /// Single precision.
    F32(ModelFile<f32>),
    /// Double precision.
    F64(ModelFile<f64>),
}

/// The JSON object of the metadata key.
#[derive(Serialize, Deserialize)]
struct Configuration {
    activations: Vec<Activation>,
    application: Value,
    format: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    training: Option<TrainingMetadata>,
}

/// The part of a training's state that is not a tensor.
#[derive(Serialize, Deserialize)]
struct TrainingMetadata {
    optimizer: Optimizer,
    previous_loss: Option<f64>,
    progress: TrainingProgress,
    step: u64,
    /// The scalars of the memory of L-BFGS.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    lbfgs: Option<Value>,
}

/// A tensor on its way into a file.
struct Tensor {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    fn new<'v, T: Float>(shape: Vec<usize>, values: impl IntoIterator<Item = &'v T>) -> Self {
        let mut bytes = Vec::new();
        values.into_iter().for_each(|v| v.push_le(&mut bytes));
        Self { shape, bytes }
    }
}

fn dtype<T: Float>() -> Dtype {
    if T::BYTES == 4 { Dtype::F32 } else { Dtype::F64 }
}

impl<T: Float> ModelFile<T> {
    /// A file with the network alone.
    pub fn new(network: Network<T>) -> Self {
        Self { network, training: None, application: Value::Null }
    }

    /// Writes the file: the same model gives the same bytes.
    ///
    /// # Errors
    /// `ErrorKind::Io` when writing fails; `ErrorKind::ModelFile` when something in it cannot be written, such as a
    /// recorded loss that is not finite.
    pub fn write(&self, mut out: impl Write) -> Result<()> {
        let tensors = self.tensors()?;
        let configuration = Configuration {
            activations: self.network.layers().iter().map(|l| l.activation()).collect(),
            application: self.application.clone(),
            format: format!("{FORMAT}{FORMAT_VERSION}"),
            training: self.training.as_ref().map(describe).transpose()?,
        };
        let mut json = serde_json::to_value(&configuration).map_err(Error::model_file)?;
        let views: BTreeMap<&str, TensorView<'_>> = tensors
            .iter()
            .map(|(name, tensor)| {
                TensorView::new(dtype::<T>(), tensor.shape.clone(), &tensor.bytes)
                    .map(|view| (name.as_str(), view))
                    .map_err(Error::model_file)
            })
            .collect::<Result<_>>()?;
        json["checksum"] = Value::from(NO_CHECKSUM);
        let text = canonical(&json);
        let text = exchange(&text, NO_CHECKSUM, &checksum(&text, &views));
        let metadata = HashMap::from([(KEY.to_string(), text)]);
        let bytes = serialize(views, Some(metadata)).map_err(Error::model_file)?;
        out.write_all(&bytes)?;
        Ok(())
    }

    fn tensors(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut tensors = BTreeMap::new();
        for (l, layer) in self.network.layers().iter().enumerate() {
            let weights = self.network.weights(l);
            let shape = vec![layer.units(), layer.inputs()];
            tensors.insert(format!("layers.{l}.weight"), Tensor::new(shape, weights.iter()));
            let biases = self.network.biases(l);
            tensors.insert(
                format!("layers.{l}.bias"),
                Tensor::new(vec![layer.units()], biases.iter()),
            );
        }
        let Some(training) = &self.training else { return Ok(tensors) };
        let count = self.network.parameter_count();
        let mut add = |name: &str, values: &[T]| {
            tensors.insert(format!("training.{name}"), Tensor::new(vec![values.len()], values));
        };
        if training.parameters.len() != count {
            return Err(Error::model_file("the training state belongs to another network"));
        }
        // Without early stopping the network itself holds the last parameters.
        if training.parameters != self.network.parameters() {
            add("parameters", &training.parameters);
        }
        if let Some(best) = &training.best_parameters
            && best != self.network.parameters()
        {
            add("best_parameters", best);
        }
        let names = training.optimizer.state_names();
        for (name, vector) in names.iter().zip(&training.optimizer_state.vectors) {
            add(name, vector);
        }
        if let Some(lbfgs) = &training.optimizer_state.lbfgs {
            for (name, vector) in lbfgs.vectors() {
                add(&format!("lbfgs.{name}"), vector);
            }
        }
        Ok(tensors)
    }

    fn read_from(file: &SafeTensors<'_>, configuration: Configuration) -> Result<Self> {
        let mut shape = Vec::new();
        let mut inputs = 0;
        for (l, &activation) in configuration.activations.iter().enumerate() {
            let name = format!("layers.{l}.weight");
            let weight = file.tensor(&name).map_err(|_| missing(&name))?;
            let [units, below] = *weight.shape() else {
                return Err(Error::model_file(format!("tensor {name} is not a matrix")));
            };
            if l == 0 {
                inputs = below;
            }
            shape.push((units, activation));
        }
        let mut network = Network::with_shape(inputs, &shape)
            .map_err(|e| Error::model_file(format!("a network that cannot be: {e}")))?;
        for (l, layer) in network.layers().to_vec().into_iter().enumerate() {
            let shape = [layer.units(), layer.inputs()];
            let (weights, biases) = (
                read_tensor::<T>(file, &format!("layers.{l}.weight"), &shape)?,
                read_tensor::<T>(file, &format!("layers.{l}.bias"), &shape[..1])?,
            );
            network.parameters_mut()[layer.weight_range()].copy_from_slice(&weights);
            network.parameters_mut()[layer.bias_range()].copy_from_slice(&biases);
        }
        let training = configuration
            .training
            .map(|training| read_training(file, training, &network))
            .transpose()?;
        Ok(Self { network, training, application: configuration.application })
    }
}

impl AnyModelFile {
    /// Reads a file of either number type.
    ///
    /// # Errors
    /// `ErrorKind::Io` when reading fails; `ErrorKind::ModelFile` when the file is not a model file of this project,
    /// is truncated or damaged, or was written by a later version.
    pub fn read(mut source: impl Read) -> Result<Self> {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Err(Error::model_file("the file is empty"));
        }
        let broken = |e: &dyn std::fmt::Display| {
            Error::model_file(format!(
                "not a safetensors file, or a truncated or damaged one ({e})"
            ))
        };
        let file = SafeTensors::deserialize(&bytes).map_err(|e| broken(&e))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| broken(&e))?;
        let text = header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(KEY))
            .ok_or_else(|| Error::model_file("a safetensors file, but not one of deltarule"))?;
        let json: Value = serde_json::from_str(text)
            .map_err(|e| Error::model_file(format!("damaged configuration ({e})")))?;
        check_version(&json)?;
        let views: BTreeMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
        let stored = json["checksum"].as_str().unwrap_or_default();
        if stored != checksum(&exchange(text, stored, NO_CHECKSUM), &views) {
            return Err(Error::model_file("the checksum does not match: the file is damaged"));
        }
        let configuration: Configuration = serde_json::from_value(json)
            .map_err(|e| Error::model_file(format!("damaged configuration ({e})")))?;
        match views.values().next().map(TensorView::dtype) {
            Some(Dtype::F32) => ModelFile::read_from(&file, configuration).map(Self::F32),
            Some(Dtype::F64) => ModelFile::read_from(&file, configuration).map(Self::F64),
            Some(other) => Err(Error::model_file(format!("numbers of type {other:?}"))),
            None => Err(Error::model_file("no tensors")),
        }
    }
}

fn check_version(json: &Value) -> Result<()> {
    let format = json["format"].as_str().unwrap_or_default();
    let version = format.strip_prefix(FORMAT).and_then(|v| v.parse::<u64>().ok());
    match version {
        Some(1..=FORMAT_VERSION) => Ok(()),
        Some(later) if later > FORMAT_VERSION => Err(Error::model_file(format!(
            "written in format version {later}, and this program reads up to {FORMAT_VERSION}: update it"
        ))),
        _ => Err(Error::model_file(format!("unknown format {format:?}"))),
    }
}

fn missing(name: &str) -> Error {
    Error::model_file(format!("tensor {name} is missing"))
}

fn read_tensor<T: Float>(file: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<T>> {
    let tensor = file.tensor(name).map_err(|_| missing(name))?;
    if tensor.dtype() != dtype::<T>() {
        return Err(Error::model_file(format!("tensor {name} is not {}", T::NAME)));
    }
    if tensor.shape() != shape {
        let got = tensor.shape();
        return Err(Error::model_file(format!("tensor {name} has shape {got:?}, not {shape:?}")));
    }
    // The length of the data was checked against shape and type when the file was opened.
    Ok(tensor.data().chunks_exact(T::BYTES).map(T::from_le_slice).collect())
}

fn describe<T: Float>(state: &TrainingState<T>) -> Result<TrainingMetadata> {
    let progress = &state.progress;
    let finite = |value: f64| value.is_finite();
    if !progress.records.iter().all(|r| finite(r.loss) && r.validation_loss.is_none_or(finite))
        || !progress.best_score.is_none_or(finite)
    {
        return Err(Error::model_file("a recorded loss is not finite and cannot be written"));
    }
    Ok(TrainingMetadata {
        optimizer: state.optimizer,
        previous_loss: state.optimizer_state.previous_loss,
        progress: progress.clone(),
        step: state.optimizer_state.step,
        lbfgs: state.optimizer_state.lbfgs.as_ref().map(LbfgsState::scalars),
    })
}

fn read_training<T: Float>(
    file: &SafeTensors<'_>,
    training: TrainingMetadata,
    network: &Network<T>,
) -> Result<TrainingState<T>> {
    let count = [network.parameter_count()];
    let optional = |name: &str| -> Result<Option<Vec<T>>> {
        let name = format!("training.{name}");
        if file.names().contains(&name.as_str()) {
            read_tensor(file, &name, &count).map(Some)
        } else {
            Ok(None)
        }
    };
    let parameters = optional("parameters")?.unwrap_or_else(|| network.parameters().to_vec());
    let best_parameters = match training.progress.best_epoch {
        Some(_) => {
            Some(optional("best_parameters")?.unwrap_or_else(|| network.parameters().to_vec()))
        }
        None => None,
    };
    let vectors = training
        .optimizer
        .state_names()
        .iter()
        .map(|name| read_tensor(file, &format!("training.{name}"), &count))
        .collect::<Result<_>>()?;
    let lbfgs = if let Optimizer::Lbfgs(options) = &training.optimizer {
        let missing = || Error::model_file("the memory of lbfgs is missing");
        let scalars = training.lbfgs.as_ref().ok_or_else(missing)?;
        let vector = |name: &str| read_tensor(file, &format!("training.lbfgs.{name}"), &count);
        Some(LbfgsState::from_parts(options, count[0], scalars, vector)?)
    } else {
        None
    };
    Ok(TrainingState {
        parameters,
        optimizer: training.optimizer,
        optimizer_state: OptimizerState {
            step: training.step,
            previous_loss: training.previous_loss,
            vectors,
            lbfgs,
        },
        progress: training.progress,
        best_parameters,
    })
}

/// Exchanges the digits of the checksum.
///
/// Only `training` comes after it and has no such key, and a quote inside a string is escaped: the last place is ours.
fn exchange(text: &str, from: &str, to: &str) -> String {
    match text.rfind(&format!("{CHECKSUM}{from}")) {
        Some(place) => {
            let digits = place + CHECKSUM.len();
            format!("{}{to}{}", &text[..digits], &text[digits + from.len()..])
        }
        None => text.to_string(),
    }
}

/// The CRC-32 of the configuration without its checksum and of every tensor's name, type, shape and bytes.
fn checksum<S: AsRef<str> + Ord>(text: &str, tensors: &BTreeMap<S, TensorView<'_>>) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(text.as_bytes());
    for (name, tensor) in tensors {
        hasher.update(name.as_ref().as_bytes());
        hasher.update(format!("{:?}{:?}", tensor.dtype(), tensor.shape()).as_bytes());
        hasher.update(tensor.data());
    }
    format!("{:08x}", hasher.finalize())
}

/// JSON with sorted keys, whatever order the parser keeps.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<&String, &Value> = object.iter().collect();
            let members: Vec<String> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}
