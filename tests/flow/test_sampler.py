"""The loop: where it is the ODE, what it keeps fixed, how it is steered, and its exact replay."""

from itertools import pairwise

import pytest
import torch

from videorlvr.flow import sampler
from videorlvr.flow.gaussian import kl_mean, log_prob_mean
from videorlvr.flow.path import euler_step, heun_step
from videorlvr.flow.sampler import StochasticSteps
from videorlvr.flow.schedule import sigma_schedule
from videorlvr.flow.steps import CLAIMS

SHAPE = (3, 3, 4, 2, 2)  # B == C
SIGMAS = sigma_schedule(6, 3.0)


class Net(torch.nn.Module):
    """A nonlinear velocity in which frames talk to each other, but items do not."""

    def __init__(self, channels=3):
        super().__init__()
        self.mix = torch.nn.Linear(channels, channels, dtype=torch.float32)

    def forward(self, x, sigma):
        mixed = self.mix(x.movedim(1, -1)).movedim(-1, 1)
        return torch.tanh(mixed + x.mean(2, keepdim=True)) * (1 + sigma.reshape(-1, 1, 1, 1, 1))


def by_sigma(function):
    """A field that looks at sigma alone."""
    return lambda x, at: function(x, at.sigma)


def denoise(function, x, **knobs):
    return sampler.denoise(by_sigma(function), x, **knobs)


def sample(function, x, **knobs):
    return sampler.sample(by_sigma(function), x, **knobs)


def replay_transition(function, x, **knobs):
    return sampler.replay_transition(by_sigma(function), x, **knobs)


def noise_fn(step, shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(100 + step))


def first_frame():
    mask = torch.ones(1, 1, SHAPE[2], 1, 1, dtype=torch.bool)
    mask[:, :, 0] = False
    return mask


def window(steps=(0, 1), name="ddim-eta", **knobs):
    return StochasticSteps(steps, name, CLAIMS[name].usual_noise_scale, **knobs)


@torch.no_grad()
def test_a_sample_is_where_the_same_walk_ends():
    net, x, knobs = (
        Net(),
        torch.randn(SHAPE),
        {"sigmas": SIGMAS, "stochastic": window(), "noise_fn": noise_fn},
    )
    assert torch.equal(sample(net, x, **knobs), list(denoise(net, x, **knobs))[-1].x_next)


@torch.no_grad()
def test_one_step_is_a_schedule():
    net, x = Net(), torch.randn(SHAPE)
    one = torch.tensor([1.0, 0.0])
    assert torch.equal(
        sample(net, x, sigmas=one), euler_step(x, net(x, torch.ones(3)), torch.ones(3), torch.zeros(3))
    )


@torch.no_grad()
def rollout(net, x, **knobs):
    return list(denoise(net, x, sigmas=SIGMAS, noise_fn=noise_fn, **knobs))


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_without_a_window_the_loop_is_the_ode_bitwise(solver):
    net, x = Net(), torch.randn(SHAPE)
    with torch.no_grad():
        looped, by_hand = sample(net, x, sigmas=SIGMAS, solver=solver), x
        for k in range(6):
            sigma, sigma_next = SIGMAS[k].repeat(3), SIGMAS[k + 1].repeat(3)
            v = net(by_hand, sigma)
            step = (by_hand, v, sigma, sigma_next)
            by_hand = heun_step(*step, net) if solver == "heun" else euler_step(*step)
    assert torch.equal(looped, by_hand)


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("steps", [(0, 1), (3, 4), (0, 2, 4)])
def test_outside_the_window_each_step_is_the_ode_bitwise(name, steps):
    for step in rollout(Net(), torch.randn(SHAPE), stochastic=window(steps, name)):
        euler = euler_step(step.x, step.velocity, step.sigma, step.sigma_next)
        assert (step.transition is not None) == (step.index in steps)
        assert torch.equal(step.x_next, euler) == (step.index not in steps)


def test_gradient_exists_exactly_inside_the_window():
    """One parameter for each step: those outside the window stay without gradient."""
    theta, net, chosen = torch.zeros(6, requires_grad=True), Net(), window((0, 2, 3))

    def velocity_fn(x, sigma):
        index = (SIGMAS[None] == sigma[:, None]).float().argmax(1)
        return net(x, sigma) + theta[index].reshape(-1, 1, 1, 1, 1)

    total = torch.tensor(0.0)
    for step in rollout(velocity_fn, torch.randn(SHAPE), stochastic=chosen):
        if step.transition is not None:
            law = replay_transition(velocity_fn, step.x, index=step.index, sigmas=SIGMAS, stochastic=chosen)
            total = total + log_prob_mean(law, step.x_next).sum()
    total.backward()
    assert (theta.grad != 0).tolist() == [k in chosen.steps for k in range(6)]


