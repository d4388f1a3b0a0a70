"""What scikit-learn's estimators do not have."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils.class_weight import compute_sample_weight

from deltarule import MLPClassifier, MLPRegressor, from_sklearn
from deltarule._names import ACTIVATIONS

IRIS = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def _unconverged() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield




@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_onnx_of_every_activation(activation: str, tmp_path: Any) -> None:
    X, y = IRIS
    kind = {"hidden_layer_sizes": (7, 5), "activation": activation, "random_state": 0, "max_iter": 20}
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    cases: list[Any] = [
        (MLPClassifier(**kind), y),
        (MLPClassifier(**kind), (y == 1).astype(int)),
        (MLPClassifier(**kind, output_activation="logistic"), np.array(["a", "b", "ü"], dtype=object)[y]),
        (MLPClassifier(**kind), np.eye(3, dtype=int)[y]),
        (MLPRegressor(**kind), X[:, 0]),
        (MLPRegressor(**kind, loss="poisson"), np.round(np.abs(X[:, :2]))),
        (MLPRegressor(**kind, output_activation=activation), X[:, :2] / 10),
    ]
    for estimator, target in cases:
        estimator.fit(X, target)
        model = estimator.to_onnx()
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        outputs = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"X": X}), strict=True))
        if isinstance(estimator, MLPClassifier):
            assert list(outputs) == ["label", "probabilities"]
            expected = estimator.predict_proba(X)
            np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-5)
            sure = np.abs(np.diff(np.sort(expected, axis=1))[:, -1]) > 1e-4
            if expected.ndim == 2 and target.ndim == 1:
                np.testing.assert_array_equal(outputs["label"][sure].astype(str), estimator.predict(X)[sure].astype(str))
            else:
                sure = np.abs(expected - 0.5).min(axis=1) > 1e-4
                np.testing.assert_array_equal(outputs["label"][sure], estimator.predict(X)[sure])
        else:
            assert list(outputs) == ["variable"]
            expected = estimator.predict(X).reshape(len(X), -1)
            np.testing.assert_allclose(outputs["variable"], expected, rtol=1e-5, atol=1e-5)


def test_onnx_in_double_precision_and_its_errors() -> None:
    fitted = MLPClassifier(random_state=0, max_iter=5).fit(*IRIS)
    model = fitted.to_onnx(input_name="features", opset=20)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    got = session.run(["probabilities"], {"features": IRIS[0]})[0]
    np.testing.assert_allclose(got, fitted.predict_proba(IRIS[0]), atol=1e-12)
    with pytest.raises(ValueError, match="at least 17"):
        fitted.to_onnx(opset=13)


@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_save_and_load(tmp_path: Any, Estimator: Any, dtype: Any) -> None:
    X, y = IRIS[0].astype(dtype), IRIS[1]
    for target in (y, np.eye(3)[y].astype(int)):
        fitted = Estimator(activation=["silu"], n_iter_no_change=np.inf, max_iter=9, random_state=1).fit(X, target)
        fitted.save(tmp_path / "model.safetensors")
        again = Estimator.load(tmp_path / "model.safetensors")
        assert again.get_params() == fitted.get_params()
        np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
        assert again.loss_curve_ == fitted.loss_curve_
        again.save(tmp_path / "again.safetensors")
        assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()
        again.partial_fit(X, target)
    named = MLPClassifier(max_iter=3).fit(X, np.array(["a", "b", "c"])[y])
    named.save(tmp_path / "named")
    assert list(MLPClassifier.load(tmp_path / "named").predict(X)) == list(named.predict(X))
    with pytest.raises(ValueError, match="holds a MLPClassifier, not a MLPRegressor"):
        MLPRegressor.load(tmp_path / "named")
    damaged = bytearray((tmp_path / "named").read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "named").write_bytes(damaged)
    with pytest.raises(ValueError, match="model file"):
        MLPClassifier.load(tmp_path / "named")
    with pytest.raises(OSError, match="No such file"):
        MLPClassifier.load(tmp_path / "nothing")


def test_the_model_file_is_a_safetensors_file_of_the_weights(tmp_path: Any) -> None:
    fitted = MLPClassifier(hidden_layer_sizes=4, max_iter=3).fit(*IRIS)
    fitted.save(tmp_path / "model.safetensors")
    data = (tmp_path / "model.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    import json

    header = json.loads(data[8 : 8 + length])
    begin, end = header["layers.0.weight"]["data_offsets"]
    weights = np.frombuffer(data[8 + length :][begin:end]).reshape(header["layers.0.weight"]["shape"])
    np.testing.assert_array_equal(weights, fitted.coefs_[0].T)


@pytest.mark.parametrize("solver", ["adamw", "rprop"])
def test_solvers(solver: str) -> None:
    X, y = IRIS
    clf = MLPClassifier(solver=solver, learning_rate_init=0.01, max_iter=100, random_state=0, hidden_layer_sizes=20)
    assert clf.fit(X, y).score(X, y) > 0.95
    assert clf.loss_curve_[-1] < 0.3 * clf.loss_curve_[0]
    regr = MLPRegressor(solver=solver, learning_rate_init=0.01, max_iter=200, tol=0.0, random_state=0)
    assert regr.fit(X[:, 1:], X[:, 0]).score(X[:, 1:], X[:, 0]) > 0.7


def test_adamw_decays_weights_apart_from_the_gradient() -> None:
    """One step from known parameters, worked out here: w − η m̂/(√v̂ + ε) − η λ w, biases without decay."""
    X, y = np.array([[1.0, 2.0]]), np.array([3.0])
    eta, decay, epsilon = 0.1, 0.5, 1e-8
    regr = MLPRegressor(solver="adamw", alpha=decay, learning_rate_init=eta, hidden_layer_sizes=(), max_iter=1)
    regr.fit(X, y)
    regr.coefs_, regr.intercepts_ = [np.array([[0.2], [-0.4]])], [np.array([0.1])]
    w, b = regr.coefs_[0].copy(), regr.intercepts_[0].copy()
    del regr._optimizer
    regr.partial_fit(X, y)
    error = X @ w + b - y
    g = X.T @ error
    np.testing.assert_allclose(regr.coefs_[0], w - eta * g / (np.abs(g) + epsilon) - eta * decay * w, rtol=1e-12)
    np.testing.assert_allclose(regr.intercepts_[0], b - eta * np.sign(error[0]), rtol=1e-6)


@pytest.mark.parametrize("schedule", ["step", "exponential", "cosine"])
def test_schedules_and_warmup(schedule: str) -> None:
    rates: list[float] = []
    parameters: dict[str, Any] = {"callbacks": lambda record: rates.append(record.learning_rate), "tol": 0.0}
    parameters |= {"max_iter": 40, "n_iter_no_change": 1000, "random_state": 0}
    MLPClassifier(learning_rate=schedule, warmup=3, **parameters).fit(*IRIS)
    e = np.arange(37)
    expected = {
        "step": 0.1 ** (e // 30),
        "exponential": 0.95**e,
        "cosine": 0.5 * (1 + np.cos(np.pi * e / 37)),
    }[schedule]
    np.testing.assert_allclose(rates, 0.001 * np.concatenate([[0.25, 0.5, 0.75], expected]), rtol=1e-12)
    rates.clear()
    MLPClassifier(warmup=3, solver="sgd", learning_rate="invscaling", **parameters).fit(*IRIS)
    seen = 150.0 * np.arange(40)
    factors = np.where(seen > 0, (seen + 1) ** -0.5, 1.0) * np.minimum(1, (np.arange(40) + 1) / 4)
    np.testing.assert_allclose(rates, 0.001 * factors, rtol=1e-12)


def test_class_weights_are_sample_weights() -> None:
    X, y = IRIS[0][30:], IRIS[1][30:]
    for weights in ("balanced", {0: 5.0, 1: 1.0, 2: 0.5}):
        one = MLPClassifier(class_weight=weights, random_state=0, max_iter=10).fit(X, y)
        other = MLPClassifier(random_state=0, max_iter=10).fit(X, y, sample_weight=compute_sample_weight(weights, y))
        np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])
    with pytest.raises(ValueError, match="not supported for partial_fit"):
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1, 2])


def test_label_smoothing_is_a_loss_on_other_targets() -> None:
    """The loss of the first step, worked out here; and probabilities that do not become extreme."""
    X, y = IRIS
    clf = MLPClassifier(label_smoothing=0.2, alpha=0.0, batch_size=150, max_iter=1, random_state=0, shuffle=False).fit(X, y)
    plain = theirs.MLPClassifier(alpha=0.0, batch_size=150, max_iter=1, random_state=0, shuffle=False)
    plain.partial_fit(X, y, classes=[0, 1, 2])
    start = theirs.MLPClassifier(random_state=0, max_iter=1, learning_rate_init=1e-300, batch_size=150).fit(X, y)
    targets = 0.8 * np.eye(3)[y] + 0.2 / 3
    expected = -(targets * np.log(start.predict_proba(X))).sum(axis=1).mean()
    assert clf.loss_curve_[0] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(ValueError, match="label_smoothing"):
        MLPClassifier(label_smoothing=0.1, loss="huber").fit(X, y)


def test_dropout_silences_in_training_only() -> None:
    X, y = IRIS
    clf = MLPClassifier(dropout=0.5, random_state=0, max_iter=30, learning_rate_init=0.01).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), clf.predict_proba(X))
    again = MLPClassifier(dropout=0.5, random_state=0, max_iter=30, learning_rate_init=0.01).fit(X, y)
    np.testing.assert_array_equal(clf.coefs_[0], again.coefs_[0])
    without = MLPClassifier(random_state=0, max_iter=30, learning_rate_init=0.01).fit(X, y)
    assert clf.loss_ > without.loss_
    assert clf.score(X, y) > 0.9
    for solver in ("lbfgs", "rprop"):
        with pytest.raises(ValueError, match="dropout does not go with"):
            MLPClassifier(dropout=0.5, solver=solver).fit(X, y)


@pytest.mark.parametrize("loss", ["mean_squared_error", "sum_squared_error", "absolute_error", "huber", "squared_error"])
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_losses(several_outputs: Any, loss: str, solver: str) -> None:
    """The first loss of a run, from the definitions."""
    X, t = several_outputs
    t = 3 * t
    start = theirs.MLPRegressor(random_state=0, max_iter=1, learning_rate_init=1e-300, batch_size=len(X)).fit(X, t)
    d = start.predict(X) - t
    by_hand = {
        "mean_squared_error": (d**2).mean(axis=1),
        "sum_squared_error": (d**2).sum(axis=1),
        "squared_error": 0.5 * (d**2).mean(axis=1),
        "absolute_error": np.abs(d).sum(axis=1),
        "huber": np.where(np.abs(d) <= 1, 0.5 * d**2, np.abs(d) - 0.5).sum(axis=1),
    }[loss].mean()
    regr = MLPRegressor(loss, alpha=0.0, solver=solver, random_state=0, max_iter=30, batch_size=len(X), tol=0.0)
    if solver == "lbfgs":
        regr.fit(X, t)
        at = np.hstack([values.ravel() for values in start.coefs_ + start.intercepts_])
        assert regr._loss_grad_lbfgs(at, X, t, None)[0] == pytest.approx(by_hand, rel=1e-9)
        assert regr.loss_ < by_hand
    else:
        regr.fit(X, t)
        assert regr.loss_curve_[0] == pytest.approx(by_hand, rel=1e-9)
        assert regr.loss_curve_[-1] < regr.loss_curve_[0]


def test_validation_data() -> None:
    X, y = IRIS
    order = np.random.default_rng(0).permutation(len(X))
    train, held = order[:100], order[100:]
    data = (X[held], y[held])
    seen: list[Any] = []
    clf = MLPClassifier(validation_data=data, max_iter=20, random_state=0, callbacks=[seen.append]).fit(X[train], y[train])
    assert len(clf.validation_loss_curve_) == clf.n_iter_ == 20
    assert clf.validation_loss_curve_[-1] == pytest.approx(log_loss(y[held], clf.predict_proba(X[held])), rel=1e-12)
    assert [record.validation_loss for record in seen] == clf.validation_loss_curve_
    assert [record.epoch for record in seen] == list(range(1, 21))
    plain = theirs.MLPClassifier(max_iter=20, random_state=0).fit(X[train], y[train])
    np.testing.assert_allclose(clf.loss_curve_, plain.loss_curve_, rtol=1e-9)
    early = MLPClassifier(
        validation_data=data, early_stopping=True, scoring="loss", n_iter_no_change=3, max_iter=2000, random_state=0,
        learning_rate_init=0.05,
    ).fit(X[train], y[train])
    assert early.early_stopped_
    assert early.best_validation_score_ == -min(early.validation_loss_curve_)
    assert -log_loss(y[held], early.predict_proba(X[held])) == pytest.approx(early.best_validation_score_, rel=1e-12)
    for scoring in ("neg_log_loss", "roc_auc_ovr", lambda e, X, y: accuracy_score(y, e.predict(X))):
        clf = MLPClassifier(early_stopping=True, scoring=scoring, max_iter=5, random_state=0).fit(X, y)
        assert len(clf.validation_scores_) == 5
    with pytest.raises(ValueError, match="classes that y does not have"):
        MLPClassifier(validation_data=(X, y + 1)).fit(X[train], y[train])


def test_partial_fit_stops_early_on_validation_data() -> None:
    X, y = IRIS
    clf = MLPClassifier(
        validation_data=(X[::3], y[::3]), early_stopping=True, n_iter_no_change=5, random_state=0, learning_rate_init=0.05
    )
    for _ in range(2000):
        clf.partial_fit(X, y, classes=[0, 1, 2])
        if clf.early_stopped_:
            break
    assert clf.early_stopped_
    assert clf.score(X[::3], y[::3]) == clf.best_validation_score_ == max(clf.validation_scores_)


def test_partial_fit_of_labels_in_several_calls() -> None:
    X, y = make_multilabel_classification(n_samples=200, random_state=0)
    clf, reference = (E(random_state=0, max_iter=5) for E in (MLPClassifier, theirs.MLPClassifier))
    for start in range(0, 200, 50):
        clf.partial_fit(X[start : start + 50], y[start : start + 50], classes=np.arange(5))
        reference.partial_fit(X[start : start + 50], y[start : start + 50], classes=np.arange(5))
    np.testing.assert_allclose(clf.coefs_[0], reference.coefs_[0], rtol=1e-9)
    assert clf.predict(X).shape == y.shape


def test_callbacks_stop() -> None:
    clf = MLPClassifier(callbacks=lambda record: record.epoch == 4, max_iter=50).fit(*IRIS)
    assert clf.n_iter_ == 4


def test_activations_of_each_layer() -> None:
    X, y = IRIS
    clf = MLPClassifier((6, 5), activation=["mish", "logistic"], random_state=0, max_iter=5).fit(X, y)
    h = X @ clf.coefs_[0] + clf.intercepts_[0]
    h = h * np.tanh(np.log1p(np.exp(h)))
    h = 1 / (1 + np.exp(-(h @ clf.coefs_[1] + clf.intercepts_[1])))
    z = h @ clf.coefs_[2] + clf.intercepts_[2]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    np.testing.assert_allclose(clf.predict_proba(X), e / e.sum(axis=1, keepdims=True), rtol=1e-12)
    with pytest.raises(ValueError, match="one for each is needed"):
        MLPClassifier((6, 5), activation=["mish"]).fit(X, y)
    with pytest.raises(ValueError, match="activation"):
        MLPClassifier((6,), activation=["tanhh"]).fit(X, y)


def test_from_sklearn() -> None:
    X, y = IRIS
    for Estimator, target in ((theirs.MLPClassifier, y), (theirs.MLPRegressor, X[:, 0])):
        fitted = Estimator(random_state=0, max_iter=10).fit(X, target)
        ours = from_sklearn(fitted)
        assert type(ours).__module__.startswith("deltarule")
        np.testing.assert_allclose(ours.predict(X), fitted.predict(X), rtol=1e-12)
        ours.partial_fit(X, target)
    with pytest.raises(TypeError, match="takes an MLPClassifier"):
        from_sklearn(3)


def test_plots() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    from deltarule import plot

    X, y = IRIS
    clf = MLPClassifier((20, 3), early_stopping=True, max_iter=20, random_state=0).fit(X, y)
    ax = plot.loss(clf)
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), clf.loss_curve_)
    np.testing.assert_array_equal(ax.get_lines()[1].get_ydata(), clf.validation_loss_curve_)
    assert plot.confusion(clf, X, y).images[0].get_array().sum() == len(X)
    assert plot.decision_boundary(clf, X, y, features=(2, 3), resolution=30).get_xlabel() == "feature 2"
    regr = MLPRegressor(max_iter=5).fit(X, X[:, 0])
    plot.decision_boundary(regr, X, X[:, 0], resolution=30)
    assert len(plot.network(clf).get_xticks()) == 4
    with pytest.raises(ValueError, match="loss_curve_"):
        plot.loss(MLPClassifier(solver="lbfgs").fit(X, y))
    pyplot.close("all")
