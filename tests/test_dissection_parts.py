"""The parts of the engine: thresholds, upsampling, hooks, kept blocks, top images."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from project import with_scripts
from torch import nn
from torch.nn import functional

from kdlens.dissection import top_images
from kdlens.dissection.activations import find_layer, recording
from kdlens.dissection.blocks import KeptBlocks, blocks_above, flatnonzero
from kdlens.dissection.precision import evenly_spaced, iou_difference
from kdlens.dissection.quantile import TopFraction, buffer_bytes, position
from kdlens.dissection.segments import BestImages, Part, Segment, Shape, plan
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.upsample import BlockUpsampler
from kdlens.errors import InputError

torch.set_num_threads(1)

# ---- thresholds ---------------------------------------------------------------------------------


def feed(top, maps):
    """Add maps (B, U, S) as the engine does: what is above the bound alone."""
    above = maps > top.bound[:, None]
    top.add(maps[above], above.sum(2), maps.shape[0] * maps.shape[2])
    return above


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
        feed(top, part)
    values = maps.transpose(0, 1).reshape(5, -1).numpy()
    expected = np.quantile(values.astype(np.float64), 1 - quantile, axis=1)
    # numpy's own place is a rounded (n - 1)(1 - q): allow for that in float64, then round.
    np.testing.assert_allclose(top.result([quantile])[0], expected, rtol=1e-6, atol=1e-9)
    whole = TopFraction(5, 1200, quantile)
    feed(whole, maps)
    assert torch.equal(top.result([quantile]), whole.result([quantile]))
    assert (top.bound <= top.result([quantile])[0]).all()


def test_threshold_by_hand():
    # 5 values, q = 1/8: p = 4 x 7/8 = 7/2, between the 4th and the 5th: 4 + 1/2 (10 - 4) = 7.
    top = TopFraction(1, 5, 0.125)
    for value in (3, 10, 1, 4, 2):
        feed(top, torch.tensor([[[float(value)]]]))
    # A smaller q of the same values: q = 1/16: p = 4 x 15/16 = 15/4: 4 + 3/4 x 6 = 8.5.
    assert top.result([0.0625, 0.125]).tolist() == [[8.5], [7]]


def test_position_is_exact():
    """In binary 1 - 0.005 is not 0.995: 199,999,800 x it is not a whole number there."""
    for count in (201, 2_001, 3_101_945, 200_000_001):
        lower, weight = position(count, 0.005)
        assert lower == (count - 1) * 995 // 1000
        assert weight == ((count - 1) * 995 % 1000) / 1000


def test_equal_numbers_have_an_equal_threshold():
    top = TopFraction(1, 40, 0.1)
    feed(top, torch.full((10, 1, 4), 0.1))
    assert top.result([0.1]) == torch.tensor(0.1)


def test_threshold_needs_all_values():
    top = TopFraction(1, 10, 0.1)
    feed(top, torch.ones(1, 1, 4))
    with pytest.raises(ValueError, match="4 of 10"):
        top.result([0.1])
    feed(top, torch.ones(1, 1, 6))
    with pytest.raises(ValueError, match="larger than the one announced"):
        top.result([0.5])


@pytest.mark.parametrize("images", [2_000, 20_000])
def test_memory_of_thresholds_is_as_announced(images):
    """It grows by q for each value, and most values are never handed over."""
    generator = torch.Generator().manual_seed(0)
    count = images * 9
    top = TopFraction(4, count, 0.005)
    above = 0
    for _ in range(images // 20):
        above += int(feed(top, torch.randn(20, 4, 9, generator=generator)).sum())
    kept = count - int((count - 1) * 0.995)
    assert top.nbytes == buffer_bytes(4, count, 0.005) <= 4 * 4 * max(1.5 * kept + 1, kept + 64)
    assert above < 0.05 * 4 * count


def test_values_of_dead_units_are_not_handed_over():
    top = TopFraction(2, 400 * 4, 0.1)
    maps = torch.zeros(400, 2, 4)
    maps[:, 1] = torch.arange(1600).view(400, 4)
    feed(top, maps[:200])
    above = feed(top, maps[200:])
    assert not above[:, 0].any() and above[:, 1].all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite(value):
    maps = torch.zeros(2, 2, 1, 3)
    maps[1, 0, 0, 2] = value
    cpu = torch.device("cpu")
    segment = Segment(Part("layer9", 0, 2), Shape(2, 1, 3), 2, 0.1, cpu, keep=True, top_images=1)
    with pytest.raises(InputError, match="layer 'layer9': an activation is not a finite number"):
        segment.add(torch.arange(2), maps)


# ---- upsampling ---------------------------------------------------------------------------------


def upsampler(large):
    """The library's whole-map form, on tensors."""
    return lambda maps: torch.from_numpy(np.array(top_images.upsample(maps.numpy(), large)))


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
    torch.testing.assert_close(upsampler(large)(maps), expected[:, 0], atol=1e-5, rtol=0)
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
        result = upsampler(large)(maps)
        assert (result.amax((1, 2)) <= maps.amax((1, 2))).all()
        assert (result.amin((1, 2)) >= maps.amin((1, 2))).all()


