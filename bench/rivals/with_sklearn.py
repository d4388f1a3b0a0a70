"""scikit-learn: MLPClassifier, from given parameters.

Its Adam adds epsilon before the correction of the second moment; within ten steps that does not show in the losses.
"""

import common

threads = common.use_threads()

import time
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")


class Given(MLPClassifier):
    """Starts from given parameters, and keeps the time at the end of each epoch.

    Two classes have a softmax unit each, as with the other programs; scikit-learn itself would take one logistic unit.
    """

    def _validate_input(self, *arguments, **keywords):
        x, y = super()._validate_input(*arguments, **keywords)
        if y.shape[1] == 1:
            y = np.hstack([1 - y, y])
            self._label_binarizer.y_type_ = "multiclass"
        return x, y

    def _initialize(self, *arguments):
        super()._initialize(*arguments)
        for l, (weights, biases) in enumerate(self.given):
            self.coefs_[l][...] = weights.T
            self.intercepts_[l][...] = biases

    def _update_no_improvement_count(self, *arguments):
        super()._update_no_improvement_count(*arguments)
        self.ends.append(time.perf_counter())


class Sklearn:
    def __init__(self, work):
        self.work = work

    def classifier(self, epochs):
        work = self.work
        classifier = Given(
            hidden_layer_sizes=work.layers[1:-1], activation=work.hidden, solver=work.optimizer, alpha=0.0,
            batch_size=work.batch, learning_rate_init=work.learning_rate, max_iter=epochs, momentum=0.0,
            nesterovs_momentum=False, n_iter_no_change=2**31, tol=0.0, random_state=0,
        )
        classifier.given, classifier.ends = work.parameters, []
        return classifier

    def start(self):
        self.trained = self.classifier(1)

    def step(self, rows):
        self.trained.set_params(batch_size=len(rows))
        classes = np.arange(self.work.layers[-1], dtype=np.uint32)
        self.trained.partial_fit(self.work.x[rows], self.work.labels[rows], classes=classes)
        return self.trained.loss_

    def times(self, epochs):
        """The seconds of each epoch after the first, and the losses of all."""
        classifier = self.classifier(epochs).fit(self.work.x, self.work.labels)
        return np.diff(classifier.ends).tolist(), classifier.loss_curve_


def main():
    """As `common.main`, but the epochs are in one call of fit, which prepares everything anew each time."""
    work = common.Work(common.sys.argv[1])
    rival = Sklearn(work)
    rival.start()
    losses = [float(rival.step(rows)) for rows in work.order]
    common.say(program="scikit-learn", version=sklearn.__version__, losses=losses)
    # The first epoch, which has the preparation in it, is the warm-up.
    seconds, losses = rival.times(1 + work.epochs)
    final_loss = losses[work.warm_up + work.epochs - 1]
    missing = int((work.seconds - sum(seconds)) / common.statistics.median(seconds)) + 1
    if missing > 0:
        seconds += rival.times(1 + missing)[0]
    common.say(program="scikit-learn", seconds=common.statistics.median(seconds), final_loss=final_loss)


if __name__ == "__main__":
    main()
