"""JAX: one compiled function per epoch, with all its steps in a scan, its parameters donated."""

import common

common.use_threads()

from functools import partial

import jax
import jax.numpy as jnp

HIDDEN = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}


class Jax:
    def __init__(self, work):
        self.work = work
        self.x, self.t = jnp.asarray(work.x), jnp.asarray(work.t)
        self.labels = jnp.asarray(work.labels.astype("int32"))
        self.key = jax.random.key(0)

    def loss(self, parameters, x, t, labels):
        for weights, biases in parameters[:-1]:
            x = HIDDEN[self.work.hidden](x @ weights + biases)
        z = x @ parameters[-1][0] + parameters[-1][1]
        if self.work.loss == "squared_error":
            return jnp.sum((HIDDEN[self.work.output](z) - t) ** 2) / (2 * len(t))
        log_p = jax.nn.log_softmax(z)
        return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], 1))

    def update(self, state, x, t, labels):
        parameters, m, v, step = state
        loss, gradient = jax.value_and_grad(self.loss)(parameters, x, t, labels)
        eta, b1, b2, epsilon = self.work.learning_rate, 0.9, 0.999, 1e-8
        if self.work.optimizer == "sgd":
            return (jax.tree.map(lambda p, g: p - eta * g, parameters, gradient), m, v, step), loss
        step = step + 1
        m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, gradient)
        v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, gradient)
        m_scale, v_scale = 1 / (1 - b1**step), 1 / (1 - b2**step)
        parameters = jax.tree.map(
            lambda p, m, v: p - eta * (m * m_scale) / (jnp.sqrt(v * v_scale) + epsilon),
            parameters, m, v,
        )
        return (parameters, m, v, step), loss

    def start(self):
        # Weights as (units below, units), so that a layer is x @ w.
        parameters = [(jnp.array(w.T), jnp.array(b)) for w, b in self.work.parameters]
        moments = [] if self.work.optimizer == "sgd" else parameters
        zeros = [jax.tree.map(jnp.zeros_like, moments) for _ in range(2)]
        self.state = (parameters, *zeros, jnp.float32(0))

    @partial(jax.jit, static_argnums=0, donate_argnums=1)
    def one(self, state, rows, x, t, labels):
        return self.update(state, x[rows], t[rows], labels[rows])

    def step(self, rows):
        self.state, loss = self.one(self.state, jnp.asarray(rows), self.x, self.t, self.labels)
        return loss

    @partial(jax.jit, static_argnums=0, donate_argnums=1)
    def whole(self, state, key, x, t, labels):
        work = self.work
        if work.samples == 1:
            body = lambda state, _: self.update(state, x, t, labels)
            state, losses = jax.lax.scan(body, state, length=work.repeats)
            return state, jnp.mean(losses)
        # The gather inside the scan is quicker than a permuted copy of the data made before it.
        order = jax.random.permutation(key, work.samples)
        full = work.samples // work.batch * work.batch
        body = lambda state, rows: self.update(state, x[rows], t[rows], labels[rows])
        state, losses = jax.lax.scan(body, state, order[:full].reshape(-1, work.batch))
        total = jnp.sum(losses) * work.batch
        if full < work.samples:
            state, loss = body(state, order[full:])
            total += loss * (work.samples - full)
        return state, total / work.samples

    def epoch(self):
        self.key, key = jax.random.split(self.key)
        self.state, loss = self.whole(self.state, key, self.x, self.t, self.labels)
        jax.block_until_ready(self.state)
        return loss


if __name__ == "__main__":
    common.main(Jax, "jax", jax.__version__)
