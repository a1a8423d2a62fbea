"""Points of the path: levels lie in the chosen steps, given frames count nowhere, errors have their divisors."""

import pytest
import torch

from videorlvr.flow.matching import frame_error, levels_in, point_on_path, velocity_error, weighted_error
from videorlvr.flow.schedule import sigma_schedule

SHAPE = (2, 3, 4, 5, 6)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def mask():
    free = torch.ones(1, 1, 4, 1, 1, dtype=torch.bool)
    free[:, :, 0] = False
    return free


def test_levels_lie_in_their_steps_and_fill_them():
    grid = sigma_schedule(10, 3.0)
    early = levels_in((0, 1, 2, 3), 20_000, of=10, shift=3.0, generator=generator())
    assert float(grid[4]) < early.min() < float(grid[4]) + 1e-3
    assert 1 - 1e-3 < early.max() <= 1
    for step in range(4):
        share = ((early <= grid[step]) & (early > grid[step + 1])).float().mean()
        assert abs(share - 0.25) < 0.02


def test_levels_of_all_steps_are_those_of_sft():
    levels = levels_in(range(10), 50_000, of=10, shift=3.0, generator=generator()).sort().values
    uniform = torch.linspace(0, 1, 50_000)
    assert (levels - 3 * uniform / (1 + 2 * uniform)).abs().max() < 0.02


@pytest.mark.parametrize("steps", [(), (10,), (-1,)])
def test_steps_outside_the_sampler_are_refused(steps):
    with pytest.raises(ValueError, match="expected one or more of 0 to 9"):
        levels_in(steps, 4, of=10, shift=3.0, generator=generator())


def test_the_given_frame_is_clean_and_counts_nowhere():
    x0, noise = torch.randn(SHAPE), torch.randn(SHAPE)
    point = point_on_path(x0, torch.tensor([0.3, 0.9]), noise, free=mask(), clean=x0)
    assert torch.equal(point.x[:, :, 0], x0[:, :, 0])
    assert point.sigma.tolist() == torch.tensor([0.3, 0.9]).tolist()
    torch.testing.assert_close(point.x[1, :, 1:], 0.1 * x0[1, :, 1:] + 0.9 * noise[1, :, 1:])
    velocity = torch.randn(SHAPE, requires_grad=True)
    error = velocity_error(velocity, point.target, mask())
    torch.testing.assert_close(error, ((velocity - point.target) ** 2)[:, :, 1:].mean(dim=(1, 2, 3, 4)))
    error.sum().backward()
    assert not velocity.grad[:, :, 0].any()


def test_equal_frame_weights_are_a_weight_of_the_video():
    velocity, target = torch.randn(SHAPE), torch.randn(SHAPE)
    weight = torch.tensor([2.0, -0.5])
    weighted = weighted_error(velocity, target, mask(), weight[:, None].expand(2, 4))
    torch.testing.assert_close(weighted, weight * velocity_error(velocity, target, mask()))


def test_a_frame_without_weight_has_no_gradient():
    velocity = torch.randn(SHAPE, requires_grad=True)
    weight = torch.tensor([[1.0, 1.0, 0.0, 1.0]]).expand(2, 4)
    weighted_error(velocity, torch.zeros(SHAPE), mask(), weight).sum().backward()
    assert not velocity.grad[:, :, 2].any()
    assert velocity.grad[:, :, 3].all()


def test_frames_add_up_to_the_video():
    velocity, target = torch.randn(SHAPE), torch.randn(SHAPE)
    summed, free = frame_error(velocity, target, mask())
    assert free.tolist() == [[0, 90, 90, 90]] * 2
    torch.testing.assert_close(summed.sum(1) / 270, velocity_error(velocity, target, mask()))