def test_upsampling_does_not_depend_on_its_company():
    maps = torch.randn(64, 5, 7, generator=torch.Generator().manual_seed(0))
    upsample = upsampler((40, 31))
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
        recorder.shapes(torch.zeros(1, 3, 8, 8))
    assert not any(module._forward_hooks for module in forked.modules())


def test_wrong_layer_name_lists_the_right_ones(forked):
    with pytest.raises(InputError) as error:
        find_layer(forked, "feature.0")
    message = str(error.value)
    assert "did you mean 'features.0'?" in message and "\n" not in message
    assert all(name in message for name in ("features.1", "relu", "pair", "head", "spare"))
    with pytest.raises(InputError, match="layer '' is not"):
        find_layer(forked, "")


def test_pass_ends_with_the_last_layer_asked_for(forked):
    called = []
    for name in ("features", "head"):
        getattr(forked, name).register_forward_hook(lambda *_, name=name: called.append(name))
    with recording(forked, ["features.0", "features", "head"]) as recorder:
        whole = recorder.forward(torch.ones(3, 3, 8, 8))
        whole = {name: maps.clone() for name, maps in whole.items()}
        called.clear()
        early = recorder.forward(torch.ones(3, 3, 8, 8), ["features.0"])
        assert called == [] and list(early) == ["features.0"]
        assert torch.equal(early["features.0"], whole["features.0"])
        shapes = recorder.shapes(torch.ones(1, 3, 8, 8))
        assert called == ["features", "head"]
        assert shapes == {"features.0": (4, 6, 6), "features": (4, 6, 6), "head": (2, 1, 1)}


# ---- blocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("small", "large"), SHAPES)
def test_blocks_give_the_pixels_of_whole_maps(small, large):
    maps = torch.randn(3, 4, *small, generator=torch.Generator().manual_seed(0))
    expected = upsampler(large)(maps.flatten(0, 1)).view(3, 4, -1)
    upsample = BlockUpsampler(small, large)
    sizes = []
    for bound in (-9.0, 0.0, 1.0):
        blocks = blocks_above(maps, maps > bound)
        values = upsample(blocks.place, blocks.corners)
        there = flatnonzero(~values.isnan())
        offset, block = there // len(blocks), there % len(blocks)
        pixel = upsample.first(blocks.place)[block] + upsample.offset[offset]
        found = torch.full_like(expected, -torch.inf)
        found[blocks.image[block].long(), blocks.unit[block].long(), pixel] = values.view(-1)[there]
        # To the last bit where a block is kept, and nothing above the bound is left out.
        kept = found > -torch.inf
        assert torch.equal(found[kept], expected[kept])
        assert torch.equal(found > bound, expected > bound)
        assert torch.equal(blocks.image, blocks.image.sort().values)
        sizes.append(len(blocks))
    assert sizes[0] == 12 * (small[0] + 1) * (small[1] + 1) >= sizes[1] >= sizes[2]


def as_set(blocks):
    return set(zip(blocks.image.tolist(), blocks.unit.tolist(), blocks.place.tolist(), strict=True))


def test_kept_blocks_are_sifted_as_the_bound_rises():
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randn(8, 3, 6, 5, generator=generator) for _ in range(3)]
    kept = KeptBlocks(0.04)
    for bound, maps in zip((None, 1.0, 1.6), batches, strict=True):
        above = None if bound is None else maps > bound
        kept.add(maps, above, 0.0 if above is None else above.float().mean().item())
    # The first two batches are kept whole, since most of that will go.
    assert kept.nbytes > batches[0].nbytes
    assert isinstance(kept._batches[0], torch.Tensor)
    full = kept.nbytes
    kept.prune(torch.tensor([1.8, 1.9, 9.0]))
    assert kept.nbytes < 0.7 * full
    thresholds = torch.tensor([2.0, 1.9, 9.0])
    for blocks, maps in zip(kept.take(thresholds), batches, strict=True):
        expected = blocks_above(maps, maps > thresholds[:, None, None])
        assert as_set(blocks) == as_set(expected)
        assert torch.equal(blocks.corners, expected.corners)


# ---- memory -------------------------------------------------------------------------------------

SHAPES_OF_RESNET = {
    "layer1": Shape(64, 56, 56),
    "layer2": Shape(128, 28, 28),
    "layer3": Shape(256, 14, 14),
    "layer4": Shape(512, 7, 7),
}