@pytest.mark.parametrize("storage", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", CLAIMS)
def test_replay_from_storage_has_log_ratio_exactly_zero(name, storage):
    net, mask, clean = Net(), first_frame(), torch.randn(SHAPE)
    chosen = window((1, 2, 4), name, storage_dtype=storage)
    given = {"free_mask": mask, "clean": clean}
    steps = [s for s in rollout(net, torch.randn(SHAPE), stochastic=chosen, **given) if s.transition]
    assert [s.index for s in steps] == [1, 2, 4]
    for step in steps:
        old = log_prob_mean(step.transition, step.x_next, mask)
        x, action = step.x.to(storage), step.x_next.to(storage)  # what a trajectory file keeps
        law = replay_transition(net, x, index=step.index, sigmas=SIGMAS, stochastic=chosen, **given)
        new = log_prob_mean(law, action.float(), mask)
        assert torch.equal(new - old, torch.zeros(3))
        assert not kl_mean(law, step.transition, mask).any()


def test_replay_of_several_steps_in_one_batch():
    net, chosen = Net(), window((0, 2, 4))
    steps = [s for s in rollout(net, torch.randn(SHAPE), stochastic=chosen) if s.transition]
    x = torch.stack([s.x[i] for i, s in enumerate(steps)])
    law = replay_transition(net, x, index=torch.tensor([0, 2, 4]), sigmas=SIGMAS, stochastic=chosen)
    for i, step in enumerate(steps):
        torch.testing.assert_close(law.mean[i], step.transition.mean[i], atol=1e-6, rtol=1e-6)
        assert law.std[i] == step.transition.std[i]


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_network_always_sees_the_clean_frame_and_it_never_moves(solver):
    net, clean, mask, seen = Net(), torch.randn(SHAPE), first_frame(), []

    def spy(x, sigma):
        seen.append(x[:, :, 0].clone())
        return net(x, sigma)

    knobs = {"stochastic": window(), "solver": solver, "free_mask": mask, "clean": clean}
    steps = rollout(spy, torch.randn(SHAPE), **knobs)
    assert len(seen) == (6 if solver == "euler" else 9)
    for frame in [*seen, *(t[:, :, 0] for s in steps for t in (s.x, s.x_next, s.x0))]:
        assert torch.equal(frame, clean[:, :, 0])
    assert not any(s.velocity[:, :, 0].any() for s in steps)


def test_given_frame_of_state_noise_and_network_output_changes_nothing():
    mask, clean, chosen, start = first_frame(), torch.randn(SHAPE), window((0, 1, 2)), torch.randn(SHAPE)

    def run(disturb):
        net = Net()
        net.load_state_dict(weights)

        def velocity_fn(x, sigma):
            v = net(x, sigma)
            return torch.where(mask, v, torch.full_like(v, float("inf"))) if disturb == "velocity" else v

        def noise(step, shape):
            z = noise_fn(step, shape)
            return torch.where(mask, z, z + 50) if disturb == "noise" else z

        x = torch.where(mask, start, start - 9) if disturb == "state" else start
        given = {"free_mask": mask, "clean": clean}
        total = torch.tensor(0.0)
        with torch.no_grad():
            steps = list(denoise(velocity_fn, x, sigmas=SIGMAS, stochastic=chosen, noise_fn=noise, **given))
        for step in steps:
            if step.transition is None:
                continue
            x = torch.where(mask, step.x, step.x + 7) if disturb == "stored state" else step.x
            action = torch.where(mask, step.x_next, step.x_next + 7) if disturb == "action" else step.x_next
            law = replay_transition(
                velocity_fn, x, index=step.index, sigmas=SIGMAS, stochastic=chosen, **given
            )
            total = total + log_prob_mean(law, action, mask).sum()
        total.backward()
        return [total.detach(), steps[-1].x_next, net.mix.weight.grad, net.mix.bias.grad]

    weights = Net().state_dict()
    before = run(None)
    assert before[2].abs().max() > 0
    for disturb in ("state", "noise", "velocity", "stored state", "action"):
        assert all(torch.equal(a, b) for a, b in zip(before, run(disturb), strict=True)), disturb


def test_dropping_items_leaves_the_others_as_they_were():
    net, start, clean, mask = Net(), torch.randn(SHAPE), torch.randn(SHAPE), first_frame()
    knobs = {"stochastic": window((0, 1, 3)), "free_mask": mask, "clean": clean}
    whole = rollout(net, start, **knobs)
    with torch.no_grad():
        walk = denoise(net, start, sigmas=SIGMAS, noise_fn=noise_fn, **knobs)
        step = next(walk)
        step = walk.send(torch.tensor([True, False, True]))
        assert step.items.tolist() == [0, 2]
        step = walk.send(torch.tensor([1]))  # by index: of the two that are left, the second
        assert step.items.tolist() == [2]
        for step in walk:
            last = step
    assert last.index == 5
    torch.testing.assert_close(last.x_next, whole[-1].x_next[2:], atol=1e-6, rtol=1e-5)


def test_dropping_all_items_ends_the_walk():
    walk = denoise(Net(), torch.randn(SHAPE), sigmas=SIGMAS)
    next(walk)
    with pytest.raises(StopIteration):
        walk.send(torch.zeros(3, dtype=torch.bool))


def test_steps_are_handed_on_in_order_and_x0_ends_as_the_sample():
    steps = rollout(Net(), torch.randn(SHAPE), stochastic=window())
    assert [s.index for s in steps] == list(range(6))
    assert all(torch.equal(a.x_next, b.x) for a, b in pairwise(steps))
    torch.testing.assert_close(steps[-1].x0, steps[-1].x_next)


def test_the_caller_decides_about_grad():
    net, x = Net(), torch.randn(SHAPE)
    assert sample(net, x, sigmas=SIGMAS).requires_grad
    with torch.no_grad():
        assert not sample(net, x, sigmas=SIGMAS).requires_grad


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"stochastic": window((5,))}, "never gets noise"),
        ({"stochastic": window((0, 0))}, "distinct"),
        ({"stochastic": window(), "noise_fn": None}, "noise_fn"),
        ({"solver": "rk4"}, "solver"),
        ({"sigmas": SIGMAS.flip(0)}, "falling"),
        ({"sigmas": SIGMAS[:-1]}, "exactly 0"),
        ({"sigmas": SIGMAS.double()}, "float32"),
        ({"sigmas": SIGMAS[-1:]}, "strictly falling"),
        ({"free_mask": first_frame()}, "both or neither"),
        ({"free_mask": first_frame()[0], "clean": torch.zeros(SHAPE)}, "bool mask"),
        ({"free_mask": first_frame(), "clean": torch.zeros(3, 3, 1, 2, 2)}, "clean of that shape"),
    ],
)
def test_unfit_arguments_are_refused_at_the_call(change, word):
    arguments = {"sigmas": SIGMAS, "noise_fn": noise_fn, **change}
    with pytest.raises(ValueError, match=word):
        denoise(Net(), torch.randn(SHAPE), **arguments)


