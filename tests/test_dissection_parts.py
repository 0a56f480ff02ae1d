"""The parts of the engine: thresholds, upsampling, hooks, kept maps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from kdlens.dissection.activations import find_layer, recording
from kdlens.dissection.candidates import CandidateMaps
from kdlens.dissection.quantile import TopFraction, position
from kdlens.dissection.upsample import Upsampler
from kdlens.errors import InputError

torch.set_num_threads(1)

# ---- thresholds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 3, 50, 200])
@pytest.mark.parametrize("quantile", [0.003, 0.005, 0.1, 0.5, 0.999])
def test_threshold_is_numpys_percentile(batch, quantile):
    maps = torch.randn(200, 5, 6, generator=torch.Generator().manual_seed(1))
    maps[:, 1] = maps[:, 1].clamp(min=0)
    maps[:, 2] = 0
    maps[:, 3] = maps[:, 3].sort(dim=0).values  # the largest come last
    maps[:, 4] = (maps[:, 4] * 4).round()  # many ties
    top = TopFraction(5, 1200, quantile)
    for part in maps.split(batch):
        top.add(part)
    values = maps.transpose(0, 1).reshape(5, -1).numpy()
    expected = np.quantile(values.astype(np.float64), 1 - quantile, axis=1)
    # numpy's own place is a rounded (n - 1)(1 - q): allow for that in float64, then round.
    np.testing.assert_allclose(top.result(quantile), expected, rtol=1e-6, atol=1e-9)
    whole = TopFraction(5, 1200, quantile)
    whole.add(maps)
    assert torch.equal(top.result(quantile), whole.result(quantile))


def test_threshold_by_hand():
    # 5 values, q = 1/8: p = 4 x 7/8 = 7/2, between the 4th and the 5th: 4 + 1/2 (10 - 4) = 7.
    top = TopFraction(1, 5, 0.125)
    for value in (3, 10, 1, 4, 2):
        top.add(torch.tensor([[[float(value)]]]))
    assert top.result(0.125).tolist() == [7]
    # A smaller q of the same values: q = 1/16: p = 4 x 15/16 = 15/4: 4 + 3/4 x 6 = 8.5.
    assert top.result(0.0625).tolist() == [8.5]


def test_position_is_exact():
    """In binary 1 - 0.005 is not 0.995: 199,999,800 x it is not a whole number there."""
    for count in (201, 2_001, 3_101_945, 200_000_001):
        lower, weight = position(count, 0.005)
        assert lower == (count - 1) * 995 // 1000
        assert weight == ((count - 1) * 995 % 1000) / 1000


def test_equal_numbers_have_an_equal_threshold():
    top = TopFraction(1, 40, 0.1)
    top.add(torch.full((10, 1, 4), 0.1))
    assert top.result(0.1) == torch.tensor(0.1)


def test_threshold_needs_all_values():
    top = TopFraction(1, 10, 0.1)
    top.add(torch.ones(1, 1, 4))
    with pytest.raises(ValueError, match="4 of 10"):
        top.result(0.1)
    top.add(torch.ones(1, 1, 6))
    with pytest.raises(ValueError, match="larger than the one announced"):
        top.result(0.5)


def test_memory_is_bounded_and_maps_are_sifted():
    """Ten times the images: the kept values grow by the fraction alone, and few maps are kept."""
    generator = torch.Generator().manual_seed(0)
    kept = 0
    top = TopFraction(4, 2000 * 9, 0.005)
    for _ in range(100):
        images, units, rows = top.add(torch.randn(20, 4, 9, generator=generator))
        assert len(images) == len(units) == len(rows)
        kept += len(rows)
    assert top._buffer.numel() == 4 * 2 * 91  # 18000 - floor(17999 x 0.995) = 91
    assert kept < 0.3 * 2000 * 4
    assert (top.bound <= top.result(0.005)).all()


def test_maps_of_dead_units_are_not_kept():
    top = TopFraction(2, 40 * 4, 0.1)
    maps = torch.zeros(40, 2, 4)
    maps[:, 1] = torch.arange(160).view(40, 4)
    top.add(maps[:20])
    _, units, _ = top.add(maps[20:])
    assert units.tolist() == [1] * 20


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite(value):
    maps = torch.zeros(2, 2, 3)
    maps[1, 0, 2] = value
    with pytest.raises(InputError, match="not a finite number"):
        TopFraction(2, 6, 0.1).add(maps)


# ---- upsampling ---------------------------------------------------------------------------------

SHAPES = [
    ((7, 7), (112, 112)),
    ((5, 5), (40, 40)),
    ((3, 4), (7, 9)),
    ((1, 1), (4, 6)),
    ((1, 5), (8, 3)),
    ((20, 20), (10, 13)),
    ((6, 4), (6, 4)),
]


@pytest.mark.parametrize(("small", "large"), SHAPES)
def test_upsampling_is_half_pixel_bilinear(small, large):
    maps = torch.randn(9, *small, generator=torch.Generator().manual_seed(0))
    before = maps.clone()
    expected = functional.interpolate(maps[:, None], large, mode="bilinear", align_corners=False)
    # Theirs has coordinates rounded to float32.
    torch.testing.assert_close(Upsampler(small, large)(maps), expected[:, 0], atol=1e-5, rtol=0)
    assert torch.equal(maps, before)


@pytest.mark.parametrize(("small", "large"), SHAPES)
def test_map_that_is_not_above_the_threshold_has_no_active_pixel(small, large):
    """The published skip rule, max(A) <= T, changes nothing: no pixel exceeds the map's maximum.

    The maps are the nasty ones: plateaus of numbers that float32 cannot hold exactly, neighbours
    that differ in the last bit, huge and tiny together.
    """
    generator = torch.Generator().manual_seed(3)
    plateau = torch.rand(50, 1, 1, generator=generator).expand(-1, *small).clone()
    flip = torch.rand(50, *small, generator=generator) < 0.5
    nearly = torch.where(flip, torch.nextafter(plateau, torch.tensor(9.0)), plateau)
    wild = torch.randn(50, *small, generator=generator) * 10 ** (
        torch.rand(50, *small, generator=generator) * 20 - 10
    )
    for maps in (plateau, nearly, wild, -wild):
        result = Upsampler(small, large)(maps)
        assert (result.amax((1, 2)) <= maps.amax((1, 2))).all()
        assert (result.amin((1, 2)) >= maps.amin((1, 2))).all()


def test_upsampling_does_not_depend_on_its_company():
    maps = torch.randn(64, 5, 7, generator=torch.Generator().manual_seed(0))
    upsample = Upsampler((5, 7), (40, 31))
    together = upsample(maps)
    assert torch.equal(together, torch.cat([upsample(one[None]) for one in maps]))


# ---- hooks --------------------------------------------------------------------------------------


class Forked(nn.Module):
    """A layer changed in place after it, one used twice, one that gives a tuple, one unused."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1), Planar())
        self.relu = nn.ReLU(inplace=True)
        self.pair = Pair()
        self.head = nn.Linear(4, 2)
        self.spare = nn.Conv2d(3, 3, 1)

    def forward(self, pixels):
        maps = self.relu(self.relu(self.features(pixels)))
        self.pair(maps)
        return self.head(maps.mean((2, 3)))