@pytest.mark.parametrize(("images", "gib"), [(1_000, 4), (63_305, 4), (633_050, 4), (63_305, 0.3)])
def test_plan_covers_all_units_within_the_budget(images, gib):
    passes = plan(SHAPES_OF_RESNET, images, 0.01, gib * 2**30)
    units = {name: [] for name in SHAPES_OF_RESNET}
    for parts in passes:
        taken = 0
        for part in parts:
            shape = SHAPES_OF_RESNET[part.layer]
            units[part.layer] += range(part.first, part.end)
            count = images * shape.height * shape.width
            taken += buffer_bytes(part.end - part.first, count, 0.01)
        assert 0 < taken <= gib * 2**30
    assert {name: list(range(shape.units)) for name, shape in SHAPES_OF_RESNET.items()} == units
    total = sum(
        buffer_bytes(shape.units, images * shape.height * shape.width, 0.01)
        for shape in SHAPES_OF_RESNET.values()
    )
    assert len(passes) <= 1 + total / (gib * 2**30) * 1.5
    assert (len(passes) == 1) == (total <= gib * 2**30)


def test_budget_that_is_far_too_small():
    with pytest.raises(InputError, match=r"layer1.*memory_gib.* to \d\.\d\d or more") as error:
        plan(SHAPES_OF_RESNET, 633_050, 0.01, 2**28)
    advised = float(re.search(r"to (\d+\.\d+) or more", str(error.value)).group(1))
    assert len(plan(SHAPES_OF_RESNET, 633_050, 0.01, advised * 2**30)) <= 16
    # Layers that stay whole and leave half of each pass empty.
    many = {f"layer{k}": Shape(1024, 14, 14) for k in range(20)}
    with pytest.raises(InputError) as error:
        plan(many, 500_000, 0.01, 2**30)
    advised = float(re.search(r"to (\d+\.\d+) or more", str(error.value)).group(1))
    assert len(plan(many, 500_000, 0.01, advised * 2**30)) <= 16
    with pytest.raises(InputError, match=r"or more, or dissect fewer layers"):
        plan({"wide": Shape(2, 1000, 1000)}, 100_000, 0.5, 2**30)  # one unit is larger


# ---- top images ---------------------------------------------------------------------------------


def test_best_images_are_the_largest_peaks_first_seen_first():
    generator = torch.Generator().manual_seed(0)
    maps = (torch.randn(40, 5, 2, 3, generator=generator) * 2).round()  # many ties
    best = BestImages(5, 4, Shape(5, 2, 3), torch.device("cpu"))
    for part in torch.arange(40).split(7):
        best.add(part, maps[part].amax((2, 3)), maps[part])
    peaks = maps.amax((2, 3))
    for unit in range(5):
        order = sorted(range(40), key=lambda image, unit=unit: (-peaks[image, unit], image))[:4]
        assert best.images[unit].tolist() == order
        assert torch.equal(best.peaks[unit], peaks[order, unit])
        assert torch.equal(best.maps[unit], maps[order, unit])


# ---- the rest -----------------------------------------------------------------------------------


def test_iou_difference_by_hand():
    def tallies(shared):
        return Tallies(
            intersection=np.array([[[0, *row] for row in shared]]),
            activated_image=np.full((1, 2, 1), 10),
            activated_mask=np.full((1, 2, 1), 10),
            label_pixels=np.array([0, 10, 10]),
            label_category=np.zeros(3, np.int64),
            thresholds=np.zeros((1, 2), np.float32),
            quantiles=np.array([0.1]),
            label_names=np.array(["", "a", "b"]),
            category_names=np.array(["object"]),
            meta={"images": 9},
        )

    # Unit 1 keeps a: 5/15 and 4/16. Unit 2 goes from b, 5/15, to a; b falls to 0.
    found = iou_difference(tallies([[5, 0], [0, 5]]), tallies([[4, 0], [2, 0]]))
    assert found["images"] == 9 and found["same_concept"] == 0.5
    assert found["max_iou_difference"] == pytest.approx(1 / 3)
    assert found["mean_iou_difference"] == pytest.approx((1 / 3 - 1 / 4 + 1 / 3) / 2)


def test_evenly_spaced_samples_begin_and_end_with_the_whole():
    assert evenly_spaced(3, 10) == [0, 1, 2]
    assert evenly_spaced(101, 5) == [0, 25, 50, 75, 100]


def test_result_modules_do_not_import_torch():
    """Tables and figures are made where torch is not installed."""
    code = (
        "import sys; import kdlens.dissection, kdlens.dissection.tallies, "
        "kdlens.dissection.detectors, kdlens.dissection.unit_table, "
        "kdlens.dissection.top_images; "
        "sys.exit(any(name.split('.')[0] in ('torch', 'pandas', 'PIL') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], env=with_scripts()).returncode == 0
