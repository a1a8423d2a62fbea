"""Complete random Wan pipelines of the real classes, made offline: 0.2M parameters, written once a session."""

from pathlib import Path

import torch


def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", "red", "green", "blue", "maze", "box", "cell", "the", "wall", "flow"]
    core = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=core, model_max_length=512, **special)


def transformer(channels=8, **more):
    from diffusers import WanTransformer3DModel

    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=24,
        **{"in_channels": channels, **more},
        out_channels=channels,
        text_dim=16,
        freq_dim=32,
        ffn_dim=64,
        num_layers=2,
        rope_max_seq_len=64,
    )


def vae(channels=8):
    from diffusers import AutoencoderKLWan

    return AutoencoderKLWan(
        base_dim=8,
        decoder_base_dim=8,
        z_dim=channels,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.1 * place for place in range(channels)],
        latents_std=[0.5 + 0.1 * place for place in range(channels)],
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
        scale_factor_temporal=4,
    )


def write_pipeline(folder: Path, *, seed: int = 0) -> Path:
    """The form of Wan2.2-TI2V-5B: a timestep a token, 16 pixels and 4 frames a latent position."""
    from diffusers import UniPCMultistepScheduler, WanPipeline
    from transformers import UMT5Config, UMT5EncoderModel

    torch.manual_seed(seed)
    encoder = UMT5Config(
        vocab_size=16,
        d_model=16,
        d_kv=8,
        d_ff=16,
        num_layers=1,
        num_heads=2,
        relative_attention_num_buckets=8,
    )
    scheduler = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=5.0
    )
    pipeline = WanPipeline(
        tokenizer=tokenizer(),
        text_encoder=UMT5EncoderModel(encoder).eval(),
        vae=vae().eval(),
        scheduler=scheduler,
        transformer=transformer().eval(),
        expand_timesteps=True,
    )
    pipeline.save_pretrained(folder)
    return folder


def write_image_to_video(folder: Path) -> Path:
    """The form of Wan2.1 image-to-video: 8 pixels a latent position, the picture by further channels and by CLIP."""
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanImageToVideoPipeline
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        CLIPVisionModel,
        UMT5Config,
        UMT5EncoderModel,
    )

    torch.manual_seed(0)
    text = {"vocab_size": 16, "d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    seen = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    codec = {"base_dim": 4, "z_dim": 4, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1}
    pipeline = WanImageToVideoPipeline(
        tokenizer=tokenizer(),
        text_encoder=UMT5EncoderModel(UMT5Config(**text, relative_attention_num_buckets=8)).eval(),
        vae=AutoencoderKLWan(**codec, latents_mean=[0.1] * 4, latents_std=[0.5] * 4).eval(),
        scheduler=UniPCMultistepScheduler(
            use_flow_sigmas=True, flow_shift=3.0, prediction_type="flow_prediction"
        ),
        transformer=transformer(4, in_channels=12, image_dim=16, added_kv_proj_dim=48).eval(),
        image_encoder=CLIPVisionModel(CLIPVisionConfig(**seen, image_size=16, patch_size=8)).eval(),
        image_processor=CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}),
    )
    pipeline.save_pretrained(folder)
    return folder