def test_wrong_shapes_from_callbacks_are_refused():
    x = torch.randn(SHAPE)
    with pytest.raises(ValueError, match="the field returned"):
        sample(lambda x, _: x[:, :1], x, sigmas=SIGMAS)
    with pytest.raises(ValueError, match="noise_fn"):
        sample(
            Net(), x, sigmas=SIGMAS, stochastic=window(), noise_fn=lambda _k, shape: torch.zeros(shape[1:])
        )


def test_replay_outside_the_window_is_refused():
    with pytest.raises(ValueError, match="steps of the window"):
        replay_transition(Net(), torch.randn(SHAPE), index=3, sigmas=SIGMAS, stochastic=window((0, 1)))


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_a_field_is_told_where_it_is_asked(solver):
    """Step, noise levels, which items are left, whether it is Heun's second look: never to be guessed."""
    net, seen, chosen = Net(), [], window((0, 2))

    def field(x, at):
        seen.append((at.index, at.corrector, at.items.tolist()))
        level = SIGMAS[at.index + 1] if at.corrector else SIGMAS[at.index]
        assert torch.equal(at.sigma, level.expand(len(x)))
        return net(x, at.sigma)

    walk = sampler.denoise(
        field, torch.randn(SHAPE), sigmas=SIGMAS, stochastic=chosen, solver=solver, noise_fn=noise_fn
    )
    for step in walk:
        if step.index == 3:
            walk.send(torch.tensor([2, 0]))
    looks = [(index, False) for index in range(6)]
    if solver == "heun":  # not in stochastic steps, and not where sigma' is 0
        looks = [
            (0, False),
            (1, False),
            (1, True),
            (2, False),
            (3, False),
            (3, True),
            (4, False),
            (4, True),
            (5, False),
        ]
    assert [look[:2] for look in seen] == looks
    assert [look[2] for look in seen] == [[0, 1, 2] if index < 4 else [2, 0] for index, _ in looks]
    seen.clear()
    sampler.replay_transition(
        lambda x, at: seen.append(at.index) or net(x, at.sigma),
        torch.randn(SHAPE),
        index=torch.tensor([0, 2, 0]),
        sigmas=SIGMAS,
        stochastic=chosen,
    )
    assert seen[0].tolist() == [0, 2, 0]
