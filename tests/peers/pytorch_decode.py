#!/usr/bin/env python3
"""Peer of `bench decode`: latent vectors to 8-bit pictures, by the generator in evaluation mode.

  eager           eval() and no_grad(), as in the tutorials
  channels-last   that layout, and inference_mode()
  bf16 autocast   that and bfloat16 autocast
  bf16            channels-last, inference_mode(), and the weights cast once

The latent vectors are drawn beforehand; the pictures end as bytes, colour innermost, as a screen needs them.

    python tests/peers/pytorch_decode.py --threads 1 --batch 1 --rounds 5 --count 50
"""
import turns

turns.need("torch")

import torch
import networks


class Player:
    def __init__(self, a, channels_last=True, weights=torch.float32, cast=False, guard=torch.inference_mode):
        torch.manual_seed(0)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.net = networks.generator(a).eval().to(memory_format=layout, dtype=weights)
        self.z = torch.randn(a.batch, a.z, 1, 1).to(weights)
        self.cast, self.guard = cast, guard

    def play(self):
        with self.guard(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.cast):
            x = self.net(self.z)
        with self.guard():
            return x.float().add_(1).mul_(127.5).round_().permute(0, 2, 3, 1).contiguous().to(torch.uint8)


def main():
    a = networks.arguments(turns.arguments(__doc__.splitlines()[0])).parse_args()
    torch.set_num_threads(a.threads)
    kinds = {
        "eager": {"channels_last": False, "guard": torch.no_grad},
        "channels-last": {},
        "bf16 autocast": {"cast": True},
        "bf16": {"weights": torch.bfloat16},
    }
    players = {}

    def measured(name):
        if name not in players:
            players[name] = Player(a, **kinds[name])
            for _ in range(10):
                players[name].play()
        return turns.timed(players[name].play, a)

    turns.serve(a, "pytorch " + torch.__version__.split("+")[0], {name: lambda n=name: measured(n) for name in kinds})


if __name__ == "__main__":
    main()
