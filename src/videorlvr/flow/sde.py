"""Four stochastic steps down the path, each a function that returns a Gaussian.

Job: put exploration noise into a step of the sampler, with a law whose log-probability is known.
Law: what each step is true of stands in `steps.CLAIMS` and is measured by the tests. As `noise_scale`
falls to 0 every step tends to `path.euler_step`; 0 itself is refused, for a point has no log-prob.

Noise late in the path is unstable: little denoising is left to correct it, 1/sigma in the drifts grows,
and CPS loses variance. Explore early; the sampler never puts noise into the last step.

Legend: `x`, `velocity` [B, ...]; `sigma`, `sigma_next` [B] float32, written sigma and sigma';
x0^ = x - sigma v and eps^ = x + (1 - sigma) v (`path`); dt = sigma' - sigma < 0; eta = `noise_scale`.
"""

import math
from typing import assert_never

from torch import Tensor

from videorlvr.flow.gaussian import Transition
from videorlvr.flow.path import data_estimate, euler_step, expand, noise_estimate
from videorlvr.flow.steps import SdeName, check_noise_scale


def _check(name: SdeName, sigma: Tensor, sigma_next: Tensor, noise_scale: float) -> None:
    inside = (sigma <= 1) & (sigma_next >= 0) & (sigma_next < sigma)
    # Elsewhere than on a CPU a look would wait for the device; the sampler has checked the schedule these are from.
    if sigma.device.type == "cpu" and not bool(inside.all()):
        raise ValueError(
            f"sigma={sigma.tolist()}, sigma_next={sigma_next.tolist()}; expected 0 <= sigma_next "
            f"< sigma <= 1; steps go from noise (1) to data (0)"
        )
    check_noise_scale(name, noise_scale)


def ddim_eta_transition(
    x: Tensor, velocity: Tensor, *, sigma: Tensor, sigma_next: Tensor, noise_scale: float
) -> Transition:
    """DDIM's posterior step on the straight path; the default for a window of early steps.

        r = (1 - sigma) sigma' / ((1 - sigma') sigma)
        std^2 = eta^2 sigma'^2 (1 - r^2)
        mean = (1 - sigma') x0^ + sqrt(sigma'^2 - std^2) eps^

    Given x0, x' has variance std^2 + (sigma'^2 - std^2) = sigma'^2 for every eta: the noise that is put
    in replaces noise that is taken out. At sigma = 1, r = 0 and std = eta sigma'. In small steps
    it is the flow SDE with g = eta sqrt(2 sigma / (1 - sigma)), without that one's singular drift.

    Args:
        x: State at `sigma`, [B, ...].
        velocity: E[eps - x0 | x], guidance already applied; the mean is differentiable in it.
        noise_scale: eta in (0, 1]; 1 is ancestral sampling, where no old noise is kept if sigma = 1.

    Raises:
        ValueError: If sigma_next >= sigma anywhere, or eta is outside (0, 1].

    Source: DDIM, arXiv:2010.02502, Eqs. 12 and 16, once its x is scaled so that signal and noise have
    weights 1 - sigma and sigma instead of sqrt(alpha) and sqrt(1 - alpha).
    """
    _check("ddim-eta", sigma, sigma_next, noise_scale)
    r = (1 - sigma) * sigma_next / ((1 - sigma_next) * sigma)
    one_minus_r = (sigma - sigma_next) / (
        (1 - sigma_next) * sigma
    )  # of r itself, 1 - r cancels in small steps
    fresh = noise_scale**2 * one_minus_r * (1 + r)
    std = sigma_next * fresh.sqrt()
    kept = sigma_next * (1 - fresh).clamp(min=0).sqrt()
    mean = expand(1 - sigma_next, x) * data_estimate(x, velocity, sigma)
    return Transition(mean + expand(kept, x) * noise_estimate(x, velocity, sigma), std)


def flow_sde_transition(
    x: Tensor, velocity: Tensor, *, sigma: Tensor, sigma_next: Tensor, noise_scale: float, sigma_cap: float
) -> Transition:
    """Euler-Maruyama step of the Flow-GRPO SDE.

        mean = x + dt (v + g^2 / (2 sigma) eps^),    std = g sqrt(-dt)
        g = eta sqrt(s / (1 - s)),    s = min(sigma, sigma_cap)

    In continuous time it has the marginals of the ODE for every eta. From sigma = 1 with the
    customary cap it does not: the first step adds eta^2 cap of variance however short it is, takes out
    less, and leaves 7-15% too much at eta = 0.7. With a cap that stays fixed as steps grow
    it converges. Kept for comparison; `ddim_eta_transition` explores early steps without the excess.

    Args:
        x: State at `sigma`, [B, ...].
        velocity: E[eps - x0 | x], guidance already applied; the mean is differentiable in it.
        noise_scale: eta > 0; 0.7 in the paper.
        sigma_cap: In (0, 1). Keeps g finite at sigma = 1; by custom the schedule's second value.

    Raises:
        ValueError: If sigma_next >= sigma anywhere, eta <= 0, or the cap is outside (0, 1).

    Source: Flow-GRPO, arXiv:2505.05470, Eq. 9; its t is our sigma.
    """
    _check("flow-sde", sigma, sigma_next, noise_scale)
    if not 0 < sigma_cap < 1:
        raise ValueError(
            f"sigma_cap={sigma_cap}; expected inside (0, 1); by custom the schedule's second value"
        )
    capped = sigma.clamp(max=sigma_cap)
    return _euler_maruyama(x, velocity, sigma, sigma_next, noise_scale**2 * capped / (1 - capped))


