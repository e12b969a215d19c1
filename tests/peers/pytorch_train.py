#!/usr/bin/env python3
"""Peer of `bench train`: one full step of both networks, as PyTorch's users write it.

  eager               as in the tutorials
  tuned fp32          channels-last and fused Adam
  tuned bf16          that and bfloat16 autocast
  frozen fp32, bf16   that and no gradient of the discriminator's weights in the generator's half (beyond what most people do)

The batch is ready as floats in the right layout; the losses are read once a step.

    python tests/peers/pytorch_train.py --threads 2 --size 32 --width 64 --channels 1 --batch 64 --rounds 5
"""
import turns

turns.need("torch")

import torch
import networks


class Run:
    def __init__(self, a, tuned=False, bf16=False, frozen=False):
        torch.manual_seed(0)
        layout = torch.channels_last if tuned else torch.contiguous_format
        self.g = networks.generator(a).to(memory_format=layout)
        self.d = networks.discriminator(a).to(memory_format=layout)
        adam = lambda net: torch.optim.Adam(net.parameters(), 2e-4, betas=(0.5, 0.999), fused=tuned)
        self.adam_g, self.adam_d = adam(self.g), adam(self.d)
        pictures = torch.rand(a.batch, a.channels, a.size, a.size) * 2 - 1
        self.real = pictures.contiguous(memory_format=layout)
        self.one, self.zero = torch.ones(a.batch), torch.zeros(a.batch)
        self.loss = torch.nn.BCEWithLogitsLoss()
        self.a, self.bf16, self.frozen = a, bf16, frozen

    def cast(self):
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16)

    def step(self):
        with self.cast():
            fake = self.g(torch.randn(self.a.batch, self.a.z, 1, 1))
            on_real, on_fake = self.d(self.real), self.d(fake.detach())
        loss_d = self.loss(on_real.float(), self.one) + self.loss(on_fake.float(), self.zero)
        self.adam_d.zero_grad()
        loss_d.backward()
        self.adam_d.step()
        if self.frozen:
            self.d.requires_grad_(False)
        with self.cast():
            judged = self.d(fake)
        loss_g = self.loss(judged.float(), self.one)
        self.adam_g.zero_grad()
        loss_g.backward()
        self.adam_g.step()
        if self.frozen:
            self.d.requires_grad_(True)
        return loss_d.item(), loss_g.item()


def main():
    a = networks.arguments(turns.arguments(__doc__.splitlines()[0])).parse_args()
    torch.set_num_threads(a.threads)
    kinds = {
        "eager": {},
        "tuned fp32": {"tuned": True},
        "tuned bf16": {"tuned": True, "bf16": True},
        "frozen fp32": {"tuned": True, "frozen": True},
        "frozen bf16": {"tuned": True, "bf16": True, "frozen": True},
    }
    runs = {}

    def measured(name):
        if name not in runs:
            runs[name] = Run(a, **kinds[name])
            for _ in range(3):
                runs[name].step()
        return turns.timed(runs[name].step, a)

    turns.serve(a, "pytorch " + torch.__version__.split("+")[0], {name: lambda n=name: measured(n) for name in kinds})


if __name__ == "__main__":
    main()
