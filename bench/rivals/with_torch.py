"""PyTorch, eager or compiled."""

import sys

import common

threads = common.use_threads()

import numpy as np
import torch

torch.set_num_threads(threads)

ACTIVATION = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}


class Torch:
    def __init__(self, work):
        self.work = work
        self.x, self.t = torch.from_numpy(work.x), torch.from_numpy(work.t)
        self.labels = torch.from_numpy(work.labels.astype(np.int64))
        torch.manual_seed(0)

    def start(self):
        work, layers = self.work, []
        for weights, biases in work.parameters:
            linear = torch.nn.Linear(weights.shape[1], weights.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weights))
                linear.bias.copy_(torch.from_numpy(biases))
            layers += [linear, ACTIVATION[work.hidden]()]
        # A softmax is part of the loss.
        layers[-1:] = [] if work.output == "softmax" else [ACTIVATION[work.output]()]
        model = torch.nn.Sequential(*layers)
        # The fused kernels are the quickest on a processor too.
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[work.optimizer]
        self.optimizer = kind(model.parameters(), lr=work.learning_rate, fused=True)

        def loss(x, t, labels):
            if work.loss == "squared_error":
                return ((model(x) - t) ** 2).sum() / (2 * len(t))
            return torch.nn.functional.cross_entropy(model(x), labels)

        self.loss = torch.compile(loss) if sys.argv[3] == "compile" else loss

    def update(self, x, t, labels):
        self.optimizer.zero_grad()
        loss = self.loss(x, t, labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def step(self, rows):
        rows = torch.from_numpy(rows)
        return self.update(self.x[rows], self.t[rows], self.labels[rows])

    def epoch(self):
        work, total = self.work, torch.zeros(())
        if work.samples == 1:
            for _ in range(work.repeats):
                total += self.update(self.x, self.t, self.labels)
            return total / work.repeats
        order = torch.randperm(work.samples)
        for rows in order.split(work.batch):
            total += self.update(self.x[rows], self.t[rows], self.labels[rows]) * len(rows)
        return total / work.samples


if __name__ == "__main__":
    common.main(Torch, "pytorch", torch.__version__)