def dance_transition(
    x: Tensor, velocity: Tensor, *, sigma: Tensor, sigma_next: Tensor, noise_scale: float
) -> Transition:
    """Euler-Maruyama step of the DanceGRPO SDE, with constant diffusion g = eta.

        mean = x + dt (v + eta^2 / (2 sigma) eps^),    std = eta sqrt(-dt)

    The sign, by Fokker-Planck: noise g dW spreads the density as + g^2/2 laplace(p); a drift of
    g^2/2 grad log p, downhill in sigma, gathers it back. The score is -eps^ / sigma and d(-sigma) = -dt,
    so the drift adds (-eps^ / sigma)(g^2 / 2)(-dt) = dt g^2 / (2 sigma) eps^. Bounded at sigma = 1.

    Args:
        x: State at `sigma`, [B, ...].
        velocity: E[eps - x0 | x], guidance already applied; the mean is differentiable in it.
        noise_scale: eta > 0; 0.3 in the paper's code.

    Raises:
        ValueError: If sigma_next >= sigma anywhere, or eta <= 0.

    Source: DanceGRPO, arXiv:2505.07818, the rectified-flow SDE; its eps_t is our eta.
    """
    _check("dance", sigma, sigma_next, noise_scale)
    return _euler_maruyama(x, velocity, sigma, sigma_next, (0 * sigma) + noise_scale**2)


def _euler_maruyama(
    x: Tensor, velocity: Tensor, sigma: Tensor, sigma_next: Tensor, diffusion_square: Tensor
) -> Transition:
    """Step of dx = (v + g^2 / (2 sigma) eps^) dsigma + g dW, for g^2 = `diffusion_square` [B]."""
    drift = expand(diffusion_square / (2 * sigma), x) * noise_estimate(x, velocity, sigma)
    std = (diffusion_square * (sigma - sigma_next)).sqrt()
    return Transition(euler_step(x, velocity + drift, sigma, sigma_next), std)


def cps_transition(
    x: Tensor, velocity: Tensor, *, sigma: Tensor, sigma_next: Tensor, noise_scale: float
) -> Transition:
    """Coefficients-preserving step: a share of the noise, fixed by eta, is exchanged for fresh noise.

        std = sigma' sin(eta pi / 2),    mean = (1 - sigma') x0^ + sigma' cos(eta pi / 2) eps^

    Exact if the data is one point. The share does not shrink with the step, and eps^ is a conditional
    mean, narrower than the noise it stands for: over a whole path the variance collapses, and more
    steps do not cure it (N(m, 1/4) ends at 0.70 of its variance after 640). Fit for early steps only.

    Args:
        x: State at `sigma`, [B, ...].
        velocity: E[eps - x0 | x], guidance already applied; the mean is differentiable in it.
        noise_scale: eta in (0, 1].

    Raises:
        ValueError: If sigma_next >= sigma anywhere, or eta is outside (0, 1].

    Source: Flow-CPS, arXiv:2509.05952. Its log-probability is an unscaled -|x - mean|^2; ours is the
    Gaussian's, from `gaussian`.
    """
    _check("cps", sigma, sigma_next, noise_scale)
    angle = noise_scale * math.pi / 2
    mean = expand(1 - sigma_next, x) * data_estimate(x, velocity, sigma)
    kept = sigma_next * math.cos(angle)
    return Transition(
        mean + expand(kept, x) * noise_estimate(x, velocity, sigma), sigma_next * math.sin(angle)
    )


def transition(
    name: SdeName,
    x: Tensor,
    velocity: Tensor,
    *,
    sigma: Tensor,
    sigma_next: Tensor,
    noise_scale: float,
    sigma_cap: float,
) -> Transition:
    """Law of the next state under the stochastic step called `name`; arguments as in the four steps, of which
    `flow-sde` alone has a cap."""
    levels = {"sigma": sigma, "sigma_next": sigma_next}
    match name:
        case "ddim-eta":
            return ddim_eta_transition(x, velocity, **levels, noise_scale=noise_scale)
        case "flow-sde":
            return flow_sde_transition(x, velocity, **levels, noise_scale=noise_scale, sigma_cap=sigma_cap)
        case "dance":
            return dance_transition(x, velocity, **levels, noise_scale=noise_scale)
        case "cps":
            return cps_transition(x, velocity, **levels, noise_scale=noise_scale)
        case _:
            assert_never(name)
