"""The denoising loop, which others can watch and steer, and its replay in training.

Job: walk the sigma schedule, with a Gaussian step inside the window and an ODE step outside it.
Laws: the last step is an ODE step. Outside the window a step is the ODE bitwise. `replay_transition` on
a stored state gives bitwise the law the loop sampled from, so the first ratio is exactly 1.
Where `free_mask` is False the state is `clean`, before the network sees it and after each step (`given`).

Legend: `x`, `clean`, `free_mask` [B, ...] of one shape; S steps, step k from sigmas[k] to sigmas[k + 1].
The loop leaves autograd as it finds it: wrap it in `torch.no_grad()` for rollouts.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from videorlvr.flow import gaussian
from videorlvr.flow.at import At, Field
from videorlvr.flow.gaussian import Transition, round_to_storage
from videorlvr.flow.given import Given
from videorlvr.flow.path import data_estimate, euler_step, heun_step
from videorlvr.flow.sde import transition as sde_transition
from videorlvr.flow.steps import SdeName, Solver

NoiseFn = Callable[[int, torch.Size], Tensor]
"""(step index, shape of the whole starting batch) -> standard normal noise of that shape."""


@dataclass(frozen=True)
class StochasticSteps:
    """Which steps explore, and how.

    Attributes:
        steps: Step indices, from `steps.window_steps`; none may be the last.
        name: The stochastic step, a key of `steps.CLAIMS`.
        noise_scale: Its eta.
        sigma_cap: For `flow-sde`; None takes the schedule's second value.
        storage_dtype: Type trajectories are stored in. The states at both ends of a stochastic step
            are rounded to it before anything is computed from them, so what is stored is what was used.
    """

    steps: tuple[int, ...]
    name: SdeName
    noise_scale: float
    sigma_cap: float | None = None
    storage_dtype: torch.dtype = torch.float32


@dataclass(frozen=True, eq=False)
class _Levels:
    """A checked schedule: on the device, and what of it is needed as a number, so that no step waits for the device."""

    sigmas: Tensor
    second: float

    @staticmethod
    def of(sigmas: Tensor, device: torch.device) -> "_Levels":
        return _Levels(sigmas.to(device), float(sigmas[1]))


@dataclass(frozen=True, eq=False)
class Step:
    """What happened in one step.

    Attributes:
        index: k in [0, S).
        items: [B] positions of these items in the starting batch; shorter after items were dropped.
        sigma, sigma_next: [B] noise levels.
        x: State the network saw, float32.
        velocity: dx/dsigma at x, float32, 0 where the frame is given.
        transition: Law of x_next, or None in an ODE step. Its mean has no meaning in the given frame.
        x_next: State handed to the next step; in a stochastic step already rounded to storage.
    """

    index: int
    items: Tensor
    sigma: Tensor
    sigma_next: Tensor
    x: Tensor
    velocity: Tensor
    transition: Transition | None
    x_next: Tensor

    @property
    def x0(self) -> Tensor:
        """Data estimate x - sigma v; in the given frame it is the given frame."""
        return data_estimate(self.x, self.velocity, self.sigma)


def denoise(
    field: Field,
    x: Tensor,
    *,
    sigmas: Tensor,
    stochastic: StochasticSteps | None = None,
    solver: Solver = "euler",
    free_mask: Tensor | None = None,
    clean: Tensor | None = None,
    noise_fn: NoiseFn | None = None,
) -> Generator[Step, Tensor | None, None]:
    """Walk from noise to data, handing out every step; the last `x_next` is the sample.

    Iterate over it to watch. To steer, answer a step with `.send(keep)`, a bool [B] or an index
    vector: the loop goes on with those items only, and ends early when none is left. `field`
    is called next with the smaller batch; `At.items` says which are left.
    An item's noise does not depend on which others were dropped.

    Args:
        field: (x, at) -> dx/dsigma; a policy with its condition.
        x: Start, standard normal at sigma = 1, [B, ...]; taken to float32.
        sigmas: Schedule [S + 1] float32, strictly falling to exactly 0 (`schedule.sigma_schedule`).
        stochastic: None for the pure ODE, as in evaluation.
        solver: Of the ODE steps.
        free_mask: Bool of x's rank, broadcastable to it; False marks the given frame. Needs `clean`.
        clean: Given values, shaped like x; read only where `free_mask` is False.
        noise_fn: Source of exploration noise; needed with `stochastic`.

    Raises:
        ValueError: At the call, for an unfit schedule, window, mask, solver or missing `noise_fn`.
    """
    x = x.to(torch.float32)
    sigmas = _checked_sigmas(sigmas)
    given = Given.of(x, free_mask, clean)
    if solver not in ("euler", "heun"):
        raise ValueError(f"solver={solver!r}; expected 'euler' or 'heun'")
    if stochastic is not None:
        _check_window(stochastic, sigmas)
        if stochastic.steps and noise_fn is None:
            raise ValueError(
                "stochastic steps without noise_fn; expected (step, shape) -> Tensor; pass noise_fn="
            )
    return _loop(field, x, _Levels.of(sigmas, x.device), stochastic, solver, given, noise_fn)


def _loop(
    field: Field,
    x: Tensor,
    levels: _Levels,
    stochastic: StochasticSteps | None,
    solver: Solver,
    given: Given,
    noise_fn: NoiseFn | None,
) -> Generator[Step, Tensor | None, None]:
    start_shape, items = x.shape, torch.arange(x.shape[0], device=x.device)
    for index in range(len(levels.sigmas) - 1):
        index_B = torch.full((x.shape[0],), index, device=x.device)
        sigma, sigma_next = levels.sigmas[index_B], levels.sigmas[index_B + 1]
        at, law = At(sigma, index, items), None
        if stochastic is not None and index in stochastic.steps:
            assert noise_fn is not None
            noise = noise_fn(index, start_shape)
            if noise.shape != start_shape:
                raise ValueError(
                    f"noise_fn gave {tuple(noise.shape)}; expected {tuple(start_shape)}, all items"
                )
            x, velocity, law = _stochastic_law(field, x, at, sigma_next, levels, stochastic, given)
            x_next = round_to_storage(gaussian.sample(law, noise.to(x)[items]), stochastic.storage_dtype)
        else:
            x, velocity, x_next = _ode_step(field, x, at, sigma_next, solver, given)
        x_next = given.impose(x_next)
        keep = yield Step(index, items, sigma, sigma_next, x, velocity, law, x_next)
        x = x_next
        if keep is not None:
            x, items, given = x[keep], items[keep], given.pick(keep)
        if x.shape[0] == 0:
            return


def _ode_step(
    field: Field, x: Tensor, at: At, sigma_next: Tensor, solver: Solver, given: Given
) -> tuple[Tensor, Tensor, Tensor]:
    """(state used, velocity, next state) of a step without noise."""
    x, still = given.impose(x), given.still(field)
    velocity = still(x, at)
    if solver == "euler":
        return x, velocity, euler_step(x, velocity, at.sigma, sigma_next)

    def again(x: Tensor, sigma: Tensor) -> Tensor:
        return still(x, replace(at, sigma=sigma, corrector=True))

    return x, velocity, heun_step(x, velocity, at.sigma, sigma_next, again)


def sample(
    field: Field,
    x: Tensor,
    *,
    sigmas: Tensor,
    stochastic: StochasticSteps | None = None,
    solver: Solver = "euler",
    free_mask: Tensor | None = None,
    clean: Tensor | None = None,
    noise_fn: NoiseFn | None = None,
) -> Tensor:
    """Drain `denoise` (same arguments) and return the sample x0 [B, ...], float32."""
    for step in denoise(
        field,
        x,
        sigmas=sigmas,
        stochastic=stochastic,
        solver=solver,
        free_mask=free_mask,
        clean=clean,
        noise_fn=noise_fn,
    ):
        x = step.x_next
    return x


def replay_transition(
    field: Field,
    x: Tensor,
    *,
    index: int | Tensor,
    sigmas: Tensor,
    stochastic: StochasticSteps,
    free_mask: Tensor | None = None,
    clean: Tensor | None = None,
) -> Transition:
    """Law of a stochastic step under the present network, given the stored state it started from.

    The loop itself goes through the same code. Take `log_prob_mean` of the stored `x_next` under it.

    Args:
        x: `Step.x` [B, ...], from storage in `stochastic.storage_dtype`.
        index: The step, or one step an item [B] (int64), so that several steps are replayed in one batch.
        sigmas, stochastic, free_mask, clean: As in the rollout.

    Raises:
        ValueError: If a step lies outside the window (it has no law to differentiate), or as `denoise`.
    """
    x = x.to(torch.float32)
    sigmas = _checked_sigmas(sigmas)
    _check_window(stochastic, sigmas)
    given = Given.of(x, free_mask, clean)
    outside = ({index} if isinstance(index, int) else set(index.tolist())) - set(stochastic.steps)
    if outside:
        raise ValueError(
            f"steps {sorted(outside)}; expected steps of the window {stochastic.steps}; replay those"
        )
    if isinstance(index, int):
        index_B = torch.full(x.shape[:1], index, device=x.device)
    else:
        index_B = index.to(x.device)
    levels = _Levels.of(sigmas, x.device)
    at = At(levels.sigmas[index_B], index)
    _, _, law = _stochastic_law(field, x, at, levels.sigmas[index_B + 1], levels, stochastic, given)
    return law


def _stochastic_law(
    field: Field,
    x: Tensor,
    at: At,
    sigma_next: Tensor,
    levels: _Levels,
    stochastic: StochasticSteps,
    given: Given,
) -> tuple[Tensor, Tensor, Transition]:
    """(state used, velocity, law of the next state): the one path of rollout and replay."""
    x = given.impose(round_to_storage(x, stochastic.storage_dtype))
    velocity = given.still(field)(x, at)
    cap = levels.second if stochastic.sigma_cap is None else stochastic.sigma_cap
    law = sde_transition(
        stochastic.name,
        x,
        velocity,
        sigma=at.sigma,
        sigma_next=sigma_next,
        noise_scale=stochastic.noise_scale,
        sigma_cap=cap,
    )
    return x, velocity, law


def _checked_sigmas(sigmas: Tensor) -> Tensor:
    fits = sigmas.ndim == 1 and len(sigmas) >= 2 and sigmas.dtype == torch.float32
    if not (fits and bool((sigmas.diff() < 0).all()) and float(sigmas[0]) <= 1 and float(sigmas[-1]) == 0):
        raise ValueError(
            f"sigmas={sigmas.tolist()} ({sigmas.dtype}); expected [S + 1] float32, strictly falling from at "
            f"most 1 to exactly 0; make it with schedule.sigma_schedule"
        )
    return sigmas


def _check_window(stochastic: StochasticSteps, sigmas: Tensor) -> None:
    last, steps = len(sigmas) - 2, stochastic.steps
    if len(set(steps)) != len(steps) or not all(0 <= k < last for k in steps):
        raise ValueError(
            f"stochastic steps {steps}; expected distinct steps in [0, {last}): step {last} goes to sigma 0 "
            f"and never gets noise; make them with steps.window_steps"
        )
