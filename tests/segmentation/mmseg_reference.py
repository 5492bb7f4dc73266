"""SegFormer as MMSegmentation lays it out, written from its paper and key names: the oracle of the
import.
"""

import torch
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ratio = ratio
        if ratio > 1:
            self.sr = nn.Conv2d(width, width, ratio, ratio)
            self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x, size):
        kv = x
        if self.ratio > 1:
            image = x.transpose(1, 2).reshape(len(x), -1, *size)
            kv = self.norm(self.sr(image).flatten(2).transpose(1, 2))
        return self.attn(x, kv, kv, need_weights=False)[0]


class Ffn(nn.Module):
    def __init__(self, width):
        super().__init__()
        hidden = 4 * width
        self.layers = nn.Sequential(
            nn.Conv2d(width, hidden, 1),
            nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden),
            nn.GELU(),
            nn.Dropout(0.0),
            nn.Conv2d(hidden, width, 1),
        )

    def forward(self, x, size):
        image = x.transpose(1, 2).reshape(len(x), -1, *size)
        return self.layers(image).flatten(2).transpose(1, 2)


class Block(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads, ratio)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.ffn = Ffn(width)

    def forward(self, x, size):
        x = x + self.attn(self.norm1(x), size)
        return x + self.ffn(self.norm2(x), size)


class PatchEmbed(nn.Module):
    def __init__(self, bands, width, kernel, stride):
        super().__init__()
        self.projection = nn.Conv2d(bands, width, kernel, stride, kernel // 2)
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, image):
        image = self.projection(image)
        return self.norm(image.flatten(2).transpose(1, 2)), image.shape[2:]


class Backbone(nn.Module):
    def __init__(self, bands, widths, depths, heads):
        super().__init__()
        self.layers = nn.ModuleList()
        for stage in range(4):
            embed = PatchEmbed(
                bands if stage == 0 else widths[stage - 1],
                widths[stage],
                7 if stage == 0 else 3,
                4 if stage == 0 else 2,
            )
            blocks = nn.ModuleList(
                Block(widths[stage], heads[stage], (8, 4, 2, 1)[stage])
                for _ in range(depths[stage])
            )
            norm = nn.LayerNorm(widths[stage], eps=1e-6)
            self.layers.append(nn.ModuleList([embed, blocks, norm]))

    def forward(self, image):
        stages = []
        for embed, blocks, norm in self.layers:
            tokens, size = embed(image)
            for block in blocks:
                tokens = block(tokens, size)
            image = norm(tokens).transpose(1, 2).reshape(len(tokens), -1, *size)
            stages.append(image)
        return stages


class ConvModule(nn.Module):
    def __init__(self, width_in, width_out):
        super().__init__()
        self.conv = nn.Conv2d(width_in, width_out, 1, bias=False)
        self.bn = nn.BatchNorm2d(width_out)

    def forward(self, image):
        return torch.relu(self.bn(self.conv(image)))


class Head(nn.Module):
    def __init__(self, widths, channels, classes):
        super().__init__()
        self.conv_seg = nn.Conv2d(channels, classes, 1)
        self.convs = nn.ModuleList(ConvModule(width, channels) for width in widths)
        self.fusion_conv = ConvModule(4 * channels, channels)

    def forward(self, stages):
        size = stages[0].shape[2:]
        resized = [
            functional.interpolate(conv(stage), size=size, mode="bilinear", align_corners=False)
            for conv, stage in zip(self.convs, stages, strict=True)
        ]
        return self.conv_seg(self.fusion_conv(torch.cat(resized, dim=1)))


class Segmentor(nn.Module):
    """Backbone and head with MMSegmentation's key names."""

    def __init__(self, bands=3, widths=(32, 64, 160, 256), depths=(2, 2, 2, 2), heads=(1, 2, 5, 8)):
        super().__init__()
        self.backbone = Backbone(bands, widths, depths, heads)
        self.decode_head = Head(widths, 256, 2)

    def forward(self, image):
        return self.decode_head(self.backbone(image))


def shake(network, seed=0):
    """Random weights that leave no part of the network without effect."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    return network.eval()
