"""Ways of playing, as `videorlvr evaluate RUN --player NAME` takes them."""

from __future__ import annotations

from videorlvr.methods.text.glimp_router.config import GlimpRouterConfig


def glimp_router() -> GlimpRouterConfig:
    """A quarter of the steps goes to a large model, by the entropy of their first token.

    Command: `videorlvr evaluate RUN --player glimp-router:large=LARGE/policy,task=maze:small`. Cost: see `flops`.
    Result: not measured; study `glimp-router-mazes`.
    """
    return GlimpRouterConfig(large="runs/large/policy")


RECIPES = (glimp_router,)