class Planar(nn.Module):
    """Give maps in the layout that the recorder wants, so that only its copy protects them."""

    def forward(self, maps):
        return maps.contiguous()


class Pair(nn.Module):
    def forward(self, maps):
        return maps, maps


@pytest.fixture
def forked():
    torch.manual_seed(0)
    return Forked()


def test_maps_are_the_layers_own(forked):
    pixels = torch.randn(5, 3, 8, 8)
    with recording(forked, ["features", "features.0", "head"], block=2) as recorder:
        maps = recorder.forward(pixels)
    forked.eval()
    features = forked.features(pixels)
    assert (features < 0).any()  # what the in-place ReLU would hide
    torch.testing.assert_close(maps["features"], features)
    torch.testing.assert_close(maps["features.0"], forked.features[0](pixels))
    assert maps["head"].shape == (5, 2, 1, 1)
    assert maps["features"].is_contiguous() and not maps["features"].requires_grad


def test_hooks_are_gone_after_an_exception(forked):
    forked.train()
    with pytest.raises(RuntimeError, match="stop"), recording(forked, ["features"]):
        assert forked.features._forward_hooks and not forked.training
        raise RuntimeError("stop")
    assert not any(module._forward_hooks for module in forked.modules())
    assert forked.training and forked.features.training


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("relu", "used more than once"),
        ("pair", "gives tuple, not maps"),
        ("spare", "not used in a forward pass"),
    ],
)
def test_unfit_layers(forked, layer, message):
    with (
        pytest.raises(InputError, match=f"layer '{layer}'.*{message}"),
        recording(forked, [layer]) as recorder,
    ):
        recorder.forward(torch.zeros(1, 3, 8, 8))
    assert not any(module._forward_hooks for module in forked.modules())


def test_wrong_layer_name_lists_the_right_ones(forked):
    with pytest.raises(InputError) as error:
        find_layer(forked, "feature.0")
    message = str(error.value)
    assert "did you mean 'features.0'?" in message and "\n" not in message
    assert all(name in message for name in ("features.1", "relu", "pair", "head", "spare"))
    with pytest.raises(InputError, match="layer '' is not"):
        find_layer(forked, "")


# ---- kept maps ----------------------------------------------------------------------------------


def test_candidates_are_found_by_image():
    kept = CandidateMaps(5)
    kept.add(torch.tensor([0, 2, 2]), torch.tensor([1, 0, 1]), torch.tensor([[5.0], [6], [7]]))
    kept.add(torch.tensor([4, 3]), torch.tensor([0, 1]), torch.tensor([[8.0], [9]]))
    assert kept.nbytes == 5 * (8 + 8 + 4)
    kept.prune(torch.tensor([6.0, 0.0]))  # unit 0 must exceed 6
    assert kept.nbytes == 4 * (8 + 8 + 4)
    kept.freeze(torch.tensor([6.0, 6.0]))
    index, units, rows = kept.of(torch.tensor([4, 1, 2]))
    assert (index.tolist(), units.tolist(), rows[:, 0].tolist()) == ([0, 2], [0, 1], [8, 7])
    assert len(kept.of(torch.tensor([1, 0]))[2]) == 0


def test_result_modules_do_not_import_torch():
    """Tables and figures are made where torch is not installed."""
    code = (
        "import sys; import kdlens.dissection, kdlens.dissection.tallies, "
        "kdlens.dissection.detectors, kdlens.dissection.unit_table; "
        "sys.exit(any(name.split('.')[0] in ('torch', 'pandas', 'PIL') for name in sys.modules))"
    )
    scripts = Path(__file__).resolve().parent.parent / "workflow_scripts"
    assert subprocess.run([sys.executable, "-c", code], cwd=scripts).returncode == 0
