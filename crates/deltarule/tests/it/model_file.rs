//! Model files: what goes in comes out, other readers see the tensors, and hostile files are refused.

use deltarule::{
    Activation, Adam, AnyModelFile, EarlyStopping, ErrorKind, Float, Lbfgs, Loss, ModelFile,
    Network, Optimizer, Rmsprop, Rprop, Sgd, Trainer, TrainingState,
};
use ndarray::Array2;
use serde_json::json;

fn trained<T: Float>(optimizer: Optimizer) -> ModelFile<T> {
    let x =
        Array2::from_shape_fn((30, 4), |(i, j)| T::from_f64(((i * 5 + j * 3) % 11) as f64 / 11.0));
    let t = Array2::from_shape_fn((30, 2), |(i, j)| if i % 2 == j { T::ONE } else { T::ZERO });
    let mut network = Network::<T>::builder(4)
        .layer(3, Activation::Gelu)
        .layer(2, Activation::Softmax)
        .build()
        .unwrap();
    let mut state = TrainingState::new(&network, optimizer);
    Trainer::new(Loss::CrossEntropy)
        .optimizer(optimizer)
        .epochs(3)
        .hold_out(0.3, true)
        .early_stopping(EarlyStopping::default())
        .resume(&mut network, &mut state, x.view(), t.view())
        .unwrap();
    let application =
        json!({ "b": [0.1, 1e-300, 12345678901234567_u64], "a": { "checksum": "00000000" } });
    ModelFile { network, training: Some(state), application }
}

fn bytes<T: Float>(file: &ModelFile<T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.write(&mut bytes).unwrap();
    bytes
}

#[test]
fn every_optimizer_comes_back_with_its_state() {
    let all: [Optimizer; 5] = [
        Sgd { momentum: 0.9, ..Sgd::default() }.into(),
        Adam::default().into(),
        Rmsprop::default().into(),
        Rprop::default().into(),
        Lbfgs::default().into(),
    ];
    for optimizer in all {
        let single = trained::<f32>(optimizer);
        let AnyModelFile::F32(read) = AnyModelFile::read(bytes(&single).as_slice()).unwrap() else {
            panic!("not f32")
        };
        assert_eq!(read, single, "{}", optimizer.name());
        assert_eq!(bytes(&read), bytes(&single));
        let double = trained::<f64>(optimizer);
        let AnyModelFile::F64(read) = AnyModelFile::read(bytes(&double).as_slice()).unwrap() else {
            panic!("not f64")
        };
        assert_eq!(read, double);
    }
}

#[test]
fn any_reader_of_safetensors_sees_the_tensors() {
    let file = trained::<f32>(Adam::default().into());
    let bytes = bytes(&file);
    let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let weight = read.tensor("layers.0.weight").unwrap();
    assert_eq!(weight.shape(), [3, 4]);
    assert_eq!(read.tensor("layers.1.bias").unwrap().shape(), [2]);
    let first = f32::from_le_bytes(weight.data()[..4].try_into().unwrap());
    assert_eq!(first, file.network.weights(0)[[0, 0]]);
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let keys: Vec<&String> = header.metadata().as_ref().unwrap().keys().collect();
    assert_eq!(keys, ["deltarule"]);
}

#[track_caller]
fn refused(bytes: &[u8], message: &str) {
    let error = AnyModelFile::read(bytes).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ModelFile(_)), "{error}");
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn hostile_files() {
    let good = bytes(&trained::<f32>(Lbfgs::default().into()));
    for cut in 0..good.len() {
        assert!(AnyModelFile::read(&good[..cut]).is_err(), "cut at {cut}");
    }
    for byte in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[byte] ^= 1 << bit;
            assert!(AnyModelFile::read(bad.as_slice()).is_err(), "bit {bit} of byte {byte}");
        }
    }
    refused(b"", "empty");
    refused(&[0xff; 64], "not a safetensors file");
    // A header that claims more than there is.
    let mut long = good.clone();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    refused(&long, "truncated or damaged");
    // Bytes after the end.
    let mut more = good;
    more.extend([0; 9]);
    assert!(AnyModelFile::read(more.as_slice()).is_err());
    // A safetensors file of another program.
    let tensor =
        safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4]).unwrap();
    let foreign = safetensors::serialize([("x", tensor)], None).unwrap();
    refused(&foreign, "not one of deltarule");
}

#[test]
fn a_loss_that_is_not_finite_is_not_written() {
    let mut file = trained::<f64>(Adam::default().into());
    if let Some(training) = &mut file.training {
        training.progress.records[0].loss = f64::NAN;
    }
    let mut bytes = Vec::new();
    assert!(file.write(&mut bytes).is_err());
    assert!(bytes.is_empty());
}
