"""Estimators whose settings, parameters and files change between two calls."""

from __future__ import annotations

import copy
import os
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from deltarule import MLPClassifier, MLPRegressor, TabularClassifier, plot

X, Y = load_iris(return_X_y=True)
T = X[:, 0]


@pytest.fixture(autouse=True)
def _unconverged() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def both(**parameters: Any) -> list[Any]:
    """Both classifiers after some epochs."""
    given = {"hidden_layer_sizes": 6, "random_state": 0, "max_iter": 5, **parameters}
    return [Estimator(**given).fit(X, Y) for Estimator in (MLPClassifier, theirs.MLPClassifier)]


@pytest.mark.parametrize("change", [{"activation": "logistic"}, {"alpha": 0.5}, {"learning_rate_init": 1.0}, {"momentum": 0.1}])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit_after_other_settings_is_scikit_learns(change: Any, solver: str) -> None:
    ours, reference = both(solver=solver)
    for estimator in (ours, reference):
        estimator.set_params(**change)
        for _ in range(3):
            estimator.partial_fit(X, Y)
    for one, other in zip(ours.coefs_, reference.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(ours.predict_proba(X), reference.predict_proba(X), rtol=1e-7)


def test_adamw_follows_alpha() -> None:
    pair = [MLPClassifier(solver="adamw", random_state=0, max_iter=3, hidden_layer_sizes=4).fit(X, Y) for _ in range(2)]
    pair[1].set_params(alpha=0.9)
    for estimator in pair:
        estimator.partial_fit(X, Y)
    assert np.abs(pair[1].coefs_[0]).sum() < np.abs(pair[0].coefs_[0]).sum()


def test_stopped_early_and_trained_on_the_best_stay_the_best() -> None:
    clf = MLPClassifier(
        5, random_state=0, early_stopping=True, validation_data=(X[::3], Y[::3]), scoring="loss", tol=0.0,
        n_iter_no_change=2, learning_rate_init=0.5, solver="sgd", momentum=0.95,
    )
    stops = 0
    for _ in range(60):
        clf.partial_fit(X, (Y + 1) % 3, classes=[0, 1, 2])
        if clf.early_stopped_:
            stops += 1
            certainty = clf.predict_proba(X[::3])[np.arange(50), Y[::3]]
            assert np.log(certainty).mean() == pytest.approx(clf.best_validation_score_, rel=1e-9)
    assert stops > 1


def test_a_scorer_gets_targets_as_predictions_are() -> None:
    shapes = []

    def scorer(estimator: Any, X: Any, y: Any) -> float:
        shapes.append((y.shape, estimator.predict(X).shape))
        return -float(np.mean(np.abs(y - estimator.predict(X))))

    kind: dict[str, Any] = {"max_iter": 3, "random_state": 0, "early_stopping": True}
    own = MLPRegressor(**kind, scoring=scorer).fit(X, T).validation_scores_
    named = MLPRegressor(**kind, scoring="neg_mean_absolute_error").fit(X, T).validation_scores_
    np.testing.assert_allclose(own, named, rtol=1e-12)
    assert all(y == predicted for y, predicted in shapes)


def test_weights_that_nothing_can_be_made_of_are_refused_by_every_solver() -> None:
    for solver in ("lbfgs", "adam", "sgd", "rprop"):
        for weights in (-np.ones(150), np.zeros(150), np.r_[-1.0, np.ones(149)]):
            with pytest.raises(ValueError, match="[Ss]ample weight"):
                MLPClassifier(solver=solver, max_iter=3).fit(X, Y, weights)
        with pytest.raises(ValueError, match="[Ss]ample weight"):
            MLPClassifier(solver=solver, max_iter=3, class_weight={0: 0, 1: 0, 2: 0}).fit(X, Y)


def test_a_batch_that_counts_nothing_leaves_the_loss_a_number() -> None:
    weights = np.r_[np.zeros(50), np.ones(100)]
    for loss in ("poisson", "squared_error"):
        regr = MLPRegressor(loss, batch_size=25, shuffle=False, max_iter=3, random_state=0).fit(X, T, weights)
        assert np.isfinite(regr.loss_curve_).all()


def test_files_keep_every_setting_that_a_file_can_hold(tmp_path: Any) -> None:
    clf = MLPClassifier(np.array([3, 2]), class_weight={0: 1, 1: 5, 2: 1.5}, max_iter=2, tol=np.float64(0.1)).fit(X, Y)
    clf.save(tmp_path / "model")
    again = MLPClassifier.load(tmp_path / "model")
    assert list(again.hidden_layer_sizes) == [3, 2]
    assert again.class_weight == {0: 1, 1: 5, 2: 1.5}
    clf.set_params(verbose=object())
    with pytest.raises(ValueError, match="verbose cannot be written"):
        clf.save(tmp_path / "model")
    with pytest.raises(FileNotFoundError):
        MLPClassifier.load(tmp_path / "nothing")


@pytest.mark.parametrize("solver", ["adam", "sgd", "adamw", "rprop"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_loaded_model_trains_on(tmp_path: Any, solver: str, early_stopping: bool) -> None:
    data = (X[::2], Y[::2])
    kind: dict[str, Any] = {"early_stopping": early_stopping, "max_iter": 300, "learning_rate_init": 0.05}
    MLPClassifier(solver=solver, random_state=0, **kind).fit(X, Y).save(tmp_path / "model")
    again = MLPClassifier.load(tmp_path / "model").set_params(validation_data=data if early_stopping else None)
    for _ in range(3):
        again.partial_fit(X, Y)
    MLPClassifier.load(tmp_path / "model").set_params(warm_start=True).fit(X, Y)


def test_a_callback_may_copy_the_estimator() -> None:
    copies = []
    clf = MLPClassifier(max_iter=4, random_state=0, callbacks=lambda record: copies.append(copy.deepcopy(record.estimator.coefs_[0])))
    clf.fit(X, Y)
    kept: list[Any] = []

    class Keeper:
        def __deepcopy__(self, memo: Any) -> Any:
            return self

        def __call__(self, record: Any) -> None:
            kept.append(copy.deepcopy(record.estimator))

    MLPClassifier(max_iter=4, random_state=0, callbacks=Keeper()).fit(X, Y)
    assert len(kept) == len(copies) == 4
    for one, other in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(one.coefs_[0], other)
        one.set_params(callbacks=None).partial_fit(X, Y)


def test_a_training_without_validation_has_no_curve_of_another() -> None:
    clf = MLPClassifier(max_iter=3, random_state=0, validation_data=(X, Y)).fit(X, Y)
    clf.set_params(validation_data=None, max_iter=2).fit(X, Y)
    assert not hasattr(clf, "validation_loss_curve_")
    plot.loss(clf)


def test_early_stopping_may_be_switched_on_and_off() -> None:
    clf = MLPClassifier(max_iter=3, random_state=0).fit(X, Y)
    clf.set_params(early_stopping=True, validation_data=(X, Y)).partial_fit(X, Y)
    assert len(clf.validation_scores_) == 1
    clf.set_params(early_stopping=False, validation_data=None).partial_fit(X, Y)
    regr = MLPRegressor(max_iter=3, random_state=0, warm_start=True).fit(X, T)
    regr.set_params(loss="poisson").fit(X, T)
    assert regr.out_activation_ == "exp"


def test_what_would_be_ignored_is_refused() -> None:
    for parameters, message in (
        ({"scoring": "accuracy"}, "early_stopping=True"),
        ({"scoring": "acuracy", "early_stopping": True}, "acuracy"),
        ({"validation_data": (X, Y, Y)}, r"not \(X, y\)"),
        ({"callbacks": [1]}, "cannot be called"),
        ({"validation_data": (X, np.eye(3, dtype=int)[Y])}, "another kind"),
    ):
        with pytest.raises(ValueError, match=message):
            MLPClassifier(max_iter=2, **parameters).fit(X, Y)
    MLPClassifier(solver="lbfgs", callbacks=[], max_iter=2).fit(X, Y)
    MLPClassifier(n_jobs=np.int64(2), max_iter=2).fit(X, Y)


def test_numbers_may_lie_anywhere() -> None:
    shifted = np.frombuffer(b"\0" + X.tobytes(), dtype=np.uint8)[1:].view(np.float64).reshape(X.shape)
    assert not shifted.flags.aligned
    expected = MLPClassifier(max_iter=3, random_state=0).fit(X, Y)
    got = MLPClassifier(max_iter=3, random_state=0).fit(shifted, Y)
    np.testing.assert_array_equal(got.predict_proba(shifted), expected.predict_proba(X))
    expected.intercepts_ = [intercept.reshape(1, -1) for intercept in expected.intercepts_]
    np.testing.assert_array_equal(expected.predict_proba(X), got.predict_proba(X))


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
def test_the_step_that_is_shown_is_that_of_the_settings_now(solver: str) -> None:
    clf = MLPClassifier(6, solver=solver, random_state=0, max_iter=5, alpha=0.01).fit(X, Y)
    for change in ({"activation": "tanh"}, {"alpha": 0.7}, {"solver": "adam"}, {"output_activation": "logistic"}):
        clf.set_params(**change)
        agrees_with_partial_fit(clf, X[:20], Y[:20])


def agrees_with_partial_fit(estimator: Any, x: Any, y: Any) -> None:
    before = estimator.out_activation_
    step = estimator.explain_step(x, y).step
    assert estimator.out_activation_ == before
    estimator.partial_fit(x, y)
    for layer, coef in enumerate(estimator.coefs_, start=1):
        np.testing.assert_allclose(step.weights[layer].T, coef, rtol=1e-12)


def test_the_step_that_is_shown_has_the_outputs_of_the_loss_now() -> None:
    regr = MLPRegressor(hidden_layer_sizes=6, random_state=0, max_iter=5).fit(X, T)
    agrees_with_partial_fit(regr.set_params(loss="poisson"), X[:20], T[:20])


def test_the_batch_is_that_of_the_optimiser_that_goes_on() -> None:
    x, y = np.tile(X, (4, 1)), np.tile(Y, 4)
    clf = MLPClassifier(6, solver="rprop", random_state=0, max_iter=5).fit(x, y)
    agrees_with_partial_fit(clf.set_params(solver="adam"), x, y)
    clf = MLPClassifier(6, random_state=0, max_iter=5).fit(x, y).set_params(solver="rprop")
    with pytest.raises(ValueError, match="600 rows are more than a batch, which has 200"):
        clf.explain_step(x, y)


def test_steps_are_shown_to_several_at_the_same_time() -> None:
    clf = MLPClassifier(6, solver="adamw", random_state=0, max_iter=5).fit(X, Y)
    expected = str(clf.explain_step(X[:20], Y[:20]))
    with ThreadPoolExecutor(4) as pool:
        shown = [pool.submit(lambda: str(clf.explain_step(X[:20], Y[:20]))) for _ in range(40)]
        assert {one.result() for one in shown} == {expected}
    clf.set_params(alpha=-1.0)
    with pytest.raises(ValueError, match="weight_decay"):
        clf.explain_step(X[:20], Y[:20])
    assert str(pickle.loads(pickle.dumps(clf)).set_params(alpha=1e-4).explain_step(X[:20], Y[:20])) == expected


def test_arrays_that_are_no_network_predict_nothing() -> None:
    clf = MLPClassifier(4, random_state=0, max_iter=5).fit(X, Y)
    expected, coefs = clf.predict_proba(X), clf.coefs_
    for wrong in (coefs[0][:3], coefs[0][:, :2], coefs[0].reshape(2, 8)):
        clf.coefs_ = [np.ascontiguousarray(wrong), coefs[1]]
        for _ in range(2):
            with pytest.raises(ValueError, match="coefs_|features"):
                clf.predict_proba(X)
    clf.coefs_ = coefs
    np.testing.assert_array_equal(clf.predict_proba(X), expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_number_that_is_none_is_found_among_many(order: Any) -> None:
    x = np.asarray(np.tile(X, (100, 1)), order=order)
    clf = MLPClassifier(200, random_state=0, max_iter=2, n_jobs=2).fit(X, Y)
    clf.predict_proba(x)
    for value in (np.nan, np.inf):
        x[12345, 2] = value
        with pytest.raises(ValueError, match="Input X contains"):
            clf.predict_proba(x)


def test_a_lazy_table_is_a_table() -> None:
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"x": np.arange(60.0), "y": ["low"] * 30 + ["high"] * 30}).lazy()
    assert TabularClassifier(max_iter=20).fit(table, "y").score(table) > 0.9


def test_a_model_file_may_have_a_name_that_is_no_text(tmp_path: Any) -> None:
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"x": np.arange(60.0), "y": ["low"] * 30 + ["high"] * 30})
    fitted = TabularClassifier(max_iter=5).fit(table, "y")
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.safetensors")
    fitted.save(path)
    assert TabularClassifier.load(path).predict(table).tolist() == fitted.predict(table).tolist()
    with open(path, "wb") as file:
        file.write(b"no model")
    with pytest.raises(ValueError, match="caf"):
        TabularClassifier.load(path)


def test_a_training_after_lbfgs_does_not_fall_back_to_where_that_began() -> None:
    clf = MLPClassifier(4, solver="lbfgs", early_stopping=True, random_state=0, max_iter=20).fit(X, Y)
    trained = [coef.copy() for coef in clf.coefs_]
    # No score is the best one, so that nothing is kept for the end.
    clf.set_params(solver="adam", warm_start=True, max_iter=1, scoring=lambda *_: float("nan")).fit(X, Y)
    for coef, before in zip(clf.coefs_, trained, strict=True):
        assert 0 < np.abs(coef - before).max() < 0.01
